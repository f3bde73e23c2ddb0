"""The reference stack of the benchmarks does what ours does: the same few deliveries, on mock AWS."""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from relay.store import LEASE_SECONDS
from tests.support.inbound import PREVIOUS, TOKEN, dumps, message, rest_api, sample
from tests.support.template import ACCOUNT, EVENT_TABLE, PAYLOAD_BUCKET, REGION, TOPIC_PREFIX, make_secret

OURS, BY_THE_DOCS = "callback.app", "benchmarks.by_the_docs.app"
CONTEXT = SimpleNamespace(
    function_name="callback",
    memory_limit_in_mb=512,
    invoked_function_arn=f"arn:aws-cn:lambda:{REGION}:{ACCOUNT}:function:callback",
    aws_request_id="5f0a7f0e-3b0f-4a53-9a8f-0f4f3c2a9a11",
    get_remaining_time_in_millis=lambda: 20_000,
)
ENVIRONMENT = {
    "EVENT_TOPIC_ARN_PREFIX": TOPIC_PREFIX,
    "PAYLOAD_BUCKET": PAYLOAD_BUCKET,
    "EVENT_RETENTION_DAYS": "90",
    "IDEMPOTENCY_TABLE": "idempotency",
    "POWERTOOLS_SERVICE_NAME": "callback-by-the-docs",
    "POWERTOOLS_METRICS_NAMESPACE": "ByTheDocs",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


@dataclass
class Stack:
    """One of the two callbacks; `kept` is what its event table has, `wait` lets a failed claim run out."""

    handler: Callable[[Any, Any], dict[str, Any]]
    table: str
    wait: Callable[[], None]

    def answer(self, event: dict[str, Any]) -> tuple[int, str | None]:
        response = self.handler(event, CONTEXT)
        return response["statusCode"], json.loads(response["body"]).get("errcode")

    @property
    def kept(self) -> int:
        return boto3.client("dynamodb").scan(TableName=self.table)["Count"]


@pytest.fixture(params=[OURS, BY_THE_DOCS])
def stack(request: pytest.FixtureRequest, inbound: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Either callback, imported anew."""
    ours = request.param == OURS
    table = EVENT_TABLE if ours else make_table("kept")
    make_table("idempotency")
    secret = make_secret("token", json.dumps({"current": TOKEN, "previous": PREVIOUS}))
    given = ENVIRONMENT | {"EVENT_TABLE": table, "CALLBACK_TOKEN_SECRET_ARN": secret}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop(request.param, None)
    app = importlib.import_module(request.param)

    def wait() -> None:
        if ours:
            later = time.time() + LEASE_SECONDS
            monkeypatch.setattr(app, "intake", app.build(app.settings, clock=lambda: later))

    yield Stack(app.handler, table, wait)
    sys.modules.pop(request.param, None)


def make_table(name: str) -> str:
    boto3.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture
def published(inbound: None) -> Callable[[], list[Any]]:
    """The data of every event that is on the topic of app-update since the last look."""
    queue = boto3.client("sqs").create_queue(QueueName="app-update")["QueueUrl"]
    subscribe()

    def taken() -> list[Any]:
        found = []
        while messages := boto3.client("sqs").receive_message(QueueUrl=queue).get("Messages"):
            for one in messages:
                boto3.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
                found.append(json.loads(one["Body"])["data"])
        return found

    return taken


def subscribe() -> None:
    boto3.client("sns").subscribe(
        TopicArn=f"{TOPIC_PREFIX}app-update",
        Protocol="sqs",
        Endpoint=f"arn:aws-cn:sqs:{REGION}:{ACCOUNT}:app-update",
        Attributes={"RawMessageDelivery": "true"},
    )


def delivery(token: str = TOKEN, **fields: Any) -> dict[str, Any]:
    """A message on the address of app-update, its body in base64 as the API sends it."""
    body = dumps(message({"appName": "一网通办"}, **fields)).encode()
    return rest_api(body, token=token, slug="app-update", httpMethod="POST")


def test_a_handshake_is_answered_and_publishes_nothing(
    stack: Stack, published: Callable[[], list[Any]]
) -> None:
    assert stack.answer(sample("callback-handshake")) == (200, "0")
    assert published() == []


@pytest.mark.parametrize("token", [TOKEN, PREVIOUS])
def test_an_event_is_kept_and_published_once_however_often_it_is_delivered(
    stack: Stack, published: Callable[[], list[Any]], token: str
) -> None:
    assert stack.answer(delivery(token)) == (200, "0")
    assert (stack.kept, published()) == (1, [{"appName": "一网通办"}])

    assert stack.answer(delivery(token)) == (200, "0")
    assert (stack.kept, published()) == (1, [])


def test_each_event_is_published(stack: Stack, published: Callable[[], list[Any]]) -> None:
    for number in range(3):
        assert stack.answer(delivery(sourceMessageId=f"s-{number}")) == (200, "0")

    assert (stack.kept, len(published())) == (3, 3)


def test_a_sample_is_taken_in_as_the_api_sends_it(stack: Stack, published: Callable[[], list[Any]]) -> None:
    event = sample("callback-app-update")

    assert stack.answer(event) == (200, "0")
    assert published() == [json.loads(event["body"])["content"]]


def test_a_wrong_token_is_refused_and_leaves_nothing(
    stack: Stack, published: Callable[[], list[Any]]
) -> None:
    status, errcode = stack.answer(delivery(token="wrong"))

    assert status == 403
    assert errcode != "0"
    assert (stack.kept, published()) == (0, [])


def test_an_event_that_could_not_be_published_is_no_success_and_its_next_delivery_publishes(
    stack: Stack, published: Callable[[], list[Any]]
) -> None:
    boto3.client("sns").delete_topic(TopicArn=f"{TOPIC_PREFIX}app-update")
    assert stack.answer(delivery()) == (503, "5032")
    boto3.client("sns").create_topic(Name="relay-event-app-update")
    subscribe()
    assert published() == []
    stack.wait()

    assert stack.answer(delivery()) == (200, "0")
    assert (stack.kept, published()) == (1, [{"appName": "一网通办"}])
