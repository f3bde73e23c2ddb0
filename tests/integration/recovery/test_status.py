"""The status of the kept events: the newest of each topic, and what waits."""

import itertools
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from recovery.pace import STEP_SECONDS
from recovery.status import ASKING_SECONDS, Survey
from relay.api.recovery import PENDING, SET_ASIDE, StatusAnswer
from relay.catalog import BY_SLUG, SLUGS
from relay.events import Content, Event, event_id, timestamp
from relay.settings import Clock
from relay.store import LEASE_SECONDS, EventStore
from relay.table import SHARDS
from tests.support.inbound import NOW
from tests.support.template import EVENT_TABLE, RESOURCES

LEAVE, UPDATE = "employee-leave", "app-update"


class Table:
    """Both indexes in memory, far quicker than moto: received times by shard. Fails on some shards."""

    def __init__(self, shards: dict[str, list[str]] | None = None, *fails: str, cut: bool = False) -> None:
        self._shards, self._fails, self._cut, self.asked = shards or {}, fails, cut, 0

    def query(self, **question: Any) -> dict[str, Any]:
        self.asked += 1
        values = {name: value["S"] for name, value in question["ExpressionAttributeValues"].items()}
        if values[":shard"] in self._fails:
            raise ClientError({"Error": {"Code": "Throttling"}}, "Query")
        pending = values[":shard"].startswith(("pending#", "setaside#"))
        assert question["IndexName"] == ("pending" if pending else "by-tag")
        times = sorted(self._shards.get(values[":shard"], ()), reverse="ScanIndexForward" in question)
        found = [at for at in times if values[":since"] <= at <= values[":until"]][: question.get("Limit")]
        if question.get("Select") == "COUNT":
            more: dict[str, Any] = {"LastEvaluatedKey": {}} if self._cut and found else {}
            return {"Count": len(found), **more}
        return {"Count": len(found), "Items": [{"receivedAt": {"S": at}} for at in found]}


def taken(table: Any, remaining: float = 240, timer: Clock = lambda: 0.0) -> StatusAnswer:
    return Survey(table, EVENT_TABLE, clock=lambda: NOW, timer=timer).take(remaining)


def keep(number: int, slug: str, *, age: float, published: bool) -> str:
    """An event received `age` seconds ago; when that was."""
    tag, at = BY_SLUG[slug].event_tag if slug in BY_SLUG else "no|such", timestamp(NOW - age)
    id_ = event_id(tag, str(number), Content("{}"))
    store = EventStore(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=lambda: NOW - age)
    claim = store.claim(Event(id_, tag, slug, at, "{}"))
    if published:
        store.mark_published(claim)
    return at


@pytest.mark.usefixtures("inbound")
def test_the_real_indexes_tell_the_newest_of_each_topic_and_what_is_pending() -> None:
    # The newest is neither the first nor the last to be kept, and the pending ones are on many shards.
    leavers = [keep(number, LEAVE, age=1000 + abs(number - 20), published=True) for number in range(40)]
    waiting = [keep(number, UPDATE, age=600 + number, published=False) for number in range(40)]
    other = keep(0, "unclassified", age=5, published=False)

    newest = {LEAVE: max(leavers), UPDATE: waiting[0], "unclassified": other}
    found = taken(boto3.client("dynamodb"))
    assert found.tags == dict.fromkeys(SLUGS) | newest
    assert (found.pending.count, found.pending.oldest) == (40, waiting[-1])


def test_of_an_empty_table_every_topic_is_known_to_have_had_nothing() -> None:
    table = Table()

    found = taken(table)
    assert (found.tags, found.pending.count, found.unknown) == (dict.fromkeys(SLUGS), 0, {})
    assert table.asked == SHARDS * (len(SLUGS) + 2)


@pytest.mark.parametrize("shard", [0, SHARDS - 1])
@pytest.mark.parametrize("count", [1, 2, 100])
def test_the_newest_event_of_a_topic_is_found_whatever_its_shard(shard: int, count: int) -> None:
    times = [timestamp(NOW - 10 - number) for number in range(count)]

    shards = {f"{LEAVE}#{shard}": times, f"{LEAVE}#7": [timestamp(NOW - 1000)]}

    assert taken(Table(shards)).tags == dict.fromkeys(SLUGS) | {LEAVE: times[0]}


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_pending_events_are_counted_with_the_oldest(count: int) -> None:
    shards: dict[str, list[str]] = {}
    for number in range(count):
        shards.setdefault(f"pending#{number % SHARDS}", []).append(timestamp(NOW - 600 - number))

    found = taken(Table(shards))

    oldest = timestamp(NOW - 600 - count + 1)
    assert (found.pending.count, found.pending.more, found.pending.oldest) == (count, False, oldest)


