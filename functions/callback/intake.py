"""Takes in handshakes and events: name, claim, publish, mark, answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from callback.answers import Answer
from callback.composition import compose, enclosed
from callback.handshakes import Handshakes
from callback.request import Request
from callback.tokens import Tokens
from relay import catalog
from relay.aws import UnavailableError
from relay.content import fits
from relay.events import MESSAGE_LIMIT, Event
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.reading.delivery import Delivery, Handshake, reading_of
from relay.secrets import SecretUnavailableError
from relay.store import ClaimState, EventStore


class Receipt(NamedTuple):
    """What became of a request: the answer, what else to count, and what a log may say about it."""

    answer: Answer
    counts: tuple[str, ...] = ()
    event: Event | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Intake:
    """The callback without its HTTP."""

    tokens: Tokens
    handshakes: Handshakes
    store: EventStore
    payloads: Payloads
    publisher: Publisher
    clock: Callable[[], float] = time.time

    def receive(self, request: Request) -> Receipt:
        """Takes in one request; whatever AWS refuses ends in an answer that makes the gateway repeat it."""
        try:
            if not self.tokens.admit(request.token):
                return Receipt(Answer.FORBIDDEN)
            if request.empty:
                return Receipt(Answer.EMPTY)
            reading = reading_of(request.body, request.charset)
            if isinstance(reading, Handshake):
                return self._shake(reading)
            return self.accept(reading, request.slug, request.id)
        except SecretUnavailableError:
            return Receipt(Answer.UNAVAILABLE, fault="the token's secret is unavailable")
        except UnavailableError as fault:
            return Receipt(Answer.UNAVAILABLE, fault=str(fault))

    def accept(self, delivery: Delivery, slug: str | None, request_id: str | None = None) -> Receipt:
        """Takes in one delivery of an event.

        A failure part-way leaves the event pending, so that the gateway's next delivery, or recovery,
        publishes it: subscribers see every event at least once, never zero times.
        """
        event = self._event(delivery, slug, request_id)
        try:
            claim = self.store.claim(event)
            event = claim.event
            if claim.state is ClaimState.GRANTED:
                self.publisher.publish(event)
                self.store.mark_published(claim)
        except UnavailableError as fault:
            return Receipt(Answer.UNAVAILABLE, event=event, fault=str(fault))
        if claim.state is not ClaimState.GRANTED:
            return Receipt(_ANSWERS[claim.state], event=event)
        counts = _surprises(delivery, event)
        if claim.other_content:
            counts = (*counts, "SameIdOtherContent")
        return Receipt(Answer.PUBLISHED, counts, event)

    def _shake(self, handshake: Handshake) -> Receipt:
        if handshake.dispatch_id:
            self.handshakes.keep(handshake.dispatch_id, handshake.event_tag)
        return Receipt(Answer.HANDSHAKE)

    def _event(self, delivery: Delivery, slug: str | None, request_id: str | None) -> Event:
        """The event of a delivery, its content in the bucket if it is too large for a topic."""
        event = compose(delivery, self._tag(delivery, slug), self.clock(), request_id)
        if event.size <= MESSAGE_LIMIT:
            return event
        return enclosed(event, delivery, self.payloads.put(event.id, delivery.content))

    def _tag(self, delivery: Delivery, slug: str | None) -> str | None:
        """The eventTag by the path, else the body, else the handshake, else the content."""
        if tag := catalog.tag_of(slug) or delivery.event_tag:
            return tag
        if delivery.dispatch_id and (tag := self.handshakes.tag_of(delivery.dispatch_id)):
            return tag
        return catalog.tag_within(delivery.value)


def _surprises(delivery: Delivery, event: Event) -> tuple[str, ...]:
    """What to count about an event that was published."""
    if event.slug == catalog.UNCLASSIFIED:
        return ("Unclassified",)
    return () if fits(catalog.BY_SLUG[event.slug].content, delivery.value) else ("ContentMismatch",)


_ANSWERS = {ClaimState.PUBLISHED: Answer.REPEATED, ClaimState.IN_PROGRESS: Answer.BUSY}
