"""Follows a replay from invocation to invocation until nothing is left."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from operate.errors import NothingDoneError
from relay.api.base import InvalidRequestError, parse_request
from relay.api.recovery import Replay, ReplayAnswer

# Events that one invocation is asked for: few enough that progress is seen.
MOST_AT_ONCE = 500
SECONDS_AT_ONCE = 5
# As many as the function takes in one request.
IDS_AT_ONCE = 100

type Invoke = Callable[[Replay], ReplayAnswer]


def selection(*, ids: tuple[str, ...], rate: int | None, **fields: object) -> Replay:
    """Returns what each invocation is asked for, but for where it begins. Raises NothingDoneError."""
    limit = min(MOST_AT_ONCE, rate * SECONDS_AT_ONCE) if rate else MOST_AT_ONCE
    fields |= {"ids": ids[:IDS_AT_ONCE], "eventsPerSecond": rate, "limit": limit}
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    try:
        return parse_request({"action": "replay", **given}, {"replay": Replay})
    except InvalidRequestError as error:
        raise NothingDoneError(str(error)) from error


@dataclass
class ReplayProgress:
    """What the invocations so far did together, and where the next one begins: `cursor`, or `left`."""

    cursor: str | None
    left: tuple[str, ...]
    counts: Counter[str] = field(default_factory=Counter)
    """Those of the answers, by name."""
    topics: Counter[str] = field(default_factory=Counter)
    not_found: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    """Of those to be read anew, the ids whose body is not kept any more."""
    refused: list[str] = field(default_factory=list)
    """Some of the events that SNS does not take, by their ids."""
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was found and taken."""
        missed = self.not_found or self.expired or self.refused
        return not (self.cursor or self.left or missed or self.stopped)

    @property
    def done(self) -> int:
        """How many events, or ids, need no more thought."""
        return self.counts["matched"] + len(self.not_found)

    def add(self, answer: ReplayAnswer) -> None:
        """Count one more invocation, and go on where it ended."""
        self.counts.update(answer.counts.model_dump(by_alias=True, exclude={"not_found", "left"}))
        self.topics.update(answer.topics)
        self.not_found += answer.not_found
        self.expired += answer.expired
        self.refused += answer.refused
        self.cursor, self.stopped = answer.cursor, answer.stopped
        self.left = (*answer.left, *self.left[IDS_AT_ONCE:])


def follow(invoke: Invoke, wanted: Replay, so_far: ReplayProgress) -> Iterator[None]:
    """Go on where `so_far` is; it is brought up to date before each yield.

    Ends when nothing is left, or with `stopped` saying why. What `invoke` raises leaves `so_far` as it was.
    """
    while True:
        before = so_far.cursor, so_far.left
        begin = {"cursor": so_far.cursor, "ids": so_far.left[:IDS_AT_ONCE] or None}
        so_far.add(invoke(wanted.model_copy(update=begin)))
        if not so_far.stopped and (so_far.cursor, so_far.left) == before and (so_far.cursor or so_far.left):
            so_far.stopped = "an invocation came no further"
        yield
        if so_far.stopped or not (so_far.cursor or so_far.left):
            return
