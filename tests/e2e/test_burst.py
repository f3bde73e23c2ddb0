"""Many deliveries at once: each event is kept, and seen by the subscribers, exactly once."""

from benchmarks.burst import Burst
from benchmarks.burst_events import Outcome, events
from sandbox.steps import Scene

EVENTS = 100


def test_of_a_burst_nothing_is_lost_and_nothing_doubled(scene: Scene) -> None:
    burst = Burst(scene.stage, scene.subscribers)

    posted = burst.post(events(EVENTS))

    assert posted.posts == EVENTS
    assert burst.outcome() == Outcome()
