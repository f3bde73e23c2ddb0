"""Reads kept events anew, each under another eventTag: what it says then is an event of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from recovery.history import Kept
from relay.aws import UnavailableError
from relay.catalog import Kind
from relay.events import BYTES, MESSAGE_LIMIT, Content, Event, MediaType, taken_apart
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.store import ClaimState, EventStore

if TYPE_CHECKING:
    # Loaded at first use: of what recovery does, only this reads bodies.
    from relay.reading import Delivery, Handshake


class Reading(StrEnum):
    """What became of an event that was read anew, or replayed as it was."""

    PUBLISHED = "published"
    REPEATED = "repeated"
    """Its new reading was published before."""
    UNCHANGED = "unchanged"
    """It says what it said, for the same topic."""
    EXPIRED = "expired"
    """The bucket has its body, or its content, no more."""
    NO_EVENT = "noEvent"
    """It is no event by this reading: a handshake."""
    REFUSED = "refused"
    """SNS does not take it."""


@dataclass(frozen=True, slots=True)
class Rereader:
    """Makes, keeps and publishes the new events; the old ones stay as they are."""

    store: EventStore
    payloads: Payloads
    publisher: Publisher

    def reread(self, kept: Kept, kind: Kind) -> tuple[Reading, str]:
        """Returns what became of the event under this kind, and the slug of the topic that has it.

        The new event's id is made of the old one's and of all that was read, so that twice is once, whatever
        identity ignores meanwhile. Raises UnavailableError: it may be published all the same.
        """
        from relay.reading import Handshake

        old, delivery = kept.event, self._delivery(kept)
        if delivery is None:
            return Reading.EXPIRED, old.slug
        if isinstance(delivery, Handshake):
            return Reading.NO_EVENT, old.slug
        new = self._event(delivery, old, kind)
        if self._says_the_same(new, old, delivery.content):
            return Reading.UNCHANGED, old.slug
        return self._publish(new, delivery, old.id), new.slug

    def _event(self, delivery: "Delivery", old: Event, kind: Kind) -> Event:
        """Returns the event of a new reading: received when the old one was, found by the same log lines."""
        read_at = datetime.fromisoformat(old.received_at).timestamp()
        made = delivery.event(kind, read_at, old.correlation_id)
        message = sha256(f"{old.id}\0{made.event_tag}".encode(errors="surrogatepass")).hexdigest()[:32]
        made = replace(made, id=f"{message}-{_digest_in(made.id)}")
        return made.enclosing(delivery.content, _extensions(delivery, old.id))

    def _delivery(self, kept: Kept) -> "Handshake | Delivery | None":
        """Returns what the event's body says; None if that is not kept any more."""
        from relay.reading import read, unpacked

        if kept.body:
            raw = self.payloads.read_body(kept.body)
            return None if raw is None else read(unpacked(raw), kept.body.content_type)
        content = self._content(kept.event)
        if content is None:
            return None
        if content.media_type == BYTES:
            return read(unpacked(content.body), None)
        return read(_message(taken_apart(kept.event.envelope)[0], content), None)

    def _content(self, event: Event) -> Content | None:
        """Returns an event's content, from the bucket if it is there; None if it was."""
        attributes, content = taken_apart(event.envelope)
        if content:
            return content
        body = self.payloads.get(attributes["dataref"].removeprefix("s3://").partition("/")[2])
        if body is None:
            return None
        media_type = cast(MediaType, attributes["datacontenttype"])
        return Content.of_bytes(body) if media_type == BYTES else Content(body.decode(), media_type)

    def _says_the_same(self, new: Event, old: Event, content: Content) -> bool:
        """Returns whether a new reading is none: a text that stays one is named by no tag."""
        same_tag = new.event_tag == old.event_tag or not content.is_json
        if not same_tag or new.slug != old.slug:
            return False
        if _digest_in(new.id) == _digest_in(old.id):
            return True
        # The old id may leave out what identity ignores, or ignored when it was made.
        before = self._content(old)
        return before is not None and before.digest == content.digest

    def _publish(self, event: Event, delivery: "Delivery", old_id: str) -> Reading:
        if event.size > MESSAGE_LIMIT:
            dataref = self.payloads.put(event.id, delivery.content)
            event = event.enclosing(delivery.content, _extensions(delivery, old_id), dataref)
        body = None
        if delivery.as_came is not None:
            body = self.payloads.keep_body(event.id, delivery.as_came, delivery.content_type)
        claim = self.store.claim(event, body)
        if claim.state is ClaimState.PUBLISHED:
            return Reading.REPEATED
        if claim.state is ClaimState.IN_PROGRESS:
            raise UnavailableError("InProgress", "Claim")
        self.publisher.publish(claim.event)
        self.store.mark_published(claim)
        return Reading.PUBLISHED


# Extension of an envelope -> field of a body.
_FIELDS = {
    "dispatchid": "dispatchId",
    "sourcemessageid": "sourceMessageId",
    "callbackmessageid": "callbackMessageId",
}


def _message(attributes: Mapping[str, str], content: Content) -> str:
    """Returns the body that a content came in, of which it is its own copy; without its eventTag."""
    fields = {field: attributes[name] for name, field in _FIELDS.items() if name in attributes}
    beside = attributes.get("otherfields", "{}")[1:-1]
    if not content.is_json or not (fields or beside):
        # The content is all that came.
        return content.text
    members = [f'"{field}":{json.dumps(value)}' for field, value in fields.items()]
    return "{" + ",".join(filter(None, [*members, beside, f'"content":{content.text}'])) + "}"


def _extensions(delivery: "Delivery", old_id: str) -> dict[str, str | None]:
    return {**delivery.extensions, "rereadof": old_id}


def _digest_in(event_id: str) -> str:
    """Returns the digest of the content, which is the second part of an event's id."""
    return event_id.rpartition("-")[2]
