"""Reads kept events anew, each under another eventTag: what it says then is an event of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from recovery.history import Kept
from relay import json_text
from relay.aws import UnavailableError
from relay.catalog import Kind
from relay.events import BYTES, JSON, MESSAGE_LIMIT, Content, Event
from relay.json_text import Json
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.store import ClaimState, EventStore

if TYPE_CHECKING:
    # Loaded at first use: of what recovery does, only this reads bodies.
    from relay.reading import Delivery, Handshake

_DECODER = json_text.decoder()


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
    identity_ignores: frozenset[str] = frozenset()

    def reread(self, kept: Kept, kind: Kind) -> tuple[Reading, str]:
        """Returns what became of the event under this kind, and the slug of the topic that has it.

        The new event's id is made of the old one's and of what was read, so that twice is once. Raises
        UnavailableError: it may be published all the same.
        """
        from relay.reading import Handshake

        old, delivery = kept.event, self._delivery(kept)
        if delivery is None:
            return Reading.EXPIRED, old.slug
        if isinstance(delivery, Handshake):
            return Reading.NO_EVENT, old.slug
        new = self._event(delivery, old, kind)
        if _says_the_same(new, old, delivery):
            return Reading.UNCHANGED, old.slug
        return self._publish(new, delivery, old.id), new.slug

    def _event(self, delivery: "Delivery", old: Event, kind: Kind) -> Event:
        """Returns the event of a new reading: received when the old one was, found by the same log lines."""
        read_at = datetime.fromisoformat(old.received_at).timestamp()
        made = delivery.event(kind, read_at, old.correlation_id, self.identity_ignores)
        message = sha256(f"{old.id}\0{made.event_tag}".encode(errors="surrogatepass")).hexdigest()[:32]
        made = replace(made, id=f"{message}-{_digest_in(made.id)}")
        return made.enclosing(delivery.content, _extensions(delivery, old.id))

    def _delivery(self, kept: Kept) -> "Handshake | Delivery | None":
        """Returns what the event's body says; None if that is not kept any more."""
        from relay.reading import Delivery, read, unpacked

        if kept.body:
            raw = self.payloads.read_body(kept.body)
            return None if raw is None else read(unpacked(raw), kept.body.content_type)
        members = json_text.take_apart(kept.event.envelope, _DECODER)[0]
        content = self._content(members)
        if content is None:
            return None
        given = {name: members[name].value for name in _FIELDS if name in members}
        if not given or content.media_type != JSON:
            # The content is all that came.
            return read(unpacked(content.body) if content.media_type == BYTES else content.text, None)
        fields: dict[str, Any] = {field: given.get(name) for name, field in _FIELDS.items()}
        return Delivery(content, _DECODER.decode(content.text), **fields)

    def _content(self, members: Mapping[str, Json]) -> Content | None:
        """Returns an envelope's content, from the bucket if it is there; None if it was."""
        media_type = members["datacontenttype"].value
        if data := members.get("data") or members.get("data_base64"):
            return Content(data.text if media_type == JSON else data.value, media_type)
        key = members["dataref"].value.removeprefix("s3://").partition("/")[2]
        body = self.payloads.get(key)
        if body is None:
            return None
        return Content.of_bytes(body) if media_type == BYTES else Content(body.decode(), media_type)

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


# Extension of an envelope -> field of a delivery.
_FIELDS = {
    "dispatchid": "dispatch_id",
    "sourcemessageid": "source_message_id",
    "callbackmessageid": "callback_message_id",
    "otherfields": "other_fields",
}


def _extensions(delivery: "Delivery", old_id: str) -> dict[str, str | None]:
    return {**delivery.extensions, "rereadof": old_id}


def _says_the_same(new: Event, old: Event, delivery: "Delivery") -> bool:
    """Returns whether a new reading is none: a text that stays one is named by no tag."""
    same_tag = new.event_tag == old.event_tag or not delivery.content.is_json
    return same_tag and new.slug == old.slug and _digest_in(new.id) == _digest_in(old.id)


def _digest_in(event_id: str) -> str:
    """Returns the digest of the content, which is the second part of an event's id."""
    return event_id.rpartition("-")[2]
