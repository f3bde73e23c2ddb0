"""A replay: kept events are published once more, all of them, and nothing else changes."""

from bisect import insort
from collections.abc import Callable, Iterator
from typing import Any, cast

import boto3
import pytest

from recovery.history import History
from recovery.pace import STEP_SECONDS, WORKERS, Pace
from recovery.position import Position, position_of
from recovery.replay import Replayed, Replayer
from relay.api.recovery import Replay
from relay.aws import UnavailableError
from relay.catalog import CATALOG
from relay.events import Content, Event, event_id, timestamp
from relay.publisher import EventRefusedError, Publisher
from relay.store import EventStore
from relay.table import SHARDS, item_of
from tests.support.inbound import NOW
from tests.support.template import EVENT_TABLE

LEAVE, UPDATE = "employee-leave", "app-update"


class Topics(Publisher):
    """Remembers what was published; fails before the nth event where `fails` says so, and `refuses` some."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.fails: Iterator[bool] = iter(())
        self.refuses: set[str] = set()

    def publish(self, event: Event, *, replayed: bool = False) -> None:
        assert replayed
        if next(self.fails, False):
            raise UnavailableError("Throttling", "Publish")
        if event.id in self.refuses:
            raise EventRefusedError("InvalidParameter", "Publish")
        self.events.append(event)

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events]


class MemoryTable:
    """A client of a table in memory and its index by topic, for more events than the mock table bears."""

    def __init__(self, events: list[Event]) -> None:
        self._items = {event.key: {"pk": {"S": event.key}, **item_of(event)} for event in events}
        self._index: dict[str, list[tuple[str, str]]] = {}
        for key, item in self._items.items():
            insort(self._index.setdefault(item["tagShard"]["S"], []), (item["receivedAt"]["S"], key))

    def get_item(self, *, Key: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        item = self._items.get(Key["pk"]["S"])
        return {"Item": item} if item else {}

    def query(self, **question: Any) -> dict[str, Any]:
        shard, since, until = (
            question["ExpressionAttributeValues"][f":{name}"]["S"] for name in ("shard", "since", "until")
        )
        start = question.get("ExclusiveStartKey")
        after = (start["receivedAt"], start["pk"]) if start else ("", "")
        entries = self._index.get(shard, [])
        found = [entry for entry in entries if entry > after and since <= entry[0] <= until]
        page = found[: question["Limit"]]
        last = page[-1] if len(found) > len(page) else None
        more = {"LastEvaluatedKey": dict(zip(("receivedAt", "pk"), last, strict=True))} if last else {}
        items = [{"receivedAt": {"S": at}, "pk": {"S": key}} for at, key in page]
        return {"Items": items, **more}


def memory_history(events: list[Event]) -> History:
    table: Any = MemoryTable(events)
    return History(table, EVENT_TABLE)


def over(history: History, topics: Topics) -> Replayer:
    """A replayer of events of which none is set aside, so that it has no need of a store."""
    return Replayer(history, cast(EventStore, None), topics)


def event(number: int, slug: str = LEAVE, *, at: float | None = None) -> Event:
    tag = next(kind.event_tag for kind in CATALOG if kind.slug == slug)
    id_ = event_id(tag, str(number), Content("{}"))
    return Event(id_, tag, slug, timestamp(NOW + number if at is None else at), f'{{"number":{number}}}')


def endless() -> Pace:
    return Pace(lambda: 240)


def lasting(steps: int) -> Pace:
    left: Iterator[float] = iter([STEP_SECONDS] * steps)
    return Pace(lambda: next(left, 0))


def begin(**fields: Any) -> Position:
    request = Replay.model_validate({"action": "replay", **fields})
    return position_of(request, lambda: NOW + 1_000_000)


def follow(
    replayer: Replayer, limit: int, pace: Callable[[], Pace] = endless, **fields: Any
) -> list[Replayed]:
    """One invocation after the other, by the cursors alone, to the end."""
    runs: list[Replayed] = []
    position = begin(**fields)
    while position.slugs:
        runs.append(replayer.replay(position, limit, pace()))
        assert len(runs) <= 1000, "the cursors lead nowhere"
        assert runs[-1].position is not None
        cursor = runs[-1].position.cursor
        if cursor is None:
            break
        position = begin(**fields | {"cursor": cursor})
    return runs


def test_ten_thousand_events_are_all_replayed_once_by_following_the_cursors() -> None:
    slugs = [kind.slug for kind in CATALOG]
    events = [event(number, slugs[number % 7 * 2]) for number in range(10_000)]
    topics = Topics()

    runs = follow(over(memory_history(events), topics), 1000)

    assert sorted(topics.ids) == sorted(one.id for one in events)
    assert sum(run.matched for run in runs) == 10_000
    assert len(runs) <= 11
    assert all(run.matched <= 1000 for run in runs)


@pytest.mark.parametrize("limit", [1, WORKERS - 1, WORKERS, WORKERS + 1, 1000])
def test_none_is_missed_or_doubled_whatever_the_limit(limit: int) -> None:
    # Many at the same moment: a cursor within one is where an event is lost if ever.
    events = [event(number, at=NOW + number // 50) for number in range(200)]
    topics = Topics()

    runs = follow(over(memory_history(events), topics), limit, eventTags=[LEAVE])

    assert sorted(topics.ids) == sorted(one.id for one in events)
    assert all(run.matched <= limit for run in runs)


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_an_invocation_out_of_time_is_gone_on_with_by_its_cursor(steps: int) -> None:
    events = [event(number) for number in range(200)]
    topics = Topics()

    runs = follow(over(memory_history(events), topics), 1000, lambda: lasting(steps), eventTags=[LEAVE])

    assert sorted(topics.ids) == sorted(one.id for one in events)
    assert len(runs) >= SHARDS / steps


def test_a_fault_ends_the_invocation_before_the_events_it_hit() -> None:
    events = [event(number) for number in range(100)]
    topics = Topics()
    topics.fails = iter([False] * 40 + [True] * 3)
    replayer = over(memory_history(events), topics)

    first = replayer.replay(begin(eventTags=[LEAVE]), 1000, endless())
    assert first.stopped == "Publish: Throttling"
    assert first.matched <= 43
    assert first.position is not None
    follow(replayer, 1000, eventTags=[LEAVE], cursor=first.position.cursor)

    assert set(topics.ids) == {one.id for one in events}
    assert len(topics.ids) - len(events) < WORKERS


@pytest.mark.parametrize("refused", [{0}, {20}, {99}, {3, 4, 50}, set(range(100))])
@pytest.mark.parametrize("limit", [1, 16, 1000])
def test_what_sns_refuses_is_named_and_holds_up_no_other(refused: set[int], limit: int) -> None:
    events, topics = [event(number) for number in range(100)], Topics()
    topics.refuses = {events[number].id for number in refused}

    runs = follow(over(memory_history(events), topics), limit, eventTags=[LEAVE])

    assert sorted(topics.ids) == sorted({one.id for one in events} - topics.refuses)
    assert sorted(name for run in runs for name in run.refused) == sorted(topics.refuses)
    assert sum(run.matched for run in runs) == 100
    assert {run.stopped for run in runs} == {""}


def test_only_the_topics_and_the_time_that_were_asked_for_are_replayed() -> None:
    events = [event(number, slug) for number in range(100) for slug in (LEAVE, UPDATE)]
    topics = Topics()
    times: dict[str, Any] = {"from": timestamp(NOW + 10), "to": timestamp(NOW + 19)}

    follow(over(memory_history(events), topics), 1000, eventTags=[UPDATE], **times)

    assert sorted(topics.ids) == sorted(event(number, UPDATE).id for number in range(10, 20))


def test_a_replay_until_now_does_not_run_after_what_comes_in_meanwhile() -> None:
    early, late = event(1), event(2, at=NOW + 1_000_001)
    topics = Topics()

    follow(over(memory_history([early, late]), topics), 1)

    assert topics.ids == [early.id]


def test_a_dry_run_counts_what_a_replay_would_find_and_publishes_nothing() -> None:
    events = [event(number, slug) for number in range(700) for slug in (LEAVE, UPDATE)]
    topics = Topics()

    counted = over(memory_history(events), topics).count(begin(), endless())

    assert counted.topics == {LEAVE: 700, UPDATE: 700}
    assert counted.position is not None
    assert counted.position.cursor is None
    assert topics.events == []


def test_what_was_deleted_after_it_was_listed_is_counted_as_gone() -> None:
    class Forgetful(MemoryTable):
        def get_item(self, **question: Any) -> dict[str, Any]:
            return {} if question["Key"] == {"pk": {"S": event(3).key}} else super().get_item(**question)

    table: Any = Forgetful([event(number) for number in range(5)])
    (run,) = follow(over(History(table, EVENT_TABLE), Topics()), 1000, eventTags=[LEAVE])

    assert (run.matched, run.published, run.gone) == (5, 4, 1)


@pytest.fixture
def table(inbound: None) -> History:
    """Events in the mock table: published ones, and one that is still pending."""
    store = EventStore(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=lambda: NOW)
    for number in range(40):
        claim = store.claim(event(number))
        if number:
            store.mark_published(claim)
    return History(boto3.client("dynamodb"), EVENT_TABLE, clock=lambda: NOW)


def in_table() -> list[Any]:
    items = boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]
    return sorted(items, key=lambda item: item["pk"]["S"])


def test_the_kept_events_stay_as_they_are(table: History) -> None:
    before, topics = in_table(), Topics()

    follow(over(table, topics), 16, eventTags=[LEAVE])

    assert sorted(topics.ids) == sorted(event(number).id for number in range(40))
    assert in_table() == before


def test_events_are_replayed_by_their_ids_and_unknown_ones_are_named(table: History) -> None:
    wanted, topics = [event(5).id, "f" * 32, event(0).id], Topics()

    run = over(table, topics).replay_ids(wanted, endless(), dry_run=False)

    assert topics.events == [event(5), event(0)]
    assert (run.topics, run.not_found, run.left) == ({LEAVE: 2}, ("f" * 32,), ())


def test_a_dry_run_by_ids_publishes_nothing(table: History) -> None:
    topics = Topics()

    run = over(table, topics).replay_ids([event(5).id], endless(), dry_run=True)

    assert (run.topics, topics.events) == ({LEAVE: 1}, [])


def test_ids_that_it_failed_on_or_had_no_time_for_are_left(table: History) -> None:
    ids, topics = [event(number).id for number in range(5)], Topics()
    topics.fails = iter([False, False, True])

    broken = over(table, topics).replay_ids(ids, endless(), dry_run=False)
    late = over(table, topics).replay_ids(ids, lasting(1), dry_run=False)

    assert (list(broken.left), broken.stopped) == (ids[2:], "Publish: Throttling")
    assert list(late.left) == ids[1:]


def test_of_ids_that_sns_refuses_each_is_named_and_the_others_are_published(table: History) -> None:
    ids, topics = [event(number).id for number in range(4)], Topics()
    topics.refuses = {ids[1], ids[3]}

    run = over(table, topics).replay_ids(ids, endless(), dry_run=False)

    assert topics.ids == [ids[0], ids[2]]
    assert (run.refused, run.left, run.stopped) == ((ids[1], ids[3]), (), "")
    assert (run.matched, run.published) == (4, 2)


def test_what_is_older_than_events_are_kept_is_over_though_the_table_still_has_it(table: History) -> None:
    """Its content may be gone from the bucket."""
    later, topics = NOW + 86_400 + 20, Topics()
    history = History(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=lambda: later)

    follow(over(history, topics), 1000, eventTags=[LEAVE])
    by_id = over(history, topics).replay_ids([event(19).id, event(20).id], endless(), dry_run=True)

    assert len(in_table()) == 40
    assert sorted(topics.ids) == sorted(event(number).id for number in range(20, 40))
    assert by_id.not_found == (event(19).id,)
