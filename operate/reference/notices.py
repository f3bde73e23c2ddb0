"""JSON Schemas of what the notice queue takes, and of what the dead-letter queue holds."""

from typing import Any

from operate.reference.contents import DIALECT, Schema, described, of_model
from operate.reference.texts import TEXTS
from relay.notices import Notice
from relay.notices.record import RECORD_LIMIT

_SAID = TEXTS.notice_message
_FILLED = {"type": "string", "pattern": r"\S"}
_TEXT = {"$ref": "#/$defs/text"}
_LIST = {"type": "array", "items": _TEXT}
_TEXTS = {"anyOf": [_LIST, _TEXT, {"type": "null"}]}
_ORG_ID = {"type": "string", "pattern": r"^(?=.*\S)[^\u0000-\u001f\u007f-\u009f]+$"}
# What asks the portal for nothing that it would have to create.
_NO_CONTENT = {"messageId", "targetType", "targets"}


def notice_message() -> Schema:
    """The body of a message on the notice queue."""
    notices = {"type": "array", "minItems": 1, "maxItems": RECORD_LIMIT, "items": {"$ref": "#/$defs/notice"}}
    return {
        "$schema": DIALECT,
        "title": _SAID.title.en,
        "description": _SAID.about.en,
        "type": "object",
        "required": ["orgId", "messages"],
        "properties": described({"orgId": _ORG_ID, "messages": notices}, _SAID.fields),
        "additionalProperties": True,
        "$defs": {"notice": _notice(), "text": _text()},
    }


def dead_letter() -> Schema:
    """The body of a message on the dead-letter queue that holds one notice."""
    notices = {"type": "array", "minItems": 1, "maxItems": 1}
    return {
        "$schema": DIALECT,
        "title": TEXTS.dead_letter.title.en,
        "description": TEXTS.dead_letter.about.en,
        "type": "object",
        "required": ["orgId", "messages"],
        "properties": described({"orgId": _FILLED, "messages": notices}, TEXTS.dead_letter.fields),
        "additionalProperties": False,
    }


def dead_letter_attributes() -> Schema:
    """The SQS message attributes of a dead letter; each may be missing."""
    longest = {"errorCode": 256, "messageId": 256, "orgId": 256, "errorMessage": 1000}
    given = {name: {"type": "string", "minLength": 1, "maxLength": most} for name, most in longest.items()}
    return {
        "$schema": DIALECT,
        "title": TEXTS.page.attributes_heading.en,
        "description": TEXTS.page.dead_letter_note.en,
        "type": "object",
        "properties": described(given, TEXTS.dead_letter.attributes),
    }


def _notice() -> Schema:
    made = of_model(Notice, {"Text": _TEXT})
    # Stricter, or wider, than the model's own schema can say.
    own = {
        "messageId": _FILLED,
        "features": _TEXTS,
        "tags": _TEXTS,
        "targets": {"anyOf": [{"type": "array", "items": _FILLED}, {"type": "null"}]},
        "Header": made["properties"]["header"],
        "tag": _TEXTS,
    }
    properties = {**made["properties"], **own}
    return {
        "title": "MessageProduceDTO",
        "description": _SAID.notice.en,
        "type": "object",
        "required": made["required"],
        "properties": described(properties, _SAID.notice_fields),
        "additionalProperties": True,
        "if": {"anyOf": [_given(name) for name in properties if name not in _NO_CONTENT]},
        "then": _creation(),
    }


def _creation() -> Schema:
    """What a notice needs so that the portal can create it."""
    to_users = {"required": ["targetType"], "properties": {"targetType": {"const": 1}}}
    targets: dict[str, Any] = {"type": "array", "minItems": 1}
    return {
        "required": ["messageType", "targetType"],
        "properties": {"messageType": {"const": 1}, "targetType": {"enum": [0, 1]}},
        "anyOf": [_given("appId"), _given("appName")],
        "if": to_users,
        "then": {"required": ["targets"], "properties": {"targets": targets}},
    }


def _given(name: str) -> Schema:
    """The field is there, not null, and, of the one that is empty for an external app, not empty."""
    nothing = {"enum": [None, ""]} if name == "appId" else {"type": "null"}
    return {"required": [name], "properties": {name: {"not": nothing}}}


def _text() -> Schema:
    said = {name: text.en for name, text in _SAID.text_fields.items()}
    some = {"type": ["string", "null"]}
    translations = {"type": "object", "additionalProperties": some}
    nested = {
        "type": "object",
        "properties": {
            "default": {"type": "null"},
            "defaultValue": {"description": said["defaultValue"], **some},
            "i18nValue": {
                "description": said["i18nValue"],
                "anyOf": [translations, {"type": "null"}],
            },
        },
        "anyOf": [
            _says("defaultValue"),
            {"required": ["i18nValue"], "properties": {"i18nValue": _says("en_US")}},
        ],
    }
    flat = {
        "type": "object",
        "properties": {
            "default": {"description": said["default"], **some},
            "defaultValue": {"type": "null"},
            "i18nValue": {"type": "null"},
        },
        "additionalProperties": some,
        "anyOf": [_says("default"), _says("en_US")],
    }
    return {"description": _SAID.text.en, "anyOf": [_FILLED, nested, flat]}


def _says(name: str) -> Schema:
    return {"required": [name], "properties": {name: _FILLED}}
