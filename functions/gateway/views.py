"""Registrations and rows as an answer shows them: without tokens, and not longer than it may be."""

from pydantic import JsonValue

from gateway.addresses import Addresses
from gateway.registration import Step
from gateway.rows import Row
from relay import catalog
from relay.api.gateway import ChangedTag, FailedRow, ListedTag, RegistrationState

# An answer of Lambda holds 6 MB, and a row carries the event that could not be delivered.
_TEXT = 300
# Levels of a row; the vendor's own have two.
_DEPTH = 100


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
    return FailedRow(
        id=row.id, event_tag=row.event_tag, time=row.time, callback_url=addresses.shown(row.address or "")
    )


def as_it_came(raw: JsonValue, addresses: Addresses, depth: int = _DEPTH) -> JsonValue:
    """Returns a row as it came, without tokens, and with what is long or deep cut."""
    match raw:
        case dict() | list() if not depth:
            return "…"
        case dict():
            return {
                addresses.masked(str(name)): as_it_came(value, addresses, depth - 1)
                for name, value in raw.items()
            }
        case list():
            return [as_it_came(value, addresses, depth - 1) for value in raw]
        case str():
            text = addresses.masked(raw)
            return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"
    return raw
