"""The demo's steps about bodies: a large one, one that is read anew, and those that are read with care."""

import gzip
import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from relay.events import MESSAGE_LIMIT
from sandbox.cloud.deploy import Stack, small_function
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

REPEATING, PACKED, DAMAGED, OLD_CHARSET = (
    BY_SLUG[slug] for slug in ("employee-leave", "notification-read", "app-update", "account-change-name")
)
OTHER = Sample("real_time_trace", UNKNOWN.slug, {"tenantId": "196729", "轨迹": "1"})


def oversize(scene: Scene) -> Checks:
    """The topic gets the content's address, and the layer's helper gives a subscriber the content."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    text = json.dumps(LARGE_CONTENT, ensure_ascii=False)
    size = len(text.encode())
    yield Check("large event: more than a topic takes in bytes only", True, len(text) < MESSAGE_LIMIT < size)
    made = gateway.deliver(LARGE.event_tag, LARGE_CONTENT)
    yield Check("large event: answered 成功", True, made.wait(ARRIVAL_SECONDS))
    arrivals.wait(1, ARRIVAL_SECONDS)
    envelopes = scene.count(arrivals, LARGE, 1)
    yield Check("large event: published", 1, len(envelopes))
    for envelope in envelopes:
        ref = f"s3://{stack.outputs['PayloadBucketName']}/events/{envelope.get('id')}"
        resolved = _resolved(stack, envelope).get("data")
        yield Check("large event: the envelope holds no data", False, "data" in envelope)
        yield Check("large event: dataref", ref, envelope.get("dataref"))
        yield Check("large event: the subscriber has the content", True, resolved == LARGE_CONTENT)
    yield Check("large event: events kept, events still pending", (before + 1, 0), kept_and_pending(stack))
    scene.remarks.append(
        f"large event: its {size:,} bytes went to the bucket and their address to the topic; "
        "the subscriber read them with the layer's relay.payloads.resolve"
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
    yield Check("read anew: the answer", ANSWER, answer.body)
    yield Check("read anew: unclassified got", [sample.content], [one.get("data") for one in unnamed])
    yield Check(
        "read anew: replayed, and then repeated", (1, 1), (counts[0]["replayed"], counts[1]["repeated"])
    )
    yield Check(f"read anew: topic {sample.slug} got", wanted, read)
    yield Check("read anew: events kept, events still pending", (before + 2, 0), kept_and_pending(stack))
    scene.remarks.append(
        f"read anew: a form in GBK without an eventTag went to the topic {UNKNOWN.slug}; `replay --as` then "
        f"published it on {sample.slug}"
    )


def rough(scene: Scene) -> Checks:
    """A form whose names repeat, a packed body, a damaged character, GBK, a tag outside the catalogue."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    form = {"sourceMessageId": "FORM-1", "tenantId": "196729", "employeeCodes": ["GE_1", "GE_2"]}
    name = {**DAMAGED.content, "appName": "杭州市人民政府办公厅"}
    cut = _message("DAMAGED-1", name).encode().replace("民".encode(), "民".encode()[:1])
    renamed = {**OLD_CHARSET.content, "accountName": "欧阳晓明，杭州市人民政府办公厅"}
    answers = [
        _posted(stack, REPEATING, urlencode(form, doseq=True).encode()),
        _posted(stack, PACKED, gzip.compress(_message("GZIP-1", PACKED.content).encode()), "gzip"),
        _posted(stack, DAMAGED, cut),
        _posted(stack, OLD_CHARSET, _message("GBK-2", renamed).encode("gbk")),
    ]
    added = operate(stack, "register", "--url", stack.callback_url, "--other-tag", OTHER.event_tag)
    answers += [one.body for one in gateway.deliver(OTHER.event_tag, OTHER.content).attempts]
    arrivals.wait(5, ARRIVAL_SECONDS)
    got = {
        one.event_tag: [envelope.get("data") for envelope in scene.count(arrivals, one, 1)]
        for one in (REPEATING, PACKED, DAMAGED, OLD_CHARSET, OTHER)
    }
    repeats = {"tenantId": "196729", "employeeCodes": ["GE_1", "GE_2"]}
    damaged = {**name, "appName": "杭州市人\ufffd政府办公厅"}
    yield Check("unusual bodies: answers", {ANSWER: 5}, dict(Counter(answers)))
    yield Check("unusual bodies: a form with repeated names", [repeats], got[REPEATING.event_tag])
    yield Check("unusual bodies: a body packed by gzip", [PACKED.content], got[PACKED.event_tag])
    yield Check("unusual bodies: a damaged UTF-8 character", [damaged], got[DAMAGED.event_tag])
    yield Check("unusual bodies: JSON in GBK", [renamed], got[OLD_CHARSET.event_tag])
    yield Check(
        "unusual bodies: a tag that `register --other-tag` registered", 1, added["counts"]["registered"]
    )
    yield Check("unusual bodies: an event of it", [OTHER.content], got[OTHER.event_tag])
    types = [envelope["type"] for envelope in arrivals.on(OTHER.slug)]
    yield Check("unusual bodies: the name that it is published by", [OTHER.event_tag], types)
    yield Check("unusual bodies: events kept, events still pending", (before + 5, 0), kept_and_pending(stack))
    scene.remarks.append(
        "unusual bodies: repeated form names, gzip, a damaged character, JSON in GBK, an eventTag outside "
        "the catalogue; each was published once, with all that could be read"
    )


def _message(source: str, content: object) -> str:
    return json.dumps({"sourceMessageId": source, "content": content}, ensure_ascii=False)


def _posted(stack: Stack, sample: Sample, body: bytes, encoding: str = "identity") -> str:
    """Returns the answer to these bytes at a tag's own address."""
    address = f"{stack.callback_url}/{stack.token()}/{sample.slug}"
    return post(address, body, ARRIVAL_SECONDS, **{"Content-Encoding": encoding}).body


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
