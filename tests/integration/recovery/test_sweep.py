"""A sweep: what was kept and not published is published, once, the oldest first."""

from collections.abc import Callable, Iterator
from threading import Barrier, Lock, Thread
from typing import Any

import boto3
import pytest

from recovery.history import History
from recovery.pace import STEP_SECONDS, WORKERS, Pace
from recovery.sweep import SET_ASIDE_AFTER, Sweeper
from relay.aws import UnavailableError
from relay.events import Event, timestamp
from relay.publisher import EventRefusedError, Publisher
from relay.store import LEASE_SECONDS, Claim, ClaimState, EventStore
from tests.support.inbound import NOW
from tests.support.template import EVENT_TABLE

pytestmark = pytest.mark.usefixtures("inbound")


class Clock:
    """Seconds that pass when the test says so."""

    now = NOW

    def __call__(self) -> float:
        return self.now


class Topics(Publisher):
    """Remembers what was published, in order; fails for the `broken` ids, refuses others."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.broken: set[str] = set()
        self.refused: set[str] = set()

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        assert not replayed
        if event.id in self.broken:
            raise UnavailableError("NotFound", "Publish")
        if event.id in self.refused:
            raise EventRefusedError("InvalidParameter", "Publish")
        self.ids.append(event.id)


class OneAtATime:
    """A client whose calls are atomic, as the table's are and the mock table's are not."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**request)

        return call


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> EventStore:
    client: Any = OneAtATime(boto3.client("dynamodb"))
    return EventStore(client, EVENT_TABLE, retention_days=1, clock=clock)


@pytest.fixture
def history(clock: Clock) -> History:
    return History(boto3.client("dynamodb"), EVENT_TABLE, clock=clock)


@pytest.fixture
def topics() -> Topics:
    return Topics()


def kept(store: EventStore, many: int, *, at: float = NOW) -> list[Claim]:
    """Claims of events whose publishing never happened."""
    events = (
        Event(f"{number:032x}-c", "A|B", "app-update", timestamp(at + number), "{}") for number in range(many)
    )
    return [store.claim(event) for event in events]


def endless() -> Pace:
    return Pace(lambda: 240)


def lasting(steps: int) -> Pace:
    """Time for so many steps."""
    left: Iterator[float] = iter([STEP_SECONDS] * steps)
    return Pace(lambda: next(left, 0))


def in_table(claim: Claim) -> dict[str, Any]:
    key = {"pk": {"S": claim.key}}
    return boto3.client("dynamodb").get_item(TableName=EVENT_TABLE, Key=key)["Item"]


