"""Each action's answer: counts, what became of each tag or row, and no token anywhere."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from gateway import failed_list, registration, rows, views
from gateway.addresses import Addresses
from gateway.client import GatewayClient
from gateway.pace import Pace
from gateway.registration import Change, Registrations
from gateway.rows import Row
from relay import catalog
from relay.api.gateway import (
    AnyRequest,
    Failed,
    List,
    Register,
    RemoveFailed,
    RetryFailed,
    Unregister,
    Update,
)

type Answer = dict[str, Any]
# Most rows or errors listed in an answer that was not asked for a number of them.
_LISTED = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """What the actions work with."""

    client: GatewayClient
    addresses: Addresses
    time_for_a_call: Callable[[], bool]
    random: Random


def act(request: AnyRequest, desk: Desk) -> Answer:
    """Does what is asked. Raises the GatewayError of a list that cannot be had; any later one is told."""
    match request:
        case Register() | Update() | Unregister():
            answer = _change(request, desk)
        case List():
            answer = _list(desk)
        case Failed():
            answer = _failed(request, desk)
        case RetryFailed():
            answer = _retry(request, desk)
        case RemoveFailed():
            answer = _remove(request, desk)
    return {"action": request.action, **answer}


def _change(request: Register | Update | Unregister, desk: Desk) -> Answer:
    registered = Registrations(rows.registrations(desk.client.registrations()), desk.addresses)
    match request:
        case Register():
            steps = registration.plan_register(request, registered)
        case Update():
            steps = registration.plan_update(request, registered)
        case Unregister():
            steps = registration.plan_unregister(request, registered)
    done = registration.carry_out(steps, desk.client, desk.time_for_a_call)
    return {
        "counts": dict.fromkeys(Change, 0) | Counter(step.change for step in done),
        "tags": [views.step(step, desk.addresses) for step in done],
    }


def _list(desk: Desk) -> Answer:
    found = rows.registrations(desk.client.registrations())
    tags = [
        {"eventTag": kind.event_tag, "slug": kind.slug, **facts}
        for kind in catalog.CATALOG
        for facts in _states([row for row in found if row.event_tag == kind.event_tag], desk.addresses)
    ]
    unknown = [row for row in found if row.event_tag not in catalog.BY_TAG]
    return {
        "counts": Counter(tag["state"] for tag in tags) | {"unknown": len(unknown)},
        "tags": tags,
        "unknown": [views.as_it_came(row.raw, desk.addresses) for row in unknown[:_LISTED]],
    }


def _states(found: list[Row], addresses: Addresses) -> list[dict[str, str]]:
    return [views.registration(row, addresses) for row in found] or [{"state": "notRegistered"}]


def _failed(request: Failed, desk: Desk) -> Answer:
    found = rows.failed_callbacks(desk.client.failed_callbacks())
    page = found[request.offset : request.offset + request.limit]
    return {
        "counts": _sizes(found),
        "rows": [views.failed_callback(row, desk.addresses) for row in page],
        "left": max(0, len(found) - request.offset - len(page)),
    }


def _retry(request: RetryFailed, desk: Desk) -> Answer:
    found = rows.failed_callbacks(desk.client.failed_callbacks())
    ids = failed_list.ids(found)
    chosen = failed_list.choose(ids, request.limit, desk.random)
    progress = failed_list.each(chosen, desk.client.retry, Pace(desk.time_for_a_call).allows_a_call)
    answer = _progress("retried", progress, len(ids), desk.addresses)
    unreadable = [views.as_it_came(row.raw, desk.addresses) for row in found if row.id is None]
    return answer | {"counts": _sizes(found) | answer["counts"], "unreadable": unreadable[:_LISTED]}


def nothing_to_retry() -> Answer:
    """The answer to a retry of an empty list."""
    counts = {"failed": 0, "unreadable": 0, "retried": 0, "refused": 0, "left": 0}
    return {"action": "retry-failed", "counts": counts, "errors": [], "stopped": "", "unreadable": []}


def _remove(request: RemoveFailed, desk: Desk) -> Answer:
    progress = failed_list.each(request.ids, desk.client.remove, desk.time_for_a_call)
    return _progress("removed", progress, len(request.ids), desk.addresses)


def _sizes(found: list[Row]) -> dict[str, int]:
    return {"failed": len(found), "unreadable": sum(row.id is None for row in found)}


def _progress(done: str, progress: failed_list.Progress, total: int, addresses: Addresses) -> Answer:
    refused = list(progress.refused.items())
    left = total - len(progress.done) - len(refused)
    return {
        "counts": {done: len(progress.done), "refused": len(refused), "left": left},
        "errors": [{"id": key, "error": addresses.masked(said)} for key, said in refused[:_LISTED]],
        "stopped": addresses.masked(progress.stopped),
    }
