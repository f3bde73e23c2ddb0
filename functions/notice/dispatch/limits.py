"""How many notices of an organisation share a batch: as many as the portal was seen to take at once."""

from collections import defaultdict
from dataclasses import dataclass
from threading import Lock

from notice.dispatch.batches import BATCH_LIMIT

# Full batches that are taken before a larger one is tried; twice as many after each that was too large.
FIRST_PATIENCE, LONGEST_PATIENCE = 8, 64
# Batches that show a smaller limit to be right: had one notice been at fault, the second would fail.
CONFIRMING = 2


@dataclass(slots=True)
class _Limit:
    size: int = BATCH_LIMIT
    before: int = BATCH_LIMIT
    """What it was before the trouble that it was last made smaller in."""
    confirmed: bool = True
    """Whether CONFIRMING batches of this size were taken since."""
    tried: int = 0
    """The size of the larger batch that is on its way."""
    taken: int = 0
    patience: int = FIRST_PATIENCE


class BatchLimits:
    """The limit of each organisation's batches, learned by one container for itself.

    Halved when a batch fails, and a quarter larger after a number of full ones that were taken, of which one
    is tried first. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._limits: defaultdict[str, _Limit] = defaultdict(_Limit)
        self._lock = Lock()

    def size(self, org_id: str) -> int:
        """Returns how many notices a batch may have."""
        return self._limits[org_id].size

    def next_size(self, org_id: str) -> int:
        """Returns how many notices the next batch may have: once in a while more than the limit."""
        with self._lock:
            limit = self._limits[org_id]
            if limit.size < BATCH_LIMIT and limit.taken >= limit.patience:
                limit.taken, limit.tried = 0, min(BATCH_LIMIT, limit.size + limit.size // 4 + 1)
                return limit.tried
            return limit.size

    def allows(self, org_id: str, count: int) -> bool:
        """Whether a batch of `count`, made up a while ago, may still be sent as it is."""
        limit = self._limits[org_id]
        return count <= max(limit.size, limit.tried)

    def confirmed(self, org_id: str) -> bool:
        """Whether batches as large as the limit were taken since it was last made smaller."""
        return self._limits[org_id].confirmed

    def taken(self, org_id: str, count: int) -> None:
        """Learn that a batch of `count` was taken."""
        with self._lock:
            limit = self._limits[org_id]
            if count > limit.size:
                limit.size = limit.before = count
                limit.confirmed = True
                limit.taken, limit.tried, limit.patience = FIRST_PATIENCE, 0, FIRST_PATIENCE
            elif count == limit.size:
                limit.taken += 1
                limit.confirmed = limit.confirmed or limit.taken >= CONFIRMING

    def failed(self, org_id: str, count: int) -> None:
        """Learn that the portal failed on a batch of `count`, maybe for its size."""
        with self._lock:
            limit = self._limits[org_id]
            if count <= limit.size:
                limit.size, limit.confirmed = (count + 1) // 2, False  # Two of these are all of it.
                limit.taken, limit.tried, limit.patience = 0, 0, FIRST_PATIENCE
            elif count == limit.tried:
                limit.tried, limit.patience = 0, min(2 * limit.patience, LONGEST_PATIENCE)

    def forget(self, org_id: str) -> None:
        """Forget what was learned in this trouble: it was an outage, or the fault of one notice."""
        with self._lock:
            limit = self._limits[org_id]
            limit.size, limit.confirmed = limit.before, True

    def begin(self) -> None:
        """Begin an invocation: what was confirmed so far stays."""
        for limit in self._limits.values():
            if limit.confirmed:
                limit.before = limit.size
