"""The callback's function as deployed, on mock AWS: samples in, answers out, nothing secret printed."""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import boto3
import pytest

from callback.request import CallbackRequest
from recovery.history import History
from relay import aws
from relay.catalog import CATALOG
from relay.payloads import CloudEvent, resolve
from relay.secrets import MAX_AGE_SECONDS
from relay.store import LEASE_SECONDS
from tests.support.inbound import (
    EVENTS,
    PREVIOUS,
    SOURCES,
    TOKEN,
    content_of,
    dumps,
    load_balancer,
    message,
    rest_api,
    sample,
)
from tests.support.invocations import Context
from tests.support.template import (
    ACCOUNT,
    EVENT_TABLE,
    PAYLOAD_BUCKET,
    REGION,
    TOPIC_PREFIX,
    make_secret,
    topic_slugs,
)

SUCCESS = {"errcode": "0", "errmsg": "成功"}
# The page shows no tenant in the contents of outbound messages.
WITHOUT_TENANT = {f"callback-notification-{state}" for state in ("pushed", "failed", "revoked", "read")}
SAMPLES = sorted(path.stem for path in EVENTS.glob("callback-*.json"))
SECRETS = "TOP-SECRET-WORDS"
ROTATED = "rotated-rotated-rotated"


class Stdout:
    """Prints where the test looks now; pytest changes that between its phases."""

    def write(self, text: str) -> None:
        sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


@pytest.fixture
def clock() -> "Clock":
    return Clock()


@pytest.fixture
def crashes() -> "Crashes":
    return Crashes()


@pytest.fixture
def app(
    inbound: None, monkeypatch: pytest.MonkeyPatch, clock: "Clock", crashes: "Crashes"
) -> Iterator[ModuleType]:
    """callback.app, imported anew with the variables that the template gives it; its clock can be put on."""
    arn = make_secret("token", json.dumps({"current": TOKEN, "previous": PREVIOUS}))
    for name, value in {
        "EVENT_TABLE": EVENT_TABLE,
        "EVENT_TOPIC_ARN_PREFIX": TOPIC_PREFIX,
        "PAYLOAD_BUCKET": PAYLOAD_BUCKET,
        "CALLBACK_TOKEN_SECRET_ARN": arn,
        "EVENT_RETENTION_DAYS": "90",
        "LOG_LEVEL": "DEBUG",
    }.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("callback.app", None)
    app = importlib.import_module("callback.app")
    monkeypatch.setattr(app, "intake", app.build(app.settings, clock=clock, client=crashes.client))
    for handler in app.logger.handlers:
        # Not by setStream, which flushes the stream of an earlier test, closed by now.
        handler.stream = Stdout()
    yield app
    sys.modules.pop("callback.app", None)


@pytest.fixture
def topics() -> "Topics":
    return Topics()


class Clock:
    """The time of day, which a test can put on."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Crash(BaseException):
    """The end of the function, as a timeout would be."""


class Crashes:
    """Clients of AWS, and the call before or after which the function ends, if there is one."""

    call: str | None = None
    when = "before"
    error: type[BaseException] = Crash

    def client(self, service: str) -> Any:
        return Crashing(aws.client(service), self)


class Crashing:
    """A client whose calls may be a function's last."""

    def __init__(self, client: Any, crashes: Crashes) -> None:
        self._client, self._crashes = client, crashes

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return partial(self._crash, call) if name == self._crashes.call else call

    def _crash(self, call: Callable[..., Any], **request: Any) -> None:
        if self._crashes.when == "after":
            call(**request)
        raise self._crashes.error


class Topics:
    """A queue behind each topic, made at its first use."""

    def __init__(self) -> None:
        self._queues: dict[str, str] = {}

    def watch(self, *slugs: str) -> None:
        for slug in slugs:
            self._queues[slug] = boto3.client("sqs").create_queue(QueueName=slug)["QueueUrl"]
            boto3.client("sns").subscribe(
                TopicArn=f"{TOPIC_PREFIX}{slug}",
                Protocol="sqs",
                Endpoint=f"arn:aws-cn:sqs:{REGION}:{ACCOUNT}:{slug}",
                Attributes={"RawMessageDelivery": "true"},
            )

    def taken(self) -> list[tuple[str, CloudEvent]]:
        """Slug and CloudEvent of what arrived since."""
        found = []
        for slug, queue in self._queues.items():
            while messages := boto3.client("sqs").receive_message(QueueUrl=queue).get("Messages"):
                for one in messages:
                    boto3.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
                    found.append((slug, resolve(one["Body"], boto3.client("s3"))))
        return found