@pytest.mark.parametrize(("age", "counted"), [(LEASE_SECONDS, 1), (LEASE_SECONDS - 1, 0)])
def test_an_event_that_may_be_at_work_on_is_not_pending_yet(age: float, counted: int) -> None:
    assert taken(Table({"pending#3": [timestamp(NOW - age)]})).pending.count == counted


def test_more_than_a_shards_answer_holds_is_said_to_be_more() -> None:
    found = taken(Table({"pending#3": [timestamp(NOW - 600)]}, cut=True))

    assert (found.pending.count, found.pending.more) == (1, True)


@pytest.mark.parametrize("shard", [0, 5, SHARDS - 1])
def test_a_topic_is_unknown_when_one_of_its_shards_is_and_the_others_are_not(shard: int) -> None:
    at = timestamp(NOW - 10)
    found = taken(Table({f"{LEAVE}#3": [at], f"{UPDATE}#3": [at]}, f"{LEAVE}#{shard}"))

    assert found.unknown == {LEAVE: "Query: Throttling"}
    assert found.tags[UPDATE] == at
    assert set(found.tags) == set(SLUGS) - {LEAVE}


@pytest.mark.parametrize("shard", [0, SHARDS - 1])
def test_pending_is_unknown_when_one_of_its_shards_is(shard: int) -> None:
    found = taken(Table({}, f"pending#{shard}"))

    assert found.unknown == {PENDING: "Query: Throttling"}
    assert set(found.tags) == set(SLUGS)


@pytest.mark.parametrize("shard", [0, SHARDS - 1])
def test_what_is_set_aside_is_unknown_when_one_of_its_shards_is(shard: int) -> None:
    found = taken(Table({}, f"setaside#{shard}"))

    assert found.unknown == {SET_ASIDE: "Query: Throttling"}


@pytest.mark.usefixtures("inbound")
def test_what_is_set_aside_is_named_and_not_pending() -> None:
    store = EventStore(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=lambda: NOW - 600)
    events = [
        Event(event_id("A|B", str(number), Content("{}")), "A|B", UPDATE, timestamp(NOW - 600 + number), "{}")
        for number in range(40)
    ]
    for event in events:
        store.refuse(store.claim(event), set_aside=True)

    found = taken(boto3.client("dynamodb"))

    assert found.set_aside
    assert (found.set_aside.count, found.set_aside.more) == (40, False)
    assert [event.id for event in found.set_aside.events] == [event.id for event in events]
    assert (found.pending.count, found.pending.oldest, found.unknown) == (0, None, {})


@pytest.mark.parametrize(("remaining", "asks"), [(STEP_SECONDS, False), (STEP_SECONDS + 60, True)])
def test_nothing_is_asked_that_the_remaining_time_could_not_finish(remaining: float, asks: bool) -> None:
    table = Table()
    found = taken(table, remaining)

    assert (table.asked > 0) is asks
    assert set(found.unknown) == (set() if asks else {*SLUGS, PENDING, SET_ASIDE})
    assert set(found.unknown.values()) <= {"Query: no time was left"}


def test_a_slow_table_is_given_up_on_long_before_the_functions_time_is_over() -> None:
    seconds = itertools.count(NOW)
    table = Table()

    found = taken(table, timer=lambda: next(seconds))

    assert table.asked <= ASKING_SECONDS + 1
    assert set(found.unknown) == {*SLUGS, PENDING, SET_ASIDE}
    timeout = RESOURCES["RecoveryFunction"]["Properties"]["Timeout"]
    assert timeout / 2 > ASKING_SECONDS + STEP_SECONDS


def test_the_role_may_ask_both_indexes() -> None:
    statements = RESOURCES["RecoveryRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    (query,) = [one for one in statements if "dynamodb:Query" in one["Action"]]

    assert query["Resource"] == {"Fn::Sub": "${EventTable.Arn}/index/*"}
