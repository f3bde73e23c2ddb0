"""What a step of the demo has at hand, and how it says what should have come of it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.demo.stage import Stage
from sandbox.demo.subscribers import Envelope, Subscribers
from sandbox.vendors.delivery import Delivery

POLL_SECONDS = 0.2

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Check:
    """One number or fact: what it should be, and what the stand-ins, subscribers or queues saw."""

    what: str
    wanted: Any
    seen: Any

    @property
    def ok(self) -> bool:
        return bool(self.wanted == self.seen)

    def __str__(self) -> str:
        return f"{self.what}: {self.seen!r}" + ("" if self.ok else f", but should be {self.wanted!r}")


class TopicRow(NamedTuple):
    """Deliveries that the gateway made for a topic, and envelopes that its subscriber got."""

    slug: str
    received: int
    published: int


class OrganisationRow(NamedTuple):
    """The produce calls for an organisation, and what became of its notices."""

    org_id: str
    notices: int
    sizes: list[int]
    accepted: int
    rejected: dict[str, str]


@dataclass
class Scene:
    """Shared by the steps: what runs, who listens, and what a step adds to the final tables.

    `cut_off` are the deliveries that an outage of a topic hit; `remarks` are shown under the tables.
    """

    stage: Stage
    subscribers: Subscribers
    topics: list[TopicRow] = field(default_factory=list)
    organisations: list[OrganisationRow] = field(default_factory=list)
    cut_off: list[Delivery] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def count(self, slug: str, received: int, published: int) -> None:
        """Add to a topic's row."""
        for place, row in enumerate(self.topics):
            if row.slug == slug:
                self.topics[place] = TopicRow(slug, row.received + received, row.published + published)
                return
        self.topics.append(TopicRow(slug, received, published))


class Arrivals:
    """What the subscribers get from now on."""

    def __init__(self, subscribers: Subscribers) -> None:
        subscribers.collect()
        self._subscribers = subscribers
        self._before = {slug: len(envelopes) for slug, envelopes in subscribers.received.items()}

    def on(self, slug: str) -> list[Envelope]:
        return self._subscribers.received[slug][self._before[slug] :]

    def wait(self, wanted: int, seconds: float, progress: Progress) -> int:
        """Collect until so many are here, and once more for what should not come; how many there are."""
        before = sum(self._before.values())
        await_count(lambda: self._subscribers.collect() - before, wanted, seconds, progress)
        return self._subscribers.collect() - before


@dataclass(frozen=True)
class Step:
    """A title and a function that does it and yields its checks; further steps are added to demo.STEPS."""

    title: str
    run: Callable[[Scene, Progress], Iterator[Check]]


def await_count(count: Callable[[], int], wanted: int, seconds: float, progress: Progress) -> int:
    """Look again until `count` is what is wanted or the time is up; the last count.

    The checks then say what is missing: a step that waits in vain does not end the demo.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = count()
        progress(min(seen, wanted), wanted)
        if seen >= wanted or time.monotonic() > deadline:
            return seen
        time.sleep(POLL_SECONDS)
