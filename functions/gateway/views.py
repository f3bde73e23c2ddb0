"""How registrations and rows are shown to a person: without tokens, and not longer than an answer may be."""

from typing import Any

from gateway.addresses import Addresses
from gateway.registration import Step
from gateway.rows import Row
from relay import catalog

# An answer of Lambda holds 6 MB, and a row carries the event that could not be delivered.
_TEXT = 300


def step(taken: Step, addresses: Addresses) -> dict[str, Any]:
    facts = {
        "eventTag": taken.event_tag,
        "slug": catalog.slug_of(taken.event_tag),
        "change": taken.change,
        "callbackUrl": addresses.shown(taken.address),
        "was": addresses.shown(taken.was),
        "error": addresses.masked(taken.error),
    }
    return {name: fact for name, fact in facts.items() if fact}


def registration(row: Row, addresses: Addresses) -> dict[str, str]:
    """A row's state: `current`, `outdated` (by its token) or `other` (it leads somewhere else)."""
    address = row.address or ""
    ours = "outdated" if addresses.is_ours(address) else "other"
    state = "current" if addresses.is_current(address) else ours
    return {"state": state, "id": row.id or "", "callbackUrl": addresses.shown(address)}


def failed_callback(row: Row, addresses: Addresses) -> dict[str, Any]:
    if row.id is None:
        return {"unreadable": as_it_came(row.raw, addresses)}
    facts = {"id": row.id, "eventTag": row.event_tag, "time": row.time}
    return facts | {"callbackUrl": addresses.shown(row.address or "")}


def as_it_came(raw: Any, addresses: Addresses) -> Any:
    """A row as it came, without tokens and with long texts cut."""
    match raw:
        case dict():
            return {addresses.masked(str(name)): as_it_came(value, addresses) for name, value in raw.items()}
        case list():
            return [as_it_came(value, addresses) for value in raw]
        case str():
            text = addresses.masked(raw)
            return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"
    return raw
