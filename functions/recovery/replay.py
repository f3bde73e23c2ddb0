"""Publishes kept events once more: their ids and their standing stay, and subscribers can tell."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from recovery.history import History
from recovery.pace import WORKERS, Pace
from recovery.position import Position
from relay.aws import UnavailableError
from relay.publisher import Publisher

# An index entry is small: so many fit one answer of the table.
_COUNTED_AT_ONCE = 1000


@dataclass(slots=True)
class Replayed:
    """What a replay found and did. `gone` events were deleted after they were found."""

    topics: Counter[str] = field(default_factory=Counter)
    gone: int = 0
    position: Position | None = None
    not_found: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def matched(self) -> int:
        return self.topics.total() + self.gone


class Replayer:
    """Publishes from the history. A fault ends an invocation before the events that it hit, never after."""

    def __init__(self, history: History, publisher: Publisher) -> None:
        self._history, self._publisher = history, publisher

    def count(self, position: Position, pace: Pace) -> Replayed:
        """Counts what a replay from here would find."""
        return self._walk(position, sys.maxsize, pace, _COUNTED_AT_ONCE, len)

    def replay(self, position: Position, limit: int, pace: Pace) -> Replayed:
        """Publishes at most `limit` events. What it did not come to, or failed on, follows its position."""
        with ThreadPoolExecutor(WORKERS) as workers:
            return self._walk(
                position, limit, pace, pace.step, lambda keys: sum(workers.map(self._publish_kept, keys))
            )

    def replay_ids(self, ids: Iterable[str], pace: Pace, *, dry_run: bool) -> Replayed:
        """Publishes, or only counts, the events with these ids, one by one."""
        replayed, left = Replayed(), deque(ids)
        while left and pace.allows_more(replayed.matched):
            try:
                kept = self._history.find(left[0])
                if kept and not dry_run:
                    self._publisher.publish(kept.event, replayed=True)
            except UnavailableError as fault:
                replayed.stopped = str(fault)
                break
            if kept:
                replayed.topics[kept.event.slug] += 1
            else:
                replayed.not_found.append(left[0])
            left.popleft()
        replayed.left = list(left)
        return replayed

    def _walk(
        self, position: Position, limit: int, pace: Pace, size: int, take: Callable[[tuple[str, ...]], int]
    ) -> Replayed:
        """Page after page, each taken as a whole: a page that fails is where the next invocation begins."""
        replayed = Replayed(position=position)
        while position.slugs and replayed.matched < limit and pace.allows_more(replayed.matched):
            try:
                page = position.page(self._history, min(size, limit - replayed.matched))
                taken = take(page.keys)
            except UnavailableError as fault:
                replayed.stopped = str(fault)
                break
            replayed.topics[position.slugs[0]] += taken
            replayed.gone += len(page.keys) - taken
            replayed.position = position = position.after(page)
        return replayed

    def _publish_kept(self, key: str) -> bool:
        kept = self._history.get(key)
        if kept:
            self._publisher.publish(kept.event, replayed=True)
        return kept is not None
