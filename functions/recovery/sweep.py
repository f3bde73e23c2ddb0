"""Publishes what was kept and not published: its delivery was cut short, and the gateway gave up."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

from recovery.history import Pending
from recovery.pace import WORKERS, Pace
from relay.aws import UnavailableError
from relay.publisher import Publisher
from relay.store import ClaimState, EventStore

# How far what is left is counted.
_COUNTED = 10_000


@dataclass(slots=True)
class Swept:
    """What a sweep found and did. `settled` events were published, taken or deleted by others meanwhile."""

    oldest: str | None = None
    recovered: int = 0
    settled: int = 0
    left: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.faults.total()

    @property
    def pending(self) -> int:
        """How many were found unpublished."""
        return self.recovered + self.failed + self.left


class Sweeper:
    """Takes pending events over, each as a whole: a delivery at the same time gets it or comes too late."""

    def __init__(self, store: EventStore, publisher: Publisher) -> None:
        self._store, self._publisher = store, publisher

    def sweep(self, pending: Iterator[Pending], pace: Pace) -> Swept:
        """Recovers events in their order for as long as there is time.

        Raises UnavailableError if the list of them cannot be had. An event that cannot be published stays
        pending and holds up no other.
        """
        swept = Swept()
        with ThreadPoolExecutor(WORKERS) as workers:
            for wave in batched(pending, WORKERS, strict=False):
                swept.oldest = swept.oldest or wave[0].received_at
                if not pace.allows_more(0):
                    swept.left = len(wave)
                    swept.left += sum(1 for _ in zip(range(_COUNTED), pending, strict=False))
                    break
                for fate in workers.map(self._recover, wave):
                    _account(fate, swept)
        return swept

    def _recover(self, pending: Pending) -> "ClaimState | UnavailableError | None":
        try:
            claim = self._store.take_over(pending.key)
            if claim and claim.state is ClaimState.GRANTED:
                self._publisher.publish(claim.event)
                self._store.mark_published(claim)
        except UnavailableError as fault:
            return fault
        return claim.state if claim else None


def _account(fate: "ClaimState | UnavailableError | None", swept: Swept) -> None:
    if isinstance(fate, UnavailableError):
        swept.faults[str(fate)] += 1
    elif fate is ClaimState.GRANTED:
        swept.recovered += 1
    else:
        swept.settled += 1
