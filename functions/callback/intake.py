"""Takes in handshakes and events: name, claim, publish, mark, answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from callback.authentication import Authenticator
from callback.composition import compose, enclosed
from callback.handshakes import Handshakes
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay import catalog
from relay.api.metrics import CallbackMetric
from relay.aws import UnavailableError
from relay.content import fits
from relay.events import MESSAGE_LIMIT, Event
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.reading.delivery import Delivery, Handshake, reading_of
from relay.secrets import SecretUnavailableError
from relay.store import EventStore, Standing


@dataclass(frozen=True)
class Receipt:
    """What became of a request: the response, what else to count, and what a log may say about it."""

    response: CallbackResponse
    counts: tuple[CallbackMetric, ...] = ()
    event: Event | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Intake:
    """The callback without its HTTP."""

    authenticator: Authenticator
    handshakes: Handshakes
    store: EventStore
    payloads: Payloads
    publisher: Publisher
    clock: Callable[[], float] = time.time

    def receive(self, request: CallbackRequest) -> Receipt:
        """Takes in one request; whatever AWS refuses ends in an answer that makes the gateway repeat it."""
        try:
            if not self.authenticator.admits(request.token):
                return Receipt(CallbackResponse.FORBIDDEN)
            if request.empty:
                return Receipt(CallbackResponse.EMPTY)
            reading = reading_of(request.body, request.charset)
            if isinstance(reading, Handshake):
                return self._shake(reading)
            return self.accept(reading, request.slug, request.id)
        except SecretUnavailableError:
            return Receipt(CallbackResponse.UNAVAILABLE, fault="the token's secret is unavailable")
        except UnavailableError as fault:
            return Receipt(CallbackResponse.UNAVAILABLE, fault=str(fault))

    def accept(self, delivery: Delivery, slug: str | None, request_id: str | None = None) -> Receipt:
        """Takes in one delivery of an event.

        A failure part-way leaves the event pending, so that the gateway's next delivery, or recovery,
        publishes it: subscribers see every event at least once, never zero times.
        """
        event = self._event(delivery, slug, request_id)
        try:
            claim = self.store.claim(event)
            event = claim.event
            if claim.standing is Standing.GRANTED:
                self.publisher.publish(event)
                self.store.mark_published(claim)
        except UnavailableError as fault:
            return Receipt(CallbackResponse.UNAVAILABLE, event=event, fault=str(fault))
        if claim.standing is not Standing.GRANTED:
            return Receipt(_RESPONSES[claim.standing], event=event)
        counts = _surprises(delivery, event)
        if claim.other_content:
            counts = (*counts, CallbackMetric.SAME_ID_OTHER_CONTENT)
        return Receipt(CallbackResponse.PUBLISHED, counts, event)

    def _shake(self, handshake: Handshake) -> Receipt:
        if handshake.dispatch_id:
            self.handshakes.keep(handshake.dispatch_id, handshake.event_tag)
        return Receipt(CallbackResponse.HANDSHAKE)

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


def _surprises(delivery: Delivery, event: Event) -> tuple[CallbackMetric, ...]:
    """What to count about an event that was published."""
    if event.slug == catalog.UNCLASSIFIED:
        return (CallbackMetric.UNCLASSIFIED,)
    return (
        ()
        if fits(catalog.BY_SLUG[event.slug].content, delivery.value)
        else (CallbackMetric.CONTENT_MISMATCH,)
    )


_RESPONSES = {Standing.REPEATED: CallbackResponse.REPEATED, Standing.BUSY: CallbackResponse.IN_PROGRESS}
