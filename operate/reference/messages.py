"""JSON Schemas of what the topics carry: a CloudEvent for each eventTag, and the message attributes.

Each is whole in its file and says the same to a reader of draft 07, which AsyncAPI's schemas are based on.
"""

from typing import Any

from operate.reference.contents import DIALECT, Schema, described, of_content
from operate.reference.texts import TEXTS
from relay.catalog import UNCLASSIFIED, Kind
from relay.events import SOURCE

_SAID = TEXTS.message
_NAME = {"type": "string", "minLength": 1, "maxLength": 256}
_ID = {"type": "string", "minLength": 1}
_DIGESTS = r"^[0-9a-f]{32}-[0-9a-f]{32}$"
_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"
_JSON, _TEXT = "application/json", "text/plain"


def of_kind(kind: Kind) -> Schema:
    """The message of one eventTag."""
    own = {
        "type": {"const": kind.event_tag},
        "datacontenttype": {"const": _JSON},
        "data": of_content(kind.content),
    }
    return _message(kind.slug, own)


def unclassified() -> Schema:
    """The message of the topic for whatever nobody could name."""
    own: dict[str, Schema] = {
        "type": {"description": _SAID.unclassified_type.en, **_NAME},
        "datacontenttype": {"enum": [_JSON, _TEXT]},
        "data": {"description": _SAID.anything.en},
    }
    text = {
        "if": {"required": ["datacontenttype"], "properties": {"datacontenttype": {"const": _TEXT}}},
        "then": {"properties": {"data": {"type": "string"}}},
    }
    return _message(UNCLASSIFIED, own) | text


def attributes() -> Schema:
    """The SNS message attributes."""
    given: dict[str, Schema] = {"eventTag": _NAME, "tenantId": _NAME, "correlationId": _ID}
    given["replayed"] = {"const": "true"}
    return {
        "$schema": DIALECT,
        "title": TEXTS.page.attributes_heading.en,
        "description": TEXTS.page.attributes_note.en,
        "type": "object",
        "required": ["eventTag"],
        "properties": described(given, TEXTS.attributes),
    }


def _message(slug: str, own: dict[str, Schema]) -> Schema:
    topic = TEXTS.topics[slug]
    return {
        "$schema": DIALECT,
        "title": topic.title.en,
        "description": f"{topic.when.en} {_SAID.about.en}",
        "type": "object",
        "required": ["specversion", "source", "id", "type", "time", "datacontenttype"],
        "properties": described(_envelope() | own, _SAID.fields) | {"dataref": _dataref()},
        "oneOf": [{"required": ["data"]}, {"required": ["dataref"]}],
        "additionalProperties": True,
    }


def _envelope() -> dict[str, Any]:
    """What all events have in common, in the order in which the relay writes it."""
    return {
        "specversion": {"const": "1.0"},
        "source": {"const": SOURCE},
        "id": {"type": "string", "pattern": _DIGESTS},
        "type": {},
        "subject": _NAME,
        "time": {"type": "string", "format": "date-time", "pattern": _TIME},
        "dispatchid": _NAME,
        "sourcemessageid": _NAME,
        "callbackmessageid": _NAME,
        "otherfields": {"type": "string", "contentMediaType": _JSON},
        "datacontenttype": {},
        "data": {},
    }


def _dataref() -> Schema:
    return {"description": _SAID.fields["dataref"].en, "type": "string", "pattern": "^s3://[^/]+/.+$"}
