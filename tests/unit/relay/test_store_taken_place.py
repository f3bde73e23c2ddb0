"""A claim in whose midst the event expires and another takes its place."""

from typing import Any

import pytest

from relay.aws import UnavailableError
from relay.events import Content, Event, event_id, timestamp
from relay.store import LEASE_SECONDS, ClaimState, EventStore
from tests.support.inbound import NOW
from tests.support.memory_cloud import MemoryCloud

DAY = 86_400


def event(content: str) -> Event:
    return Event(event_id("A|B", "s-1", Content(content)), "A|B", "app-update", timestamp(NOW), "{}")


class Interrupted(MemoryCloud):
    """Lets something happen just before the next take-over."""

    def __init__(self) -> None:
        super().__init__()
        self.interruption: Any = None

    def update_item(self, **request: Any) -> dict[str, Any]:
        interruption, self.interruption = self.interruption, None
        if interruption:
            interruption()
        return super().update_item(**request)


@pytest.mark.parametrize("steps", ["claim", "claim, mark", "claim, lease"])
def test_it_is_in_progress_and_granted_the_next_time(steps: str) -> None:
    """Never 成功: what is published, or is being, is the other."""
    now = NOW
    cloud = Interrupted()
    client: Any = cloud
    store = EventStore(client, "events", retention_days=1, clock=lambda: now)
    store.claim(event("[1]"))
    now += DAY - 1

    def other_takes_the_place() -> None:
        nonlocal now
        now += 1
        claim = store.claim(event("[2]"))
        assert claim.key == event("[1]").key
        if "mark" in steps:
            store.mark_published(claim)
        if "lease" in steps:
            now += LEASE_SECONDS

    cloud.interruption = other_takes_the_place
    claim = store.claim(event("[1]"))

    assert (claim.state, claim.event) == (ClaimState.IN_PROGRESS, event("[1]"))
    again = store.claim(event("[1]"))
    assert (again.state, again.event, again.other_content) == (ClaimState.GRANTED, event("[1]"), True)


def test_a_mark_is_for_the_event_that_was_published_and_for_no_other_in_its_place() -> None:
    now = NOW
    cloud: Any = MemoryCloud()
    store = EventStore(cloud, "events", retention_days=1, clock=lambda: now)
    first = store.claim(event("[1]"))
    now += DAY
    store.claim(event("[2]"))

    with pytest.raises(UnavailableError):
        store.mark_published(first)

    now += LEASE_SECONDS
    assert store.claim(event("[2]")).state is ClaimState.GRANTED


@pytest.mark.parametrize("seconds", [0, LEASE_SECONDS - 1])
def test_an_expired_event_that_recovery_is_publishing_is_not_claimed_beside_it(seconds: int) -> None:
    """A repeat after the time for which an event is kept, which was never published in all that time."""
    now = NOW
    client: Any = MemoryCloud()
    store = EventStore(client, "events", retention_days=1, clock=lambda: now)
    store.claim(event("[1]"))
    now += DAY
    taken = store.take_over(event("[1]").key)
    now += seconds

    assert taken is not None
    assert taken.state is ClaimState.GRANTED
    assert store.claim(event("[1]")).state is ClaimState.IN_PROGRESS
    store.mark_published(taken)
    assert store.claim(event("[1]")).state is ClaimState.GRANTED
