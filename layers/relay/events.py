"""An event as subscribers get it: a CloudEvent, its id, and the size that it has on SNS."""

import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, Self, cast

# SNS counts the message and the names, types and values of its attributes, in UTF-8. A table item takes
# 400 KB, so a message that fits SNS fits the table.
MESSAGE_LIMIT = 262_144

SOURCE = "urn:mozi:gateway"
type MediaType = Literal["application/json", "text/plain", "application/octet-stream"]
JSON: MediaType = "application/json"
TEXT: MediaType = "text/plain"
BYTES: MediaType = "application/octet-stream"
_CONTENT = {"data", "data_base64"}
_DECODER = json.JSONDecoder()
_REPLAYED = {"replayed": "true"}
# Half characters are no UTF-8, and SQS refuses the two that are none: JSON can carry them all as escapes.
_UNSENDABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
# Where a JSON string begins with NULs and then as a number does, however that is written.
_LIKE_A_NUMBER = re.compile(r'(?<!\\)"(?=(?:\\u0000)+(?:[-0-9]|\\u00(?:2[dD]|3[0-9])))')


@dataclass(frozen=True)
class Content:
    """What an event says: JSON exactly as it came, text that is no JSON, or bytes that are no text."""

    text: str
    """Bytes are in base64 here."""
    media_type: MediaType = JSON

    @classmethod
    def of_bytes(cls, raw: bytes) -> Self:
        """Returns the content of what is no text."""
        return cls(b64encode(raw).decode(), BYTES)

    @property
    def is_json(self) -> bool:
        """Returns whether it is JSON: only that goes to the topic of a tag."""
        return self.media_type == JSON

    @property
    def json(self) -> str:
        """Returns the content as a JSON value."""
        return self.text if self.is_json else _json(self.text)

    @property
    def member(self) -> str:
        """Returns the name that the content has in a CloudEvent."""
        return "data_base64" if self.media_type == BYTES else "data"

    @property
    def body(self) -> bytes:
        """Returns the content by itself, text in UTF-8."""
        if self.media_type == BYTES:
            return b64decode(self.text)
        if self.media_type == TEXT:
            return self.text.encode(errors="replace")
        return _sendable(self.text).encode()

    @property
    def digest(self) -> str:
        """Returns a name for this content: alike for any order of keys and any spacing, else different."""
        return self.digest_without(())

    def digest_without(self, names: Collection[str]) -> str:
        """Returns the name that does not depend on these members of the content.

        Nor on those of each object in a list that is the content, or is its member `infos`.
        """
        if self.media_type == BYTES:
            return _digest(self.body)
        return _digest(_canonical(self.text, names) if self.is_json else self.json)


@dataclass(frozen=True, slots=True)
class KeptBody:
    """A delivery's body as it came, deflated: kept beside its event, or in the bucket under `key`."""

    content_type: str | None
    deflated: bytes = b""
    key: str | None = None


@dataclass(frozen=True)
class Event:
    """One change that the gateway reports, ready to be kept and published."""

    id: str
    event_tag: str
    slug: str
    received_at: str
    envelope: str
    tenant_id: str | None = None
    correlation_id: str | None = None
    """The request of the delivery that brought it first."""
    dataschema: str | None = None
    """The schema that its content fits; an event that is read from the table has it in its envelope alone."""

    @property
    def key(self) -> str:
        """Returns what all events of one message id have in common; an event of none has its own."""
        return self.id.partition("-")[0]

    def enclosing(
        self, content: Content, extensions: Mapping[str, str | None], dataref: str | None = None
    ) -> Self:
        """Returns the event with its envelope: around the content, or around `dataref` where that is."""
        attributes = {
            "id": self.id,
            "type": self.event_tag,
            "subject": self.tenant_id,
            "time": self.received_at,
            **extensions,
            "dataschema": self.dataschema,
        }
        return replace(self, envelope=envelope(attributes, content, dataref))

    def attributes(self, *, replayed: bool = False) -> dict[str, str]:
        """Returns the SNS message attributes: for filter policies, and to find the event in the logs."""
        given = {"tenantId": self.tenant_id, "correlationId": self.correlation_id}
        known = {name: value for name, value in given.items() if value}
        return {"eventTag": self.event_tag} | known | (_REPLAYED if replayed else {})

    def age(self, now: float) -> float:
        """Returns the seconds from its first delivery to `now`, which is seconds since the epoch."""
        return max(0.0, now - datetime.fromisoformat(self.received_at).timestamp())

    @property
    def size(self) -> int:
        """Returns the bytes that SNS counts, with room to be replayed."""
        attributes = self.attributes(replayed=True)
        counted = (self.envelope, *attributes, *attributes.values(), "String" * len(attributes))
        return len("".join(counted).encode())


