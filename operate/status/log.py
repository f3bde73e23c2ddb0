"""The portal's errors, as the notice function's log tells them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from operate.errors import UnfinishedError
from operate.stack import Stack
from operate.status.facts import FAULT, FAULT_SECONDS, REJECTED, UNAVAILABLE, PortalError, PortalErrors
from relay.notices.record import EXPIRED, INVALID, TOO_LATE

LINES = (UNAVAILABLE, FAULT, REJECTED)
ACCEPTED = "notices accepted"
_KEYS = ("error_code", "errorCode"), ("org_id", "orgId")
# Rejected by the relay itself, or for their age.
_OURS = (INVALID, EXPIRED, TOO_LATE)
# Hours before now, the newest part first: the log is read forwards, and most often the end is enough.
_PARTS = ((1, 0), (6, 1), (24, 6))
# A page is up to 1 MB of the log that was looked through.
PAGES = 30
# Of what was accepted since a fault. Where that is more, a fault that is over is named for a while longer.
ACCEPTED_PAGES = 10
# An invocation may accept some before it meets the fault, and writes all its lines at its end.
_ONE_INVOCATION = timedelta(seconds=5)


def portal_errors(stack: Stack, now: datetime) -> PortalErrors:
    """Those within a day. Raises OperatorError, and what botocore raises."""
    pages = PAGES
    for begin, end in _PARTS:
        found: list[PortalError] = []
        for page in _pages(stack, LINES, now - timedelta(hours=begin), now - timedelta(hours=end)):
            found += filter(None, map(_portal_error, page.get("events", ())))
            pages -= 1
            if not pages:
                break
        if found:
            found.sort(key=lambda one: one.at)
            return PortalErrors(found[-1], _lasting(stack, found, now))
        if not pages:
            raise UnfinishedError("the log is too long to be read through")
    return PortalErrors(None)


def _lasting(stack: Stack, errors: Iterable[PortalError], now: datetime) -> Sequence[PortalError]:
    """The faults after which nothing was accepted; of an organisation's, nothing of that one."""
    since = now - timedelta(seconds=FAULT_SECONDS)
    lately = (one for one in errors if one.said == FAULT and one.at > since)
    last = {(one.org_id, one.code): one for one in lately}
    if not last:
        return ()
    first = min(one.at for one in last.values()) + _ONE_INVOCATION
    accepted: dict[str, datetime] = {}
    for page in islice(_pages(stack, (ACCEPTED,), first, now), ACCEPTED_PAGES):
        for line, at in filter(None, map(_line, page.get("events", ()))):
            if line.get("message") == ACCEPTED:
                accepted[str(line.get("org_id", ""))] = at
    newest = max(accepted.values(), default=None)
    ends = {key: newest if one.everybody else accepted.get(one.org_id) for key, one in last.items()}
    return [one for key, one in last.items() if not (end := ends[key]) or end < one.at + _ONE_INVOCATION]


def _pages(
    stack: Stack, lines: Iterable[str], since: datetime, until: datetime
) -> Iterable[Mapping[str, Any]]:
    pages: Iterable[Mapping[str, Any]] = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=f"/aws/lambda/{stack.name}-notice",
            filterPattern="{ " + " || ".join(f'$.message = "{line}"' for line in lines) + " }",
            startTime=int(since.timestamp() * 1000),
            endTime=int(until.timestamp() * 1000),
        )
    )
    return pages


def _line(event: Mapping[str, Any]) -> tuple[Mapping[str, Any], datetime] | None:
    """A line and when it was written; None if it is no object."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        return None
    return (line, datetime.fromtimestamp(event["timestamp"] / 1000, UTC)) if isinstance(line, dict) else None


def _portal_error(event: Mapping[str, Any]) -> PortalError | None:
    """None for a line that is none of them after all."""
    found = _line(event)
    if not found or found[0].get("message") not in LINES:
        return None
    line, at = found
    # Keys of a relay before 0.2 are in camel case.
    code, org_id = (str(line.get(new, line.get(old, ""))) for new, old in _KEYS)
    return None if code in _OURS else PortalError(at, line["message"], code, org_id)
