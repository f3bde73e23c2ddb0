"""What a step of the demo has at hand, and how it says what should have come of it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.stage import Stage
from sandbox.subscribers import Subscribers

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
    """Shared by the steps: what runs, who listens, and the rows that a step adds to the final tables."""

    stage: Stage
    subscribers: Subscribers
    topics: list[TopicRow] = field(default_factory=list)
    organisations: list[OrganisationRow] = field(default_factory=list)


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
