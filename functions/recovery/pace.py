"""The pace of a sweep or a replay: how fast it works, and for how long."""

import time
from collections.abc import Callable

from relay.settings import Clock

# Events at work at a time, as many as a client has connections.
WORKERS = 16
# The longest that the function works on one event, or on WORKERS of them at once: three calls, each of two
# attempts of at most four seconds with a second between, and a second for what comes after.
STEP_SECONDS = 28
# The same where an event is read anew: its item, its body, its content, and both put or written over
# themselves for the new event, before that event's own three calls.
REREAD_STEP_SECONDS = STEP_SECONDS + 7 * 9


class Pace:
    """Lets so many events a second go on, and none that the remaining time could not finish.

    `remaining` returns the seconds that are left. The wait keeps subscribers from a flood; nothing is tried
    again after it.
    """

    def __init__(
        self,
        remaining: Callable[[], float],
        per_second: int | None = None,
        *,
        step_seconds: float = STEP_SECONDS,
        clock: Clock = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._remaining, self._per_second = remaining, per_second
        self._clock, self._wait, self._started = clock, wait, clock()
        self._step_seconds = step_seconds
        self.step = min(WORKERS, per_second or WORKERS)

    def allows_more(self, done: int) -> bool:
        """Returns whether the next step may start after `done` events, when it is due."""
        due = self._started + done / self._per_second if self._per_second else 0
        wait = max(0.0, due - self._clock())
        if self._remaining() - wait < self._step_seconds:
            return False
        if wait:
            self._wait(wait)
        return True