def event_id(
    event_tag: str,
    message_id: str | None,
    content: Content,
    ignored: Collection[str] = (),
    *,
    named_by_content: bool = False,
) -> str:
    """Returns the digest of the message, and that of its content less what is ignored there.

    Without an id a message is named by its content, or else drawn at random.
    """
    content_digest = content.digest_without(ignored)
    if message_id is None and named_by_content:
        message_id = content_digest
    message = _digest(f"{event_tag}\0{message_id}") if message_id else os.urandom(16).hex()
    return f"{message}-{content_digest}"


def envelope(attributes: Mapping[str, str | None], content: Content, dataref: str | None = None) -> str:
    """Returns the CloudEvent with the attributes that are not None; `dataref` stands for the data."""
    known = {name: value for name, value in attributes.items() if value is not None}
    head = {"specversion": "1.0", "source": SOURCE, **known, "datacontenttype": content.media_type}
    tail = f'"{content.member}":{content.json}' if dataref is None else f'"dataref":{_json(dataref)}'
    return _sendable(f"{_json(head)[:-1]},{tail}}}")


def taken_apart(envelope: str) -> tuple[dict[str, str], Content | None]:
    """Returns an envelope's attributes, and its content; None where that is in the bucket.

    The content, which stands last, is not parsed: it may be nested deeper than a parser goes.
    """
    attributes, at = dict[str, str](), 0
    while envelope[at] != "}":
        name, at = _DECODER.raw_decode(envelope, at + 1)
        at += len(":")
        if name in _CONTENT:
            media_type, text = cast(MediaType, attributes["datacontenttype"]), envelope[at:-1]
            return attributes, Content(text if media_type == JSON else _DECODER.decode(text), media_type)
        attributes[name], at = _DECODER.raw_decode(envelope, at)
    return attributes, None


def timestamp(seconds: float) -> str:
    """Returns seconds since the epoch as CloudEvents and the table's indexes have it; sorts by time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sendable(text: str) -> str:
    """Returns JSON in which what may not travel as a character is an escape."""
    return _UNSENDABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _canonical(text: str, ignored: Collection[str] = ()) -> str:
    """Returns one text for each JSON value: no other value has it, and each spelling of the value has.

    Numbers are strings that begin with NUL there, so that their digits stay; a doubled member is a list
    behind a NUL and a minus. A string that begins like them has one NUL more.
    """
    try:
        value = json.loads(
            _LIKE_A_NUMBER.sub(r'"\\u0000', text),
            parse_int=_as_written, parse_float=_as_written, object_pairs_hook=_object,
        )  # fmt: skip
        for held in _objects(value) if ignored else ():
            for name in ignored:
                held.pop(name, None)
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        return _sendable(text)


def _as_written(digits: str) -> str:
    return f"\0{digits}"


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(members)
    if len(held) < len(members):
        values: dict[str, list[Any]] = {}
        for name, value in members:
            values.setdefault(name, ["\0-"]).append(value)
        held |= {name: found for name, found in values.items() if len(found) > 2}
    return held


def _objects(content: Any) -> list[dict[str, Any]]:
    infos = content.get("infos") if isinstance(content, dict) else content
    return [one for one in (content, *(infos if isinstance(infos, list) else ())) if isinstance(one, dict)]


def _digest(of: str | bytes) -> str:
    raw = of.encode(errors="surrogatepass") if isinstance(of, str) else of
    return sha256(raw).hexdigest()[:32]
