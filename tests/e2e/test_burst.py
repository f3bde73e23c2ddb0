"""Many deliveries at once: each event is kept, and seen by the subscribers, exactly once."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.demo.inputs import SAMPLES, Sample
from sandbox.demo.scene import Arrivals, Scene, kept_and_pending
from sandbox.vendors.callbacks import encode, post

EVENTS, AT_ONCE = 100, 16
# As long as the local cloud may take to start a function for each connection.
PATIENCE_SECONDS = 60


def test_of_a_burst_nothing_is_lost_and_nothing_doubled(scene: Scene) -> None:
    stack, arrivals = scene.stage.stack, Arrivals(scene.subscribers)
    kept, pending = kept_and_pending(stack)
    # A source message id of its own for each run on the same sandbox.
    run = f"BURST-{time.time_ns()}"
    sent = {f"{run}-{number}": sample for number, sample in zip(range(EVENTS), itertools.cycle(SAMPLES))}

    def deliver(one: tuple[str, Sample]) -> bool:
        name, sample = one
        body = {"dispatchId": "d-burst", "sourceMessageId": name, "callbackMessageId": name}
        url = f"{stack.callback_url}/{stack.token()}/{sample.slug}"
        return post(url, encode({**body, "content": sample.content}), PATIENCE_SECONDS).ok

    with ThreadPoolExecutor(AT_ONCE) as senders:
        assert all(senders.map(deliver, sent.items()))
    arrivals.wait(EVENTS, PATIENCE_SECONDS)

    def seen(slug: str) -> list[tuple[str, Any]]:
        return sorted((one["sourcemessageid"], one["data"]) for one in arrivals.on(slug))

    for sample in SAMPLES:
        assert seen(sample.slug) == sorted((name, one.content) for name, one in sent.items() if one == sample)
    assert kept_and_pending(stack) == (kept + EVENTS, pending)
