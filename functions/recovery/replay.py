"""Publishes kept events once more: what is kept stays as it is, and the events are said to be replayed."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial

from recovery.history import History, Kept
from recovery.pace import WORKERS, Pace
from recovery.position import Position
from recovery.reread import Reading
from relay.aws import UnavailableError
from relay.publisher import EventRefusedError, Publisher
from relay.store import Claim, ClaimState, EventStore

# An index entry is small: so many fit one answer of the table.
_COUNTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found and did; `position` is where the next invocation begins.

    `topics` counts by slug what was published, or would be in a dry run; `gone` events were deleted after
    they were found. `readings` counts by what became of the others, `expired` are the ids of those whose body
    was gone, `refused` those of events that SNS does not take. `stopped` is the reason for which it ended
    early, empty for none.
    """

    topics: Mapping[str, int] = field(default_factory=dict)
    gone: int = 0
    readings: Mapping[Reading, int] = field(default_factory=dict)
    expired: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    position: Position | None = None
    not_found: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def published(self) -> int:
        """How many events were published, or would be."""
        return sum(self.topics.values())

    @property
    def matched(self) -> int:
        """How many events were listed, those included that were gone by then."""
        return sum(self.readings.values()) + self.gone


@dataclass(frozen=True, slots=True)
class _Taken:
    """What became of one event, and the slug of its topic."""

    slug: str
    reading: Reading = Reading.PUBLISHED
    event_id: str = ""


type Reread = Callable[[Kept], tuple[Reading, str]]
# Takes the keys of a page of a topic, by its slug.
type _Take = Callable[[str, tuple[str, ...]], list[_Taken | None]]


class Replayer:
    """Publishes from the history. A fault ends an invocation before the events that it hit, never after.

    One that SNS refuses is no such fault: it would end every invocation there, for good.
    With `reread` events are read anew by it, and what is published are the new ones.
    """

    def __init__(self, history: History, store: EventStore, publisher: Publisher) -> None:
        self._history, self._store, self._publisher = history, store, publisher

    def count(self, position: Position, pace: Pace) -> Replayed:
        """Count what a replay from here would find."""
        return self._walk(position, sys.maxsize, pace, _COUNTED_AT_ONCE, _counted)

    def replay(self, position: Position, limit: int, pace: Pace, reread: Reread | None = None) -> Replayed:
        """Publish at most `limit` events. What it did not come to, or failed on, follows its position."""

        def take(_: str, keys: tuple[str, ...]) -> list[_Taken | None]:
            return list(workers.map(partial(self._take_kept, reread=reread), keys))

        with ThreadPoolExecutor(WORKERS) as workers:
            return self._walk(position, limit, pace, pace.step, take)

    def replay_ids(
        self, ids: Iterable[str], pace: Pace, *, dry_run: bool, reread: Reread | None = None
    ) -> Replayed:
        """Publish, or only count, the events with these ids, one by one."""
        taken, not_found, left, stopped = list[_Taken](), list[str](), deque(ids), ""
        while left and pace.allows_more(len(taken)):
            try:
                kept = self._history.find(left[0])
                if kept:
                    taken.append(_Taken(kept.event.slug) if dry_run else self._take(kept, reread))
                else:
                    not_found.append(left[0])
            except UnavailableError as error:
                stopped = str(error)
                break
            left.popleft()
        return replace(_replayed(taken), not_found=tuple(not_found), left=tuple(left), stopped=stopped)

    def _walk(self, position: Position, limit: int, pace: Pace, size: int, take: _Take) -> Replayed:
        """Go page by page, each taken as a whole: a page that fails is where the next invocation begins."""
        taken, stopped = list[_Taken | None](), ""
        while position.slugs and len(taken) < limit and pace.allows_more(len(taken)):
            try:
                page = position.page(self._history, min(size, limit - len(taken)))
                taken += take(position.slugs[0], page.keys)
            except UnavailableError as error:
                stopped = str(error)
                break
            position = position.after(page)
        return replace(_replayed(taken), position=position, stopped=stopped)

    def _take_kept(self, key: str, reread: Reread | None) -> _Taken | None:
        kept = self._history.get(key)
        return self._take(kept, reread) if kept else None

    def _take(self, kept: Kept, reread: Reread | None) -> _Taken:
        try:
            if reread:
                reading, slug = reread(kept)
                return _Taken(slug, reading, kept.event.id)
            self._publisher.publish(kept.event, replayed=True)
        except EventRefusedError:
            return _Taken(kept.event.slug, Reading.REFUSED, kept.event.id)
        if kept.set_aside:
            # It was on no topic before, and no sweep will mark it.
            self._store.mark_published(Claim(ClaimState.GRANTED, kept.key, kept.event))
        return _Taken(kept.event.slug)


def _counted(slug: str, keys: tuple[str, ...]) -> list[_Taken | None]:
    return [_Taken(slug)] * len(keys)


def _replayed(taken: Iterable[_Taken | None]) -> Replayed:
    taken = list(taken)
    found = [one for one in taken if one]
    return Replayed(
        Counter(one.slug for one in found if one.reading is Reading.PUBLISHED),
        gone=len(taken) - len(found),
        readings=Counter(one.reading for one in found),
        expired=tuple(one.event_id for one in found if one.reading is Reading.EXPIRED),
        refused=tuple(one.event_id for one in found if one.reading is Reading.REFUSED),
    )
