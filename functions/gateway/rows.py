"""The gateway's two lists, whose fields no page names: read wherever that is safe, and kept as they came."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from relay import catalog

# Names as they are compared: lower case, letters and digits only. The first pattern that fits gives the id,
# and the last may be that of anything.
_REGISTRATION_ID = (r"eventcallbackid", r"(event)?callback(define)?id", r"(event)?define?id", r"id")
_FAILED_ID = (r"eventcallbackfailedid", r"(event)?(callback)?fail(ed)?(callback)?id", r"id")
_ADDRESSES = ("callbackurl", "eventcallbackurl")
_EMPTY: tuple[JsonValue, ...] = (None, "", 0, "0", [], {})
_FLAGS = {"success", "requestid", "responsemessage", "responsecode"}
# What the gateway wanted to deliver is in the row too; an id in there is not the row's.
_PAYLOADS = {"callbackdata", "content", "body", "infos"}


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of a list; a part that could not be found is None."""

    id: str | None
    event_tag: str | None
    address: str | None
    time: str | None
    raw: JsonValue


def registrations(content: JsonValue) -> list[Row]:
    """Returns the rows of the list of registrations."""
    return _rows(content, _REGISTRATION_ID)


def failed_callbacks(content: JsonValue) -> list[Row]:
    """Returns the rows of the failed list."""
    return _rows(content, _FAILED_ID)


def _rows(content: JsonValue, id_names: Sequence[str]) -> list[Row]:
    """Returns a row for each object in its lists.

    An answer without such a list is a row itself if it holds a row's own id, a tag or a callback's address:
    what else it may say, that there is no data or which page this is, is none.
    """
    entries = _entries(content)
    if entries is not None:
        return [_read(raw, id_names) for raw in entries]
    whole = _without_flags(_decoded(content))
    fields = list(_fields(whole)) if isinstance(whole, Mapping) else []
    # By itself an `id` may be anybody's.
    named = _id(fields, id_names[:-1]) or _event_tag(fields) or _named(fields, *_ADDRESSES)
    return [_read(whole, id_names)] if named else []


def _entries(content: JsonValue) -> list[JsonValue] | None:
    """Returns the objects of the outermost lists of such; none if one is empty, None if there is no list."""
    level, empty = [_decoded(content)], False
    while level:
        lists = [[_decoded(entry) for entry in value] for value in level if isinstance(value, list)]
        found: list[JsonValue] = [
            entry for entries in lists for entry in entries if isinstance(entry, dict) and entry
        ]
        if found:
            return found
        empty = empty or not all(lists)
        level = [_decoded(value) for part in level if isinstance(part, dict) for value in part.values()]
    return [] if empty else None


def _without_flags(content: JsonValue) -> JsonValue:
    if not isinstance(content, dict):
        return content
    return {k: v for k, v in content.items() if _plain(k) not in _FLAGS and v not in _EMPTY}


def _read(raw: JsonValue, id_names: Iterable[str]) -> Row:
    fields = list(_fields(raw)) if isinstance(raw, Mapping) else []
    address = _named(fields, *_ADDRESSES, "url") or next(
        (value for _, value in fields if value.startswith(("http://", "https://"))), None
    )
    return Row(
        id=_id(fields, id_names),
        event_tag=_event_tag(fields) or tag_of_address(address),
        address=address,
        time=_named(fields, "eventtime", "gmtcreate", "createtime", "gmtmodified"),
        raw=raw,
    )


def _fields(row: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """Plain name and value of every text or whole number in the row, outer ones first."""
    level: list[Mapping[str, JsonValue]] = [row]
    while level:
        pairs = [(_plain(name), value) for part in level for name, value in part.items()]
        for name, value in pairs:
            if isinstance(value, str | int):
                yield name, str(value).strip()
        level = [value for name, value in pairs if isinstance(value, Mapping) and name not in _PAYLOADS]


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _named(fields: list[tuple[str, str]], *names: str) -> str | None:
    return next((value for name in names for key, value in fields if key == name and value), None)


def _id(fields: list[tuple[str, str]], patterns: Iterable[str]) -> str | None:
    """A whole number under a name that can only mean the row's id: nothing is deleted on a guess."""
    numbers = [(name, value) for name, value in fields if value.isascii() and value.isdecimal()]
    return next((value for p in patterns for name, value in numbers if re.fullmatch(p, name)), None)


def _event_tag(fields: list[tuple[str, str]]) -> str | None:
    topic, tag = _named(fields, "topic"), _named(fields, "tag")
    return (
        _named(fields, "eventtag")
        or next((value for _, value in fields if value in catalog.BY_TAG), None)
        or (f"{topic}|{tag}" if topic and tag else None)
    )


def tag_of_address(address: str | None) -> str | None:
    """Returns the eventTag that a callback address names by its slug."""
    return catalog.tag_of(address.rsplit("/", 1)[-1]) if address and "/callback/" in address else None


def _decoded(value: JsonValue) -> JsonValue:
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            decoded: JsonValue = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return decoded
    return value
