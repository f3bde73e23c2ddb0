"""Organisations whose every notice is refused alike: more likely the orgId is wrong than the notices are."""

from collections.abc import Callable
from time import time

ALIKE = 5
STANDING_SECONDS = 3600.0


class Doubts:
    """Remembers from one invocation to the next which organisations refuse everything, and with which code.

    Without this memory a wrong orgId would lose a few notices to the dead-letter queue at every return.
    """

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}

    def raise_(self, org_id: str, code: str) -> None:
        self._until[org_id, code] = self._clock() + STANDING_SECONDS

    def stands(self, org_id: str, code: str) -> bool:
        return self._until.get((org_id, code), 0.0) > self._clock()

    def lift(self, org_id: str) -> None:
        """Something of the organisation was accepted."""
        for key in [key for key in self._until if key[0] == org_id]:
            del self._until[key]
