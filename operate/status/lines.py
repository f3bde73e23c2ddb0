"""The facts of a relay's state, each in a line of words."""

from datetime import datetime

from operate.output import moment, plain, span
from operate.status.facts import (
    Age,
    Alarm,
    Callers,
    Depth,
    EventsPending,
    EventsSetAside,
    FailedCallbacks,
    PortalErrors,
    RelayState,
    Secret,
    Unknown,
)


def lines(status: RelayState) -> dict[str, str]:
    """Name of each fact -> what is known of it, on one line however long."""
    found = {
        "who may call": status.callers,
        "pending events": status.pending,
        "set aside": status.set_aside,
        "failed callbacks": status.failed_callbacks,
        "notice queue": status.queue,
        "its oldest notice": status.oldest_notice,
        "dead letters": status.dead_letters,
        "last portal error": status.portal_errors,
        "callback token": status.secrets["callbackToken"],
        "EnOS credentials": status.secrets["enosCredentials"],
        "gateway credentials": status.secrets["gatewayCredentials"],
    }
    registrations = next((one.registration for one in status.topics if one.event_tag), None)
    unknown = {"registrations": registrations} if isinstance(registrations, Unknown) else {}
    last = next((one.last for one in status.topics if isinstance(one.last, Unknown)), None)
    unknown |= {"last events": last} if last else {}
    unread = next(
        (one.subscriptions for one in status.topics if isinstance(one.subscriptions, Unknown)), None
    )
    unknown |= {"subscriptions": unread} if unread else {}
    said = {name: _line(fact, status.at) for name, fact in (unknown | found).items()}
    # The two queues are described in different words.
    if isinstance(status.dead_letters, Depth):
        said["dead letters"] = f"{status.dead_letters.total:,}"
    return said | {"alarms that are on": _alarms(status)}


def _line(fact: object, now: datetime) -> str:
    match fact:
        case Unknown(reason):
            return f"unknown: {plain(reason)}"
        case Callers(ranges, everyone):
            return (
                "everyone: docs/deploy.md says how to name the gateway's" if everyone else ", ".join(ranges)
            )
        case EventsPending(count, more, oldest):
            waited = f", the oldest for {span((now - oldest).total_seconds())}" if oldest else ""
            return f"{count:,}{' or more' if more else ''}{waited}"
        case EventsSetAside(count, more, _):
            return f"{count:,}{' or more' if more else ''}"
        case FailedCallbacks(count, unreadable):
            return f"{count:,}" + (f", {unreadable:,} of them without an id" if unreadable else "")
        case Depth(visible, invisible, delayed):
            return f"{visible:,} to be taken, {invisible:,} at work or waiting, {delayed:,} delayed"
        case Age(seconds):
            return "CloudWatch has no number" if seconds is None else f"{span(seconds)} old"
        case PortalErrors():
            return _portal(fact, now)
        case Secret():
            return _secret(fact, now)
    raise AssertionError(fact)


def _portal(errors: PortalErrors, now: datetime) -> str:
    last = errors.last
    if last is None:
        return "none within a day"
    of = f" ({plain(last.org_id)})" if last.org_id else ""
    ago = span((now - last.at).total_seconds())
    return f"{moment(last.at)}, {ago} ago: {last.said} {plain(last.code)}{of}"


def _secret(secret: Secret, now: datetime) -> str:
    if not secret.filled:
        return "not filled"
    since = secret.changed_at
    return f"filled, changed {span((now - since).total_seconds())} ago" if since else "filled"


def _alarms(status: RelayState) -> str:
    if isinstance(status.alarms, Unknown):
        return f"unknown: {plain(status.alarms.reason)}"
    return ", ".join(map(_alarm, status.alarms)) or "none"


def _alarm(alarm: Alarm) -> str:
    return f"{alarm.name} since {moment(alarm.since)}" if alarm.since else alarm.name
