"""What release e0128d0 has kept is read, and what it would say of a delivery is said: ids, envelopes, items.

The fixtures are what that release's own code wrote at NOW. An update meets events of the release before in
every state, and repeats of them in flight.
"""

import base64
import json
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import decompress

import pytest
from botocore.exceptions import ClientError

from callback.handshakes import Handshakes
from callback.intake import Intake
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from recovery.history import History
from relay.catalog import UNCLASSIFIED
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.store import LEASE_SECONDS, EventStore
from relay.table import event_of
from tests.support.inbound import NOW, TOKEN, Secrets, rest_api
from tests.support.memory_cloud import Item, MemoryCloud

FIXTURES = Path(__file__).parents[2] / "fixtures/e0128d0"
KEPT: dict[str, Any] = json.loads((FIXTURES / "items.json").read_text("utf-8"))
EVENTS = {name: one for name, one in KEPT.items() if "eventId" in one["items"][0]}
DELIVERIES: list[dict[str, Any]] = json.loads((FIXTURES / "deliveries.json").read_text("utf-8"))
# What that release drew for an event without a message id.
DRAWN = "5f1d7a84c2b94e63a0d8e7719b3c5d20"
NAMED = [name for name, one in EVENTS.items() if not one["items"][0]["eventId"]["S"].startswith(DRAWN)]
LARGE = "政" * 90_000
# That release counted nothing as repaired, lost bytes that are no text, and lost values here: of names that
# come twice the first, and what a form had in another charset than its other fields.
UNCOUNTED, UNREADABLE = "Repaired", "no charset"
LOST = {"doubled member in content", "doubled field", "form doubled"}
MISREAD = {"form fields, gb18030", "form fields, content encoded twice, gb18030"}


class Cloud(MemoryCloud):
    """Topics that can be down."""

    down = False

    def publish(self, **request: Any) -> dict[str, Any]:
        if self.down:
            raise ClientError({"Error": {"Code": "InternalError", "Message": ""}}, "Publish")
        return super().publish(**request)


def as_written(item: Item) -> Item:
    """The item as the table has it; JSON has no bytes."""
    return {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value for name, value in item.items()
    }


def comparable(items: Iterable[Item]) -> list[Item]:
    """Without what is drawn at random and what has come since then, and inflated: no two zlibs are alike."""
    known = [{name: value for name, value in item.items() if name != "claimant"} for item in items]
    return [{**item, "envelope": {"S": before_schemas(event_of(item).envelope)}} for item in known]


def before_schemas(envelope: str) -> str:
    """The envelope as it was before it named the schema of its content."""
    return re.sub(r'"dataschema":"[^"]*",', "", envelope, count=1)


def holding(name: str) -> Cloud:
    return Cloud({item["pk"]["S"]: as_written(item) for item in KEPT[name]["items"]})


def intake_on(cloud: Cloud, now: float = NOW) -> Intake:
    client: Any = cloud
    return Intake(
        Secrets(current=TOKEN).check(),
        Handshakes(client, "events"),
        EventStore(client, "events", retention_days=90, clock=lambda: now),
        Payloads("payloads", lambda: client),
        Publisher(client, "arn:"),
        clock=lambda: now,
    )


def deliver(intake: Intake, body: str | bytes, slug: str | None, charset: str | None, request: Any) -> Any:
    body = body.replace("LARGE", LARGE) if isinstance(body, str) else body
    given = rest_api(body, slug=slug, requestContext={"requestId": request})
    given["headers"] = {"Content-Type": f"application/x-www-form-urlencoded;charset={charset or ''}"}
    return intake.receive(CallbackRequest.of(given))


def repeat(name: str, cloud: Cloud, now: float = NOW) -> list[CallbackResponse]:
    """What the deliveries of a fixture are answered, made once more."""
    one, intake = KEPT[name], intake_on(cloud, now)
    return [deliver(intake, body, one["slug"], None, one["requestId"]).response for body in one["bodies"]]


