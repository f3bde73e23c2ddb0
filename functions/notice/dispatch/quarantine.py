"""Holds back an organisation of which everything is refused: rather its orgId is wrong than all its notices.

The rule:

- Five notices refused standing alone, one after the other, with one code and nothing accepted in between, put
  their organisation in quarantine for an hour. Each further refusal with that code prolongs it.
- During it one call an invocation learns whether it goes on, and what is refused is deferred, not rejected:
  an orgId that is corrected within a day costs no notice. Without this memory each return would cost a few.
- Anything of the organisation that is accepted ends it.
- Another container may know of a quarantine that this one does not: the refusal of a redelivered notice is
  believed only if something of its organisation was accepted within the hour.
- After about a day a notice is overdue. It is sent all the same, apart from the others, and rejected if it is
  refused standing alone: else a few bad notices, all that an organisation sends, would return until they
  expire.
"""

from threading import RLock
from typing import NamedTuple

from notice.outcomes import Deferred, Reason
from notice.queue.records import QueuedNotice
from notice.queue.visibility import receives_within
from relay.settings import Clock

REFUSALS = 5
SECONDS = 3600.0
# The second receive that comes a day or more after the first one.
OVERDUE_RECEIVES = receives_within(86_400) + 2

UNCONFIRMED = Deferred(Reason.UNCONFIRMED)


class _Run(NamedTuple):
    """Notices of one organisation that were refused one after the other with one code."""

    code: str
    last: float
    length: int


class Quarantine:
    """The organisations held back, by the code that everything of theirs is refused with.

    Safe to use from several threads.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}
        self._runs: dict[str, _Run] = {}
        self._accepted: dict[str, float] = {}
        self._lock = RLock()

    def refused_alone(self, org_id: str, code: str) -> None:
        """Note that a notice was refused standing alone."""
        with self._lock:
            now, run = self._clock(), self._runs.get(org_id)
            goes_on = run and run.code == code and now - run.last < SECONDS
            self._runs[org_id] = run = _Run(code, now, run.length + 1 if run and goes_on else 1)
            if run.length >= REFUSALS:
                self.prolong(org_id, code)

    def holds(self, org_id: str, code: str) -> bool:
        """Whether the organisation is held back for this code."""
        return self._until.get((org_id, code), 0.0) > self._clock()

    def prolong(self, org_id: str, code: str) -> None:
        """Hold the organisation back for an hour from now."""
        with self._lock:
            self._until[org_id, code] = self._clock() + SECONDS

    def accepted(self, org_id: str) -> None:
        """Note that something of the organisation was accepted: it is held back no more."""
        with self._lock:
            self._accepted[org_id] = self._clock()
            self._runs.pop(org_id, None)
            for key in [key for key in self._until if key[0] == org_id]:
                del self._until[key]

    def deferral(
        self, notice: QueuedNotice, *, held: Deferred | None, known_good: QueuedNotice | None
    ) -> Deferred | None:
        """Returns why the refusal of a notice standing alone is not believed; None if it is.

        `held` is why its organisation was held back in this invocation, `known_good` what was accepted of it.
        """
        if known_good or overdue(notice):
            return None
        if held or notice.receives == 1:
            return held
        accepted = self._accepted.get(notice.org_id)
        return None if accepted is not None and self._clock() - accepted < SECONDS else UNCONFIRMED


def overdue(notice: QueuedNotice) -> bool:
    """Whether no quarantine stops the notice any more."""
    return notice.receives >= OVERDUE_RECEIVES
