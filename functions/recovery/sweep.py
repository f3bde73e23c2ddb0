"""Publishes what was kept and not published: its delivery was cut short, and the gateway gave up."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

from recovery.history import Pending
from recovery.pace import WORKERS, Pace
from relay.aws import UnavailableError
from relay.publisher import EventRefusedError, Publisher
from relay.settings import Clock
from relay.store import ClaimState, EventStore

# In so many sweeps SNS refuses an event before it is set aside: it may have been its configuration at first.
SET_ASIDE_AFTER = 3
# How far what is left is counted.
_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Recovered:
    """The event was published and marked, `waited` seconds after its first delivery."""

    waited: float


@dataclass(frozen=True, slots=True)
class Settled:
    """Others published, took or deleted the event meanwhile."""


@dataclass(frozen=True, slots=True)
class StillPending:
    """The event is pending still; with `waited` it is on its topic, and was not marked so."""

    reason: str
    waited: float | None = None


@dataclass(frozen=True, slots=True)
class SetAside:
    """SNS refused the event in as many sweeps as it was tried; no sweep tries it again."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found and did. `waits` are the seconds that each published event had waited.

    `oldest` is when the oldest was received, those that were set aside left out.
    """

    oldest: str | None = None
    recovered: int = 0
    settled: int = 0
    set_aside: int = 0
    left: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    waits: tuple[float, ...] = ()

    @property
    def failed(self) -> int:
        """How many could not be published."""
        return sum(self.faults.values())

    @property
    def pending(self) -> int:
        """How many were found unpublished."""
        return self.recovered + self.failed + self.left


type _Outcome = Recovered | Settled | SetAside | StillPending


class Sweeper:
    """Takes pending events over, each as a whole: a delivery at the same time gets it or comes too late."""

    def __init__(
        self,
        store: EventStore,
        publisher: Publisher,
        *,
        tries: int = SET_ASIDE_AFTER,
        clock: Clock = time.time,
    ) -> None:
        self._store, self._publisher, self._tries, self._clock = store, publisher, tries, clock

    def sweep(self, pending: Iterator[Pending], pace: Pace) -> Swept:
        """Recover events in their order for as long as there is time.

        Raises UnavailableError if the list of them cannot be had. An event that cannot be published stays
        pending and holds up no other.
        """
        oldest, left = None, 0
        became: list[_Outcome] = []
        with ThreadPoolExecutor(WORKERS) as workers:
            for wave in batched(pending, WORKERS, strict=False):
                if not pace.allows_more(0):
                    oldest = oldest or wave[0].received_at
                    left = len(wave) + sum(1 for _ in zip(range(_COUNTED), pending, strict=False))
                    break
                outcomes = list(workers.map(self._recover, wave))
                waited_for = (
                    one.received_at
                    for one, outcome in zip(wave, outcomes, strict=True)
                    if not isinstance(outcome, SetAside)
                )
                oldest = oldest or next(waited_for, None)
                became += outcomes
        return Swept(
            oldest=oldest,
            recovered=sum(isinstance(one, Recovered) for one in became),
            settled=sum(isinstance(one, Settled) for one in became),
            set_aside=sum(isinstance(one, SetAside) for one in became),
            left=left,
            faults=Counter(one.reason for one in became if isinstance(one, StillPending)),
            waits=tuple(
                one.waited
                for one in became
                if isinstance(one, Recovered | StillPending) and one.waited is not None
            ),
        )

    def _recover(self, pending: Pending) -> _Outcome:
        waited = None
        try:
            claim = self._store.take_over(pending.key)
            if claim is None or claim.state is not ClaimState.GRANTED:
                return Settled()
            try:
                self._publisher.publish(claim.event)
            except EventRefusedError as refused:
                set_aside = claim.refusals + 1 >= self._tries
                self._store.refuse(claim, set_aside=set_aside)
                return SetAside() if set_aside else StillPending(str(refused))
            waited = claim.event.age(self._clock())
            self._store.mark_published(claim)
        except UnavailableError as error:
            return StillPending(str(error), waited)
        return Recovered(waited)