def answer_of(app: ModuleType, event: dict[str, Any]) -> tuple[int, dict[str, str]]:
    response = app.handler(event, Context())
    assert json.dumps(response)
    return response["statusCode"], json.loads(response["body"])


def table() -> list[dict[str, Any]]:
    return boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]


@pytest.mark.parametrize(
    ("fields", "ignored"), [(None, set()), ("", set()), ("eventTime", {"eventTime"}), ("a,b", {"a", "b"})]
)
def test_fields_that_identity_ignores_are_set_by_name(
    app: ModuleType, monkeypatch: pytest.MonkeyPatch, fields: str | None, ignored: set[str]
) -> None:
    if fields is not None:
        monkeypatch.setenv("IDENTITY_IGNORES_FIELDS", fields)

    assert app.build(app.Settings.load()).identity_ignores == ignored


def test_there_is_a_sample_for_every_shape_and_source() -> None:
    covered = set()
    for name in SAMPLES:
        event = sample(name)
        request = CallbackRequest.of(event)
        assert request.token == TOKEN
        covered.add(next(kind.content for kind in CATALOG if kind.slug == request.slug))

    assert covered == {kind.content for kind in CATALOG}
    assert {"callback-handshake", "callback-form", "callback-base64", "callback-load-balancer"} <= set(
        SAMPLES
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_answered_and_published_where_its_path_says(
    app: ModuleType, topics: Topics, name: str
) -> None:
    event = sample(name)
    slug = CallbackRequest.of(event).slug
    assert slug is not None
    topics.watch(slug, "unclassified")

    assert answer_of(app, event) == (200, SUCCESS)
    assert answer_of(app, event) == (200, SUCCESS)

    arrived = topics.taken()
    assert [slug for slug, _ in arrived] == ([] if name == "callback-handshake" else [slug])
    for _, cloud in arrived:
        assert cloud["sourcemessageid"]
        assert cloud.get("subject") == (None if name in WITHOUT_TENANT else "50006001")


def test_every_tag_is_named_by_its_handshake_when_the_path_names_none(
    app: ModuleType, topics: Topics
) -> None:
    topics.watch(*topic_slugs())
    for number, kind in enumerate(CATALOG):
        handshake = {"eventTag": kind.event_tag, "dispatchId": f"d-{number}"}
        assert answer_of(app, rest_api(dumps(handshake))) == (200, SUCCESS)
    for number, kind in enumerate(CATALOG):
        body = message(content_of(kind.event_tag), dispatchId=f"d-{number}", sourceMessageId=f"s-{number}")
        assert answer_of(app, rest_api(dumps(body))) == (200, SUCCESS)

    arrived = topics.taken()

    assert sorted(slug for slug, _ in arrived) == sorted(kind.slug for kind in CATALOG)
    for slug, cloud in arrived:
        assert (cloud["type"], cloud["data"]) == next(
            (kind.event_tag, content_of(kind.event_tag)) for kind in CATALOG if kind.slug == slug
        )


def test_a_published_event_is_marked_and_expires_after_its_retention(app: ModuleType) -> None:
    answer_of(app, sample("callback-app-update"))

    (item,) = table()
    assert "pendingShard" not in item
    assert item["publishedAt"]["S"] >= item["receivedAt"]["S"]
    assert 89 < (int(item["expiresAt"]["N"]) - int(app.intake.clock())) / 86_400 <= 90


@pytest.mark.parametrize("size", [300_000, 2_000_000])
def test_a_large_content_reaches_its_subscriber_through_the_bucket(
    app: ModuleType, topics: Topics, size: int
) -> None:
    topics.watch("app-update")
    text = "政" * (size // 3)

    assert answer_of(app, rest_api(dumps(message({"text": text})).encode(), slug="app-update"))[0] == 200

    ((_, cloud),) = topics.taken()
    assert cloud["data"] == {"text": text}
    assert cloud["dataref"].startswith(f"s3://{PAYLOAD_BUCKET}/events/")


def test_a_large_repeat_leaves_the_published_content_as_it_is(app: ModuleType) -> None:
    content = {"a": "政" * 100_000, "b": 1}
    for given in (content, dict(reversed(content.items()))):
        assert answer_of(app, rest_api(dumps(message(given)), slug="app-update")) == (200, SUCCESS)

    (kept,) = boto3.client("s3").list_objects_v2(Bucket=PAYLOAD_BUCKET)["Contents"]
    body = boto3.client("s3").get_object(Bucket=PAYLOAD_BUCKET, Key=kept["Key"])["Body"].read()
    assert body.decode() == dumps(content)


@pytest.mark.parametrize("source", SOURCES)
def test_a_gbk_form_from_any_source_arrives_in_characters(
    app: ModuleType, topics: Topics, source: Any
) -> None:
    topics.watch("app-update")
    body = dumps(message({"appName": "一网通办"})).encode("gbk")

    assert answer_of(app, source(body, slug="app-update"))[0] == 200
    assert topics.taken()[0][1]["data"] == {"appName": "一网通办"}


@pytest.mark.parametrize(
    ("event", "status", "errcode"),
    [
        (rest_api("{}", token="wrong"), 403, "4003"),
        (load_balancer("{}", token=""), 403, "4003"),
        ({}, 403, "4003"),
        (rest_api(""), 400, "4001"),
        (rest_api("") | {"body": None}, 400, "4001"),
    ],
)
def test_what_is_refused_is_answered_in_json_and_leaves_nothing(
    app: ModuleType, event: dict[str, Any], status: int, errcode: str
) -> None:
    found, answered = answer_of(app, event)

    assert (found, answered["errcode"]) == (status, errcode)
    assert table() == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["put_item", "publish", "update_item"])
@pytest.mark.parametrize("then", ["the gateway repeats", "a sweep runs"])
def test_a_crash_at_any_call_loses_nothing(
    app: ModuleType, topics: Topics, clock: Clock, crashes: Crashes, call: str, when: str, then: str
) -> None:
    topics.watch("app-update")
    event = sample("callback-app-update")
    crashes.call, crashes.when = call, when

    with pytest.raises(Crash):
        app.handler(event, Context())
    crashes.call = None
    at_work = app.handler(event, Context())

    clock.ahead = LEASE_SECONDS + 1
    if then == "a sweep runs":
        for pending in History(boto3.client("dynamodb"), EVENT_TABLE, clock=clock).pending():
            claim = app.intake.store.take_over(pending.key)
            app.intake.publisher.publish(claim.event)
            app.intake.store.mark_published(claim)
    assert answer_of(app, event) == (200, SUCCESS)

    # Nothing kept: published by the next delivery. Kept and not marked: in progress until the lease runs out.
    never_kept, marked = (call, when) == ("put_item", "before"), (call, when) == ("update_item", "after")
    assert at_work["statusCode"] == (200 if never_kept or marked else 503)
    between = (call, when) in {("publish", "after"), ("update_item", "before")}
    assert len(topics.taken()) == (2 if between else 1)


@pytest.mark.parametrize("gone", ["table", "topic", "bucket", "secret"])
def test_whatever_aws_refuses_the_gateway_is_told_to_come_back(
    app: ModuleType, capsys: pytest.CaptureFixture[str], gone: str
) -> None:
    if gone == "table":
        boto3.client("dynamodb").delete_table(TableName=EVENT_TABLE)
    elif gone == "topic":
        boto3.client("sns").delete_topic(TopicArn=f"{TOPIC_PREFIX}app-update")
    elif gone == "bucket":
        boto3.client("s3").delete_bucket(Bucket=PAYLOAD_BUCKET)
    else:
        boto3.client("secretsmanager").put_secret_value(SecretId="token", SecretString='{"wrong": "shape"}')
    text = "x" * (300_000 if gone == "bucket" else 1)

    status, answered = answer_of(app, rest_api(dumps(message({"text": text})), slug="app-update"))

    assert (status, answered["errcode"]) == (503, "5032")
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[0]["fault"]
    assert printed[1]["Failed"] == [1.0]


@pytest.mark.parametrize("error", [RecursionError, IndexError])
@pytest.mark.parametrize("call", ["get_secret_value", "get_item", "put_item", "publish", "update_item"])
def test_whatever_goes_wrong_the_gateway_is_told_to_come_back_and_the_log_says_where(
    app: ModuleType, capsys: pytest.CaptureFixture[str], crashes: Crashes, call: str, error: type[Exception]
) -> None:
    crashes.call, crashes.error = call, error

    status, answered = answer_of(app, rest_api(dumps(message({"text": SECRETS}))))

    assert (status, answered["errcode"]) == (503, "5032")
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[0]["fault"].startswith(f"{error.__name__} at test_app.py:")
    assert SECRETS not in json.dumps(printed)
    assert printed[1]["Failed"] == [1.0]


def test_an_event_whose_publishing_failed_stays_pending(
    app: ModuleType, topics: Topics, clock: Clock
) -> None:
    boto3.client("sns").delete_topic(TopicArn=f"{TOPIC_PREFIX}app-update")
    answer_of(app, sample("callback-app-update"))
    boto3.client("sns").create_topic(Name="relay-event-app-update")
    topics.watch("app-update")
    clock.ahead = LEASE_SECONDS

    assert answer_of(app, sample("callback-app-update")) == (200, SUCCESS)

    # What was kept is what is published: the event's first delivery, not the repeat that finished it.
    ((_, cloud),) = topics.taken()
    assert cloud["time"] == table()[0]["receivedAt"]["S"]


def test_a_rotation_refuses_no_delivery_and_needs_no_deploy(app: ModuleType, clock: Clock) -> None:
    assert answer_of(app, rest_api("{}"))[0] == 200
    boto3.client("secretsmanager").put_secret_value(
        SecretId="token", SecretString=json.dumps({"current": ROTATED, "previous": TOKEN})
    )
    clock.ahead = MAX_AGE_SECONDS

    assert [answer_of(app, rest_api("{}", token=token))[0] for token in (TOKEN, ROTATED, TOKEN)] == [200] * 3


def test_what_is_printed_names_the_event_and_holds_no_token_body_or_recipient(
    app: ModuleType,
    topics: Topics,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    topics.watch("notification-read")
    body = message(
        {"receivers": [SECRETS], "text": SECRETS, "tenantId": SECRETS}, sourceMessageId=SECRETS, more=SECRETS
    )
    for text in (dumps(body), SECRETS, dumps({"eventTag": SECRETS, "dispatchId": SECRETS}), ""):
        for token in (TOKEN, PREVIOUS, f"guess-{SECRETS}"):
            for source in SOURCES:
                app.handler(source(text, token=token, slug="notification-read"), Context())
    boto3.client("sns").delete_topic(TopicArn=f"{TOPIC_PREFIX}unclassified")
    app.handler(rest_api(SECRETS), Context())
    boto3.client("secretsmanager").put_secret_value(SecretId="token", SecretString=SECRETS)
    clock.ahead = MAX_AGE_SECONDS
    app.handler(rest_api(SECRETS), Context())

    output = capsys.readouterr()
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("boto"))
    printed = output.out + output.err + ours
    assert not [secret for secret in (TOKEN, PREVIOUS, SECRETS) if secret in printed]
    ((_, cloud),) = topics.taken()
    logged = [json.loads(line) for line in output.out.splitlines()]
    line = next(one for one in logged if one.get("event_id") == cloud["id"])
    assert (line["message"], line["answer"]) == ("request answered", "published")


def test_every_request_is_counted(app: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    requests = {
        "Published": sample("callback-ding-failed-account"),
        "ContentMismatch": rest_api(dumps(message({"a": 1}, sourceMessageId="s-2")), slug="app-update"),
        "SameIdOtherContent": rest_api(dumps(message({"a": 2}, sourceMessageId="s-2")), slug="app-update"),
        "Repeated": rest_api(dumps(message({"a": 2}, sourceMessageId="s-2")), slug="app-update"),
        "Unclassified": rest_api("?"),
        "Handshakes": sample("callback-handshake"),
        "Forbidden": rest_api("{}", token="x"),
        "Empty": rest_api(""),
    }  # fmt: skip
    for name, event in requests.items():
        app.handler(event, Context())
        metric = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "MoziRelay"
        assert metric["Received"] == metric[name] == [1.0]
        assert metric["Latency"][0] >= 0
