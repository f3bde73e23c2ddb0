"""Tells a handshake from a delivery of an event, and finds in a body what the gateway says about it."""

from typing import Any, NamedTuple

from relay.events import Content
from relay.reading.body import GATEWAY_FIELDS, Json, Members, gathered, read
from relay.reading.charsets import UnreadableError, decode

# Longer than any name or id of the gateway, and short enough for an attribute.
LONGEST_NAME = 256
# What stands beside `content` unasked may be carried in the envelope up to here, in characters.
LONGEST_OTHER_FIELDS = 4_096


class Handshake(NamedTuple):
    """The gateway's check that the address is ours, for one eventTag."""

    event_tag: str
    dispatch_id: str | None


class Delivery(NamedTuple):
    """One POST of one event."""

    content: Content
    value: Any = None
    event_tag: str | None = None
    dispatch_id: str | None = None
    source_message_id: str | None = None
    callback_message_id: str | None = None
    other_fields: str | None = None

    @property
    def readable(self) -> bool:
        """Whether the content is JSON, whatever it says."""
        return self.content.media_type == "application/json"

    @property
    def message_id(self) -> str | None:
        """What the gateway calls the event, if it calls it anything."""
        return self.source_message_id or self.callback_message_id

    @property
    def tenant_id(self) -> str | None:
        """The tenant that the event is about, under the three names of the vendor's table."""
        if not isinstance(self.value, dict):
            return None
        found = (name_of(self.value.get(field)) for field in ("tenantId", "realmId", "RealmId"))
        return next(filter(None, found), None)


def reading_of(body: bytes | str, charset: str | None) -> Handshake | Delivery:
    """What a body says. Every body says something: at worst, it is a text that nobody can read."""
    try:
        text = body if isinstance(body, str) else decode(body, charset)
        return _interpreted(read(text, charset))
    except UnreadableError:
        text = body if isinstance(body, str) else body.decode(errors="replace")
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return Delivery(Content(whole, "text/plain"))


def name_of(value: object) -> str | None:
    """A value as a name or an id: text or an integer, not blank, printable, and not too long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    name = str(value).strip()
    return name if 0 < len(name) <= LONGEST_NAME and name.isprintable() else None


def _interpreted(fields: Members) -> Handshake | Delivery:
    given = {field: fields[field].value for field in GATEWAY_FIELDS if _present(fields.get(field))}
    names = {field: name_of(given.get(field)) for field in GATEWAY_FIELDS}
    tag, dispatch_id, source, callback = (names[field] for field in GATEWAY_FIELDS)
    rest = {field: json for field, json in fields.items() if field not in GATEWAY_FIELDS}
    told = _present(rest.get("content")) or _present(rest.get("infos"))
    strange = any(names[field] is None for field in given)
    if tag and not strange and not told and not source and not callback:
        return Handshake(tag, dispatch_id)
    content, other = (gathered(fields), None) if strange else _content(rest)
    return Delivery(Content(content.text), content.value, tag, dispatch_id, source, callback, other)


def _content(rest: Members) -> tuple[Json, str | None]:
    """The content, and what stands beside it; without a `content`, all that is not the gateway's own."""
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
