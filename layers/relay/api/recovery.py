"""What the recovery function is asked for and answers: a sweep, a replay, or the status."""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, ValidationInfo, field_validator

from relay import catalog
from relay.api import base
from relay.api.base import ActionAnswer, ActionRequest, AnswerPart, EventId, event_tag, unique


def _slug(name: str) -> str:
    return name if name == catalog.UNCLASSIFIED else catalog.slug_of(event_tag(name))


def _reading(name: str) -> str:
    return catalog.tag_of(name) or event_tag(name)


Slugs = Annotated[
    tuple[Annotated[str, AfterValidator(_slug)], ...], Field(min_length=1), AfterValidator(unique)
]


class Sweep(ActionRequest):
    """Publish what was kept and not published."""

    action: Literal["sweep"] = "sweep"


class Replay(ActionRequest):
    """Publish kept events once more: those of some topics and a time, or those with certain ids.

    One invocation publishes at most `limit` of them; the rest follow by the cursor that it answers. The
    time is that of receiving, `from` and `to` included; `to` is now when it is not given. With `as` their
    bodies, as they came, are read anew under that eventTag: each gives a new event, beside the old one. One
    outside the catalogue is named by its slug.
    """

    action: Literal["replay"] = "replay"
    slugs: Slugs | None = Field(default=None, alias="eventTags")
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    cursor: str | None = None
    ids: (
        Annotated[tuple[EventId, ...], Field(min_length=1, max_length=100), AfterValidator(unique)] | None
    ) = None
    reading: Annotated[str, AfterValidator(_reading), PlainSerializer(catalog.slug_of)] | None = Field(
        default=None, alias="as"
    )
    dry_run: bool = False
    limit: int = Field(default=1000, ge=1, le=10_000)
    events_per_second: int | None = Field(default=None, ge=1, le=1000)

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: AwareDatetime | None, info: ValidationInfo) -> AwareDatetime | None:
        since = info.data.get("since")
        if since and until and until < since:
            raise ValueError("must not be before from")
        return until

    @field_validator("ids")
    @classmethod
    def _stand_alone(cls, ids: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        if ids and any(info.data.get(name) for name in ("slugs", "since", "until", "cursor")):
            raise ValueError("cannot be asked for together with eventTags, from, to or cursor")
        return ids


class Status(ActionRequest):
    """Report when each topic last got an event, and what waits to be published; change nothing."""

    action: Literal["status"] = "status"


RecoveryRequest = Sweep | Replay | Status
ACTIONS: dict[str, type[RecoveryRequest]] = {"sweep": Sweep, "replay": Replay, "status": Status}


def read_request(event: object) -> RecoveryRequest:
    """Returns the request in an invocation's event. Raises InvalidRequestError."""
    return base.parse_request(event, ACTIONS)


class SweepCounts(AnswerPart):
    """What became of the pending events; `settled` ones were published, taken or deleted by others.

    `set_aside` are those that SNS refuses for good: no sweep tries them again.
    """

    recovered: int
    settled: int
    set_aside: int = 0
    failed: int
    left: int


class SweepAnswer(ActionAnswer):
    """What a sweep did; `oldest` is when the oldest pending event was received, `faults` count by reason."""

    action: Literal["sweep"]
    counts: SweepCounts
    oldest: str | None
    faults: dict[str, int]


MOST_REFUSED = 100
"""So many of the events that SNS refuses are named in an answer."""


class ReplayCounts(AnswerPart):
    """`matched` were found, of which `gone` were deleted by then; none is `replayed` in a dry run.

    `not_found` and `left` count the ids that were asked for, `refused` the events that SNS does not take. Of
    those that were read anew, the new events of `repeated` were published before, `unchanged` say what they
    said, `expired` ones are not in the bucket any more, and `no_event` are handshakes by the new reading.
    """

    matched: int
    replayed: int
    gone: int
    not_found: int = 0
    left: int = 0
    repeated: int = 0
    unchanged: int = 0
    expired: int = 0
    no_event: int = 0
    refused: int = 0


class ReplayAnswer(ActionAnswer):
    """What a replay did, or would do; the next invocation goes on with the `cursor`, or the ids `left`.

    `topics` counts by slug. `expired` are the ids whose body is not in the bucket any more, `refused` at most
    MOST_REFUSED of those that SNS does not take. `stopped` is the reason for which it ended early, empty for
    none.
    """

    action: Literal["replay"]
    dry_run: bool
    counts: ReplayCounts
    topics: dict[str, int]
    cursor: str | None
    not_found: list[str]
    left: list[str]
    expired: list[str] = Field(default_factory=list)
    refused: list[str] = Field(default_factory=list)
    stopped: str


PENDING, SET_ASIDE = "pending", "setAside"
"""The names of the pending events, and of those set aside, among the slugs of `unknown`."""


class PendingEvents(AnswerPart):
    """Events that are kept and not published, at least so many if there are `more`, and the oldest's time."""

    count: int
    more: bool
    oldest: str | None


class SetAsideEvent(AnswerPart):
    """One event that SNS refuses for good."""

    id: str
    slug: str
    received_at: str


class SetAsideEvents(AnswerPart):
    """Events that SNS refuses for good, at least so many if there are `more`; the oldest ones are named.

    A replay by their ids publishes what SNS takes by then.
    """

    count: int
    more: bool
    events: list[SetAsideEvent]


class StatusAnswer(ActionAnswer):
    """When each topic, by slug, last got an event; None for never, as far as events are kept.

    `unknown` gives the reason for each slug, PENDING or SET_ASIDE that the table did not answer. Times are as
    `relay.events.timestamp` has them.
    """

    action: Literal["status"]
    tags: dict[str, str | None]
    pending: PendingEvents
    set_aside: SetAsideEvents | None = None
    """None from a function of a release that set nothing aside."""
    unknown: dict[str, str]


RecoveryAnswer = SweepAnswer | ReplayAnswer | StatusAnswer
