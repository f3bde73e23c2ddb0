"""Commands that a person can copy while the sandbox is up, with its real addresses and token filled in."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

from sandbox.cloud.deploy import STACK
from sandbox.demo.notices import notice
from sandbox.demo.samples import SAMPLES
from sandbox.demo.stage import ORGANISATIONS, Stage
from sandbox.demo.subscribers import Subscribers
from sandbox.vendors.delivery import CONTENT_TYPE


@dataclass(frozen=True)
class Command:
    """One command line, and what it is for."""

    title: str
    text: str


def commands(running: Stage, subscribers: Subscribers) -> list[Command]:
    """In the order in which they show something."""
    return [
        Command("First, in another terminal: talk to the local cloud", _export(running)),
        *_inbound(running, subscribers),
        *_outbound(running),
        *_operate(running),
        *_local_invoke(running),
    ]


def _export(running: Stage) -> str:
    names = ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    values = {name: running.cloud.environ[name] for name in names}
    # The stack's own address leads to AWS; here the gateway reaches the relay on loopback.
    values |= {"RELAY_STACK": STACK, "RELAY_CALLBACK_URL": running.stack.callback_url}
    pairs = " ".join(f"{name}={value}" for name, value in values.items())
    return f". .venv/bin/activate; unset AWS_PROFILE AWS_SESSION_TOKEN; export {pairs}"


def _inbound(running: Stage, subscribers: Subscribers) -> list[Command]:
    sample = SAMPLES[0]
    stack = running.stack
    url = f"{stack.callback_url}/{stack.token()}/{sample.slug}"
    dispatch_id = "0e276c97-c3f9-44c2-88ab-335123991c45"
    event = {
        "dispatchId": dispatch_id,
        "sourceMessageId": "SOURCE-1",
        "callbackMessageId": "CALLBACK-1",
        "content": sample.content,
    }
    aws = _aws(running)
    table, queue = stack.outputs["EventTableName"], subscribers.urls[sample.slug]
    return [
        Command(
            "Shake hands as the gateway does",
            _post(url, {"eventTag": sample.event_tag, "dispatchId": dispatch_id}),
        ),
        Command("Deliver an event; do it again: it is answered, and not published again", _post(url, event)),
        Command(
            "Read what a subscriber of that topic got",
            f"{aws} sqs receive-message --queue-url {queue} --query 'Messages[].Body' --output text",
        ),
        Command(
            "Look at the event table",
            f"{aws} dynamodb scan --table-name {table} --query 'Items[].pk.S' --output text",
        ),
    ]


def _outbound(running: Stage) -> list[Command]:
    org_id, users = next(iter(ORGANISATIONS.items()))
    body = {"orgId": org_id, "messages": [notice(1, "n-by-hand-1", users)]}
    queue, letters = (running.stack.outputs[name] for name in ("NoticeQueueUrl", "NoticeDeadLetterQueueUrl"))
    aws = _aws(running)
    wrong = {"orgId": org_id, "messages": [{"messageId": "n-by-hand-2", "messageType": 2}]}
    return [
        Command("Send a notice", _send(aws, queue, body)),
        Command("Send one that can never succeed", _send(aws, queue, wrong)),
        Command(
            "Read why: the dead-letter queue",
            f"{aws} sqs receive-message --queue-url {letters} --visibility-timeout 0 --wait-time-seconds 10"
            " --message-attribute-names All --query 'Messages[].MessageAttributes'",
        ),
    ]


def _operate(running: Stage) -> list[Command]:
    return [
        Command("How the relay stands, and what needs a person", "mozi-relay status"),
        Command("Register again", "mozi-relay register"),
        Command("What the gateway gave up on", "mozi-relay failed"),
    ]


def _local_invoke(running: Stage) -> list[Command]:
    """In a container of its own (needs Docker), but with the sandbox's queue, table and stand-ins."""
    invoke = ".venv/bin/python -m sandbox local-invoke"
    handshake = f"sed s/TOKEN/{running.stack.token()}/ events/callback-handshake.json"
    callback = f"{handshake} | {invoke} CallbackFunction -e -"
    return [
        Command("Run a function in a container (needs Docker)", callback),
        Command("… and the other", f"{invoke} NoticeFunction -e events/notice-records.json"),
    ]


def _aws(running: Stage) -> str:
    """The AWS command line; its first version overlooks AWS_ENDPOINT_URL when it talks to SQS."""
    return f"aws --endpoint-url {running.cloud.url}"


def _post(url: str, body: Any) -> str:
    text = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"curl -sS -w '\\n' -H 'Content-Type: {CONTENT_TYPE}' --data {text} {url}"


def _send(aws: str, queue: str, body: Any) -> str:
    text = shlex.quote(json.dumps(body, ensure_ascii=False))
    return f"{aws} sqs send-message --queue-url {queue} --message-body {text}"
