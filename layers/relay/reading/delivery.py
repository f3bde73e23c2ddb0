"""A handshake or a delivery of an event, as read from a body, and the event of a delivery."""

from dataclasses import dataclass, replace

from relay.catalog import LONGEST_NAME, UNCLASSIFIED, Kind
from relay.content import fits
from relay.events import Content, Event, event_id, timestamp
from relay.json_text import Json
from relay.reading.body import GATEWAY_FIELDS, Members, fields_of, gathered
from relay.reading.charsets import UnreadableError, declared_charset, decode

# What stands beside `content` unasked may be carried in the envelope up to here, in characters.
LONGEST_OTHER_FIELDS = 4_096


@dataclass(frozen=True)
class Handshake:
    """The gateway's check that the address is ours, for one eventTag."""

    event_tag: str
    dispatch_id: str | None


@dataclass(frozen=True)
class Delivery:
    """One POST of one event."""

    content: Content
    value: object = None
    """The content, as Python has it; None if it is no JSON."""
    event_tag: str | None = None
    dispatch_id: str | None = None
    source_message_id: str | None = None
    callback_message_id: str | None = None
    other_fields: str | None = None
    as_came: bytes | None = None
    """The whole body, where the content that is published is not byte for byte what came."""
    content_type: str | None = None
    """What was declared of the body."""

    @property
    def tenant_id(self) -> str | None:
        """Returns the tenant that the event is about, under the three names of the vendor's table."""
        if isinstance(self.value, dict):
            for field in ("tenantId", "realmId", "RealmId"):
                if tenant_id := _name(self.value.get(field)):
                    return tenant_id
        return None

    @property
    def extensions(self) -> dict[str, str | None]:
        """Returns what the gateway says beside the content, as extension attributes of the CloudEvent."""
        return {
            "dispatchid": self.dispatch_id,
            "sourcemessageid": self.source_message_id,
            "callbackmessageid": self.callback_message_id,
            "otherfields": self.other_fields,
        }

    def event(self, kind: Kind, seconds: float, correlation_id: str | None = None) -> Event:
        """Returns the event of this delivery, received at `seconds` since the epoch; its content inside."""
        message_id = self.source_message_id or self.callback_message_id
        tenant_id, extensions = self.tenant_id, self.extensions
        schema = kind.content.dataschema(kind.slug) if fits(kind.content, self.value) else None
        # A tag's subscribers get no text where they expect JSON.
        readable = self.content.media_type == "application/json"
        event = Event(
            id=event_id(kind.event_tag, message_id, self.content),
            event_tag=kind.event_tag,
            slug=kind.slug if readable else UNCLASSIFIED,
            received_at=timestamp(seconds),
            tenant_id=tenant_id,
            correlation_id=correlation_id,
            dataschema=schema,
            envelope="",
        )
        return event.enclosing(self.content, extensions)


def read(body: bytes | str, content_type: str | None) -> Handshake | Delivery:
    """Returns what a body says. Every body says something: at worst, it is text.

    `body` is text where an event source has decoded it; `content_type` is what was declared of it.
    """
    charset = declared_charset(content_type)
    try:
        text = body if isinstance(body, str) else decode(body, charset)
        found = _interpreted(fields_of(text, charset))
    except UnreadableError:
        text = body if isinstance(body, str) else body.decode(errors="replace")
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        found = Delivery(Content(whole, "text/plain"))
    if isinstance(found, Handshake):
        return found
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    published = found.content.text.encode(errors="surrogatepass")
    # What is published is a piece of what came: then it is its own copy.
    return found if published in raw else replace(found, as_came=raw, content_type=content_type)


def _name(value: object) -> str | None:
    """Returns a value as a name or an id: text or an integer, not blank, printable, and not too long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    name = str(value).strip()
    return name if 0 < len(name) <= LONGEST_NAME and name.isprintable() else None


def _interpreted(fields: Members) -> Handshake | Delivery:
    given = {field: fields[field].value for field in GATEWAY_FIELDS if _present(fields.get(field))}
    names = {field: _name(value) for field, value in given.items()}
    tag, dispatch_id, source, callback = map(names.get, GATEWAY_FIELDS)
    rest = {field: json for field, json in fields.items() if field not in GATEWAY_FIELDS}
    has_content = _present(rest.get("content")) or _present(rest.get("infos"))
    # Present, and no name: then nothing of the body can be trusted to be the gateway's own.
    strange = None in names.values()
    if tag and not strange and not has_content and not source and not callback:
        return Handshake(tag, dispatch_id)
    content, other = (gathered(fields), None) if strange else _content(rest)
    return Delivery(Content(content.text), content.value, tag, dispatch_id, source, callback, other)


def _content(rest: Members) -> tuple[Json, str | None]:
    """Returns the content, or else all that is not the gateway's own; and what stands beside the content."""
    content = rest.get("content")
    if content is None or not _present(content):
        return gathered(rest), None
    beside = {field: json for field, json in rest.items() if field != "content"}
    other = gathered(beside).text if beside else None
    if other and len(other) > LONGEST_OTHER_FIELDS:
        return gathered(rest), None
    return content, other


def _present(json: Json | None) -> bool:
    return (
        json is not None
        and json.value is not None
        and not (isinstance(json.value, str) and not json.value.strip())
    )
