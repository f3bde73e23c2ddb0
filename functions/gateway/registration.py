"""The change of each tag's registration: decided from the list, then carried out call by call."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from gateway.addresses import Addresses
from gateway.client import GatewayClient, GatewayError
from gateway.rows import Row, tag_of_address
from relay import catalog
from relay.api.gateway import Change, OfTags, Register, Unregister, Update

_TAKEN = 'not an address of this relay, so left alone; register or unregister it with "takeOver": true'
_NO_ID = "it is registered, but its id cannot be read from the gateway's list"


@dataclass(frozen=True, slots=True)
class Step:
    """One registration's change: planned, and then what became of it."""

    event_tag: str
    change: Change
    address: str = ""
    registration_id: str = ""
    was: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Registrations:
    """What the gateway has registered, seen from this relay."""

    rows: list[Row]
    addresses: Addresses

    def of(self, event_tag: str) -> list[Row]:
        """Returns the tag's rows, best first: one whose id is known, so that it can be changed."""
        found = (row for row in self.rows if row.event_tag == event_tag)
        return sorted(found, key=lambda row: row.id is None)

    def ours(self, event_tag: str, base: str | None = None) -> list[Row]:
        """Returns those of the tag's rows that lead to this relay, best first."""
        return [row for row in self.of(event_tag) if self.addresses.is_ours(row.address or "", base)]

    def others(self, base: str | None = None) -> list[str]:
        """Returns the tags outside the catalogue that lead to this relay by their own slugs."""
        tags = dict.fromkeys(row.event_tag for row in self.rows if row.event_tag not in catalog.BY_TAG)
        return [
            tag
            for tag in tags
            if tag and any(tag_of_address(row.address) == tag for row in self.ours(tag, base))
        ]

    def asked(self, request: OfTags, base: str | None = None) -> list[str]:
        """Returns the tags that a request names, or else all that it is about."""
        named = [*request.event_tags, *request.other_tags]
        return named or [*catalog.BY_TAG, *self.others(base)]


def plan_register(request: Register, registered: Registrations) -> Iterator[Step]:
    """Yield what is to become of each tag that is to lead here."""
    for tag in registered.asked(request, request.callback_url):
        wanted = registered.addresses.of(request.callback_url, catalog.slug_of(tag))
        rows, ours = registered.of(tag), registered.ours(tag, request.callback_url)
        if any(row.address == wanted for row in rows):
            yield Step(tag, Change.UNCHANGED, wanted)
        elif ours or (rows and request.take_over):
            yield _moved(tag, (ours or rows)[0], wanted)
        elif rows:
            yield _taken(tag, rows[0])
        else:
            yield Step(tag, Change.REGISTERED, wanted)


def plan_update(request: Update, registered: Registrations) -> Iterator[Step]:
    """Yield what is to become of each tag that leads here, by an older token or address perhaps."""
    addresses = registered.addresses
    for tag in registered.asked(request, request.callback_url):
        rows, ours = registered.of(tag), registered.ours(tag, request.callback_url)
        if not ours:
            yield _taken(tag, rows[0]) if rows else Step(tag, Change.NOT_REGISTERED)
            continue
        base = request.callback_url or addresses.base(ours[0].address or "")
        wanted = addresses.of(base, catalog.slug_of(tag))
        if any(row.address == wanted for row in ours):
            yield Step(tag, Change.UNCHANGED, wanted)
        else:
            yield _moved(tag, ours[0], wanted)


def plan_unregister(request: Unregister, registered: Registrations) -> Iterator[Step]:
    """Yield what is to become of each registration of the tags."""
    for tag in registered.asked(request):
        rows, ours = registered.of(tag), registered.ours(tag)
        if not rows:
            yield Step(tag, Change.NOT_REGISTERED)
        for row in rows:
            if row not in ours and not request.take_over:
                yield _taken(tag, row)
            elif row.id is None:
                yield Step(tag, Change.FAILED, row.address or "", error=_NO_ID)
            else:
                yield Step(tag, Change.UNREGISTERED, row.address or "", row.id)


def _moved(event_tag: str, row: Row, wanted: str) -> Step:
    if row.id is None:
        return Step(event_tag, Change.FAILED, row.address or "", error=_NO_ID)
    return Step(event_tag, Change.UPDATED, wanted, row.id, was=row.address or "")


def _taken(event_tag: str, row: Row) -> Step:
    return Step(event_tag, Change.TAKEN, row.address or "", error=_TAKEN)


def carry_out(
    steps: Iterable[Step], client: GatewayClient, time_for_a_call: Callable[[], bool]
) -> list[Step]:
    """Returns every step, done or with the reason why not: one tag's failure does not stop the others."""
    return [_carried_out(step, client, time_for_a_call) for step in steps]


def _carried_out(step: Step, client: GatewayClient, time_for_a_call: Callable[[], bool]) -> Step:
    calls = {
        Change.REGISTERED: partial(client.register, step.event_tag, step.address),
        Change.UPDATED: partial(client.update, step.registration_id, step.address),
        Change.UNREGISTERED: partial(client.unregister, step.registration_id),
    }
    call = calls.get(step.change)
    if call is None:
        return step
    if not time_for_a_call():
        return replace(step, change=Change.LEFT, error="no time was left: do the same again")
    try:
        call()
    except GatewayError as error:
        return replace(step, change=Change.FAILED, error=str(error))
    return step
