"""How fast the failed list is worked off."""

import time
from collections.abc import Callable

# The vendor names no limit. At this rate the most that one invocation takes (1,000) fit its time, and the
# callback, which every retry calls, sees far less than it bears.
GAP_SECONDS = 0.2


class Pace:
    """Lets a call begin GAP_SECONDS after the one before, if there is time for it.

    The wait keeps the gateway from a flood; nothing is tried again after it.
    """

    def __init__(
        self,
        time_for_a_call: Callable[[], bool],
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._time_for_a_call, self._clock, self._wait = time_for_a_call, clock, wait
        self._due = clock()

    def allows_a_call(self) -> bool:
        """Whether the next call may begin; returns when it is due."""
        early = self._due - self._clock()
        if early > 0:
            self._wait(early)
        self._due = self._clock() + GAP_SECONDS
        return self._time_for_a_call()
