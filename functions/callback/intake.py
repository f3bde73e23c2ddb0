"""One callback, one pass: request, delivery, event, claim, publish, mark, response."""

import time
from dataclasses import dataclass, replace
from typing import Self

from callback.admission import Admission, TokenCheck
from callback.handshakes import Handshakes
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay import catalog
from relay.api.metrics import CallbackMetric
from relay.aws import UnavailableError
from relay.events import MESSAGE_LIMIT, Content, Event, taken_apart
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.reading import Delivery, Handshake, read, unpacked
from relay.secrets import SecretUnavailableError
from relay.settings import Clock
from relay.store import ClaimState, EventStore

_TURNED_AWAY = {
    Admission.REFUSED: CallbackResponse.FORBIDDEN,
    Admission.NOT_CHECKED: CallbackResponse.NOT_CHECKED,
}
_NOT_GRANTED = {
    ClaimState.PUBLISHED: CallbackResponse.REPEATED,
    ClaimState.IN_PROGRESS: CallbackResponse.IN_PROGRESS,
}


@dataclass(frozen=True)
class Receipt:
    """What became of a request: the response, what else to count, and what a log may say about it."""

    response: CallbackResponse
    counts: tuple[str, ...] = ()
    event: Event | None = None
    fault: str | None = None

    def counting(self, name: str) -> Self:
        """Returns the receipt with one thing more to count."""
        return replace(self, counts=(*self.counts, name))


@dataclass(frozen=True)
class Intake:
    """The callback without its HTTP."""

    token: TokenCheck
    handshakes: Handshakes
    store: EventStore
    payloads: Payloads
    publisher: Publisher
    clock: Clock = time.time
    identity_ignores: frozenset[str] = frozenset()

    def receive(self, request: CallbackRequest) -> Receipt:
        """Takes in one request; whatever AWS refuses ends in a response that makes the gateway repeat it."""
        try:
            admission = self.token.admit(request.token)
            if admission is not Admission.ADMITTED:
                return Receipt(_TURNED_AWAY[admission])
            body = request.body
            if isinstance(body, bytes):
                body = unpacked(body, request.content_encoding)
            if not body.strip():
                return Receipt(CallbackResponse.EMPTY)
            delivery = read(body, request.content_type)
            if isinstance(delivery, Handshake):
                return self._shake_hands(delivery)
            if delivery.handshake:
                self._shake_hands(delivery.handshake)
            receipt = self.accept(delivery, request.slug, request.id)
            return receipt.counting(CallbackMetric.REPAIRED) if delivery.repaired else receipt
        except (SecretUnavailableError, UnavailableError) as fault:
            return Receipt(CallbackResponse.UNAVAILABLE, fault=str(fault))

    def accept(self, delivery: Delivery, slug: str | None, request_id: str | None = None) -> Receipt:
        """Takes in one delivery of an event.

        A failure part-way leaves the event pending, so that the gateway's next delivery, or recovery,
        publishes it: subscribers see every event at least once, never zero times.
        """
        made = self._event(delivery, slug, request_id)
        event, body = made, None
        try:
            if delivery.as_came is not None:
                body = self.payloads.keep_body(event.id, delivery.as_came, delivery.content_type)
            claim = self.store.claim(event, body)
            event = claim.event
            if claim.state is not ClaimState.GRANTED:
                differ = (CallbackMetric.OTHER_FIELDS_DIFFER,) if _differs(delivery, event) else ()
                return Receipt(_NOT_GRANTED[claim.state], differ, event)
            self.publisher.publish(event)
            self.store.mark_published(claim)
        except UnavailableError as fault:
            return Receipt(CallbackResponse.UNAVAILABLE, event=event, fault=str(fault))
        counts = [CallbackMetric.SAME_ID_OTHER_CONTENT] if claim.other_content else []
        if event.slug == catalog.UNCLASSIFIED:
            counts += [] if _is_named(event, delivery, slug) else [CallbackMetric.UNCLASSIFIED]
        elif made.dataschema is None:
            counts.append(CallbackMetric.CONTENT_MISMATCH)
        return Receipt(CallbackResponse.PUBLISHED, tuple(counts), event)

    def _shake_hands(self, handshake: Handshake) -> Receipt:
        if handshake.dispatch_id:
            self.handshakes.keep(handshake.dispatch_id, handshake.event_tag)
        return Receipt(CallbackResponse.HANDSHAKE)

    def _event(self, delivery: Delivery, slug: str | None, request_id: str | None) -> Event:
        """Returns the event of a delivery, its content in the bucket if it is too large for a topic."""
        kind = self._kind(delivery, slug)
        event = delivery.event(kind, self.clock(), request_id, self.identity_ignores)
        if event.size <= MESSAGE_LIMIT:
            return event
        dataref = self.payloads.put(event.id, delivery.content)
        return event.enclosing(delivery.content, delivery.extensions, dataref)

    def _kind(self, delivery: Delivery, slug: str | None) -> catalog.Kind:
        """Returns the kind that the path names, else the body, else the handshake, else the content."""
        if event_tag := catalog.tag_of(slug) or delivery.event_tag:
            return catalog.kind_of(event_tag)
        content_tag = delivery.content_tag
        if delivery.dispatch_id:
            event_tag = self.handshakes.tag_of(delivery.dispatch_id, content_tag)
        return catalog.kind_of(event_tag or content_tag)


def _is_named(event: Event, delivery: Delivery, slug: str | None) -> bool:
    """Returns whether an event on `unclassified` is there because its tag is outside the catalogue.

    Text and bytes are there because they are no JSON, and a path slug that names no tag is a mistake.
    """
    mistyped = slug is not None and catalog.tag_of(slug) is None
    return event.event_tag != catalog.UNCLASSIFIED and delivery.content.is_json and not mistyped


def _differs(delivery: Delivery, kept: Event) -> bool:
    """Returns whether other fields stand beside the content than beside that of the kept event."""
    known, given = taken_apart(kept.envelope)[0].get("otherfields"), delivery.other_fields
    if known == given:
        return False
    # Written otherwise they may still say the same.
    return known is None or given is None or Content(known).digest != Content(given).digest
