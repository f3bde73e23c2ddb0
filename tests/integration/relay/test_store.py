"""The event table: who may publish, what is kept, and for how long."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from callback.handshakes import KEPT_SECONDS, Handshakes
from recovery.history import History
from relay.aws import UnavailableError
from relay.events import Content, Event, event_id, timestamp
from relay.store import LEASE_SECONDS, ClaimState, EventStore
from relay.table import SHARDS, shard_of
from tests.support.inbound import NOW
from tests.support.template import EVENT_TABLE, make_event_table


@pytest.fixture(autouse=True)
def _table(cloud: None) -> None:
    make_event_table()


DAY = 86_400
GRANTED, PUBLISHED, IN_PROGRESS = ClaimState.GRANTED, ClaimState.PUBLISHED, ClaimState.IN_PROGRESS


class Clock:
    """Seconds that pass when the test says so."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> EventStore:
    return EventStore(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=clock)


@pytest.fixture
def history(clock: Clock) -> History:
    return History(boto3.client("dynamodb"), EVENT_TABLE, clock=clock)


def event(
    message: str | None = "s-1", content: str = "{}", *, at: float = NOW, slug: str = "app-update"
) -> Event:
    id_ = event_id("A|B", message, Content(content))
    return Event(id_, "A|B", slug, timestamp(at), f'{{"content":{content},"at":{at}}}', "50006001")


def items() -> dict[str, dict[str, Any]]:
    return {item["pk"]["S"]: item for item in boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]}


