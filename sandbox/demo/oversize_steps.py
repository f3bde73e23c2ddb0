"""The demo's oversize event: content that is too large for a topic, read by a subscriber all the same."""

import json
from collections.abc import Iterator
from typing import Any

from sandbox.cloud.deploy import Stack
from sandbox.cloud.small_function import small_function
from sandbox.demo.inbound_steps import WAIT_SECONDS, kept_and_pending
from sandbox.demo.samples import BY_SLUG
from sandbox.demo.steps import Arrivals, Check, Progress, Scene

# What SNS takes, in bytes of UTF-8; the content has fewer characters and more bytes.
TOPIC_LIMIT = 262_144
_SAMPLE = BY_SLUG["employee-add-update"]
_CONTENT = {**_SAMPLE.content, "employeeNames": ["欧阳晓明", "慕容雪"] * 10_000}

# A subscriber's function on the layer that the stack deployed: handed a message, it answers the event.
_READER = """
from botocore.session import get_session
from relay.payloads import resolve

s3 = get_session().create_client("s3")

def handler(message, context):
    return resolve(message, s3)
"""


def oversize(scene: Scene, progress: Progress) -> Iterator[Check]:
    """The topic gets the content's address, and the layer's helper gives a subscriber the content."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    text = json.dumps(_CONTENT, ensure_ascii=False)
    size = len(text.encode())
    yield Check("oversize: more than a topic takes in bytes only", True, len(text) < TOPIC_LIMIT < size)
    made = gateway.deliver(_SAMPLE.event_tag, _CONTENT)
    yield Check("oversize: answered 成功", True, made.wait(WAIT_SECONDS))
    arrivals.wait(1, WAIT_SECONDS, progress)
    envelopes = arrivals.on(_SAMPLE.slug)
    yield Check("oversize: published", 1, len(envelopes))
    for envelope in envelopes:
        bucket = stack.outputs["PayloadBucketName"]
        yield Check("oversize: the envelope holds no data", False, "data" in envelope)
        yield Check(
            "oversize: dataref", f"s3://{bucket}/events/{envelope.get('id')}", envelope.get("dataref")
        )
        resolved = _resolved(stack, envelope)
        yield Check("oversize: the subscriber has the content", True, resolved.get("data") == _CONTENT)
    yield Check("oversize: events kept, events still pending", (before + 1, 0), kept_and_pending(stack))
    scene.count(_SAMPLE.slug, 1, len(envelopes))
    scene.remarks.append(
        f"oversize: content of {size:,} bytes went to the bucket, its address to the topic, "
        "and the subscriber read it with the layer's relay.payloads.resolve"
    )


def _resolved(stack: Stack, envelope: dict[str, Any]) -> Any:
    """The event as a subscriber's function sees it that may read the bucket, and nothing else."""
    functions = stack.cloud.client("lambda")
    relay = functions.get_function_configuration(FunctionName=stack.outputs["CallbackFunctionName"])
    objects = f"arn:aws:s3:::{stack.outputs['PayloadBucketName']}/*"
    small_function(
        stack.cloud,
        "downstream-reader",
        _READER,
        layers=[layer["Arn"] for layer in relay["Layers"]],
        allowed=[{"Action": "s3:GetObject", "Resource": objects}],
    )
    message = json.dumps(json.dumps(envelope, ensure_ascii=False))
    answer = functions.invoke(FunctionName="downstream-reader", Payload=message)
    return json.load(answer["Payload"])
