"""When to leave the portal, or one organisation, alone: remembered from one invocation to the next."""

from collections.abc import Callable
from time import time
from typing import NamedTuple

from notice.queue.records import Notice

# However long a portal asks to be left alone, a container calls again after this.
LONGEST_ASKED = 900.0
# After the second invocation in a row that got nothing through, doubling: at most 12 probes an hour.
FIRST_OWN, LONGEST_OWN = 15.0, 300.0

# So many notices refused alone, with one code and nothing accepted since, put an organisation in doubt.
ALIKE = 5
STANDING_SECONDS = 3600.0
# How often a notice is received in a day or a little more: see `visibility.backoff_seconds`. The 64th
# receive comes 24.7 hours after the first if each wait is cut most by chance, and 29.0 if none is cut.
BEYOND_DOUBT_RECEIVES = 64


class CircuitBreaker:
    """How long to leave the portal alone, as asked by it or as learned from its silence.

    Bounds the calls of a long outage whatever the backlog: the records' own waits drift apart, and each one's
    return would be a call otherwise. One failure alone opens nothing, for one notice may have caused it.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._open_until = 0.0
        self._failures = 0

    def seconds_open(self) -> float:
        """How long still no call is to be made; 0 if one may."""
        return max(0.0, self._open_until - self._clock())

    def learn(self, *, accepted: bool, failed: bool, asked: float) -> None:
        """From an invocation: did it get something through, did it meet an outage, what was asked."""
        if accepted:
            self._failures = 0
        elif failed:
            self._failures += 1
        own = FIRST_OWN * 2 ** min(self._failures - 2, 10) if failed and self._failures > 1 else 0.0
        pause = max(min(own, LONGEST_OWN), min(asked, LONGEST_ASKED))
        self._open_until = max(self._open_until, self._clock() + pause)


class Run(NamedTuple):
    """Notices of one organisation that were refused one after the other with one code."""

    code: str
    last: float
    length: int


class Doubts:
    """Organisations whose every notice is refused alike: more likely the orgId is wrong than the notices are.

    While a doubt stands, what is refused is deferred, so that a wrong orgId that is mended within a day loses
    nothing to the dead-letter queue: without this memory it would lose a few notices at every return. It does
    not stand for ever: see `beyond_doubt`.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}
        self._runs: dict[str, Run] = {}
        self._trusted_until: dict[str, float] = {}

    def refused(self, org_id: str, code: str) -> None:
        """Note that a notice was refused standing alone. The last of a run of them brings the doubt up."""
        now, run = self._clock(), self._runs.get(org_id)
        goes_on = run and run.code == code and now - run.last < STANDING_SECONDS
        self._runs[org_id] = run = Run(code, now, run.length + 1 if run and goes_on else 1)
        if run.length >= ALIKE:
            self.add(org_id, code)

    def trusts(self, org_id: str) -> bool:
        """Whether something of the organisation was accepted within the hour."""
        return self._trusted_until.get(org_id, 0.0) > self._clock()

    def add(self, org_id: str, code: str) -> None:
        self._until[org_id, code] = self._clock() + STANDING_SECONDS

    def stands(self, org_id: str, code: str) -> bool:
        return self._until.get((org_id, code), 0.0) > self._clock()

    def lift(self, org_id: str) -> None:
        """Something of the organisation was accepted."""
        self._runs.pop(org_id, None)
        self._trusted_until[org_id] = self._clock() + STANDING_SECONDS
        for key in [key for key in self._until if key[0] == org_id]:
            del self._until[key]


def beyond_doubt(notice: Notice) -> bool:
    """Whether the notice has had its day: refused standing alone, it is rejected, doubt or not.

    Otherwise a few bad notices that are all that an organisation sends would return until they expire.
    """
    return notice.receives >= BEYOND_DOUBT_RECEIVES
