"""Reads a callback's body in every form that the vendor's page, or a receiver of it, has shown.

The header says form and the page draws JSON, so only the body itself is believed: JSON, form fields, or
a form whose single key is the JSON. Values keep their own text, so that `1.10` does not travel on as `1.1`.
"""

import json
import re
from collections.abc import Callable
from itertools import accumulate
from typing import NamedTuple

from relay import json_text
from relay.catalog import CATALOG
from relay.events import Content
from relay.json_text import Json
from relay.reading.charsets import UnreadableError
from relay.reading.forms import MOST_FIELDS, Value, literal, unfolded, unquoted, values_by_name

GATEWAY_FIELDS = ("eventTag", "dispatchId", "sourceMessageId", "callbackMessageId")
# Of these a message has one each.
_SINGLE = (*GATEWAY_FIELDS, "content")
WRAPPED = {"content", "infos"}
_FORM_FIELDS = {*GATEWAY_FIELDS, *WRAPPED}
_CONTENT_FIELDS = {field.alias for kind in CATALOG for field in kind.content.model_fields.values()}
_CALLBACK_DATA = "callbackData"
# How often a JSON text may be wrapped as a JSON string.
_WRAPPINGS = 3
# Each member of a body has its own step: no message has a tenth of so many.
MOST_MEMBERS = MOST_FIELDS
# Objects and lists take twenty times what they take on the wire: the function's memory has room for these.
MOST_BRACKETS = 500_000
# Members of all objects, of which each colon may be one: half a second for these, and no message has a tenth.
MOST_COLONS = 150_000
# Levels of objects and lists: below the 1,000 at which strict parsers of subscribers give up.
DEEPEST = 950
# As strict as the parsers of subscribers: no NaN, and no integer of more than 4,300 digits.
_DECODER = json_text.decoder()
# How JSON begins, and no form: the name of a field may well begin with a bracket.
_JSON_START = re.compile(r"""\s*+(?:["{]|\[\s*+["{\[])""")
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
# What each bracket does to the level.
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_ENCODER = json.JSONEncoder(ensure_ascii=False)

type Members = list[tuple[str, Json]]


class Fields(NamedTuple):
    """The members of a body; content and infos unwrapped, a bare array as content."""

    members: Members
    whole: Json | None = None
    """All of the body, if one of the gateway's own fields comes twice in it with different values."""
    repaired: bool = False
    rewritten: bool = False
    """What a value says stood otherwise in the body: in a form, or within a string."""


class _Opened[T](NamedTuple):
    """What a JSON text was parsed to, beside the text itself."""

    parsed: T
    text: str
    repaired: bool = False
    rewritten: bool = False


def fields_of(text: str, charset: str | None = None) -> Fields:
    """Returns the fields of a body. Raises UnreadableError."""
    body = _message_within(_outermost(text.removeprefix("\ufeff"), charset))
    single = _each_once(body.parsed)
    if single is None:
        whole = Json(_values(body.parsed), body.text)
        return Fields(body.parsed, whole, body.repaired, body.rewritten)
    repaired, rewritten = body.repaired, body.rewritten
    for at, (name, json_) in enumerate(single):
        wrapped = name in WRAPPED and isinstance(json_.value, str)
        if wrapped and (found := _opened(json_.value, _json)):
            single[at] = name, found.parsed
            repaired, rewritten = repaired or found.repaired, True
    return Fields(single, None, repaired, rewritten)


def gathered(members: Members) -> Json:
    """Returns one object of these members; the inverse of `members_of`."""
    text = ",".join(f"{_ENCODER.encode(name)}:{json_.text}" for name, json_ in members)
    return Json({name: json_.value for name, json_ in members}, "{" + text + "}")


def members_of(text: str) -> Members:
    """Returns each member of an object, beside its own text; an array as the only member `content`.

    Raises ValueError or RecursionError.
    """
    if text.lstrip().startswith("["):
        return [("content", _json(text))]
    return json_text.members(text, _DECODER, most=MOST_MEMBERS)


def is_empty(json_: Json) -> bool:
    """Returns whether a value says nothing: what is empty counts as absent."""
    value = json_.value
    return value is None or value in ({}, []) or (isinstance(value, str) and not value.strip())


