"""Does what the gateway function is asked for, and answers with counts and what became of each tag or row."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pydantic import JsonValue

from gateway import failed_list, registration, rows, views
from gateway.addresses import Addresses
from gateway.client import CALL_SECONDS, GatewayClient, GatewayError
from gateway.failed_list import WorkedOff
from gateway.registration import Registrations
from gateway.rows import Row
from gateway.signing import Credentials
from relay import catalog
from relay.api.gateway import (
    CallError,
    Change,
    ChangeAnswer,
    ChangeCounts,
    Failed,
    FailedAnswer,
    FailedCounts,
    GatewayAnswer,
    GatewayRequest,
    List,
    ListAnswer,
    ListCounts,
    Register,
    RemoveAnswer,
    RemoveCounts,
    RemoveFailed,
    RetryAnswer,
    RetryCounts,
    RetryFailed,
    Unregister,
    Update,
)
from relay.callback_token import CallbackToken
from relay.secrets import SecretEmptyError, SecretReader
from relay.settings import Clock
from relay.transport import Transport

# Most rows or errors listed in an answer that was not asked for a number of them.
_LISTED = 100


@dataclass(frozen=True, slots=True)
class GatewayActions:
    """Performs requests; reads both secrets anew for each, so that an update registers a rotated token."""

    transport: Transport
    credentials: SecretReader[Credentials]
    token: SecretReader[CallbackToken]
    clock: Clock
    timer: Clock
    random: Random

    def perform(self, request: GatewayRequest, remaining: Callable[[], float]) -> GatewayAnswer | None:
        """Returns the answer; None to an unattended retry for which there are no credentials yet.

        `remaining` is asked for the seconds that are left. Raises SecretUnavailableError, or the GatewayError
        of a list that cannot be had, without a token or key in it; a later error is in the answer.
        """
        try:
            credentials = self.credentials.get()
        except SecretEmptyError:
            if isinstance(request, RetryFailed) and request.unattended:
                return None
            raise
        desk = Desk(
            client=GatewayClient(self.transport, credentials, clock=self.clock),
            addresses=Addresses(self.token.get(), (credentials.api_key, credentials.secret_key)),
            time_for_a_call=lambda: remaining() >= CALL_SECONDS,
            timer=self.timer,
            random=self.random,
        )
        try:
            return _answer(request, desk)
        except GatewayError as error:
            # Lambda writes it to the log.
            raise error.masked(desk.addresses.masked) from None


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools for one request."""

    client: GatewayClient
    addresses: Addresses
    time_for_a_call: Callable[[], bool]
    timer: Clock
    random: Random


def _answer(request: GatewayRequest, desk: Desk) -> GatewayAnswer:
    match request:
        case Register() | Update() | Unregister():
            return _change(request, desk)
        case List():
            return _list(desk)
        case Failed():
            return _failed(request, desk)
        case RetryFailed():
            return _retry(request, desk)
        case RemoveFailed():
            return _remove(request, desk)


def _change(request: Register | Update | Unregister, desk: Desk) -> ChangeAnswer:
    registered = _registered(desk)
    match request:
        case Register():
            steps = registration.plan_register(request, registered)
        case Update():
            steps = registration.plan_update(request, registered)
        case Unregister():
            steps = registration.plan_unregister(request, registered)
    done = registration.carry_out(steps, desk.client, desk.time_for_a_call)
    counts = dict.fromkeys(Change, 0) | Counter(step.change for step in done)
    return ChangeAnswer(
        action=request.action,
        counts=ChangeCounts.model_validate(counts),
        tags=views.Space().fitting(views.changed_tag(step, desk.addresses) for step in done),
    )


def _registered(desk: Desk) -> Registrations:
    return Registrations(rows.registrations(desk.client.registrations()), desk.addresses)


def _list(desk: Desk) -> ListAnswer:
    registered = _registered(desk)
    listed = (*catalog.BY_TAG, *registered.others())
    tags = [
        views.listed_tag(tag, row, desk.addresses)
        for tag in listed
        for row in (*registered.of(tag),) or (None,)
    ]
    unknown = [row for row in registered.rows if row.event_tag not in listed]
    counts = {**Counter(tag.state for tag in tags), "unknown": len(unknown)}
    space = views.Space()
    return ListAnswer(
        action="list",
        counts=ListCounts.model_validate(counts),
        tags=space.fitting(tags),
        unknown=_as_they_came(unknown, desk.addresses, space),
        rotating=bool(desk.addresses.token.previous),
    )


def _failed(request: Failed, desk: Desk) -> FailedAnswer:
    found = rows.failed_callbacks(desk.client.failed_callbacks())
    page = found[request.offset : request.offset + request.limit]
    shown = views.Space().fitting(views.failed_row(row, desk.addresses) for row in page)
    return FailedAnswer(
        action="failed",
        counts=FailedCounts(failed=len(found), unreadable=len(_unreadable(found))),
        rows=shown,
        left=max(0, len(found) - request.offset - len(shown)),
    )


def _retry(request: RetryFailed, desk: Desk) -> RetryAnswer:
    found = rows.failed_callbacks(desk.client.failed_callbacks())
    ids, unreadable = failed_list.ids(found), _unreadable(found)
    chosen = failed_list.choose(ids, request.limit, desk.random)
    time_for_a_call = failed_list.spaced(desk.time_for_a_call, clock=desk.timer)
    worked_off = failed_list.work_off(chosen, desk.client.retry, time_for_a_call)
    done, refused, space = len(worked_off.done), len(worked_off.refused), views.Space()
    return RetryAnswer(
        action="retry-failed",
        counts=RetryCounts(
            failed=len(found),
            unreadable=len(unreadable),
            retried=done,
            refused=refused,
            left=len(ids) - done - refused,
        ),
        errors=_errors(worked_off, desk.addresses, space),
        stopped=desk.addresses.masked(worked_off.stopped),
        unreadable=_as_they_came(unreadable, desk.addresses, space),
    )


def nothing_to_retry() -> RetryAnswer:
    """Returns the answer to a retry of an empty list."""
    counts = RetryCounts(failed=0, unreadable=0, retried=0, refused=0, left=0)
    return RetryAnswer(action="retry-failed", counts=counts, errors=[], stopped="", unreadable=[])


def _remove(request: RemoveFailed, desk: Desk) -> RemoveAnswer:
    worked_off = failed_list.work_off(request.ids, desk.client.remove, desk.time_for_a_call)
    done, refused = len(worked_off.done), len(worked_off.refused)
    return RemoveAnswer(
        action="remove-failed",
        counts=RemoveCounts(removed=done, refused=refused, left=len(request.ids) - done - refused),
        errors=_errors(worked_off, desk.addresses, views.Space()),
        stopped=desk.addresses.masked(worked_off.stopped),
    )


def _unreadable(found: list[Row]) -> list[Row]:
    return [row for row in found if row.id is None]


def _as_they_came(found: list[Row], addresses: Addresses, space: views.Space) -> list[JsonValue]:
    return space.fitting(views.as_it_came(row.raw, addresses) for row in found[:_LISTED])


def _errors(worked_off: WorkedOff, addresses: Addresses, space: views.Space) -> list[CallError]:
    listed = list(worked_off.refused.items())[:_LISTED]
    return space.fitting(CallError(id=failed_id, error=addresses.masked(said)) for failed_id, said in listed)
