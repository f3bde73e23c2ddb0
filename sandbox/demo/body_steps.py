"""The demo's steps about bodies: a large one, one that is read anew, and those that are read with care."""

import base64
import gzip
import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from relay.events import MESSAGE_LIMIT
from sandbox.cloud.deploy import Stack, small_function
from sandbox.cloud.ministack import ROOT
from sandbox.demo.inputs import BY_SLUG, UNKNOWN, Sample
from sandbox.demo.scene import (
    ANSWER,
    ARRIVAL_SECONDS,
    Arrivals,
    Check,
    Checks,
    Scene,
    kept_and_pending,
    operate,
)
from sandbox.demo.subscribers import Envelope
from sandbox.vendors.callbacks import post

LARGE = BY_SLUG["employee-add-update"]
# Fewer characters than a topic takes, and more bytes.
LARGE_CONTENT = {**LARGE.content, "employeeNames": ["欧阳晓明", "慕容雪"] * 10_000}
# A subscriber's function on the layer that the stack deployed: handed a message, it answers the event.
READER = """
from botocore.session import get_session
from relay.payloads import resolve

s3 = get_session().create_client("s3")

def handler(message, context):
    return resolve(message, s3)
"""

UNNAMED = BY_SLUG["notification-pushed"]

REPEATING, PACKED, DAMAGED = (BY_SLUG[slug] for slug in ("employee-leave", "notification-read", "app-update"))
OTHER = Sample("real_time_trace", UNKNOWN.slug, {"tenantId": "196729", "轨迹": "1"})


