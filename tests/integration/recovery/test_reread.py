"""Events read anew under another eventTag: a new event each, once, and what is kept stays as it is."""

import base64
import gzip
import json
import os
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest

from callback.handshakes import Handshakes
from callback.intake import Intake
from relay.catalog import slug_of
from relay.events import Content, Event
from relay.payloads import BODY_LIMIT, Payloads, resolve
from relay.publisher import Publisher
from relay.reading import Delivery, read
from relay.store import LEASE_SECONDS, EventStore
from relay.table import event_of
from tests.support import template
from tests.support.inbound import TOKEN, Secrets, dumps, message
from tests.support.invocations import Invoke, started

SLUG, TAG = "employee-leave", "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"
FORM = "application/x-www-form-urlencoded; charset=GBK"
CONTENT = {"tenantId": "50006001", "employeeCodes": ["GE_1"], "name": "张三"}


@pytest.fixture
def invoke(inbound: None, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    settings = {
        "EVENT_TABLE": template.EVENT_TABLE,
        "EVENT_TOPIC_ARN_PREFIX": template.TOPIC_PREFIX,
        "PAYLOAD_BUCKET": template.PAYLOAD_BUCKET,
        "EVENT_RETENTION_DAYS": "90",
    }
    return started("recovery", settings, monkeypatch)


@pytest.fixture
def subscriber(invoke: Invoke) -> str:
    """A queue on the topic that the events belong on; its URL."""
    queue = template.make_queue("NoticeQueue")
    arn = f"arn:aws-cn:sqs:{template.REGION}:{template.ACCOUNT}:NoticeQueue"
    boto3.client("sns").subscribe(TopicArn=template.TOPIC_PREFIX + SLUG, Protocol="sqs", Endpoint=arn)
    return queue


def received(queue: str) -> list[dict[str, Any]]:
    """What SNS said, with the event in it resolved."""
    answer = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    told = [json.loads(one["Body"]) for one in answer.get("Messages", [])]
    return [one | {"event": resolve(one["Message"], boto3.client("s3"))} for one in told]


def deliver(
    body: str | bytes | Delivery,
    *,
    as_came: bytes | None = None,
    content_type: str | None = None,
    identity_ignores: frozenset[str] = frozenset(),
) -> Event:
    """Takes in a delivery without a slug, an hour ago; with its body as it came if that is given."""
    now, table = time.time() - 3600, boto3.client("dynamodb")
    intake = Intake(
        Secrets(current=TOKEN).check(),
        Handshakes(table, template.EVENT_TABLE),
        EventStore(table, template.EVENT_TABLE, retention_days=90, clock=lambda: now),
        Payloads(template.PAYLOAD_BUCKET, lambda: boto3.client("s3")),
        Publisher(boto3.client("sns"), template.TOPIC_PREFIX),
        clock=lambda: now,
        identity_ignores=identity_ignores,
    )
    delivery = body if isinstance(body, Delivery) else read(body, None)
    assert isinstance(delivery, Delivery)
    event = intake.accept(replace(delivery, as_came=as_came, content_type=content_type), None, "r-1").event
    assert event is not None
    return event


def unreadable(raw: bytes, content_type: str | None = FORM) -> Event:
    """An event of text that nobody could read, beside which its body is kept."""
    return deliver("???", as_came=raw, content_type=content_type)


def form(**more: Any) -> bytes:
    """A body of GBK, percent-encoded, which only its content type gives away."""
    return urlencode(message(dumps(CONTENT | more)), encoding="gbk").encode()


def items() -> dict[str, dict[str, Any]]:
    found = boto3.client("dynamodb").scan(TableName=template.EVENT_TABLE)["Items"]
    return {item["eventId"]["S"]: item for item in found}


def bodies() -> list[str]:
    found = boto3.client("s3").list_objects_v2(Bucket=template.PAYLOAD_BUCKET, Prefix="bodies/")
    return [one["Key"] for one in found.get("Contents", [])]


def test_a_body_read_anew_is_a_new_event_on_its_topic_and_twice_is_once(
    invoke: Invoke, subscriber: str
) -> None:
    old = unreadable(form())
    before = items()[old.id]
    assert old.slug == "unclassified"

    first = invoke("replay", ids=[old.id], **{"as": SLUG})
    again = invoke("replay", eventTags=["unclassified"], **{"as": TAG})

    assert (first["counts"]["replayed"], first["topics"]) == (1, {SLUG: 1})
    assert (again["counts"]["replayed"], again["counts"]["repeated"], again["topics"]) == (0, 1, {})
    (told,) = received(subscriber)
    event = told["event"]
    assert (event["type"], event["data"], event["rereadof"]) == (TAG, CONTENT, old.id)
    assert (event["sourcemessageid"], event["time"]) == ("s-1", old.received_at)
    assert event["dataschema"] == "urn:mozi:relay:schema:employee-leave:1"
    assert event["id"] not in (old.id, *old.id.split("-"))
    attributes = {name: one["Value"] for name, one in told["MessageAttributes"].items()}
    assert attributes == {"eventTag": TAG, "tenantId": "50006001", "correlationId": "r-1"}
    kept = items()
    assert kept[old.id] == before
    assert kept[event["id"]]["publishedAt"]


def test_an_event_is_read_anew_under_a_tag_outside_the_catalogue(invoke: Invoke) -> None:
    old = deliver(dumps(message(CONTENT)))

    answer = invoke("replay", ids=[old.id], **{"as": slug_of("real_time_trace")})

    assert answer["topics"] == {"unclassified": 1}
    (new,) = [
        json.loads(event_of(item).envelope) for item in items().values() if item["eventId"]["S"] != old.id
    ]
    assert (new["type"], new["rereadof"], new["data"]) == ("real_time_trace", old.id, CONTENT)


def test_a_large_body_is_had_from_the_bucket_for_as_long_as_it_is_there(
    invoke: Invoke, subscriber: str
) -> None:
    old = unreadable(form(more="".join(chr(0x4E00 + n * n % 20_000) for n in range(20_000))))
    (key,) = bodies()
    assert key.startswith(f"bodies/{old.id}/")

    assert invoke("replay", ids=[old.id], **{"as": SLUG})["counts"]["replayed"] == 1
    boto3.client("s3").delete_object(Bucket=template.PAYLOAD_BUCKET, Key=key)
    expired = invoke("replay", ids=[old.id], **{"as": "employee-add-update"})

    assert (expired["counts"]["expired"], expired["expired"], expired["topics"]) == (1, [old.id], {})
    assert len(received(subscriber)) == 1


@pytest.mark.parametrize("more", ["", "政" * 100_000], ids=["short", "oversize"])
def test_clean_json_is_its_own_copy(invoke: Invoke, subscriber: str, more: str) -> None:
    content = CONTENT | {"more": more}
    old = deliver(dumps(message(content, extra="beside")))

    answer = invoke("replay", eventTags=["unclassified"], **{"as": SLUG})

    assert answer["counts"]["replayed"] == 1
    event = received(subscriber)[0]["event"]
    assert (event["data"], event["rereadof"], event["type"]) == (content, old.id, TAG)
    assert json.loads(event["otherfields"]) == {"extra": "beside"}
    assert (event["dispatchid"], event["callbackmessageid"]) == ("d-1", "c-1")


@pytest.mark.parametrize("kept", [True, False], ids=["kept as it came", "in the envelope alone"])
@pytest.mark.parametrize("size", [1, 300_000], ids=["short", "oversize"])
def test_bytes_that_were_no_text_are_read_anew_when_they_can_be(
    invoke: Invoke, subscriber: str, size: int, kept: bool
) -> None:
    # As a release would have published it that unpacked nothing.
    content = CONTENT | {"more": os.urandom(size).hex()}
    raw = gzip.compress(dumps(message(content)).encode())
    old = deliver(Delivery(Content.of_bytes(raw)), as_came=raw if kept else None)
    assert ("dataref" in json.loads(old.envelope)) is (size > 1)

    answer = invoke("replay", ids=[old.id], **{"as": SLUG})

    assert (answer["counts"]["replayed"], answer["topics"]) == (1, {SLUG: 1})
    event = received(subscriber)[0]["event"]
    assert (event["data"], event["type"], event["rereadof"]) == (content, TAG, old.id)


@pytest.mark.parametrize("size", [300, 300_000], ids=["short", "oversize"])
def test_bytes_that_stay_none_are_replayed_and_swept_as_they_are(invoke: Invoke, size: int) -> None:
    unclassified = template.make_queue("NoticeQueue")
    arn = f"arn:aws-cn:sqs:{template.REGION}:{template.ACCOUNT}:NoticeQueue"
    topic = template.TOPIC_PREFIX + "unclassified"
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    raw = b"\xff\0" + os.urandom(size)
    old = deliver(raw)

    assert invoke("replay", ids=[old.id], **{"as": SLUG})["counts"]["unchanged"] == 1
    invoke("replay", ids=[old.id])

    for told in (messages := received(unclassified)):
        assert (told["event"]["id"], base64.b64decode(told["event"]["data_base64"])) == (old.id, raw)
    assert len(messages) == 2


def test_what_says_the_same_is_published_under_no_other_id(invoke: Invoke) -> None:
    invoke("replay", ids=[deliver(dumps(message(CONTENT, eventTag=TAG))).id], **{"as": SLUG})
    text = unreadable(b"???", None)

    answer = invoke("replay", **{"as": SLUG})

    assert answer["counts"]["unchanged"] == len(items()) == 2
    assert (answer["counts"]["replayed"], answer["counts"]["matched"]) == (0, 2)
    assert text.id in items()


@pytest.mark.parametrize("more", ["", "政" * 100_000], ids=["short", "oversize"])
@pytest.mark.parametrize(
    ("then", "now"), [("", "name"), ("name", ""), ("name", "tenantId"), ("name", "name")]
)
def test_nor_is_it_whatever_identity_ignores_now_or_did_then(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, then: str, now: str, more: str
) -> None:
    monkeypatch.setenv("IDENTITY_IGNORES_FIELDS", now)
    invoke: Invoke = request.getfixturevalue("invoke")
    ignored = frozenset({then} - {""})
    deliver(dumps(message(CONTENT | {"more": more}, eventTag=TAG)), identity_ignores=ignored)

    assert invoke("replay", **{"as": SLUG})["counts"]["unchanged"] == 1
    assert invoke("replay", **{"as": "employee-add-update"})["counts"]["replayed"] == 1
    assert len(items()) == 2


STRANGE = '{"dispatchId":"d","sourceMessageId":["s"],"content":{"tenantId":"1"}}'


@pytest.mark.parametrize(
    "body",
    [
        STRANGE,
        '{"eventTag":["x"],"sourceMessageId":"s","content":{"tenantId":"1"}}',
        '{"dispatchId":"d","sourceMessageId":"s","sourceMessageId":"t","content":{}}',
        '{"sourceMessageId":"s","content":{"a":1},"content":{"a":2}}',
    ],
)
def test_of_a_strange_body_all_is_read_anew(inbound: None, body: str) -> None:
    delivery = read(body, "application/json")

    assert isinstance(delivery, Delivery)
    assert (delivery.as_came, delivery.content_type) == (body.encode(), "application/json")


@pytest.mark.parametrize("body", [STRANGE, dumps(message(CONTENT, extra="beside")), dumps(CONTENT)])
def test_what_is_read_anew_says_what_it_said(invoke: Invoke, body: str) -> None:
    delivery = read(body, None)
    assert isinstance(delivery, Delivery)
    old = deliver(body, as_came=delivery.as_came)

    invoke("replay", **{"as": SLUG})

    (new,) = [event_of(item) for item in items().values() if item["eventId"]["S"] != old.id]
    differ = {"id", "type", "time", "dataschema", "rereadof"}
    before, after = (json.loads(one.envelope) for one in (old, new))
    assert {name: after.get(name) for name in before.keys() - differ} == {
        name: before[name] for name in before.keys() - differ
    }


@pytest.mark.parametrize("depth", [400, 100_000])
def test_an_event_of_a_content_nested_deep_is_read_anew_and_holds_up_no_other(
    invoke: Invoke, depth: int
) -> None:
    nested = Content("[" * depth + "]" * depth)
    deliver(Delivery(nested, source_message_id="s-2"))
    deliver(dumps(message(CONTENT)))

    answer = invoke("replay", **{"as": SLUG})

    assert (answer["counts"]["replayed"], answer["stopped"]) == (2, "")


def test_a_body_that_is_a_handshake_is_no_event(invoke: Invoke) -> None:
    old = unreadable(dumps({"eventTag": TAG, "dispatchId": "d"}).encode())

    answer = invoke("replay", ids=[old.id], **{"as": SLUG})

    assert (answer["counts"]["noEvent"], answer["counts"]["replayed"]) == (1, 0)


def test_what_was_cut_short_is_finished_by_a_sweep(invoke: Invoke, subscriber: str) -> None:
    old = unreadable(form())
    topic = template.TOPIC_PREFIX + SLUG
    boto3.client("sns").delete_topic(TopicArn=topic)
    stopped = invoke("replay", ids=[old.id], **{"as": SLUG})
    assert (stopped["left"], stopped["stopped"]) == ([old.id], "Publish: NotFound")
    assert invoke("replay", ids=[old.id], **{"as": SLUG})["stopped"] == "Claim: InProgress"
    boto3.client("sns").create_topic(Name=topic.rpartition(":")[2])
    (new,) = [item for item in items().values() if "leaseUntil" in item]
    boto3.client("dynamodb").put_item(
        TableName=template.EVENT_TABLE,
        Item=new | {"leaseUntil": {"N": str(int(time.time()) - LEASE_SECONDS)}},
    )

    assert invoke("sweep")["counts"]["recovered"] == 1
    assert invoke("replay", ids=[old.id], **{"as": SLUG})["counts"]["repeated"] == 1


def test_a_dry_run_counts_what_would_be_read(invoke: Invoke) -> None:
    unreadable(form())

    answer = invoke("replay", dryRun=True, **{"as": SLUG})

    assert (answer["counts"]["matched"], answer["counts"]["replayed"], len(items())) == (1, 0, 1)


def test_a_body_is_kept_beside_its_event_up_to_a_limit(inbound: None) -> None:
    payloads = Payloads(template.PAYLOAD_BUCKET, lambda: boto3.client("s3"))
    # Drawn at random: it deflates to no less than it holds.
    raws = [os.urandom(size) for size in (10, BODY_LIMIT)]

    small, large = (payloads.keep_body("k-c", raw, "text/x") for raw in raws)

    assert small.key is None
    assert len(small.deflated) <= BODY_LIMIT
    assert bodies() == [large.key]
    assert [payloads.read_body(one) for one in (small, large)] == raws
