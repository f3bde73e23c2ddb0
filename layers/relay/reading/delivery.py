"""A handshake or a delivery of an event, as read from a body, and the event of a delivery."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from relay import catalog
from relay.catalog import LONGEST_NAME, UNCLASSIFIED, Kind
from relay.content import fits
from relay.events import TEXT, Content, Event, event_id, timestamp
from relay.json_text import Json
from relay.reading.body import GATEWAY_FIELDS, WRAPPED, Fields, Members, fields_of, gathered, is_empty
from relay.reading.charsets import Charset, UnreadableError, declared_charset, weigh

# What stands beside `content` unasked may be carried in the envelope up to here, in characters.
LONGEST_OTHER_FIELDS = 4_096
_MESSAGE_IDS = {"sourceMessageId", "callbackMessageId"}
# What may stand in a handshake too: its tag in parts, and when and where it is sent.
_OF_HANDSHAKES = {
    "topic", "tag", "timestamp", "nonce", "eventTime", "eventTimeStr", "callbackUrl", "callBackUrl",
}  # fmt: skip
# Names of a form that could not be unfolded are a content's all the same.
_OF_CONTENT = re.compile(r"infos$|(?:content|infos)[.\[]")


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
    """The whole body, where the content that is published is not byte for byte what came.

    A packed body is kept unpacked: reading it anew needs no Content-Encoding then.
    """
    content_type: str | None = None
    """What was declared of the body."""
    repaired: bool = False
    """A charset was guessed or does not fit everywhere, or the JSON had to be repaired to be read."""
    strange: bool = False
    """Nothing of it can be trusted to be the gateway's own: all of it is the content."""
    named_by_content: bool = False
    """A message id stands in it: if that is no name, its content names the event."""
    handshake: Handshake | None = None
    """What it is as well if the gateway's handshakes say more than its page shows."""

    @property
    def tenant_id(self) -> str | None:
        """Returns the tenant that the event is about, under the three names of the vendor's table."""
        if isinstance(self.value, dict):
            for field in ("tenantId", "realmId", "RealmId"):
                if tenant_id := _name(self.value.get(field)):
                    return tenant_id
        return None

    @property
    def content_tag(self) -> str | None:
        """Returns the eventTag that the content names; a catalogued one if it names two."""
        tag = catalog.tag_within(self.value)
        return tag or (_name(self.value.get("eventTag")) if isinstance(self.value, dict) else None)

    @property
    def extensions(self) -> dict[str, str | None]:
        """Returns what the gateway says beside the content, as extension attributes of the CloudEvent."""
        return {
            "dispatchid": self.dispatch_id,
            "sourcemessageid": self.source_message_id,
            "callbackmessageid": self.callback_message_id,
            "otherfields": self.other_fields,
        }

    def event(
        self,
        kind: Kind,
        seconds: float,
        correlation_id: str | None = None,
        identity_ignores: Collection[str] = (),
    ) -> Event:
        """Returns the event of this delivery, received at `seconds` since the epoch; its content inside."""
        message_id = self.source_message_id or self.callback_message_id
        named = self.named_by_content
        tenant_id, extensions = self.tenant_id, self.extensions
        schema = kind.content.dataschema(kind.slug) if fits(kind.content, self.value) else None
        event = Event(
            id=event_id(kind.event_tag, message_id, self.content, identity_ignores, named_by_content=named),
            event_tag=kind.event_tag,
            # A tag's subscribers get no text where they expect JSON.
            slug=kind.slug if self.content.is_json else UNCLASSIFIED,
            received_at=timestamp(seconds),
            tenant_id=tenant_id,
            correlation_id=correlation_id,
            dataschema=schema,
            envelope="",
        )
        return event.enclosing(self.content, extensions)


