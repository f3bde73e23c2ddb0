"""Pauses that a container makes between its calls when the portal does not work."""

from collections.abc import Callable
from time import time

# However long a portal asks to be left alone, a container calls again after this.
LONGEST_ASKED = 900.0
# After the second invocation in a row that got nothing through, doubling: at most 12 probes an hour.
FIRST_OWN, LONGEST_OWN = 15.0, 300.0


class Pause:
    """How long to leave the portal alone, as asked by it or as learned from its silence.

    Bounds the calls of a long outage whatever the backlog: the records' own waits drift apart, and each one's
    return would be a call otherwise. One failure alone pauses nothing, for one notice may have caused it.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._until = 0.0
        self._failures = 0

    def left(self) -> float:
        return max(0.0, self._until - self._clock())

    def learn(self, *, accepted: bool, failed: bool, asked: float) -> None:
        """From an invocation: did it get something through, did it meet an outage, what was asked."""
        if accepted:
            self._failures = 0
        elif failed:
            self._failures += 1
        own = FIRST_OWN * 2 ** min(self._failures - 2, 10) if failed and self._failures > 1 else 0.0
        pause = max(min(own, LONGEST_OWN), min(asked, LONGEST_ASKED))
        self._until = max(self._until, self._clock() + pause)
