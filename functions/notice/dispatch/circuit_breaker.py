"""When to leave the portal alone: remembered from one invocation to the next."""

from relay.settings import Clock

# However long a portal asks to be left alone, a container calls again after this.
LONGEST_ASKED = 900.0
# After the second invocation in a row that got nothing through, doubling: at most 12 probes an hour.
FIRST_OWN, LONGEST_OWN = 15.0, 300.0


class CircuitBreaker:
    """How long to leave the portal alone, as asked by it or as learned from its silence.

    Bounds the calls of a long outage whatever the backlog: the records' own waits drift apart, and each one's
    return would be a call otherwise. One failure alone opens nothing, for one notice may have caused it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open_until = 0.0
        self._failures = 0

    def seconds_open(self) -> float:
        """Returns for how long still no call is to be made; 0 if one may."""
        return max(0.0, self._open_until - self._clock())

    def learn(self, *, accepted: bool, failed: bool, asked: float) -> None:
        """Learn from an invocation: did something get through, was there an outage, which wait was asked."""
        if accepted:
            self._failures = 0
        elif failed:
            self._failures += 1
        own = FIRST_OWN * 2 ** min(self._failures - 2, 10) if failed and self._failures > 1 else 0.0
        pause = max(min(own, LONGEST_OWN), min(asked, LONGEST_ASKED))
        self._open_until = max(self._open_until, self._clock() + pause)
