"""What reaches a topic, and what a subscriber makes of it."""

import json
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError

from relay.aws import UnavailableError
from relay.catalog import kind_of
from relay.events import Content, Event, envelope, timestamp
from relay.payloads import Payloads, resolve
from relay.publisher import EventRefusedError, Publisher
from tests.support.inbound import NOW
from tests.support.template import PAYLOAD_BUCKET, REGION, TOPIC_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

pytestmark = pytest.mark.usefixtures("inbound")


class Recorder:
    """SNS that remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> None:
        self.requests.append(request)


class Refusing:
    """SNS that answers each publish with this code."""

    def __init__(self, code: str) -> None:
        self._code = code

    def publish(self, **_: Any) -> None:
        raise ClientError({"Error": {"Code": self._code, "Message": ""}}, "Publish")


def event(tenant: str | None = "50006001", slug: str = "app-update") -> Event:
    return Event("k-c", "A|B", slug, timestamp(NOW), '{"id":"k-c"}', tenant)


@pytest.mark.parametrize("replayed", [False, True])
@pytest.mark.parametrize("tenant", [None, "", "租户"])
def test_an_event_goes_to_its_topic_with_the_attributes_to_filter_by(
    tenant: str | None, replayed: bool
) -> None:
    sns = Recorder()

    Publisher(cast("SNSClient", sns), "arn:prefix-").publish(event(tenant), replayed=replayed)

    expected = {"eventTag": "A|B"} | ({"tenantId": tenant} if tenant else {})
    expected |= {"replayed": "true"} if replayed else {}
    assert sns.requests == [
        {
            "TopicArn": "arn:prefix-app-update",
            "Message": '{"id":"k-c"}',
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in expected.items()
            },
        }
    ]


def test_a_subscriber_gets_the_envelope() -> None:
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    boto3.client("sns").subscribe(
        TopicArn=f"{TOPIC_PREFIX}app-update",
        Protocol="sqs",
        Endpoint=f"arn:aws-cn:sqs:{REGION}:123456789012:subscriber",
        Attributes={"RawMessageDelivery": "true"},
    )
    text = envelope({"id": "k-c", "type": "A|B"}, Content('{"名":"值","half":"\ud800"}'))

    Publisher(boto3.client("sns"), TOPIC_PREFIX).publish(
        Event("k-c", "A|B", "app-update", timestamp(NOW), text, "租户")
    )

    (message,) = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == text
    assert json.loads(message["Body"])["data"] == {"名": "值", "half": "\ud800"}
    attributes = message["MessageAttributes"]
    assert {name: one["StringValue"] for name, one in attributes.items()} == {
        "eventTag": "A|B",
        "tenantId": "租户",
    }


@pytest.mark.parametrize("tag", ["real_time_trace", "标签|一", 'a "b" \\ c', "$or", "é" * 256])
def test_a_filter_policy_finds_the_events_of_a_tag_outside_the_catalogue(tag: str) -> None:
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    sns.subscribe(
        TopicArn=f"{TOPIC_PREFIX}unclassified",
        Protocol="sqs",
        Endpoint=f"arn:aws-cn:sqs:{REGION}:123456789012:subscriber",
        Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"eventTag": [tag]})},
    )
    publisher = Publisher(sns, TOPIC_PREFIX)

    for number, named in enumerate(["unclassified", "MOZI|NEW", tag, f"{tag}2"]):
        kind = kind_of(named)
        publisher.publish(Event("k-c", kind.event_tag, kind.slug, timestamp(NOW), f'{{"id":{number}}}'))

    (message,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert message["Body"] == '{"id":2}'


def test_a_topic_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(UnavailableError) as refused:
        Publisher(boto3.client("sns"), TOPIC_PREFIX).publish(event(slug="missing"))
    assert (refused.value.code, refused.value.operation) == ("NotFound", "Publish")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidParameter", EventRefusedError),
        ("ParameterValueInvalid", EventRefusedError),
        ("NotFound", UnavailableError),
        ("KMSAccessDenied", UnavailableError),
        ("AuthorizationError", UnavailableError),
        ("Throttled", UnavailableError),
        ("InternalError", UnavailableError),
    ],
)
def test_what_sns_will_never_take_is_told_from_what_it_cannot_take_now(
    code: str, kind: type[UnavailableError]
) -> None:
    with pytest.raises(UnavailableError) as refused:
        Publisher(cast("SNSClient", Refusing(code)), TOPIC_PREFIX).publish(event())

    assert type(refused.value) is kind
    assert (refused.value.code, refused.value.operation) == (code, "Publish")


def payloads(bucket: str = PAYLOAD_BUCKET) -> Payloads:
    return Payloads(bucket, lambda: boto3.client("s3"))


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (Content('{"a": 1, "名": "\ud800"}'), {"a": 1, "名": "\ud800"}),
        (Content("[]"), []),
        (Content('say "你好"', "text/plain"), 'say "你好"'),
    ],
)
def test_a_subscriber_resolves_a_content_that_was_too_large_to_send(content: Content, data: Any) -> None:
    dataref = payloads().put("k-c", content)

    event_ = resolve(envelope({"id": "k-c"}, content, dataref), boto3.client("s3"))

    assert event_["data"] == data
    assert event_["dataref"] == f"s3://{PAYLOAD_BUCKET}/events/k-c"


def test_a_content_that_was_sent_along_needs_no_bucket() -> None:
    message = envelope({"id": "k-c"}, Content('{"a":null}'))

    assert resolve(message, cast(Any, None))["data"] == {"a": None}


def test_bytes_that_no_charset_fits_are_resolved_as_such() -> None:
    content = Content.of_bytes(b"\x00\xff")
    dataref = payloads().put("k-b", content)

    stored = boto3.client("s3").get_object(Bucket=PAYLOAD_BUCKET, Key="events/k-b")
    assert (stored["Body"].read(), stored["ContentType"]) == (b"\x00\xff", "application/octet-stream")
    for event_ in (
        resolve(envelope({"id": "k-b"}, content, dataref), boto3.client("s3")),
        resolve(envelope({"id": "k-b"}, content), cast(Any, None)),
    ):
        assert (event_["data_base64"], "data" in event_) == ("AP8=", False)


def test_what_is_in_the_bucket_is_never_replaced_and_as_young_as_its_latest_delivery() -> None:
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=PAYLOAD_BUCKET, VersioningConfiguration={"Status": "Enabled"})

    dataref = payloads().put("k-c", Content('{"a":1,"b":2}'))
    assert payloads().put("k-c", Content('{"b": 2, "a": 1}')) == dataref

    kept = s3.get_object(Bucket=PAYLOAD_BUCKET, Key="events/k-c")
    assert kept["Body"].read() == b'{"a":1,"b":2}'
    assert kept["ContentType"] == "application/json;charset=UTF-8"
    # Written anew over itself: the bucket's rule counts its days from now on.
    assert len(s3.list_object_versions(Bucket=PAYLOAD_BUCKET)["Versions"]) == 2


def test_a_bucket_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        payloads("missing").put("k-c", Content("{}"))
