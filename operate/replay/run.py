"""Follows a replay from invocation to invocation until nothing is left."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from operate.errors import NothingDoneError
from relay.api.base import InvalidRequestError, read_request
from relay.api.recovery import Replay, ReplayAnswer

# Events that one invocation is asked for: few enough that progress is seen.
MOST_AT_ONCE = 500
SECONDS_AT_ONCE = 5
# As many as the function takes in one request.
IDS_AT_ONCE = 100

type Invoke = Callable[[Replay], ReplayAnswer]


@dataclass(frozen=True)
class Selection:
    """Which events are replayed: those of topics and a time from a cursor on, or those with certain ids."""

    tags: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()
    cursor: str | None = None
    per_second: int | None = None
    dry_run: bool = False

    def request(self, cursor: str | None, ids: tuple[str, ...]) -> Replay:
        """Returns what the function is asked for from there on. Raises NothingDoneError."""
        limit = min(MOST_AT_ONCE, self.per_second * SECONDS_AT_ONCE) if self.per_second else MOST_AT_ONCE
        fields = {
            "eventTags": self.tags or None,
            "from": self.since,
            "to": self.until,
            "ids": ids[:IDS_AT_ONCE] or None,
            "cursor": cursor,
            "eventsPerSecond": self.per_second,
            "limit": limit,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        try:
            return read_request({"action": "replay", "dryRun": self.dry_run, **given}, {"replay": Replay})
        except InvalidRequestError as error:
            raise NothingDoneError(str(error)) from error


@dataclass
class ReplayProgress:
    """What the invocations so far did together, and where the next one begins: `cursor`, or `left`."""

    cursor: str | None
    left: tuple[str, ...]
    matched: int = 0
    replayed: int = 0
    gone: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    not_found: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was found and taken."""
        return not (self.cursor or self.left or self.not_found or self.stopped)

    @property
    def done(self) -> int:
        """How many events, or ids, need no more thought."""
        return self.matched + len(self.not_found)

    def add(self, answer: ReplayAnswer) -> None:
        """Count one more invocation, and go on where it ended."""
        self.matched += answer.counts.matched
        self.replayed += answer.counts.replayed
        self.gone += answer.counts.gone
        self.topics.update(answer.topics)
        self.not_found += answer.not_found
        self.cursor, self.stopped = answer.cursor, answer.stopped
        self.left = (*answer.left, *self.left[IDS_AT_ONCE:])


def begin(selection: Selection) -> ReplayProgress:
    """Returns the progress of a replay that did nothing yet."""
    return ReplayProgress(selection.cursor, selection.ids)


def follow(invoke: Invoke, selection: Selection, so_far: ReplayProgress) -> Iterator[None]:
    """Go on where `so_far` is; it is brought up to date before each yield.

    Ends when nothing is left, or with `stopped` saying why. What `invoke` raises leaves `so_far` as it was.
    """
    while True:
        before = so_far.cursor, so_far.left
        so_far.add(invoke(selection.request(*before)))
        if not so_far.stopped and (so_far.cursor, so_far.left) == before and (so_far.cursor or so_far.left):
            so_far.stopped = "an invocation came no further"
        yield
        if so_far.stopped or not (so_far.cursor or so_far.left):
            return