def _values(members: Members) -> dict[str, object]:
    values: dict[str, list[object]] = {}
    for name, json_ in members:
        values.setdefault(name, []).append(json_.value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _json(text: str) -> Json:
    return Json(_DECODER.decode(text), text.strip())


def _outermost(text: str, charset: str | None) -> _Opened[Members]:
    """Returns the members of a body as JSON; as a form's only key, plain or encoded; else its form fields."""
    bare = text.removesuffix("=")
    found = _opened(text, members_of) or (_opened(bare, members_of) if bare != text else None)
    if found:
        return found
    # Of a form the end of its last line is no part.
    form = unquoted(text.strip("\r\n"), charset)
    key = literal(form.text.removesuffix("="))
    found = _opened(key, members_of) if key not in (text, bare) else None
    if not found and _JSON_START.match(text):
        # What stands between `&` and `=` in damaged JSON is no field of the gateway.
        raise UnreadableError("JSON that cannot be repaired")
    found = found or _form(form.text)
    return found._replace(repaired=found.repaired or form.repaired, rewritten=True)


def _opened[T](text: str, parse: Callable[[str], T]) -> _Opened[T] | None:
    """Parses the object or array that a text is, also if it is wrapped as a JSON string once or more."""
    repaired = rewritten = False
    for _ in range(_WRAPPINGS + 1):
        text = text.removeprefix("\ufeff")
        begin = text.lstrip()[:1]
        if begin in ("{", "[") and _is_bounded(text):
            opened = _parsed(text, parse)
            return opened and opened._replace(repaired=opened.repaired or repaired, rewritten=rewritten)
        wrapped = _parsed(text, _string) if begin == '"' else None
        if wrapped is None:
            return None
        text, repaired, rewritten = wrapped.parsed, wrapped.repaired or repaired, True
    return None


def _parsed[T](text: str, parse: Callable[[str], T]) -> _Opened[T] | None:
    try:
        return _Opened(parse(text), text.strip())
    except (ValueError, RecursionError):
        # Loaded at first use: few bodies need it.
        from relay.reading.repair import repair
    try:
        text = repair(text)
        return _Opened(parse(text), text.strip(), repaired=True)
    except (ValueError, RecursionError):
        return None


def _string(text: str) -> str:
    return str(_DECODER.decode(text))


def _is_bounded(text: str) -> bool:
    """Returns whether JSON has no more members, objects, lists and levels of them than are read."""
    brackets = text.count("[") + text.count("{")
    if brackets > MOST_BRACKETS or text.count(":") > MOST_COLONS:
        return False
    return brackets <= DEEPEST or _depth(text) <= DEEPEST


def _depth(text: str) -> int:
    brackets = _NO_BRACKETS.sub("", _STRING.sub("", text)).encode()
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _message_within(body: _Opened[Members]) -> _Opened[Members]:
    """Returns the message in `callbackData`, with what stands beside that; the body itself if there is none.

    Beside a content that says something it is a field like any other.
    """
    data = [json_ for name, json_ in body.parsed if name == _CALLBACK_DATA]
    if len(data) != 1:
        return body
    within = isinstance(data[0].value, str)
    inner = _opened(data[0].value if within else data[0].text, members_of)
    if inner is None:
        return body
    inner = inner._replace(
        repaired=body.repaired or inner.repaired, rewritten=body.rewritten or inner.rewritten or within
    )
    beside = [(name, json_) for name, json_ in body.parsed if name != _CALLBACK_DATA]
    if not beside:
        return inner
    message = not _FORM_FIELDS.isdisjoint(name for name, _ in inner.parsed)
    if not message or any(name in WRAPPED and not is_empty(json_) for name, json_ in beside):
        return body
    beside = [(name, json_) for name, json_ in beside if name not in WRAPPED]
    return inner._replace(parsed=[*inner.parsed, *beside], text=body.text)


def _each_once(members: Members) -> Members | None:
    """Returns the members with each of the gateway's own once; None if two of those say different things.

    One that is empty is none beside another.
    """
    known: dict[str, Json] = {}
    for name, json_ in members:
        if name in _SINGLE and (name not in known or is_empty(known[name])):
            known[name] = json_
    once = []
    for name, json_ in members:
        first = known.get(name, json_)
        if first is json_:
            once.append((name, json_))
        elif not is_empty(json_) and not _says_the_same(json_, first):
            return None
    return once


def _says_the_same(json_: Json, other: Json) -> bool:
    return json_.text == other.text or Content(json_.text).digest == Content(other.text).digest


def _form(form: str) -> _Opened[Members]:
    """Returns a form's fields, or those of the message that one of them holds. Raises UnreadableError."""
    values = values_by_name(form)
    fields = [(name, _of_form(value)) for name, value in unfolded(values).items()]
    members: Members = []
    for name, field in fields:
        repeated = values.get(name, ()) if name in _SINGLE else ()
        members += [(name, _of_form(value)) for value in repeated] if len(repeated) > 1 else [(name, field)]
    found = _message_within(_Opened(members, gathered(fields).text))
    if not _FORM_FIELDS.isdisjoint(name for name, _ in found.parsed):
        return found
    # A form of one field that is the whole body, whatever the field is called.
    only = fields[0][1].value if len(fields) == 1 else None
    inner = _opened(only, members_of) if isinstance(only, str) else None
    if inner is None and _CONTENT_FIELDS.isdisjoint(name for name, _ in fields):
        raise UnreadableError("a form without a field of the gateway or of the vendor's table")
    return inner or found


def _of_form(value: Value) -> Json:
    return Json(value, _ENCODER.encode(value))
