"""How things stand, as the table tells it: the newest event of each topic, and what waits."""

from typing import Any

import boto3
import pytest

from recovery.pace import STEP_SECONDS
from recovery.position import ALL_SLUGS
from recovery.standing import ASKING_SECONDS, PENDING, Standing, Survey
from relay.catalog import BY_SLUG
from relay.events import Content, Event, event_id, timestamp
from relay.items import SHARDS
from relay.store import LEASE_SECONDS, EventStore
from tests.inbound import NOW
from tests.template import EVENT_TABLE, RESOURCES

pytestmark = pytest.mark.usefixtures("inbound")
LEAVE, UPDATE = "employee-leave", "app-update"


def keep(number: int, slug: str = LEAVE, *, age: float, published: bool = True) -> str:
    """An event received `age` seconds ago; when that was."""
    tag, at = BY_SLUG[slug].event_tag if slug in BY_SLUG else "no|such", timestamp(NOW - age)
    id_ = event_id(tag, str(number), Content("{}"))
    store = EventStore(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=lambda: NOW - age)
    claim = store.claim(Event(id_, tag, slug, at, "{}"))
    if published:
        store.mark_published(claim)
    return at


def taken(client: Any = None, remaining: float = 240, **how: Any) -> Standing:
    table = client or boto3.client("dynamodb")
    return Survey(table, EVENT_TABLE, clock=lambda: NOW, **how).take(remaining)


class Table:
    """The table, which fails on the questions about some shards, and counts."""

    def __init__(self, *fails: str) -> None:
        self._client, self._fails, self.asked = boto3.client("dynamodb"), fails, 0

    def query(self, **question: Any) -> Any:
        self.asked += 1
        if question["ExpressionAttributeValues"][":shard"]["S"] in self._fails:
            question["TableName"] = "none-such"
        return self._client.query(**question)


def test_of_an_empty_table_every_topic_is_known_to_have_had_nothing() -> None:
    assert taken() == Standing(latest=dict.fromkeys(ALL_SLUGS))
    assert len(ALL_SLUGS) == 19


@pytest.mark.parametrize("count", [1, 2, 100])
def test_the_newest_event_of_a_topic_is_found_whatever_its_shard(count: int) -> None:
    # The newest is neither the first nor the last to be kept.
    times = [keep(number, age=1000 + abs(number - count // 2)) for number in range(count)]
    other = keep(0, "unclassified", age=5)

    latest = taken().latest

    assert latest == dict.fromkeys(ALL_SLUGS) | {LEAVE: max(times), "unclassified": other}


@pytest.mark.parametrize("count", [1, 2, 70])
def test_pending_events_are_counted_with_the_oldest(count: int) -> None:
    times = [keep(number, age=600 + number, published=False) for number in range(count)]
    keep(count, age=9999)

    standing = taken()

    assert (standing.pending, standing.more, standing.oldest) == (count, False, times[-1])


@pytest.mark.parametrize(("age", "counted"), [(LEASE_SECONDS, 1), (LEASE_SECONDS - 1, 0)])
def test_an_event_that_may_be_at_work_on_is_not_pending_yet(age: float, counted: int) -> None:
    keep(1, age=age, published=False)

    assert taken().pending == counted


def test_a_topic_is_unknown_when_one_of_its_shards_is_and_the_others_are_told() -> None:
    keep(1, age=10)
    at = keep(1, UPDATE, age=10)

    standing = taken(Table(f"{LEAVE}#{SHARDS - 1}"))

    assert standing.unknown == {LEAVE: "Query: ResourceNotFoundException"}
    assert standing.latest[UPDATE] == at
    assert set(standing.latest) == set(ALL_SLUGS) - {LEAVE}


@pytest.mark.parametrize("shard", [0, SHARDS - 1])
def test_pending_is_unknown_when_one_of_its_shards_is(shard: int) -> None:
    standing = taken(Table(f"pending#{shard}"))

    assert standing.unknown == {PENDING: "Query: ResourceNotFoundException"}
    assert set(standing.latest) == set(ALL_SLUGS)


def test_more_than_a_shards_answer_holds_is_said_to_be_more() -> None:
    class Cut(Table):
        def query(self, **question: Any) -> Any:
            answer = super().query(**question)
            counted = question.get("Select") == "COUNT" and answer["Count"]
            return answer | ({"LastEvaluatedKey": {"pk": {"S": "x"}}} if counted else {})

    keep(1, age=600, published=False)

    assert (taken(Cut()).pending, taken(Cut()).more) == (1, True)


@pytest.mark.parametrize(("remaining", "asks"), [(STEP_SECONDS, False), (STEP_SECONDS + 60, True)])
def test_nothing_is_asked_that_the_remaining_time_could_not_finish(remaining: float, asks: bool) -> None:
    table = Table()
    standing = taken(table, remaining)

    assert (table.asked > 0) is asks
    assert set(standing.unknown) == (set() if asks else {*ALL_SLUGS, PENDING})
    assert set(standing.unknown.values()) <= {"Query: no time was left"}


def test_a_slow_table_is_given_up_on_long_before_the_functions_time_is_over() -> None:
    seconds = iter(range(10_000))
    table = Table()
    standing = taken(table, stopwatch=lambda: next(seconds))

    assert table.asked <= ASKING_SECONDS + 1
    assert set(standing.unknown) == set(ALL_SLUGS) | {PENDING}
    assert RESOURCES["RecoveryFunction"]["Properties"]["Timeout"] / 2 > ASKING_SECONDS + STEP_SECONDS


def test_the_role_may_ask_both_indexes() -> None:
    statements = RESOURCES["RecoveryRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    (query,) = [one for one in statements if "dynamodb:Query" in one["Action"]]

    assert query["Resource"] == {"Fn::Sub": "${EventTable.Arn}/index/*"}


def test_an_empty_shard_is_asked_one_question() -> None:
    table = Table()
    taken(table)

    assert table.asked == SHARDS * (len(ALL_SLUGS) + 1)
