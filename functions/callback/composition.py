"""Makes an event of a delivery."""

from relay.catalog import UNCLASSIFIED, slug_of
from relay.events import Event, envelope, event_id, timestamp
from relay.reading.delivery import Delivery


def compose(
    delivery: Delivery, event_tag: str | None, seconds: float, correlation_id: str | None = None
) -> Event:
    """The event that a delivery received at `seconds` tells, its content in the envelope."""
    named = event_tag or UNCLASSIFIED
    event = Event(
        id=event_id(named, delivery.message_id, delivery.content),
        event_tag=named,
        # A tag's subscribers get no text where they expect JSON.
        slug=slug_of(event_tag) if delivery.readable else UNCLASSIFIED,
        received_at=timestamp(seconds),
        tenant_id=delivery.tenant_id,
        correlation_id=correlation_id,
        envelope="",
    )
    return enclosed(event, delivery)


def enclosed(event: Event, delivery: Delivery, dataref: str | None = None) -> Event:
    """The event with its envelope; `dataref` says where the content is if not inside."""
    attributes = {
        "id": event.id,
        "type": event.event_tag,
        "subject": event.tenant_id,
        "time": event.received_at,
        "dispatchid": delivery.dispatch_id,
        "sourcemessageid": delivery.source_message_id,
        "callbackmessageid": delivery.callback_message_id,
        "otherfields": delivery.other_fields,
    }
    return event._replace(envelope=envelope(attributes, delivery.content, dataref))
