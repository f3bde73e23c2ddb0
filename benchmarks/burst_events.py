"""The events of a burst, and what became of each in the table and at the subscribers."""

import itertools
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from benchmarks.portal_server import NotAsClaimedError
from relay.table import Item, event_of
from sandbox import delivery
from sandbox.samples import SAMPLES, Sample
from sandbox.subscribers import Envelope


class BurstEvent(NamedTuple):
    """One event as the gateway posts it, and the slug of the address that it goes to."""

    sample: Sample
    message: Mapping[str, Any]

    @property
    def slug(self) -> str:
        return self.sample.slug

    @property
    def id(self) -> str:
        """Its sourceMessageId, by which it is known on its whole way."""
        return str(self.message["sourceMessageId"])

    @property
    def body(self) -> bytes:
        return delivery.encode(self.message)


def events(count: int) -> list[BurstEvent]:
    """So many events, no two alike, of each tag in turn."""
    dispatches = {sample.slug: str(uuid.uuid4()) for sample in SAMPLES}
    turns = itertools.islice(itertools.cycle(SAMPLES), count)
    return [_event(sample, dispatches[sample.slug], number) for number, sample in enumerate(turns, 1)]


def _event(sample: Sample, dispatch_id: str, number: int) -> BurstEvent:
    return BurstEvent(
        sample,
        {
            "dispatchId": dispatch_id,
            "sourceMessageId": uuid.uuid4().hex.upper(),
            "callbackMessageId": uuid.uuid4().hex.upper(),
            "content": {**sample.content, "number": number},
        },
    )


@dataclass(frozen=True)
class Outcome:
    """How many events each went wrong in a way: none, if the relay kept its word.

    Lost and doubled are as the subscribers saw it; altered are envelopes on another topic, or of another
    tag or content, than their event was sent with.
    """

    lost: int = 0
    doubled: int = 0
    altered: int = 0
    not_kept: int = 0
    kept_twice: int = 0
    pending: int = 0

    def expect_none(self) -> None:
        """Raises NotAsClaimedError."""
        wrong = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}
        if wrong:
            raise NotAsClaimedError(", ".join(f"{name.replace('_', ' ')}: {n}" for name, n in wrong.items()))


def outcome(
    sent: Iterable[BurstEvent], received: Mapping[str, Iterable[Envelope]], kept: Iterable[Item]
) -> Outcome:
    """What became of what was sent, by the envelopes on each topic and the events in the table."""
    expected = {event.id: (event.slug, event.sample.event_tag, event.message["content"]) for event in sent}
    arrived = [(slug, one) for slug, some in received.items() for one in some if _source(one) in expected]
    times = Counter(_source(one) for _, one in arrived)
    altered = [one for slug, one in arrived if (slug, one["type"], one.get("data")) != expected[_source(one)]]
    places = [(_source(json.loads(event_of(item).envelope)), item) for item in kept]
    held = Counter(name for name, _ in places if name in expected)
    unfinished = [item for name, item in places if name in expected and not _published(item)]
    return Outcome(
        lost=len(expected.keys() - times.keys()),
        doubled=sum(count > 1 for count in times.values()),
        altered=len(altered),
        not_kept=len(expected.keys() - held.keys()),
        kept_twice=sum(count > 1 for count in held.values()),
        pending=len(unfinished),
    )


def _source(envelope: Envelope) -> str:
    return str(envelope.get("sourcemessageid"))


def _published(item: Item) -> bool:
    """As the table's index of pending events has it."""
    return "publishedAt" in item and "pendingShard" not in item
