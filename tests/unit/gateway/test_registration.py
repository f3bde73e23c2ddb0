"""What is to become of each tag's registration."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from gateway.addresses import Addresses
from gateway.registration import (
    Registrations,
    Step,
    plan_register,
    plan_unregister,
    plan_update,
)
from gateway.rows import Row
from relay.api.gateway import Change, Register, Unregister, Update
from relay.callback_token import CallbackToken
from relay.catalog import BY_TAG, slug_of

BASE = "http://192.0.2.10/callback"
TAG, SLUG = "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE", "employee-leave"
WANTED = f"{BASE}/newTokenOfThisRelay/{SLUG}"
OLD_HOST = f"http://192.0.2.9/callback/newTokenOfThisRelay/{SLUG}"
OLD_TOKEN = f"{BASE}/oldTokenOfThisRelay/{SLUG}"
VERY_OLD_TOKEN = f"{BASE}/older/{SLUG}"
OTHER_RELAY = f"http://192.0.2.50/callback/theirs/{SLUG}"
OTHER_SYSTEM = "http://192.0.2.77:8090/rpc/update"


def registered(*addresses: str | None, id: str | None = "282") -> Registrations:
    rows = [Row(id, TAG, address, None, {}) for address in addresses]
    return Registrations(
        rows, Addresses(CallbackToken(current="newTokenOfThisRelay", previous="oldTokenOfThisRelay"))
    )


def register(there: Registrations, **more: Any) -> list[Step]:
    return list(
        plan_register(Register(action="register", callback_url=BASE, event_tags=(TAG,), **more), there)
    )


def update(there: Registrations, **more: Any) -> list[Step]:
    return list(plan_update(Update(action="update", event_tags=(TAG,), **more), there))


def unregister(there: Registrations, **more: Any) -> list[Step]:
    return list(plan_unregister(Unregister(action="unregister", event_tags=(TAG,), **more), there))


def test_a_tag_that_is_not_there_is_registered() -> None:
    assert register(registered()) == [Step(TAG, Change.REGISTERED, WANTED)]


def test_a_tag_that_is_registered_as_wanted_is_left_alone() -> None:
    assert register(registered(WANTED)) == [Step(TAG, Change.UNCHANGED, WANTED)]
    assert register(registered(OTHER_SYSTEM, WANTED, OLD_HOST)) == [Step(TAG, Change.UNCHANGED, WANTED)]
    assert register(registered(WANTED, id=None)) == [Step(TAG, Change.UNCHANGED, WANTED)]


@pytest.mark.parametrize(
    "address",
    [
        OLD_HOST,
        OLD_TOKEN,
        VERY_OLD_TOKEN,
        f"{BASE}/newTokenOfThisRelay",
        f"{BASE}/newTokenOfThisRelay/app-update",
    ],
)
def test_an_address_of_this_relay_that_changed_is_updated(address: str) -> None:
    assert register(registered(address)) == [Step(TAG, Change.UPDATED, WANTED, "282", was=address)]


@pytest.mark.parametrize("address", [OTHER_RELAY, OTHER_SYSTEM, None])
def test_what_may_be_another_systems_is_not_taken_away_unless_asked_to(address: str | None) -> None:
    (left,) = register(registered(address))
    (taken,) = register(registered(address), takeOver=True)

    assert (left.change, left.address) == (Change.TAKEN, address or "")
    assert "takeOver" in left.error
    assert taken == Step(TAG, Change.UPDATED, WANTED, "282", was=address or "")


def test_this_relays_registration_is_moved_rather_than_anothers() -> None:
    (step,) = register(registered(OTHER_SYSTEM, OLD_HOST), takeOver=True)

    assert step.was == OLD_HOST


def test_of_two_registrations_the_one_that_can_be_changed_is() -> None:
    there = Registrations(
        registered(OLD_HOST, id=None).rows + registered(OLD_TOKEN).rows, registered().addresses
    )

    assert register(there) == [Step(TAG, Change.UPDATED, WANTED, "282", was=OLD_TOKEN)]


def test_a_registration_whose_id_cannot_be_read_fails_and_is_not_made_twice() -> None:
    for steps in (
        register(registered(OLD_HOST, id=None)),
        update(registered(OLD_TOKEN, id=None)),
        unregister(registered(WANTED, id=None)),
    ):
        assert [step.change for step in steps] == [Change.FAILED]
        assert "id cannot be read" in steps[0].error


def test_another_tags_registration_does_not_count() -> None:
    there = Registrations(
        [Row("1", "ding_create_event|FAILED_ACCOUNT_ID", WANTED, None, {})], registered().addresses
    )

    assert register(there)[0].change is Change.REGISTERED


def test_an_update_brings_the_current_token_to_where_the_relay_is() -> None:
    assert update(registered(OLD_TOKEN)) == [Step(TAG, Change.UPDATED, WANTED, "282", was=OLD_TOKEN)]
    assert update(registered(OLD_HOST)) == [Step(TAG, Change.UNCHANGED, OLD_HOST)]


def test_an_update_with_an_address_moves_the_relay() -> None:
    assert update(registered(OLD_HOST), callback_url=BASE) == [
        Step(TAG, Change.UPDATED, WANTED, "282", was=OLD_HOST)
    ]
    assert update(registered(VERY_OLD_TOKEN), callback_url=BASE)[0].change is Change.UPDATED


@pytest.mark.parametrize("address", [OTHER_RELAY, OTHER_SYSTEM, VERY_OLD_TOKEN, None])
def test_an_update_never_brings_the_token_to_another_system(address: str | None) -> None:
    assert [step.change for step in update(registered(address))] == [Change.TAKEN]


def test_an_update_registers_nothing_new() -> None:
    assert update(registered()) == [Step(TAG, Change.NOT_REGISTERED)]


@pytest.mark.parametrize("address", [WANTED, OLD_HOST, OLD_TOKEN])
def test_a_registration_of_this_relay_is_removed(address: str) -> None:
    assert unregister(registered(address)) == [Step(TAG, Change.UNREGISTERED, address, "282")]


@pytest.mark.parametrize("address", [OTHER_RELAY, OTHER_SYSTEM, VERY_OLD_TOKEN, None])
def test_a_registration_of_another_system_is_removed_only_when_asked_to(address: str | None) -> None:
    assert [step.change for step in unregister(registered(address))] == [Change.TAKEN]
    assert [step.change for step in unregister(registered(address), takeOver=True)] == [Change.UNREGISTERED]


def test_each_registration_of_a_tag_is_removed() -> None:
    assert [step.change for step in unregister(registered(WANTED, OTHER_SYSTEM, OLD_HOST))] == [
        Change.UNREGISTERED,
        Change.TAKEN,
        Change.UNREGISTERED,
    ]


def test_nothing_registered_is_nothing_to_remove() -> None:
    assert unregister(registered()) == [Step(TAG, Change.NOT_REGISTERED)]


TRACE = "real_time_trace"
THEIRS = f"http://192.0.2.50/callback/theirs/{slug_of(TRACE)}"


def others(token: str, *tags: str) -> Registrations:
    """Tags outside the catalogue, each with its own slug behind the token."""
    rows = [Row("7", tag, f"{BASE}/{token}/{slug_of(tag)}", None, {}) for tag in tags]
    return Registrations(rows, registered().addresses)


def test_a_tag_outside_the_catalogue_is_registered_alone_by_a_slug_of_its_own() -> None:
    request = Register(callback_url=BASE, other_tags=(TRACE,))

    assert list(plan_register(request, registered())) == [
        Step(TRACE, Change.REGISTERED, f"{BASE}/newTokenOfThisRelay/{slug_of(TRACE)}")
    ]


def test_both_kinds_of_tags_can_be_named_at_once() -> None:
    steps = plan_register(
        Register(callback_url=BASE, event_tags=(TAG,), other_tags=(TRACE,)), registered(WANTED)
    )

    assert [(step.event_tag, step.change) for step in steps] == [
        (TAG, Change.UNCHANGED),
        (TRACE, Change.REGISTERED),
    ]


@pytest.mark.parametrize(
    ("plan", "request_", "change"),
    [
        (plan_register, Register(callback_url=BASE), Change.UPDATED),
        (plan_update, Update(), Change.UPDATED),
        (plan_unregister, Unregister(), Change.UNREGISTERED),
    ],
)
def test_what_is_about_all_tags_is_about_others_that_lead_here_too(
    plan: Callable[[Any, Registrations], Iterable[Step]], request_: object, change: Change
) -> None:
    *catalogued, trace, new = plan(request_, others("oldTokenOfThisRelay", TRACE, "MOZI|NEW"))

    assert [step.event_tag for step in catalogued] == list(BY_TAG)
    assert [(step.event_tag, step.change) for step in (trace, new)] == [(TRACE, change), ("MOZI|NEW", change)]
    token = "newTokenOfThisRelay" if change is Change.UPDATED else "oldTokenOfThisRelay"
    assert trace.address == f"{BASE}/{token}/{slug_of(TRACE)}"


@pytest.mark.parametrize(
    ("plan", "request_"),
    [(plan_register, Register(callback_url=BASE)), (plan_update, Update(callback_url=BASE))],
)
def test_another_tag_behind_a_token_that_is_long_gone_is_known_by_the_address_that_is_given(
    plan: Callable[[Any, Registrations], Iterable[Step]], request_: object
) -> None:
    *_, last = plan(request_, others("older", TRACE))

    assert (last.event_tag, last.change) == (TRACE, Change.UPDATED)


@pytest.mark.parametrize(
    "address", [THEIRS, OTHER_SYSTEM, None, WANTED, f"{BASE}/newTokenOfThisRelay", f"{BASE}/oldToken/x-YQ"]
)
def test_another_tag_that_does_not_lead_here_by_its_own_slug_is_not_among_all(address: str | None) -> None:
    there = Registrations([Row("7", TRACE, address, None, {})], registered().addresses)

    for take_over in (False, True):
        request = Register(callback_url=BASE, take_over=take_over)
        assert [step.event_tag for step in plan_register(request, there)] == list(BY_TAG)
        leaving = Unregister(take_over=take_over)
        assert [step.event_tag for step in plan_unregister(leaving, there)] == list(BY_TAG)


def test_another_tag_that_is_named_is_moved_and_taken_like_any() -> None:
    there = Registrations([Row("7", TRACE, THEIRS, None, {})], registered().addresses)

    def changes(take_over: bool) -> list[Change]:
        request = Register(callback_url=BASE, other_tags=(TRACE,), take_over=take_over)
        return [step.change for step in plan_register(request, there)]

    assert (changes(False), changes(True)) == ([Change.TAKEN], [Change.UPDATED])