class Stutter:
    """A client whose writes arrive twice: the answer to the first was lost, and botocore sent it again."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in ("put_item", "update_item"):
            return call
        return lambda **request: [call(**request) for _ in range(2)][1]


def test_a_new_event_is_granted_with_everything_it_needs_to_be_found_again(store: EventStore) -> None:
    claim = store.claim(event())

    assert (claim.state, claim.event, claim.other_content) == (GRANTED, event(), False)
    shard = shard_of(event().id)
    assert items()[event().key] == {
        "pk": {"S": event().key},
        "eventId": {"S": event().id},
        "eventTag": {"S": "A|B"},
        "slug": {"S": "app-update"},
        "tenantId": {"S": "50006001"},
        "receivedAt": {"S": timestamp(NOW)},
        "envelope": {"S": event().envelope},
        "pendingShard": {"S": f"pending#{shard}"},
        "tagShard": {"S": f"app-update#{shard}"},
        "leaseUntil": {"N": str(int(NOW) + LEASE_SECONDS)},
        "claimant": items()[event().key]["claimant"],
        "expiresAt": {"N": str(int(NOW) + DAY)},
    }


def test_an_event_without_a_tenant_is_kept_without_one(store: EventStore, history: History) -> None:
    given = Event("k-c", "A|B", "app-update", timestamp(NOW), "{}")

    store.claim(given)

    kept = history.find("k-c")
    assert kept is not None
    assert kept.event == given


def test_a_large_event_is_kept_deflated_and_found_whole(store: EventStore, history: History) -> None:
    given = Event("k-c", "A|B", "app-update", timestamp(NOW), json.dumps({"data": "请" * 5_000}))

    claim = store.claim(given)
    store.mark_published(claim)

    kept = history.find("k-c")
    assert kept is not None
    assert kept.event == store.claim(given).event == given
    assert len(items()[claim.key]["envelope"]["B"]) < 1_000


def test_a_claim_costs_one_call_and_its_repeat_too(store: EventStore) -> None:
    calls: list[str] = []
    counted = boto3.client("dynamodb")
    counted.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    counting = EventStore(counted, EVENT_TABLE, retention_days=1, clock=lambda: NOW)

    counting.claim(event())
    counting.claim(event())

    assert calls == ["PutItem", "PutItem"]


def test_a_live_lease_keeps_others_away_to_its_last_second(store: EventStore, clock: Clock) -> None:
    store.claim(event())
    clock.now = NOW + LEASE_SECONDS - 1

    assert store.claim(event()).state is IN_PROGRESS
    taken = store.take_over(event().key)
    assert taken is not None
    assert taken.state is IN_PROGRESS


def test_a_published_event_is_repeated_for_as_long_as_it_is_kept(store: EventStore, clock: Clock) -> None:
    store.mark_published(store.claim(event()))

    for later in (0, LEASE_SECONDS, DAY - 1):
        clock.now = NOW + later
        assert store.claim(event(at=clock.now)).state is PUBLISHED


def test_an_expired_event_is_new_although_the_table_still_has_it(store: EventStore, clock: Clock) -> None:
    store.mark_published(store.claim(event()))
    clock.now = NOW + DAY

    claim = store.claim(event(at=clock.now))

    assert (claim.state, claim.event.received_at) == (GRANTED, timestamp(NOW + DAY))
    assert "publishedAt" not in items()[event().key]


def test_an_expired_lease_is_granted_once_and_the_kept_event_is_the_one_to_publish(
    store: EventStore, clock: Clock
) -> None:
    store.claim(event())
    clock.now = NOW + LEASE_SECONDS

    first, second = (store.claim(event(at=clock.now)) for _ in range(2))

    assert (first.state, first.event) == (GRANTED, event(at=NOW))
    assert second.state is IN_PROGRESS


@pytest.mark.parametrize("order", [("sweep", "delivery"), ("delivery", "sweep"), ("sweep", "sweep")])
def test_a_sweep_and_a_delivery_are_not_both_granted(
    store: EventStore, clock: Clock, order: tuple[str, str]
) -> None:
    store.claim(event())
    clock.now += LEASE_SECONDS

    claims = [store.take_over(event().key) if by == "sweep" else store.claim(event()) for by in order]

    assert [claim.state for claim in claims if claim] == [GRANTED, IN_PROGRESS]


def test_a_published_event_cannot_be_taken_over(store: EventStore, clock: Clock) -> None:
    store.mark_published(store.claim(event()))
    clock.now += LEASE_SECONDS

    taken = store.take_over(event().key)

    assert taken is not None
    assert taken.state is PUBLISHED


def test_what_is_not_kept_cannot_be_taken_over(store: EventStore) -> None:
    assert store.take_over("nothing") is None
    assert items() == {}


def test_a_claim_whose_answer_was_lost_is_still_granted(clock: Clock) -> None:
    stutter: Any = Stutter(boto3.client("dynamodb"))
    store = EventStore(stutter, EVENT_TABLE, retention_days=1, clock=clock)

    assert store.claim(event()).state is GRANTED
    clock.now += LEASE_SECONDS
    claim = store.claim(event())
    assert claim.state is GRANTED
    store.mark_published(claim)
    assert store.claim(event()).state is PUBLISHED


def test_another_content_of_a_message_is_granted_beside_it(store: EventStore) -> None:
    for content, other in (("[1]", False), ("[2]", True), ("[3]", True)):
        claim = store.claim(event(content=content))
        assert (claim.state, claim.other_content) == (GRANTED, other)
        store.mark_published(claim)

    assert [store.claim(event(content=content)).state for content in ("[1]", "[2]", "[3]")] == [PUBLISHED] * 3


def test_each_content_of_a_message_has_its_own_lease(store: EventStore, clock: Clock) -> None:
    first, second = event(content="[1]"), event(content="[2]")
    store.claim(first)
    clock.now += LEASE_SECONDS - 1
    store.claim(second)
    clock.now += 1

    assert store.claim(first).state is GRANTED
    assert store.claim(second).state is IN_PROGRESS


def test_no_content_of_a_message_is_published_again_while_it_is_kept(store: EventStore, clock: Clock) -> None:
    store.mark_published(store.claim(event(content="[1]")))
    clock.now += DAY - 1
    store.mark_published(store.claim(event(content="[2]")))
    clock.now += DAY - 1
    # What has expired may be gone at any time.
    for key, item in items().items():
        if int(item["expiresAt"]["N"]) <= clock.now:
            boto3.client("dynamodb").delete_item(TableName=EVENT_TABLE, Key={"pk": {"S": key}})

    assert store.claim(event(content="[2]")).state is PUBLISHED


def test_the_first_content_outlasts_the_other_even_while_the_clock_ticks(clock: Clock) -> None:
    def ticking() -> float:
        clock.now += 1
        return clock.now

    store = EventStore(boto3.client("dynamodb"), EVENT_TABLE, retention_days=1, clock=ticking)
    store.claim(event(content="[1]"))
    store.claim(event(content="[2]"))

    kept = items()
    first, second = kept[event().key], kept[event(content="[2]").id]
    assert int(first["expiresAt"]["N"]) >= int(second["expiresAt"]["N"])


def test_a_message_that_expires_while_another_content_is_claimed_is_not_revived(clock: Clock) -> None:
    client = boto3.client("dynamodb")

    class Vanishing(Stutter):
        """Deletes the item just before it is to be extended."""

        def __getattr__(self, name: str) -> Any:
            if name == "update_item":
                client.delete_item(TableName=EVENT_TABLE, Key={"pk": {"S": event().key}})
            return getattr(client, name)

    EventStore(client, EVENT_TABLE, retention_days=1, clock=clock).claim(event(content="[1]"))
    clock.now += 5
    vanishing: Any = Vanishing(client)

    with pytest.raises(UnavailableError):
        EventStore(vanishing, EVENT_TABLE, retention_days=1, clock=clock).claim(event(content="[2]"))
    assert items() == {}


def test_a_mark_leaves_no_stump_of_an_event_that_is_gone(store: EventStore) -> None:
    claim = store.claim(event())
    boto3.client("dynamodb").delete_item(TableName=EVENT_TABLE, Key={"pk": {"S": claim.key}})

    with pytest.raises(UnavailableError):
        store.mark_published(claim)
    assert items() == {}


def test_a_marked_event_leaves_the_pending_index(store: EventStore, history: History, clock: Clock) -> None:
    claims = [store.claim(event(f"s-{number}")) for number in range(3)]
    store.mark_published(claims[1])
    clock.now += LEASE_SECONDS

    assert sorted(one.key for one in history.pending()) == sorted([claims[0].key, claims[2].key])


def test_an_event_younger_than_a_lease_is_not_swept(
    store: EventStore, history: History, clock: Clock
) -> None:
    store.claim(event())

    clock.now = NOW + LEASE_SECONDS - 0.001
    assert list(history.pending()) == []
    clock.now = NOW + LEASE_SECONDS
    assert [one.key for one in history.pending()] == [event().key]


def test_a_sweep_finds_every_pending_event_of_every_shard_the_oldest_first(
    store: EventStore, history: History, clock: Clock
) -> None:
    events = [event(f"s-{number}", at=NOW - number) for number in range(150)]
    for one in events:
        store.claim(one)
    clock.now += LEASE_SECONDS

    found = [one.key for one in history.pending()]

    assert found == [one.key for one in reversed(events)]
    assert {shard_of(one.id) for one in events} == set(range(SHARDS))


def pages(read: Callable[[str | None], Any]) -> Iterator[str]:
    cursor = None
    while True:
        page = read(cursor)
        yield from page.keys
        cursor = page.cursor
        if cursor is None:
            return


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_following_the_cursors_finds_each_event_of_a_topic_and_time_once(
    store: EventStore, history: History, limit: int
) -> None:
    events = [event(f"s-{second}", at=NOW + second) for second in range(60)]
    for one in events:
        store.claim(one)
    store.claim(event("elsewhere", at=NOW + 30, slug="account-frozen"))

    since, until = timestamp(NOW + 10), timestamp(NOW + 49)
    found = list(pages(lambda cursor: history.page("app-update", since, until, cursor, limit)))

    assert sorted(found) == sorted(one.key for one in events[10:50])


def test_a_page_holds_no_more_than_its_limit(store: EventStore, history: History) -> None:
    for second in range(40):
        store.claim(Event(f"k{second}-c", "A|B", "app-update", timestamp(NOW + second), "{}"))

    page = history.page("app-update", timestamp(NOW), timestamp(NOW + 99), limit=1)

    assert len(page.keys) <= 1
    assert page.cursor is not None


@pytest.mark.parametrize("content", ["[1]", "[2]"])
def test_any_kept_event_is_found_by_its_id_and_its_key(
    store: EventStore, history: History, content: str
) -> None:
    store.mark_published(store.claim(event(content="[1]")))
    claim = store.claim(event(content="[2]"))
    wanted = event(content=content)

    kept = history.find(wanted.id)

    assert kept is not None
    assert (kept.event, kept.published) == (wanted, content == "[1]")
    assert history.get(claim.key) == history.find(event(content="[2]").id)
    assert history.find(event(content="[3]").id) is None


def test_a_handshake_names_the_tag_of_its_dispatch_id(history: History) -> None:
    handshakes = Handshakes(boto3.client("dynamodb"), EVENT_TABLE)

    handshakes.keep("d-1", "A|B")
    handshakes.keep("d-1", "A|B")
    handshakes.keep("d" * 5_000, "A|C")

    assert handshakes.tag_of("d-1") == "A|B"
    assert handshakes.tag_of("d" * 5_000) == "A|C"
    assert handshakes.tag_of("d-2") is None
    assert [history.get(key) for key in items()] == [None, None]


def test_of_several_tags_of_a_dispatch_id_it_is_the_first_or_the_one_that_the_content_names() -> None:
    clock = Clock()
    handshakes = Handshakes(boto3.client("dynamodb"), EVENT_TABLE, clock=clock)
    for tag in ("B|B", "A|A", "C|C"):
        handshakes.keep("d-1", tag)
        clock.now += 1
    # Once more, it is no later than it was.
    handshakes.keep("d-1", "B|B")

    assert handshakes.tag_of("d-1") == "B|B"
    assert handshakes.tag_of("d-1", "C|C") == "C|C"
    assert handshakes.tag_of("d-1", "D|D") == "B|B"


def test_a_handshake_expires_although_the_table_has_not_deleted_it() -> None:
    clock = Clock()
    handshakes = Handshakes(boto3.client("dynamodb"), EVENT_TABLE, clock=clock)
    handshakes.keep("d-1", "A|B")
    clock.now += 1000
    handshakes.keep("d-1", "A|C")
    (item,) = boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]
    assert item["expiresAt"] == {"N": str(int(clock.now) + KEPT_SECONDS)}

    clock.now += KEPT_SECONDS - 1000
    assert handshakes.tag_of("d-1") == "A|C"
    clock.now += KEPT_SECONDS
    assert handshakes.tag_of("d-1") is None


def test_a_handshake_that_is_used_stays() -> None:
    clock = Clock()
    handshakes = Handshakes(boto3.client("dynamodb"), EVENT_TABLE, clock=clock)
    handshakes.keep("d-1", "A|B")

    for _ in range(10):
        clock.now += KEPT_SECONDS * 0.6
        assert handshakes.tag_of("d-1") == "A|B"


@pytest.mark.parametrize(("before", "tag"), [(["A|B"], "A|B"), (["A|B", "A|C"], None)])
def test_a_handshake_kept_without_a_time_is_used_and_has_one_then(before: list[str], tag: str | None) -> None:
    clock = Clock()
    handshakes = Handshakes(boto3.client("dynamodb"), EVENT_TABLE, clock=clock)
    handshakes.keep("d-1", "X|X")
    (item,) = boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]
    old = {"pk": item["pk"], "eventTags": {"SS": before}}
    boto3.client("dynamodb").put_item(TableName=EVENT_TABLE, Item=old)

    assert handshakes.tag_of("d-1") == tag
    (item,) = boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]
    assert ("expiresAt" in item) is (tag is not None)
    clock.now += KEPT_SECONDS
    if tag:
        assert handshakes.tag_of("d-1") is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda store, _: store.claim(event()), lambda store, _: store.take_over("k"),
        lambda _, history: list(history.pending()), lambda _, history: history.page("s", "0", "1"),
        lambda _, history: history.get("k"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_reached_is_unavailable(ask: Any) -> None:
    client = boto3.client("dynamodb")

    with pytest.raises(UnavailableError) as refused:
        ask(EventStore(client, "missing", retention_days=1), History(client, "missing"))
    assert refused.value.code == "ResourceNotFoundException"
