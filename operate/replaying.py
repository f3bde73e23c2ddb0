"""Follows a replay from invocation to invocation until nothing is left."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

# Events that one invocation is asked for: few enough that progress is seen.
MOST_AT_ONCE = 500
SECONDS_AT_ONCE = 5
# As many as the function takes in one request.
IDS_AT_ONCE = 100

Invoke = Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Selection:
    """Which events are replayed: those of topics and a time from a cursor on, or those with certain ids."""

    tags: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    ids: tuple[str, ...] = ()
    cursor: str | None = None
    per_second: int | None = None
    dry_run: bool = False

    def request(self) -> dict[str, Any]:
        """What the function is asked for next."""
        limit = min(MOST_AT_ONCE, self.per_second * SECONDS_AT_ONCE) if self.per_second else MOST_AT_ONCE
        fields = {
            "eventTags": list(self.tags) or None,
            "from": self.since,
            "to": self.until,
            "ids": list(self.ids[:IDS_AT_ONCE]) or None,
            "cursor": self.cursor,
            "eventsPerSecond": self.per_second,
            "limit": limit,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        return {"action": "replay", "dryRun": self.dry_run, **given}


@dataclass
class Replayed:
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


def begin(selection: Selection) -> Replayed:
    return Replayed(selection.cursor, selection.ids)


def follow(invoke: Invoke, selection: Selection, so_far: Replayed) -> Iterator[None]:
    """Takes up where `so_far` is; it is brought up to date before each yield.

    Ends when nothing is left, or with `stopped` saying why. What `invoke` raises leaves `so_far` as it was.
    """
    while True:
        before = so_far.cursor, so_far.left
        asked = replace(selection, cursor=so_far.cursor, ids=so_far.left)
        _add(invoke(asked.request()), so_far)
        if not so_far.stopped and (so_far.cursor, so_far.left) == before and (so_far.cursor or so_far.left):
            so_far.stopped = "an invocation came no further"
        yield
        if so_far.stopped or not (so_far.cursor or so_far.left):
            return


def _add(answer: Mapping[str, Any], so_far: Replayed) -> None:
    counts = answer["counts"]
    so_far.matched += counts["matched"]
    so_far.replayed += counts["replayed"]
    so_far.gone += counts["gone"]
    so_far.topics.update(answer["topics"])
    so_far.not_found += answer["notFound"]
    so_far.cursor, so_far.stopped = answer["cursor"], answer["stopped"]
    so_far.left = (*answer["left"], *so_far.left[IDS_AT_ONCE:])
