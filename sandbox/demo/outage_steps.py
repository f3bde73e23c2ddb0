"""The demo's outage: topics that take nothing for a while, until recovery publishes what they missed."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.cloud.deploy import Stack
from sandbox.demo.inbound_steps import ANSWER, WAIT_SECONDS, kept_and_pending, kept_events
from sandbox.demo.operator import operate
from sandbox.demo.samples import BY_SLUG, Sample
from sandbox.demo.steps import Arrivals, Check, Progress, Scene, await_count
from sandbox.demo.storm_steps import BUSY
from sandbox.vendors.callbacks import Callbacks

HIT = tuple(BY_SLUG[slug] for slug in ("employee-leave", "account-frozen", "ding-failed-account"))
# The gateway's sixteen repeats, which take nearly five hours, in three and a half seconds.
HURRY = 0.0002
GIVING_UP_SECONDS = 60
# More than a claim's lease.
LEASE_SECONDS = 60
NOT_YET = '{"errcode":"5032","errmsg":"not published yet, come again"}'
_SID = "Outage"

Statement = dict[str, Any]


def begin(scene: Scene, progress: Progress) -> Iterator[Check]:
    """From now on the topics take nothing: events are kept, the gateway comes in vain until it gives up."""
    stack, gateway = scene.stage.stack, scene.stage.gateway
    arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(stack)
    for sample in HIT:
        _change_policy(stack, sample, lambda statements, topic: [*statements, _denial(topic)])
    with _hurried(gateway):
        scene.cut_off += [gateway.deliver(sample.event_tag, sample.content) for sample in HIT]
        await_count(lambda: len(gateway.failed), len(HIT), GIVING_UP_SECONDS, progress)
    first = Counter((one.attempts[0].status, one.attempts[0].body) for one in scene.cut_off)
    yield Check("outage: first answers", {(503, NOT_YET): len(HIT)}, dict(first))
    later = {attempt.body for one in scene.cut_off for attempt in one.attempts[1:]}
    yield Check("outage: later answers that are neither 5031 nor 5032", set(), later - {BUSY, NOT_YET})
    failed = list(gateway.failed.values())
    spared = [one.event_tag for one in scene.cut_off if one not in failed]
    yield Check("outage: deliveries that the gateway did not give up", [], spared)
    yield Check("outage: published", 0, arrivals.wait(0, 0, progress))
    listed = operate(stack, "failed")
    tags = sorted(row.get("eventTag", "") for row in listed["rows"])
    yield Check("outage: the failed list, by `failed`", sorted(sample.event_tag for sample in HIT), tags)
    kept, pending = before + len(HIT), len(HIT)
    yield Check("outage: events kept, events still pending", (kept, pending), kept_and_pending(stack))


def heal(scene: Scene, progress: Progress) -> Iterator[Check]:
    """The gateway has given up, the topics are back: recovery publishes what was cut off, once."""
    stack, arrivals = scene.stage.stack, Arrivals(scene.subscribers)
    vain = sum(len(one.attempts) for one in scene.cut_off)
    for sample in HIT:
        _change_policy(stack, sample, lambda statements, _: statements)
    _await_leases(stack, progress)
    counts = stack.invoke("RecoveryFunctionName", {"action": "sweep"})["counts"]
    yield Check("outage: events that a sweep left or failed on", (0, 0), (counts["left"], counts["failed"]))
    arrivals.wait(len(HIT), WAIT_SECONDS, progress)
    retried = operate(stack, "failed", "--retry")["counts"]["retried"]
    yield Check("outage: callbacks that `failed --retry` had delivered again", len(HIT), retried)
    arrivals.wait(len(HIT), WAIT_SECONDS, progress)
    yield from _checks_of_recovery(scene, arrivals)
    yield from _checks_of_everything(scene)
    scene.remarks.append(
        f"outage: {len(HIT)} topics took nothing, {vain} deliveries came in vain until the gateway gave up, "
        f"recovery published {counts['recovered']} events"
    )


def _checks_of_recovery(scene: Scene, arrivals: Arrivals) -> Iterator[Check]:
    """After recovery, and after the gateway's own repeat on top of it: published once."""
    last = Counter(one.attempts[-1].body for one in scene.cut_off)
    yield Check("outage: what the gateway was told at last", {ANSWER: len(HIT)}, dict(last))
    yield Check("outage: entries in the gateway's failed list", 0, len(scene.stage.gateway.failed))
    for sample in HIT:
        seen = [envelope.get("data") for envelope in arrivals.on(sample.slug)]
        yield Check(f"outage: topic {sample.slug} got", [sample.content], seen)
        scene.count(sample.slug, 1, len(seen))


def _checks_of_everything(scene: Scene) -> Iterator[Check]:
    """Of all events of the demo, none is lost and none is doubled."""
    kept = {event["eventId"]["S"]: 1 for event in kept_events(scene.stage.stack)}
    seen = Counter(one["id"] for some in scene.subscribers.received.values() for one in some)
    yield Check("all: events kept and never seen by a subscriber", [], sorted(kept.keys() - seen.keys()))
    yield Check("all: events seen more than once", [], sorted(name for name in seen if seen[name] > 1))
    yield Check("all: events kept, events still pending", (len(seen), 0), kept_and_pending(scene.stage.stack))


@contextmanager
def _hurried(gateway: Callbacks) -> Iterator[None]:
    """For as long as the block lasts the gateway repeats so fast that it gives up before a claim runs out."""
    usual, gateway.scale = gateway.scale, HURRY
    try:
        yield
    finally:
        gateway.scale = usual


def _await_leases(stack: Stack, progress: Progress) -> None:
    """Until then a claim holds: somebody might still be at work on the event."""
    leases = [int(event["leaseUntil"]["N"]) for event in kept_events(stack) if "leaseUntil" in event]
    begun = time.time()
    wanted = max(leases, default=0) + 1 - int(begun)
    await_count(lambda: int(time.time() - begun), wanted, LEASE_SECONDS, progress)


def _change_policy(
    stack: Stack, sample: Sample, change: Callable[[list[Statement], str], list[Statement]]
) -> None:
    """Give the topic a policy that is changed from the one it has without the outage."""
    sns, topic = stack.cloud.client("sns"), stack.outputs["EventTopicArnPrefix"] + sample.slug
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    usual = [statement for statement in policy["Statement"] if statement.get("Sid") != _SID]
    policy["Statement"] = change(usual, topic)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy))


def _denial(topic: str) -> Statement:
    """Nobody may publish."""
    return {"Sid": _SID, "Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
