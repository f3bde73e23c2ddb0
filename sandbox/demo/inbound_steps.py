"""The demo's inbound steps: registration, events of every kind, a rotation, storms, and an outage."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sandbox.cloud.deploy import Stack
from sandbox.demo.inputs import BY_SLUG, SAMPLES, UNKNOWN, Sample
from sandbox.demo.scene import (
    ANSWER,
    ARRIVAL_SECONDS,
    Arrivals,
    Check,
    Checks,
    Scene,
    await_count,
    kept_and_pending,
    kept_events,
    operate,
)
from sandbox.vendors.callbacks import Callbacks, Delivery, Shape, post

# More than a claim's lease, and than the gateway needs to give up.
LONG_SECONDS = 60
BUSY = '{"errcode":"5031","errmsg":"being published, come again"}'
NOT_YET = '{"errcode":"5032","errmsg":"not published yet, come again"}'

# Each tag comes in another of the shapes in which the gateway may write it.
SHAPES: tuple[Shape, ...] = ("json", "content-as-text", "form", "form-key")
# Public receivers read the contents of these two from a list `infos`.
IN_INFOS = ("organization-attach-employee", "organization-detach-employee")

STREAMED = BY_SLUG["account-unfrozen"]
STREAM_SECONDS = 0.1

STORM_DELIVERIES = 16
# The first finds one warm function and makes the local cloud start fifteen more, one after another; the
# second finds all of them warm, and its deliveries really meet.
STORMS = tuple(BY_SLUG[slug] for slug in ("organization-remove", "organization-parent-changed"))
# As long as the local cloud may take to start them.
PATIENCE_SECONDS = 120

HIT = tuple(BY_SLUG[slug] for slug in ("employee-leave", "account-frozen", "ding-failed-account"))
# The gateway's sixteen repeats, which take nearly five hours, in three and a half seconds.
HURRY = 0.0002


def register(scene: Scene) -> Checks:
    """As README has it: `register`, twice, and `status`."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    answer = operate(stack, "register", "--url", stack.callback_url)
    again = operate(stack, "register", "--url", stack.callback_url)["counts"]["unchanged"]
    seen = operate(stack, "status")
    current = sum(topic["registration"] == {"state": "current"} for topic in seen["topics"])
    slugs = {tag: define.url.rpartition("/")[2] for tag, define in gateway.defines.items()}
    # A tag that the relay does not know is registered by hand, without a slug.
    gateway.register(UNKNOWN.event_tag, f"{stack.callback_url}/{stack.token()}")
    shaken = Counter(shake.attempts[0].body for shake in gateway.handshakes)
    yield Check("tags that `register` says it registered", len(SAMPLES), answer["counts"]["registered"])
    yield Check("tags that a second `register` leaves as they are", len(SAMPLES), again)
    yield Check("tags registered, by `status`", len(SAMPLES), current)
    yield Check("what needs a person, by `status`", [], seen["needs"])
    yield Check("tags registered at the gateway", {one.event_tag for one in SAMPLES}, set(slugs))
    yield Check("each tag has its own address", {one.event_tag: one.slug for one in SAMPLES}, slugs)
    yield Check("the token stays out of the function's answer", False, stack.token() in str(answer))
    yield Check("handshakes and their answers", {ANSWER: len(SAMPLES) + 1}, dict(shaken))


def deliver(scene: Scene) -> Checks:
    """One event of each kind, one of them twice, and one that is in no table."""
    gateway, stack = scene.stage.gateway, scene.stage.stack
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    kinds, shapes = (*SAMPLES, UNKNOWN), itertools.cycle(SHAPES)
    written: list[Shape] = ["infos" if one.slug in IN_INFOS else next(shapes) for one in kinds]
    made = [
        gateway.deliver(one.event_tag, one.content, shape=shape)
        for one, shape in zip(kinds, written, strict=True)
    ]
    made.append(gateway.deliver_again(made[0]))
    for one in made:
        one.wait(ARRIVAL_SECONDS)
    arrivals.wait(len(kinds), ARRIVAL_SECONDS)
    yield Check("answers to the deliveries", {ANSWER: len(made)}, _answers(made))
    for sample, shape in zip(kinds, written, strict=True):
        envelopes = scene.count(arrivals, sample, sum(one.event_tag == sample.event_tag for one in made))
        seen = [(envelope["type"], envelope.get("data")) for envelope in envelopes]
        content = {"infos": [sample.content]} if shape == "infos" else sample.content
        yield Check(f"topic {sample.slug} got", [(sample.event_tag, content)], seen)
    ids = Counter(envelope["id"] for one in kinds for envelope in arrivals.on(one.slug))
    yield Check("event ids seen more than once", [], [name for name, times in ids.items() if times > 1])
    yield Check("events kept, events still pending", (before + len(kinds), 0), kept_and_pending(stack))


