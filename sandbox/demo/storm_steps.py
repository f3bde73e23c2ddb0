"""The demo's storm: the gateway delivers one event many times at once."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sandbox.demo.inbound_steps import ANSWER, WAIT_SECONDS, kept_and_pending
from sandbox.demo.samples import BY_SLUG, Sample
from sandbox.demo.steps import Arrivals, Check, Progress, Scene
from sandbox.vendors import delivery
from sandbox.vendors.callbacks import Callbacks
from sandbox.vendors.delivery import Delivery

DELIVERIES = 16
BUSY = '{"errcode":"5031","errmsg":"being published, come again"}'
# The first finds one warm function and makes the local cloud start fifteen more, one after another; the
# second finds all of them warm, and its deliveries really meet.
STORMS = tuple(BY_SLUG[slug] for slug in ("organization-remove", "organization-parent-changed"))
# As long as the local cloud may take to start them.
PATIENCE_SECONDS = 120


def storm(scene: Scene, progress: Progress) -> Iterator[Check]:
    """Sixteen deliveries of one event at once: one of them publishes, the others are told the truth."""
    gateway = scene.stage.gateway
    with ThreadPoolExecutor(DELIVERIES) as senders, _patient(gateway):
        for done, sample in enumerate(STORMS, 1):
            arrivals, (before, _) = Arrivals(scene.subscribers), kept_and_pending(scene.stage.stack)
            made = list(senders.map(gateway.deliver_again, [_message(gateway, sample)] * DELIVERIES))
            for one in made:
                one.wait(WAIT_SECONDS)
            arrivals.wait(1, WAIT_SECONDS, lambda *_: None)
            yield from _checks(scene, sample, made, arrivals)
            kept = kept_and_pending(scene.stage.stack)[0]
            yield Check(f"storm on {sample.slug}: events kept", before + 1, kept)
            progress(done, len(STORMS))


def _checks(scene: Scene, sample: Sample, made: list[Delivery], arrivals: Arrivals) -> Iterator[Check]:
    storm = f"storm on {sample.slug}"
    answers = Counter(attempt.body for one in made for attempt in one.attempts)
    yield Check(f"{storm}: deliveries answered 成功 in the end", DELIVERIES, answers[ANSWER])
    wrong = {body: times for body, times in answers.items() if body not in (ANSWER, BUSY)}
    yield Check(f"{storm}: answers that are neither 成功 nor 5031", {}, wrong)
    envelopes = arrivals.on(sample.slug)
    yield Check(f"{storm}: published", [sample.content], [envelope.get("data") for envelope in envelopes])
    scene.count(sample.slug, DELIVERIES, len(envelopes))
    scene.remarks.append(
        f"{storm}: {DELIVERIES} deliveries of one event at once, told to come back (5031): {answers[BUSY]}, "
        f"told 成功: {answers[ANSWER]}, published: {len(envelopes)}"
    )


@contextmanager
def _patient(gateway: Callbacks) -> Iterator[None]:
    """For as long as the block lasts the gateway waits for an answer until it comes."""
    usual, gateway.answer_timeout = gateway.answer_timeout, PATIENCE_SECONDS
    try:
        yield
    finally:
        gateway.answer_timeout = usual


def _message(gateway: Callbacks, sample: Sample) -> Delivery:
    """An event on its way, of which no delivery has been made yet."""
    define = gateway.defines[sample.event_tag]
    message = {
        "dispatchId": define.dispatch_id,
        "sourceMessageId": f"STORM-SOURCE-{sample.slug}",
        "callbackMessageId": f"STORM-CALLBACK-{sample.slug}",
        "content": sample.content,
    }
    return Delivery(sample.event_tag, define.url, delivery.encode(message), message)
