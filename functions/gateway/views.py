"""Registrations and rows as an answer shows them: without tokens, and not longer than it may be."""

import json
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from gateway.addresses import Addresses
from gateway.registration import Step
from gateway.rows import Row
from relay import catalog
from relay.api.base import AnswerPart
from relay.api.gateway import ChangedTag, FailedRow, ListedTag, RegistrationState

# An answer of Lambda holds 6 MB, and a row carries the event that could not be delivered. All lists of one
# answer share this; what is left out of them is in its counts.
ANSWER_BYTES = 4_000_000
_TEXT = 300
# Levels of a row, of which the vendor's own have two, and values in all of it.
_DEPTH, _VALUES = 100, 500


def changed_tag(step: Step, addresses: Addresses) -> ChangedTag:
    """Returns what became of a registration; what there is nothing to say of is left out."""
    facts = {
        "callback_url": addresses.shown(step.address),
        "was": addresses.shown(step.was),
        "error": addresses.masked(step.error),
    }
    return ChangedTag(
        event_tag=step.event_tag,
        slug=catalog.slug_of(step.event_tag),
        change=step.change,
        **{name: fact for name, fact in facts.items() if fact},
    )


def listed_tag(event_tag: str, row: Row | None, addresses: Addresses) -> ListedTag:
    """Returns the state of a tag by one row of it, or by none."""
    slug = catalog.slug_of(event_tag)
    if row is None:
        return ListedTag(event_tag=event_tag, slug=slug, state=RegistrationState.NOT_REGISTERED)
    address = row.address or ""
    return ListedTag(
        event_tag=event_tag,
        slug=slug,
        state=_state(address, addresses),
        id=row.id or "",
        callback_url=addresses.shown(address),
    )


def _state(address: str, addresses: Addresses) -> RegistrationState:
    if addresses.is_current(address):
        return RegistrationState.CURRENT
    return RegistrationState.OUTDATED if addresses.is_ours(address) else RegistrationState.OTHER


def failed_row(row: Row, addresses: Addresses) -> FailedRow:
    """Returns a row of the failed list; one without an id as it came."""
    if row.id is None:
        return FailedRow(unreadable=as_it_came(row.raw, addresses))
    address = row.address or ""
    return FailedRow(
        id=row.id,
        event_tag=row.event_tag and addresses.masked(row.event_tag),
        time=row.time and addresses.masked(row.time),
        callback_url=addresses.shown(address),
        state=_state(address, addresses),
    )


def as_it_came(raw: JsonValue, addresses: Addresses) -> JsonValue:
    """Returns a row as it came, without tokens; "…" stands for what is too long, too deep or too many."""
    return _shown(raw, addresses, _DEPTH, iter(range(_VALUES)))


def _shown(raw: JsonValue, addresses: Addresses, depth: int, values: Iterator[int]) -> JsonValue:
    """A part of a row. Each value in it takes one of `values`."""
    if isinstance(raw, dict | list) and not depth:
        return "…"
    if isinstance(raw, dict):
        members = dict[str, JsonValue]()
        for name, value in raw.items():
            if next(values, None) is None:
                return members | {"…": "…"}
            members[_cut(addresses.masked(name))] = _shown(value, addresses, depth - 1, values)
        return members
    if isinstance(raw, list):
        elements = list[JsonValue]()
        for value in raw:
            if next(values, None) is None:
                return [*elements, "…"]
            elements.append(_shown(value, addresses, depth - 1, values))
        return elements
    return _cut(addresses.masked(raw)) if isinstance(raw, str) else raw


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"


class Space:
    """What an answer has room for yet, in bytes."""

    def __init__(self, room: int = ANSWER_BYTES) -> None:
        self._left = room

    def fitting[Part: AnswerPart | JsonValue](self, parts: Iterable[Part]) -> list[Part]:
        """Returns the first of the parts, as many as there is room for."""
        found = list[Part]()
        for part in parts:
            payload = part.model_dump(mode="json") if isinstance(part, AnswerPart) else part
            self._left -= len(json.dumps(payload)) + 2
            if self._left < 0:
                break
            found.append(part)
        return found