def rotate(scene: Scene) -> Checks:
    """A new token under a stream of deliveries: none is refused, by the old address or by the new one."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    old, done, made = stack.token(), threading.Event(), list[Delivery]()

    def stream() -> None:
        while not done.wait(STREAM_SECONDS):
            made.append(gateway.deliver(STREAMED.event_tag, STREAMED.content))

    with ThreadPoolExecutor(1) as sender:
        streaming = sender.submit(stream)
        try:
            answer = operate(stack, "rotate-token")
            await_count(lambda: len({one.url for one in made}), 2, ARRIVAL_SECONDS)
        finally:
            done.set()
        streaming.result()
    for one in made:
        one.wait(ARRIVAL_SECONDS)
    arrivals.wait(len(made), ARRIVAL_SECONDS)
    by_old = post(f"{stack.callback_url}/{old}/{STREAMED.slug}", b'{"tenantId": "1"}', ARRIVAL_SECONDS)
    arrivals.wait(len(made) + 1, ARRIVAL_SECONDS)
    published = len(scene.count(arrivals, STREAMED, len(made) + 1))
    tokens = {one.url.split("/")[-2] for one in made}
    yield Check("token rotation: registrations left on the old token", [], answer["left"])
    yield Check("token rotation: tokens of the deliveries", {old, stack.token()}, tokens)
    yield Check("token rotation: answers to the deliveries", {ANSWER: len(made)}, _answers(made))
    yield Check("token rotation: the answer by the old token", ANSWER, by_old.body)
    yield Check("token rotation: published", len(made) + 1, published)
    yield Check(
        "token rotation: events kept, events still pending",
        (before + len(made) + 1, 0),
        kept_and_pending(stack),
    )
    scene.remarks.append(
        f"token rotation: {len(made)} deliveries came while the token was changed, and none was refused"
    )


def storm(scene: Scene) -> Checks:
    """Sixteen deliveries of one event at once: one of them publishes, the others are told the truth."""
    stack, gateway, times = scene.stage.stack, scene.stage.gateway, STORM_DELIVERIES
    with ThreadPoolExecutor(times) as senders, _behaving(gateway, answer_timeout=PATIENCE_SECONDS):
        for sample in STORMS:
            arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
            message = gateway.message(sample.event_tag, sample.content)
            made = list(senders.map(gateway.deliver_again, [message] * times))
            for one in made:
                one.wait(ARRIVAL_SECONDS)
            arrivals.wait(1, ARRIVAL_SECONDS)
            answers, storm = _answers(made), f"{times} deliveries of one {sample.slug} event at once"
            data = [envelope.get("data") for envelope in scene.count(arrivals, sample, times)]
            yield Check(f"{storm}: deliveries answered 成功 in the end", times, answers.get(ANSWER))
            yield Check(
                f"{storm}: answers that are neither 成功 nor 5031", set(), set(answers) - {ANSWER, BUSY}
            )
            yield Check(f"{storm}: published", [sample.content], data)
            yield Check(f"{storm}: events kept", before + 1, kept_and_pending(stack)[0])
            scene.remarks.append(
                f"{storm}: events published: {len(data)}; answered 成功 in the end: {answers.get(ANSWER)}, "
                f"asked to come again before that (errcode 5031): {answers.get(BUSY, 0)}"
            )


def begin_outage(scene: Scene) -> Checks:
    """From now on the topics take nothing: events are kept, the gateway comes in vain until it gives up."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    for sample in HIT:
        _let_publish(stack, sample, allowed=False)
    # So fast that it gives up before a claim runs out.
    with _behaving(gateway, scale=HURRY):
        scene.cut_off += [gateway.deliver(sample.event_tag, sample.content) for sample in HIT]
        await_count(lambda: len(gateway.failed), len(HIT), LONG_SECONDS)
    first = Counter((one.attempts[0].status, one.attempts[0].body) for one in scene.cut_off)
    later = {attempt.body for one in scene.cut_off for attempt in one.attempts[1:]}
    failed = list(gateway.failed.values())
    spared = [one.event_tag for one in scene.cut_off if one not in failed]
    tags = sorted(row.get("eventTag", "") for row in operate(stack, "failed")["rows"])
    kept, pending = before + len(HIT), len(HIT)
    yield Check("outage: first answers", {(503, NOT_YET): len(HIT)}, dict(first))
    yield Check("outage: later answers that are neither 5031 nor 5032", set(), later - {BUSY, NOT_YET})
    yield Check("outage: deliveries that the gateway did not give up", [], spared)
    yield Check("outage: published", 0, arrivals.wait(0, 0))
    yield Check("outage: the failed list, by `failed`", sorted(sample.event_tag for sample in HIT), tags)
    yield Check("outage: events kept, events still pending", (kept, pending), kept_and_pending(stack))