@pytest.mark.parametrize("many", [0, 1, WORKERS, WORKERS + 1, 40])
def test_every_event_past_its_lease_is_published_and_marked(
    many: int, store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    claims = kept(store, many)
    clock.now = NOW + many + LEASE_SECONDS

    swept = Sweeper(store, topics).sweep(history.pending(), endless())

    assert sorted(topics.ids) == sorted(claim.event.id for claim in claims)
    assert (swept.recovered, swept.failed, swept.settled, swept.left) == (many, 0, 0, 0)
    assert swept.oldest == (timestamp(NOW) if many else None)
    assert list(history.pending()) == []
    assert all("publishedAt" in in_table(claim) for claim in claims)


def test_a_live_lease_is_left_to_its_delivery(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    (claim,) = kept(store, 1, at=NOW - 3600)
    clock.now = NOW + LEASE_SECONDS - 1

    swept = Sweeper(store, topics).sweep(history.pending(), endless())

    assert topics.ids == []
    assert (swept.recovered, swept.settled) == (0, 1)
    assert "publishedAt" not in in_table(claim)


def test_what_a_delivery_published_after_it_was_listed_is_not_published_again(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    (claim,) = kept(store, 1)
    clock.now = NOW + LEASE_SECONDS
    listed = list(history.pending())
    store.mark_published(claim)

    swept = Sweeper(store, topics).sweep(iter(listed), endless())

    assert topics.ids == []
    assert (swept.recovered, swept.settled, swept.pending) == (0, 1, 0)


def test_what_was_deleted_after_it_was_listed_is_settled(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    (claim,) = kept(store, 1)
    clock.now = NOW + LEASE_SECONDS
    listed = list(history.pending())
    boto3.client("dynamodb").delete_item(TableName=EVENT_TABLE, Key={"pk": {"S": claim.key}})

    assert Sweeper(store, topics).sweep(iter(listed), endless()).settled == 1
    assert topics.ids == []


def test_of_sweeps_and_a_delivery_at_the_same_moment_one_publishes(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    (claim,) = kept(store, 1)
    clock.now = NOW + LEASE_SECONDS
    listed, together = list(history.pending()), Barrier(8)

    def deliver() -> None:
        together.wait()
        mine = store.claim(claim.event)
        if mine.state is ClaimState.GRANTED:
            topics.publish(mine.event)

    def sweep() -> None:
        together.wait()
        Sweeper(store, topics).sweep(iter(listed), endless())

    run: list[Callable[[], None]] = [deliver, sweep] * 4
    threads = [Thread(target=one) for one in run]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert topics.ids == [claim.event.id]


def test_an_event_that_cannot_be_published_stays_pending_and_holds_up_no_other(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    claims = kept(store, 20)
    topics.broken = {claims[0].event.id, claims[7].event.id}
    clock.now = NOW + 20 + LEASE_SECONDS

    swept = Sweeper(store, topics).sweep(history.pending(), endless())

    assert (swept.recovered, swept.failed, swept.pending) == (18, 2, 20)
    assert swept.faults == {"Publish: NotFound": 2}
    topics.broken.clear()
    clock.now += LEASE_SECONDS
    assert Sweeper(store, topics).sweep(history.pending(), endless()).recovered == 2
    assert sorted(topics.ids) == sorted(claim.event.id for claim in claims)


def test_what_sns_refuses_for_good_is_set_aside_after_some_sweeps_and_holds_up_no_other(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    claims = kept(store, 3)
    topics.refused, topics.broken = {claims[0].event.id}, {claims[1].event.id}

    found = []
    for _ in range(SET_ASIDE_AFTER + 1):
        clock.now += 100
        swept = Sweeper(store, topics).sweep(history.pending(), endless())
        found.append((swept.pending, swept.set_aside, swept.oldest))

    first, second = (claim.event.received_at for claim in claims[:2])
    assert found[:2] == [(3, 0, first), (2, 0, first)]
    # Not pending any more, from the sweep on that sets it aside.
    assert found[2:] == [(1, 1, second), (1, 0, second)]
    assert in_table(claims[0])["pendingShard"]["S"].startswith("setaside#")
    assert in_table(claims[0])["refusals"] == {"N": str(SET_ASIDE_AFTER)}
    assert topics.ids == [claims[2].event.id]


def test_what_is_set_aside_is_published_by_its_next_delivery_when_sns_takes_it(
    store: EventStore, topics: Topics, clock: Clock
) -> None:
    (claim,) = kept(store, 1)
    store.refuse(claim, set_aside=True)
    clock.now += LEASE_SECONDS

    repeat = store.claim(claim.event)
    assert repeat.state is ClaimState.GRANTED
    store.mark_published(repeat)

    assert not {"pendingShard", "refusals", "leaseUntil"} & set(in_table(claim))


def test_a_refusal_that_is_told_late_brings_no_published_event_back(
    store: EventStore, topics: Topics, clock: Clock
) -> None:
    (claim,) = kept(store, 1)
    store.mark_published(claim)

    with pytest.raises(UnavailableError, match="ConditionalCheckFailed"):
        store.refuse(claim, set_aside=True)

    assert "pendingShard" not in in_table(claim)


def test_a_sweep_out_of_time_has_done_the_oldest_and_says_what_is_left(
    store: EventStore, history: History, topics: Topics, clock: Clock
) -> None:
    claims = kept(store, 3 * WORKERS + 5)
    clock.now = NOW + 100 + LEASE_SECONDS

    swept = Sweeper(store, topics).sweep(history.pending(), lasting(2))

    assert sorted(topics.ids) == sorted(claim.event.id for claim in claims[: 2 * WORKERS])
    assert (swept.recovered, swept.left) == (2 * WORKERS, WORKERS + 5)
    assert swept.pending == len(claims)
    assert len(list(history.pending())) == swept.left


def test_a_table_that_cannot_be_reached_is_an_error_of_the_sweep(store: EventStore, topics: Topics) -> None:
    nowhere = History(boto3.client("dynamodb"), "no-such-table")

    with pytest.raises(UnavailableError, match="Query: ResourceNotFoundException"):
        Sweeper(store, topics).sweep(nowhere.pending(), endless())
