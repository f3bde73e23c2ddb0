"""The demo's inbound steps: registration with handshakes, then events of every kind."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sandbox.cloud.deploy import Stack
from sandbox.demo.operator import operate
from sandbox.demo.samples import SAMPLES, UNKNOWN, Sample
from sandbox.demo.steps import Arrivals, Check, Progress, Scene
from sandbox.vendors.delivery import Delivery, Shape

WAIT_SECONDS = 30
ANSWER = '{"errcode":"0","errmsg":"成功"}'
# Each tag comes in another of the shapes in which the gateway may write it.
SHAPES: tuple[Shape, ...] = ("json", "content-as-text", "form", "form-key")
# Public receivers read the contents of these two from a list `infos`.
IN_INFOS = ("organization-attach-employee", "organization-detach-employee")


class Made(NamedTuple):
    """An event that was delivered, and in which shape."""

    sample: Sample
    shape: Shape
    delivery: Delivery


def register(scene: Scene, progress: Progress) -> Iterator[Check]:
    """As README has it: `operate register`, twice, and `operate status`."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    answer = operate(stack, "register", "--url", stack.callback_url)
    progress(len(gateway.defines), len(SAMPLES))
    yield Check("tags that `register` says it registered", len(SAMPLES), answer["counts"]["registered"])
    again = operate(stack, "register", "--url", stack.callback_url)["counts"]["unchanged"]
    yield Check("tags that a second `register` leaves as they are", len(SAMPLES), again)
    seen = operate(stack, "status")
    registered = sum(topic["registration"] == {"state": "current"} for topic in seen["topics"])
    yield Check("tags registered, by `status`", len(SAMPLES), registered)
    yield Check("what needs a person, by `status`", [], seen["needs"])
    yield Check("tags registered at the gateway", {one.event_tag for one in SAMPLES}, set(gateway.defines))
    slugs = {tag: define.url.rpartition("/")[2] for tag, define in gateway.defines.items()}
    yield Check("each tag has its own address", {one.event_tag: one.slug for one in SAMPLES}, slugs)
    yield Check("the token stays out of the function's answer", False, stack.token() in str(answer))
    # A tag that the relay does not know is registered by hand, without a slug.
    gateway.register(UNKNOWN.event_tag, f"{stack.callback_url}/{stack.token()}")
    answers = Counter(shake.attempts[0].body for shake in gateway.handshakes)
    yield Check("handshakes and their answers", {ANSWER: len(SAMPLES) + 1}, dict(answers))


def deliver(scene: Scene, progress: Progress) -> Iterator[Check]:
    """One event of each kind, one of them twice, and one that is in no table."""
    gateway, stack = scene.stage.gateway, scene.stage.stack
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    shapes = itertools.cycle(SHAPES)
    made: list[Made] = []
    for sample in (*SAMPLES, UNKNOWN):
        shape = "infos" if sample.slug in IN_INFOS else next(shapes)
        made.append(Made(sample, shape, gateway.deliver(sample.event_tag, sample.content, shape=shape)))
        progress(len(made), len(SAMPLES) + 1)
    again = gateway.deliver_again(made[0].delivery)
    for one in (*(one.delivery for one in made), again):
        one.wait(WAIT_SECONDS)
    arrivals.wait(len(made), WAIT_SECONDS, progress)
    yield from _checks_of_answers(made, again)
    yield from _checks_of_topics(scene, arrivals, made, again)
    yield Check("events kept, events still pending", (before + len(made), 0), kept_and_pending(stack))


def _checks_of_answers(made: list[Made], again: Delivery) -> Iterator[Check]:
    attempts = [attempt for one in (*(one.delivery for one in made), again) for attempt in one.attempts]
    answers = Counter(attempt.body for attempt in attempts)
    yield Check("answers to the deliveries", {ANSWER: len(made) + 1}, dict(answers))


def _checks_of_topics(scene: Scene, arrivals: Arrivals, made: list[Made], again: Delivery) -> Iterator[Check]:
    for sample, shape, _ in made:
        envelopes = arrivals.on(sample.slug)
        deliveries = 1 + (sample.event_tag == again.event_tag)
        scene.count(sample.slug, deliveries, len(envelopes))
        seen = [(envelope["type"], envelope.get("data")) for envelope in envelopes]
        content = {"infos": [sample.content]} if shape == "infos" else sample.content
        yield Check(f"topic {sample.slug} got", [(sample.event_tag, content)], seen)
    ids = Counter(envelope["id"] for one in made for envelope in arrivals.on(one.sample.slug))
    yield Check("event ids seen more than once", [], [name for name, times in ids.items() if times > 1])


def kept_events(stack: Stack) -> list[Mapping[str, Mapping[str, str]]]:
    """The events that the table keeps.

    As the template's indexes have it: every event has a receivedAt, a pending one also a pendingShard.
    """
    scan = stack.cloud.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=stack.outputs["EventTableName"])
    return [item for page in pages for item in page["Items"] if "receivedAt" in item]


def kept_and_pending(stack: Stack) -> tuple[int, int]:
    """How many events the table keeps, and how many of them are not marked published."""
    events = kept_events(stack)
    return len(events), sum("pendingShard" in event for event in events)
