"""The last error of the portal, as the notice function's log tells it."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from operate.errors import UnfinishedError
from operate.stack import Stack
from operate.status.facts import PortalError

# The lines of `notice.report` that are about the portal.
LINES = ("portal unavailable", "configuration at fault", "notices rejected")
_PATTERN = "{ " + " || ".join(f'$.message = "{line}"' for line in LINES) + " }"
_KEYS = ("error_code", "errorCode"), ("org_id", "orgId")
# Rejected by the relay itself, or for their age.
_OURS = ("InvalidNotice", "Expired")
# Hours before now, the newest part first: the log is read forwards, and most often the end is enough.
_PARTS = ((1, 0), (6, 1), (24, 6))
# A page is up to 1 MB of the log that was looked through.
PAGES = 30


def last_portal_error(stack: Stack, now: datetime) -> PortalError | None:
    """The last one within a day. Raises OperatorError, and what botocore raises."""
    pages = PAGES
    for begin, end in _PARTS:
        found: PortalError | None = None
        for page in _pages(stack, now - timedelta(hours=begin), now - timedelta(hours=end)):
            errors = filter(None, map(_portal_error, page.get("events", ())))
            found = max(filter(None, (found, *errors)), key=lambda one: one.at, default=None)
            pages -= 1
            if not pages:
                break
        if found:
            return found
        if not pages:
            raise UnfinishedError("the log is too long to be read through")
    return None


def _pages(stack: Stack, since: datetime, until: datetime) -> Iterable[Mapping[str, Any]]:
    pages: Iterable[Mapping[str, Any]] = (
        stack.client("logs")
        .get_paginator("filter_log_events")
        .paginate(
            logGroupName=f"/aws/lambda/{stack.name}-notice",
            filterPattern=_PATTERN,
            startTime=int(since.timestamp() * 1000),
            endTime=int(until.timestamp() * 1000),
        )
    )
    return pages


def _portal_error(event: Mapping[str, Any]) -> PortalError | None:
    """None for a line that is none of them after all."""
    try:
        line = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(line, dict) or line.get("message") not in LINES:
        return None
    # Keys of a relay before 0.2 are in camel case.
    code, org_id = (str(line.get(new, line.get(old, ""))) for new, old in _KEYS)
    if code in _OURS:
        return None
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return PortalError(at, line["message"], code, org_id)