def read(body: bytes | str, content_type: str | None) -> Handshake | Delivery:
    """Returns the handshake or delivery in a body; what cannot be read is a delivery of text or bytes.

    `body` is unpacked already, and a `str` where the event source has decoded it; `content_type` is the
    header's value.
    """
    raw = body.encode(errors="surrogatepass") if isinstance(body, str) else body
    declared = declared_charset(content_type)
    try:
        charset = Charset("utf-8") if isinstance(body, str) else weigh(body, declared)
    except UnreadableError:
        return Delivery(Content.of_bytes(raw), as_came=raw, content_type=content_type)
    text = body if isinstance(body, str) else charset.decode(body)
    found: Handshake | Delivery
    try:
        fields = fields_of(text, declared)
        found, rewritten = _interpreted(fields), fields.rewritten
    except UnreadableError:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        found, rewritten = Delivery(Content(whole, TEXT), repaired=whole != text), False
    if isinstance(found, Handshake):
        return found
    repaired = found.repaired or charset.repaired
    published = found.content.text.encode(errors="surrogatepass")
    # What is published is a piece of what came: then it is its own copy, unless another piece was repaired or
    # it is not known which piece it should be.
    untouched = not (repaired or rewritten or found.strange)
    if untouched and published in raw and charset.codec.startswith("utf-8"):
        return found
    return replace(found, as_came=raw, content_type=content_type, repaired=repaired)


def _name(value: object) -> str | None:
    """Returns a value as a name or an id: text or an integer, not blank, printable, and not too long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    name = str(value).strip()
    return name if 0 < len(name) <= LONGEST_NAME and name.isprintable() else None


def _interpreted(fields: Fields) -> Handshake | Delivery:
    given = {field: _each_present(fields.members, field) for field in GATEWAY_FIELDS}
    names = {field: _name(found[0]) if len(found) == 1 else None for field, found in given.items() if found}
    tag, dispatch_id, source, callback = map(names.get, GATEWAY_FIELDS)
    # Present, and no name: then nothing of the body can be trusted to be the gateway's own.
    strange = fields.whole is not None or None in names.values()
    handshake = None
    if strange:
        content, other = fields.whole or gathered(fields.members), None
    else:
        rest = [(name, json) for name, json in fields.members if name not in GATEWAY_FIELDS]
        if tag and not source and not callback:
            if not (saying := {name for name, json in rest if not is_empty(json)} - _OF_HANDSHAKES):
                return Handshake(tag, dispatch_id)
            handshake = Handshake(tag, dispatch_id) if saying.isdisjoint(WRAPPED) else None
        content, other = _content(rest)
    return Delivery(
        Content(content.text), content.value, tag, dispatch_id, source, callback, other,
        repaired=fields.repaired,
        strange=strange,
        named_by_content=not names.keys().isdisjoint(_MESSAGE_IDS),
        handshake=handshake,
    )  # fmt: skip


def _each_present(members: Members, wanted: str) -> list[object]:
    return [json.value for name, json in members if name == wanted and _present(json)]


def _content(rest: Members) -> tuple[Json, str | None]:
    """Returns the content, or else all that is not the gateway's own; and what stands beside the content."""
    content = dict(rest).get("content")
    beside = [(name, json) for name, json in rest if name != "content"]
    if content is None or not _present(content):
        return gathered(rest), None
    if content.value in ({}, []) and not all(is_empty(json) for _, json in beside):
        return gathered(rest), None
    more = [(name, json) for name, json in beside if _OF_CONTENT.match(name) and not is_empty(json)]
    if more:
        if not _has_room(content, more):
            return gathered(rest), None
        content = _with_infos(content, more[0][1])
        beside = [(name, json) for name, json in beside if name != "infos"]
    other = gathered(beside).text if beside else None
    if other and len(other) > LONGEST_OTHER_FIELDS:
        return gathered(rest), None
    return content, other


def _has_room(content: Json, more: Members) -> bool:
    """Returns whether infos is all that belongs to the content beside it, and can be a member of it."""
    only = [name for name, _ in more] == ["infos"]
    return only and isinstance(content.value, dict) and "infos" not in content.value


def _with_infos(content: Json, infos: Json) -> Json:
    text = f'{content.text.removesuffix("}")},"infos":{infos.text}}}'
    return Json({**content.value, "infos": infos.value}, text)


def _present(json: Json) -> bool:
    return json.value is not None and not (isinstance(json.value, str) and not json.value.strip())