@pytest.mark.parametrize("name", EVENTS)
def test_a_kept_event_is_read_as_it_was_kept(name: str) -> None:
    for item in map(as_written, KEPT[name]["items"]):
        event = event_of(item)

        envelope = item["envelope"]
        assert event.envelope == (envelope.get("S") or decompress(envelope["B"]).decode())
        assert (event.id, event.slug) == (item["eventId"]["S"], item["slug"]["S"])
        assert json.loads(event.envelope)["id"] == event.id
        assert event.correlation_id == KEPT[name]["requestId"]


@pytest.mark.parametrize("name", EVENTS)
def test_a_kept_event_is_found_by_its_id(name: str) -> None:
    client: Any = holding(name)
    history = History(client, "events", retention_days=90, clock=lambda: NOW)

    for item in KEPT[name]["items"]:
        kept = history.find(item["eventId"]["S"])
        assert kept
        assert kept.event == event_of(as_written(item))
        assert kept.published is not KEPT[name]["unpublished"]


@pytest.mark.parametrize("name", NAMED)
def test_a_repeat_of_a_kept_event_is_known(name: str) -> None:
    cloud = holding(name)
    count = len(KEPT[name]["bodies"])

    if not KEPT[name]["unpublished"]:
        assert repeat(name, cloud) == [CallbackResponse.REPEATED] * count
        assert cloud.messages == []
        return
    assert repeat(name, cloud) == [CallbackResponse.IN_PROGRESS]
    assert repeat(name, cloud, NOW + LEASE_SECONDS) == [CallbackResponse.PUBLISHED]
    (item,) = map(as_written, KEPT[name]["items"])
    assert [message["Message"] for message in cloud.messages] == [event_of(item).envelope]


@pytest.mark.parametrize("name", NAMED)
def test_an_event_is_kept_as_it_was_before(name: str) -> None:
    cloud = Cloud()
    cloud.down = KEPT[name]["unpublished"]

    repeat(name, cloud)

    assert comparable(cloud.items.values()) == comparable(map(as_written, KEPT[name]["items"]))


@pytest.mark.parametrize(
    ("name", "tag"),
    [("handshake", "openplatform_app_update|openplatform_app_update_tag"), ("handshakes of two tags", None)],
)
def test_a_kept_handshake_still_names_its_tag(name: str, tag: str | None) -> None:
    client: Any = holding(name)

    assert Handshakes(client, "events").tag_of("d-1") == tag


@pytest.mark.parametrize("case", DELIVERIES, ids=lambda case: str(case["name"]))
def test_a_delivery_has_the_id_the_envelope_and_the_topic_that_it_had(case: dict[str, Any]) -> None:
    cloud = Cloud()
    body = case["body"] if "body" in case else base64.b64decode(case["base64"])

    receipt = deliver(intake_on(cloud), body, case["slug"], case["charset"], "r-1")

    (message,) = cloud.messages
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    drawn = receipt.event.key if case["id"].startswith(DRAWN) else DRAWN
    if case["name"].removesuffix(", with a slug") == UNREADABLE:
        assert base64.b64decode(json.loads(message["Message"])["data_base64"]) == body
        return
    if case["name"].removesuffix(", with a slug") in LOST:
        assert receipt.event.id != case["id"]
        return
    assert receipt.event.id.replace(drawn, DRAWN) == case["id"]
    envelope = before_schemas(message["Message"].replace(drawn, DRAWN))
    if case["name"] in MISREAD:
        envelope = envelope.replace("浙江", "浙江".encode().decode("gb18030"))
    assert envelope == case["envelope"]
    assert (message["TopicArn"], attributes) == (f"arn:{case['topic']}", case["attributes"])
    # A tag that a body or a handshake names is none that nobody could name, be it in the catalogue or not.
    named = case["topic"] == UNCLASSIFIED and case["attributes"]["eventTag"] == "MOZI|NEW"
    assert [name for name in receipt.counts if name != UNCOUNTED] == ([] if named else case["counts"])
    assert [sha256(stored).hexdigest() for stored in cloud.objects.values()] == (
        [case["stored"]] if "stored" in case else []
    )
