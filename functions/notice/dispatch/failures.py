"""Answers like 500 in one invocation: whether a notice may have brought them about, and when to stop."""

from collections import Counter
from threading import Lock

# Failings on an organisation's batches that are put down to its notices before anything else, and how many
# calls have to be taken for each further one.
FAILURES, TAKEN_FOR_ONE = 3, 4
# Organisations on which the portal may fail before it is known to be at work at all.
UNPROVEN = 2


class Failures:
    """Counts of one invocation; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failed: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self._in_a_row = 0

    def take(self, org_id: str) -> None:
        """The portal took a batch of the organisation."""
        with self._lock:
            self._taken[org_id] += 1
            self._in_a_row = 0

    def fail(self, org_id: str) -> None:
        """The portal failed on one."""
        with self._lock:
            self._failed[org_id] += 1
            self._in_a_row += 1

    def convict(self, org_id: str) -> None:
        """The last failing was a notice's own, beyond doubt."""
        with self._lock:
            self._failed[org_id] -= 1
            self._in_a_row -= 1

    @property
    def at_work(self) -> bool:
        """Whether the portal took anything in this invocation."""
        return bool(self._taken)

    def too_many(self, org_id: str) -> bool:
        """Whether something of the organisation's own, other than its notices, must be wrong."""
        with self._lock:
            return self._failed[org_id] > FAILURES + self._taken[org_id] // TAKEN_FOR_ONE

    def outage(self) -> bool:
        """Whether the portal must be at fault."""
        with self._lock:
            if self._taken:
                return self._in_a_row > 2 * FAILURES
            return len(self._failed) >= UNPROVEN
