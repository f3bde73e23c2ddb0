"""The reference stack is real: it keeps and publishes an event once, and takes nothing with a wrong token."""

import importlib
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from tests.support.inbound import TOKEN, sample
from tests.support.template import ACCOUNT, REGION, TOPIC_PREFIX, make_secret

CONTEXT = SimpleNamespace(
    function_name="callback",
    memory_limit_in_mb=512,
    invoked_function_arn=f"arn:aws-cn:lambda:{REGION}:{ACCOUNT}:function:callback",
    aws_request_id="5f0a7f0e-3b0f-4a53-9a8f-0f4f3c2a9a11",
    get_remaining_time_in_millis=lambda: 20_000,
)


@pytest.fixture
def answer(inbound: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], int]:
    """The stack's answer to a delivery: its status."""
    key = {"AttributeName": "id"}
    for name in ("kept", "once"):
        boto3.client("dynamodb").create_table(
            TableName=name,
            AttributeDefinitions=[{**key, "AttributeType": "S"}],  # type: ignore[typeddict-item]
            KeySchema=[{**key, "KeyType": "HASH"}],  # type: ignore[typeddict-item]
            BillingMode="PAY_PER_REQUEST",
        )
    variables = {
        "EVENT_TABLE": "kept",
        "IDEMPOTENCY_TABLE": "once",
        "EVENT_TOPIC_ARN_PREFIX": TOPIC_PREFIX,
        "CALLBACK_TOKEN_SECRET_ARN": make_secret("token", json.dumps({"current": TOKEN})),
        "POWERTOOLS_SERVICE_NAME": "by-the-docs",
        "POWERTOOLS_METRICS_NAMESPACE": "ByTheDocs",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = importlib.import_module("benchmarks.by_the_docs")
    return lambda event: int(app.handler(event, CONTEXT)["statusCode"])


def test_an_event_is_published_once_and_a_wrong_token_is_refused(
    answer: Callable[[dict[str, Any]], int],
) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws-cn:sqs:{REGION}:{ACCOUNT}:q"
    topic = f"{TOPIC_PREFIX}app-update"
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    event = sample("callback-app-update")
    wrong = event | {"path": event["path"].replace(TOKEN, "wrong")}

    assert [answer(one) for one in (event, event, wrong)] == [200, 200, 403]
    assert boto3.client("dynamodb").scan(TableName="kept")["Count"] == 1
    assert len(boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]) == 1
