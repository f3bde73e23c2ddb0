"""Publishes kept events once more: what is kept stays as it is, and the events are marked as replayed."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from recovery.history import History
from recovery.pace import WORKERS, Pace
from recovery.position import Position
from relay.aws import UnavailableError
from relay.publisher import Publisher

# An index entry is small: so many fit one answer of the table.
_COUNTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found and did; `position` is where the next invocation begins.

    `topics` counts by slug what was published, or would be in a dry run; `gone` events were deleted after
    they were found. `stopped` is the reason for which it ended early, empty for none.
    """

    topics: Mapping[str, int] = field(default_factory=dict)
    gone: int = 0
    position: Position | None = None
    not_found: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    stopped: str = ""

    @property
    def found(self) -> int:
        """How many events are still kept."""
        return sum(self.topics.values())

    @property
    def matched(self) -> int:
        """How many events were listed, those included that were gone by then."""
        return self.found + self.gone


class Replayer:
    """Publishes from the history. A fault ends an invocation before the events that it hit, never after."""

    def __init__(self, history: History, publisher: Publisher) -> None:
        self._history, self._publisher = history, publisher

    def count(self, position: Position, pace: Pace) -> Replayed:
        """Count what a replay from here would find."""
        return self._walk(position, sys.maxsize, pace, _COUNTED_AT_ONCE, len)

    def replay(self, position: Position, limit: int, pace: Pace) -> Replayed:
        """Publish at most `limit` events. What it did not come to, or failed on, follows its position."""
        with ThreadPoolExecutor(WORKERS) as workers:
            return self._walk(
                position, limit, pace, pace.step, lambda keys: sum(workers.map(self._publish_kept, keys))
            )

    def replay_ids(self, ids: Iterable[str], pace: Pace, *, dry_run: bool) -> Replayed:
        """Publish, or only count, the events with these ids, one by one."""
        topics, not_found, left, stopped = Counter[str](), list[str](), deque(ids), ""
        while left and pace.allows_more(topics.total()):
            try:
                kept = self._history.find(left[0])
                if kept and not dry_run:
                    self._publisher.publish(kept.event, replayed=True)
            except UnavailableError as error:
                stopped = str(error)
                break
            if kept:
                topics[kept.event.slug] += 1
            else:
                not_found.append(left[0])
            left.popleft()
        return Replayed(topics, not_found=tuple(not_found), left=tuple(left), stopped=stopped)

    def _walk(
        self, position: Position, limit: int, pace: Pace, size: int, take: Callable[[tuple[str, ...]], int]
    ) -> Replayed:
        """Go page by page, each taken as a whole: a page that fails is where the next invocation begins."""
        topics, matched, stopped = Counter[str](), 0, ""
        while position.slugs and matched < limit and pace.allows_more(matched):
            try:
                page = position.page(self._history, min(size, limit - matched))
                taken = take(page.keys)
            except UnavailableError as error:
                stopped = str(error)
                break
            topics[position.slugs[0]] += taken
            matched += len(page.keys)
            position = position.after(page)
        return Replayed(+topics, gone=matched - topics.total(), position=position, stopped=stopped)

    def _publish_kept(self, key: str) -> bool:
        kept = self._history.get(key)
        if kept:
            self._publisher.publish(kept.event, replayed=True)
        return kept is not None
