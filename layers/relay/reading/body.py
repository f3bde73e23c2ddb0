"""Reads a callback's body in every form that the vendor's page, or a receiver of it, has shown.

The header says form and the page draws JSON, so only the body itself is believed: JSON, form fields, or
a form whose single key is the JSON. Values keep their own text, so that `1.10` does not travel on as `1.1`.
"""

import json
from urllib.parse import unquote_to_bytes

from relay import json_text
from relay.json_text import Json
from relay.reading.charsets import UnreadableError, decode

GATEWAY_FIELDS = ("eventTag", "dispatchId", "sourceMessageId", "callbackMessageId")
_WRAPPED = {"content", "infos"}
_FORM_FIELDS = {*GATEWAY_FIELDS, *_WRAPPED}
# How often a JSON text may be wrapped as a JSON string.
_WRAPPINGS = 3
# As strict as the parsers of subscribers: no NaN, and no integer of more than 4,300 digits.
_DECODER = json_text.decoder()

type Members = dict[str, Json]


def fields_of(text: str, charset: str | None = None) -> Members:
    """Returns the fields of a body; content and infos unwrapped, a bare array as content.

    Raises UnreadableError.
    """
    text = text.removeprefix("\ufeff")
    # As JSON; as a form's only key, plain or encoded; else as fields.
    found = structure(text) or structure(text.removesuffix("=")) or structure(_unquoted(text, charset))
    fields = members(found) if found else _form(text, charset)
    for field in _WRAPPED & fields.keys():
        if isinstance(wrapped := fields[field].value, str):
            fields[field] = structure(wrapped) or fields[field]
    return fields


def members(json_: Json) -> Members:
    """Returns each member of an object, beside its own text; an array as the only member `content`."""
    if isinstance(json_.value, list):
        return {"content": json_}
    return json_text.take_apart(json_.text, _DECODER)[0]


def gathered(fields: Members) -> Json:
    """Returns one object of these members; the inverse of `members`."""
    text = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{json_.text}" for name, json_ in fields.items())
    return Json({name: json_.value for name, json_ in fields.items()}, "{" + text + "}")


def structure(text: str) -> Json | None:
    """Returns the object or array that a text is, also if it is wrapped as a JSON string once or more."""
    for _ in range(_WRAPPINGS + 1):
        if not text.lstrip().startswith(("{", "[", '"')):
            return None
        try:
            value = _DECODER.decode(text)
        except (ValueError, RecursionError):
            return None
        if isinstance(value, dict | list):
            return Json(value, text.strip())
        text = value
    return None


def _form(text: str, charset: str | None) -> Members:
    fields = {}
    for pair in text.split("&"):
        name, _, quoted = pair.partition("=")
        value = _unquoted(quoted, charset, "")
        fields[_unquoted(name, charset, "")] = Json(value, json.dumps(value, ensure_ascii=False))
    if not _FORM_FIELDS.isdisjoint(fields):
        return fields
    # A form of one field that is the whole body, whatever the field is called.
    only = structure(next(iter(fields.values())).value) if len(fields) == 1 else None
    if only is None:
        raise UnreadableError("a form without a field of the gateway")
    return members(only)


def _unquoted(text: str, charset: str | None, ending: str = "=") -> str:
    try:
        raw = unquote_to_bytes(text.removesuffix(ending).replace("+", " "))
    except UnicodeEncodeError:
        raise UnreadableError("half a character") from None
    # What was not percent-encoded is decoded already, and is UTF-8 again here.
    return decode(raw, charset if text.isascii() else None)
