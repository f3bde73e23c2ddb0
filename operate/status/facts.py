"""What is known of a deployed relay; each part may be Unknown, and then says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be had."""

    reason: str


@dataclass(frozen=True)
class Registration:
    """Where a tag leads: `current`, `outdated` (an older token), `other` (elsewhere) or `notRegistered`."""

    state: str


@dataclass(frozen=True)
class Received:
    """When an event last came; None for never, as far as events are kept."""

    at: datetime | None


@dataclass(frozen=True)
class Subscription:
    """Who gets a topic's events; whether it has a dead-letter queue is None where that cannot be read.

    Of one that is not confirmed, and often of another account's, it cannot.
    """

    protocol: str
    endpoint: str
    confirmed: bool
    dead_letter_queue: bool | None


@dataclass(frozen=True)
class Topic:
    """One of the topics; that of no tag has no registration."""

    slug: str
    event_tag: str | None
    registration: Registration | Unknown | None
    last: Received | Unknown
    subscriptions: Sequence[Subscription] | Unknown


@dataclass(frozen=True)
class Callers:
    """The ranges of addresses that may call the callback, and whether those are all there are."""

    ranges: Sequence[str]
    everyone: bool


@dataclass(frozen=True)
class EventsPending:
    """Events that are kept and not published, at least so many if there are `more`."""

    count: int
    more: bool
    oldest: datetime | None


@dataclass(frozen=True)
class EventsSetAside:
    """Events that SNS refuses for good, at least so many if there are `more`; the ids of some."""

    count: int
    more: bool
    ids: Sequence[str]


@dataclass(frozen=True)
class FailedCallbacks:
    """The gateway's list of deliveries that it gave up on."""

    count: int
    unreadable: int


@dataclass(frozen=True)
class Depth:
    """About how many records a queue has: to be taken, at work or waiting for another try, not yet due."""

    visible: int
    invisible: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.invisible + self.delayed


@dataclass(frozen=True)
class Age:
    """Seconds that the oldest record has waited; None if CloudWatch has no number, as of an unused queue."""

    seconds: float | None


@dataclass(frozen=True)
class PortalError:
    """The last line of the notice function's log that tells of one."""

    at: datetime
    said: str
    code: str
    org_id: str


@dataclass(frozen=True)
class PortalErrors:
    """The last error within a day, if there was any."""

    last: PortalError | None


@dataclass(frozen=True)
class Secret:
    filled: bool
    changed_at: datetime | None


@dataclass(frozen=True)
class Alarm:
    name: str
    since: datetime | None
    meaning: str


@dataclass(frozen=True)
class RelayState:
    """How a deployed relay stands at a moment."""

    stack: str
    at: datetime
    topics: Sequence[Topic]
    callers: Callers | Unknown
    pending: EventsPending | Unknown
    set_aside: EventsSetAside | Unknown
    failed_callbacks: FailedCallbacks | Unknown
    queue: Depth | Unknown
    oldest_notice: Age | Unknown
    dead_letters: Depth | Unknown
    portal_errors: PortalErrors | Unknown
    secrets: Mapping[str, Secret | Unknown]
    alarms: Sequence[Alarm] | Unknown


def facts_of(value: Any) -> Any:
    """Returns a fact as a program gets it: camelCase names, times in ISO 8601, {"unknown": reason}."""
    match value:
        case Unknown():
            return {"unknown": value.reason}
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case Mapping():
            return {name: facts_of(one) for name, one in value.items()}
        case list() | tuple():
            return [facts_of(one) for one in value]
    if is_dataclass(value):
        return {_camel(one.name): facts_of(getattr(value, one.name)) for one in fields(value)}
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