def oversize(scene: Scene) -> Checks:
    """The topic gets the content's address, and the layer's helper gives a subscriber the content."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    text = json.dumps(LARGE_CONTENT, ensure_ascii=False)
    size = len(text.encode())
    yield Check("oversize: more than a topic takes in bytes only", True, len(text) < MESSAGE_LIMIT < size)
    made = gateway.deliver(LARGE.event_tag, LARGE_CONTENT)
    yield Check("oversize: answered 成功", True, made.wait(ARRIVAL_SECONDS))
    arrivals.wait(1, ARRIVAL_SECONDS)
    envelopes = scene.count(arrivals, LARGE, 1)
    yield Check("oversize: published", 1, len(envelopes))
    for envelope in envelopes:
        ref = f"s3://{stack.outputs['PayloadBucketName']}/events/{envelope.get('id')}"
        resolved = _resolved(stack, envelope).get("data")
        yield Check("oversize: the envelope holds no data", False, "data" in envelope)
        yield Check("oversize: dataref", ref, envelope.get("dataref"))
        yield Check("oversize: the subscriber has the content", True, resolved == LARGE_CONTENT)
    yield Check("oversize: events kept, events still pending", (before + 1, 0), kept_and_pending(stack))
    scene.remarks.append(
        f"oversize: content of {size:,} bytes went to the bucket, its address to the topic, "
        "and the subscriber read it with the layer's relay.payloads.resolve"
    )


def reread(scene: Scene) -> Checks:
    """A body in GBK that names no eventTag is kept as it came, and read anew once a person names one."""
    stack, sample = scene.stage.stack, UNNAMED
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    form = {"sourceMessageId": "GBK-1", "content": json.dumps(sample.content, ensure_ascii=False)}
    body = urlencode(form, encoding="gbk").encode()
    answer = post(f"{stack.callback_url}/{stack.token()}", body, ARRIVAL_SECONDS)
    arrivals.wait(1, ARRIVAL_SECONDS)
    unnamed = scene.count(arrivals, UNKNOWN, 1)
    ids = [word for one in unnamed for word in ("--id", one["id"])]
    counts = [operate(stack, "replay", *ids, "--as", sample.slug)["counts"] for _ in range(2)]
    arrivals.wait(2, ARRIVAL_SECONDS)
    read = [(one["type"], one["rereadof"], one.get("data")) for one in arrivals.on(sample.slug)]
    wanted = [(sample.event_tag, one["id"], sample.content) for one in unnamed]
    yield Check("reread: the answer", ANSWER, answer.body)
    yield Check("reread: unclassified got", [sample.content], [one.get("data") for one in unnamed])
    yield Check("reread: replayed, and then repeated", (1, 1), (counts[0]["replayed"], counts[1]["repeated"]))
    yield Check(f"reread: topic {sample.slug} got", wanted, read)
    yield Check("reread: events kept, events still pending", (before + 2, 0), kept_and_pending(stack))
    scene.remarks.append(
        f"reread: a form in GBK came without an eventTag, and was published anew as {sample.slug}"
    )


def rough(scene: Scene) -> Checks:
    """A form whose names repeat, a packed body, a damaged character, a tag outside the catalogue."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    form = {"sourceMessageId": "FORM-1", "tenantId": "196729", "employeeCodes": ["GE_1", "GE_2"]}
    posted = urlencode(form, doseq=True).encode()
    answers = [post(f"{stack.callback_url}/{stack.token()}/{REPEATING.slug}", posted, ARRIVAL_SECONDS).body]
    message = json.dumps({"sourceMessageId": "GZIP-1", "content": PACKED.content}, ensure_ascii=False)
    answers.append(
        _by_load_balancer(stack, PACKED, gzip.compress(message.encode()), **{"content-encoding": "gzip"})
    )
    name = {**DAMAGED.content, "appName": "杭州市人民政府办公厅"}
    message = json.dumps({"sourceMessageId": "DAMAGED-1", "content": name}, ensure_ascii=False)
    answers.append(
        _by_load_balancer(stack, DAMAGED, message.encode().replace("民".encode(), "民".encode()[:1]))
    )
    added = operate(stack, "register", "--url", stack.callback_url, "--other-tag", OTHER.event_tag)
    answers += [one.body for one in gateway.deliver(OTHER.event_tag, OTHER.content).attempts]
    arrivals.wait(4, ARRIVAL_SECONDS)
    got = {
        one.event_tag: [envelope.get("data") for envelope in scene.count(arrivals, one, 1)]
        for one in (REPEATING, PACKED, DAMAGED, OTHER)
    }
    repeats = {"tenantId": "196729", "employeeCodes": ["GE_1", "GE_2"]}
    damaged = {**name, "appName": "杭州市人\ufffd政府办公厅"}
    yield Check("rough: answers", {ANSWER: 4}, dict(Counter(answers)))
    yield Check("rough: a form with repeated names", [repeats], got[REPEATING.event_tag])
    yield Check("rough: a body packed by gzip", [PACKED.content], got[PACKED.event_tag])
    yield Check("rough: a damaged UTF-8 character", [damaged], got[DAMAGED.event_tag])
    yield Check("rough: a tag that `register --other-tag` registered", 1, added["counts"]["registered"])
    yield Check("rough: an event of it", [OTHER.content], got[OTHER.event_tag])
    types = [envelope["type"] for envelope in arrivals.on(OTHER.slug)]
    yield Check("rough: the name that it is published by", [OTHER.event_tag], types)
    yield Check("rough: events kept, events still pending", (before + 4, 0), kept_and_pending(stack))
    scene.remarks.append(
        "rough: repeated names, gzip, a damaged character, a tag outside the catalogue: all whole"
    )


def _by_load_balancer(stack: Stack, sample: Sample, body: bytes, **headers: str) -> str:
    """Returns the answer to bytes as a load balancer hands them on; the local API damages what is no text."""
    event = json.loads((ROOT / "events" / "callback-load-balancer.json").read_text("utf-8"))
    event |= {
        "path": f"/callback/{stack.token()}/{sample.slug}",
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "headers": event["headers"] | headers,
    }
    answer: str = stack.invoke("CallbackFunctionName", event)["body"]
    return answer


def _resolved(stack: Stack, envelope: Envelope) -> Any:
    """The event as a subscriber's function sees it that may read the bucket, and nothing else."""
    functions = stack.cloud.client("lambda")
    relay = functions.get_function_configuration(FunctionName=stack.outputs["CallbackFunctionName"])
    objects = f"arn:aws:s3:::{stack.outputs['PayloadBucketName']}/*"
    reader = small_function(
        stack.cloud,
        "downstream-reader",
        READER,
        layers=[layer["Arn"] for layer in relay["Layers"]],
        allowed=[{"Action": "s3:GetObject", "Resource": objects}],
    )
    message = json.dumps(json.dumps(envelope, ensure_ascii=False))
    return json.load(functions.invoke(FunctionName=reader, Payload=message)["Payload"])
