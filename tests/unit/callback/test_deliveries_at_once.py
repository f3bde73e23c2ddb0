"""Sixteen deliveries of one event at once, the first of which is still publishing when the others come."""

from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event, Lock
from typing import Any

from callback.intake import Intake
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay.publisher import Publisher
from relay.store import EventStore
from tests.support.inbound import (
    NOW,
    TOKEN,
    MemoryHandshakes,
    MemoryPayloads,
    Secrets,
    dumps,
    message,
    rest_api,
)
from tests.support.memory_cloud import MemoryCloud

MANY = 16


class SlowTopic(MemoryCloud):
    """A cloud whose calls are atomic, and whose topic takes as long as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self._lock, self.released = Lock(), Event()

    def put_item(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            return super().put_item(**request)

    def publish(self, **request: Any) -> dict[str, Any]:
        answer = super().publish(**request)
        self.released.wait(timeout=10)
        return answer


def test_fifteen_are_told_to_come_back_and_one_publishes_and_all_are_repeats_after_it() -> None:
    cloud = SlowTopic()
    client: Any = cloud
    intake = Intake(
        Secrets(current=TOKEN).check(),
        MemoryHandshakes(),
        EventStore(client, "events", retention_days=1, clock=lambda: NOW),
        MemoryPayloads(),
        Publisher(client, "arn:"),
    )
    request = CallbackRequest.of(rest_api(dumps(message({"a": 1})), slug="app-update"))

    with ThreadPoolExecutor(MANY) as pool:
        deliveries = as_completed([pool.submit(intake.receive, request) for _ in range(MANY)])
        meanwhile = [next(deliveries).result().response for _ in range(MANY - 1)]
        cloud.released.set()
        last = next(deliveries).result().response

    assert meanwhile == [CallbackResponse.IN_PROGRESS] * (MANY - 1)
    assert last is CallbackResponse.PUBLISHED
    assert [intake.receive(request).response for _ in range(MANY)] == [CallbackResponse.REPEATED] * MANY
    assert len(cloud.messages) == 1
