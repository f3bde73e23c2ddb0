"""A reread that is cut short at any of its calls, and made again: its new event is published once."""

from typing import Any, cast
from urllib.parse import urlencode

import pytest

from recovery.history import History
from recovery.reread import Reading, Rereader
from relay.catalog import BY_SLUG
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.reading import Delivery, read
from relay.store import LEASE_SECONDS, EventStore
from tests.support.inbound import NOW, dumps, message
from tests.support.memory_cloud import MemoryCloud

KIND, OTHER = BY_SLUG["employee-leave"], BY_SLUG["employee-add-update"]


class Crash(BaseException):
    """The end of the function, as a timeout would be."""


class Crashing:
    """The cloud, which ends the function before or after its nth call."""

    def __init__(self, cloud: MemoryCloud) -> None:
        self._cloud, self.calls = cloud, list[str]()
        self.at, self.when = -1, "before"

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append(name)
            last = len(self.calls) == self.at
            if last and self.when == "before":
                raise Crash
            answer = getattr(self._cloud, name)(**request)
            if last:
                raise Crash
            return answer

        return call


class World:
    def __init__(self, content: dict[str, Any]) -> None:
        self.cloud, self.now = MemoryCloud(), NOW
        self.client = cast(Any, Crashing(self.cloud))
        self.store = EventStore(self.client, "events", retention_days=90, clock=lambda: self.now)
        self.payloads = Payloads("payloads", lambda: self.client)
        body = urlencode(message(dumps(content)))
        delivery = read(body, None)
        assert isinstance(delivery, Delivery)
        event = delivery.event(KIND, NOW)
        event = event.enclosing(delivery.content, {}, self.payloads.put(event.id, delivery.content))
        self.key = event.key
        claim = self.store.claim(event, self.payloads.keep_body(event.id, body.encode(), None))
        self.store.mark_published(claim)
        self.client.calls.clear()

    def reread(self) -> Reading:
        kept = History(self.client, "events", clock=lambda: self.now).get(self.key)
        assert kept is not None
        rereader = Rereader(self.store, self.payloads, Publisher(self.client, "event-"))
        return rereader.reread(kept, OTHER)[0]


LARGE = {"tenantId": "1", "note": "".join(chr(0x4E00 + n * n % 20_000) for n in range(120_000))}
CALLS = ["get_item", "get_object", *["put_object"] * 2, "put_item", "publish", "update_item"]


def test_a_reread_of_a_large_body_makes_these_calls() -> None:
    world = World(LARGE)

    assert world.reread() is Reading.PUBLISHED
    assert world.client.calls == CALLS
    assert len(world.cloud.messages) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(1, len(CALLS) + 1))
def test_a_reread_cut_short_and_made_again_publishes_once(at: int, when: str) -> None:
    world = World(LARGE)
    world.client.at, world.client.when = at, when
    with pytest.raises(Crash):
        world.reread()
    world.now += LEASE_SECONDS

    became = [world.reread() for _ in range(2)]

    marked = (CALLS[at - 1], when) == ("update_item", "after")
    assert became == [Reading.REPEATED if marked else Reading.PUBLISHED, Reading.REPEATED]
    # What is on its topic and not marked so is published again: at least once.
    between = (CALLS[at - 1], when) in {("publish", "after"), ("update_item", "before")}
    assert len(world.cloud.messages) == (2 if between else 1)
    assert len({one["Message"] for one in world.cloud.messages}) == 1
    assert all("publishedAt" in item for item in world.cloud.items.values())
