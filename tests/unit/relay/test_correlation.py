"""The correlation id: from the delivery that brought an event first, wherever the event goes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from callback.handshakes import Handshakes
from callback.intake import Intake, Receipt
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from recovery.history import History
from recovery.pace import Pace
from recovery.sweep import Sweeper
from relay.events import MESSAGE_LIMIT, Event
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.store import LEASE_SECONDS, EventStore
from relay.table import event_of
from tests.support.inbound import (
    NOW,
    TOKEN,
    Inbound,
    Secrets,
    dumps,
    http_api,
    load_balancer,
    message,
    rest_api,
)
from tests.support.memory_cloud import MemoryCloud
from tests.support.template import EVENT_TABLE, PAYLOAD_BUCKET, TOPIC_PREFIX

ROOT = "1-67891233-abcdef012345678912345678"
BODY = dumps(message({"a": 1}))


class Cloud(MemoryCloud):
    """Topics that can be down."""

    down = False

    def publish(self, **request: Any) -> dict[str, Any]:
        if self.down:
            raise ClientError({"Error": {"Code": "InternalError", "Message": ""}}, "Publish")
        return super().publish(**request)

    @property
    def correlated(self) -> list[str | None]:
        """The attribute of each published message."""
        found = [one["MessageAttributes"].get("correlationId", {}) for one in self.messages]
        return [attribute.get("StringValue") for attribute in found]


class World:
    """The callback and recovery on one cloud, at one time."""

    def __init__(self) -> None:
        self.cloud, self.now = Cloud(), NOW
        client: Any = self.cloud
        self.publisher = Publisher(client, TOPIC_PREFIX)
        self.store = EventStore(client, EVENT_TABLE, retention_days=1, clock=lambda: self.now)
        self.history = History(client, EVENT_TABLE, clock=lambda: self.now)
        self.intake = Intake(
            Secrets(current=TOKEN).check(),
            Handshakes(client, EVENT_TABLE),
            self.store,
            Payloads(PAYLOAD_BUCKET, lambda: client),
            self.publisher,
            clock=lambda: self.now,
        )

    def deliver(self, request_id: str, body: str = BODY) -> Receipt:
        given = rest_api(body, slug="app-update", requestContext={"requestId": request_id})
        return self.intake.receive(CallbackRequest.of(given))


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (rest_api("?", requestContext={"requestId": "r-1"}), "r-1"),
        (http_api("?", requestContext={"requestId": "r-1=", "http": {}}), "r-1="),
        (load_balancer("?", multiValueHeaders={"x-amzn-trace-id": [f"Root={ROOT}"]}), ROOT),
        (load_balancer("?", headers={"X-Amzn-Trace-Id": f"Self=1-2-3;Root={ROOT};a=b"}), ROOT),
        (load_balancer("?", headers={"X-Amzn-Trace-Id": f"Root=x{ROOT}"}), None),
        (load_balancer("?", headers={"X-Amzn-Trace-Id": f"Root={ROOT}0"}), None),
        (load_balancer("?", headers={"X-Amzn-Trace-Id": f"notRoot={ROOT}"}), None),
        (load_balancer("?"), None),
        (rest_api("?", requestContext={"requestId": 7}), None),
        (rest_api("?", requestContext={"requestId": "r" * 128}), "r" * 128),
        (rest_api("?", requestContext={"requestId": "r" * 129}), None),
        (rest_api("?", requestContext={"requestId": "two words"}), None),
        (rest_api("?", requestContext={"requestId": "号"}), None),
        (rest_api("?", requestContext=None), None),
    ],
)
def test_a_request_has_the_id_that_its_source_gave_it(given: dict[str, Any], found: str | None) -> None:
    assert CallbackRequest.of(given).id == found


def test_the_api_s_id_counts_before_a_trace_that_anybody_may_send() -> None:
    given = rest_api("?", requestContext={"requestId": "r-1"}, headers={"X-Amzn-Trace-Id": f"Root={ROOT}"})

    assert CallbackRequest.of(given).id == "r-1"


def test_subscribers_get_the_id_of_the_request_that_brought_the_event(world: World) -> None:
    assert world.deliver("r-1").response is CallbackResponse.PUBLISHED

    assert world.cloud.correlated == ["r-1"]


@pytest.mark.parametrize("by", ["a later delivery", "recovery"])
def test_whoever_publishes_an_event_in_the_end_it_keeps_the_id_of_its_first_delivery(
    world: World, by: str
) -> None:
    world.cloud.down = True
    assert world.deliver("r-1").response is CallbackResponse.UNAVAILABLE
    world.cloud.down = False
    world.now += LEASE_SECONDS + 1

    if by == "recovery":
        Sweeper(world.store, world.publisher).sweep(world.history.pending(), Pace(lambda: 240))
    else:
        world.cloud.down = True
        vain = world.deliver("r-in-vain")
        assert vain.response is CallbackResponse.UNAVAILABLE
        assert vain.event
        assert vain.event.correlation_id == "r-1"
        world.cloud.down = False
        world.now += LEASE_SECONDS + 1
        receipt = world.deliver("r-2")
        assert receipt.event
        assert receipt.event.correlation_id == "r-1"

    assert world.cloud.correlated == ["r-1"]
    again = world.deliver("r-3")
    assert (again.response, again.event and again.event.correlation_id) == (CallbackResponse.REPEATED, "r-1")


def test_a_replayed_event_keeps_it_too(world: World) -> None:
    world.deliver("r-1")
    (item,) = world.cloud.items.values()

    world.publisher.publish(event_of(item), replayed=True)

    assert world.cloud.correlated == ["r-1", "r-1"]


def test_an_event_that_was_kept_before_there_was_an_id_is_published_without_one(world: World) -> None:
    world.deliver("r-1")
    (item,) = world.cloud.items.values()
    del item["correlationId"]

    world.publisher.publish(event_of(item))

    assert world.cloud.correlated == ["r-1", None]


@pytest.mark.parametrize("request_id", ["r", "0e276c97-1234-4321-8888-0123456789ab", "号"])
def test_the_id_s_name_type_and_value_count_toward_the_size_on_sns(request_id: str) -> None:
    without = Event("id", "tag", "slug", "2026-11-22T08:15:30.120Z", "{}")
    correlated = Event("id", "tag", "slug", "2026-11-22T08:15:30.120Z", "{}", correlation_id=request_id)

    more = len("correlationId") + len("String") + len(request_id.encode())
    assert correlated.size - without.size == more


@pytest.mark.parametrize(("over", "enclosed"), [(0, False), (1, True)])
def test_content_that_only_fits_without_the_id_goes_to_the_bucket(over: int, enclosed: bool) -> None:
    inbound, request_id = Inbound(), "0e276c97-1234-4321-8888-0123456789ab"

    def deliver(length: int) -> Event:
        body = dumps(message({"text": "x" * length}, sourceMessageId=f"s-{length:06}"))
        given = rest_api(body, slug="app-update", requestContext={"requestId": request_id})
        assert inbound.intake.receive(CallbackRequest.of(given)).response is CallbackResponse.PUBLISHED
        return inbound.topics.events[-1]

    room = MESSAGE_LIMIT - deliver(1).size

    event = deliver(1 + room + over)

    assert ("dataref" in inbound.topics.last) is enclosed
    assert (event.size == MESSAGE_LIMIT) is not enclosed