def heal_outage(scene: Scene) -> Checks:
    """The gateway has given up, the topics are back: recovery publishes what was cut off, once."""
    stack, arrivals = scene.stage.stack, Arrivals(scene.subscribers)
    vain = sum(len(one.attempts) for one in scene.cut_off)
    for sample in HIT:
        _let_publish(stack, sample, allowed=True)
    _await_leases(stack)
    counts = stack.invoke("RecoveryFunctionName", {"action": "sweep"})["counts"]
    arrivals.wait(len(HIT), ARRIVAL_SECONDS)
    retried = operate(stack, "failed", "--retry")["counts"]["retried"]
    arrivals.wait(len(HIT), ARRIVAL_SECONDS)
    last = Counter(one.attempts[-1].body for one in scene.cut_off)
    yield Check("outage: events that a sweep left or failed on", (0, 0), (counts["left"], counts["failed"]))
    yield Check("outage: callbacks that `failed --retry` had delivered again", len(HIT), retried)
    yield Check("outage: what the gateway was told at last", {ANSWER: len(HIT)}, dict(last))
    yield Check("outage: entries in the gateway's failed list", 0, len(scene.stage.gateway.failed))
    for sample in HIT:
        data = [envelope.get("data") for envelope in scene.count(arrivals, sample, 1)]
        yield Check(f"outage: topic {sample.slug} got", [sample.content], data)
    # Of all events of the demo, none is lost and none is doubled.
    kept = {event["eventId"]["S"] for event in kept_events(stack)}
    seen = Counter(one["id"] for some in scene.subscribers.received.values() for one in some)
    yield Check("all: events kept and never seen by a subscriber", [], sorted(kept - seen.keys()))
    yield Check("all: events seen more than once", [], sorted(name for name in seen if seen[name] > 1))
    yield Check("all: events kept, events still pending", (len(seen), 0), kept_and_pending(stack))
    scene.remarks.append(
        f"outage: {len(HIT)} topics took nothing; the gateway gave up after {vain} attempts answered with "
        f"503, and recovery published the {counts['recovered']} events afterwards"
    )


def _answers(made: list[Delivery]) -> dict[str, int]:
    return dict(Counter(attempt.body for one in made for attempt in one.attempts))


@contextmanager
def _behaving(gateway: Callbacks, **attributes: float) -> Iterator[None]:
    """Change how the gateway repeats and waits, for as long as the block lasts."""
    usual = {name: getattr(gateway, name) for name in attributes}
    vars(gateway).update(attributes)
    try:
        yield
    finally:
        vars(gateway).update(usual)


def _await_leases(stack: Stack) -> None:
    """Until then a claim holds: somebody might still be at work on the event."""
    leases = [int(event["leaseUntil"]["N"]) for event in kept_events(stack) if "leaseUntil" in event]
    await_count(lambda: int(time.time()), max(leases, default=0) + 1, LONG_SECONDS)


def _let_publish(stack: Stack, sample: Sample, *, allowed: bool) -> None:
    """Let the functions publish on a topic as usual, or let nobody."""
    sns, topic = stack.cloud.client("sns"), stack.outputs["EventTopicArnPrefix"] + sample.slug
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    denial = {"Sid": "Outage", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    usual = [statement for statement in policy["Statement"] if statement.get("Sid") != denial["Sid"]]
    policy["Statement"] = usual if allowed else [*usual, denial]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))
