"""What the gateway function can be asked for."""

import traceback
from typing import Any

import pytest

from relay import catalog
from relay.api.base import InvalidRequestError
from relay.api.gateway import Failed, Register, RetryFailed, Unregister, Update, read_request

BASE = "http://192.0.2.10/callback"
TAG = "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"


def test_a_registration_names_no_tag_unless_some_are_named() -> None:
    request = read_request({"action": "register", "callbackUrl": BASE + "/"})

    assert isinstance(request, Register)
    assert request == Register(callback_url=BASE, take_over=False)
    assert (request.event_tags, request.other_tags) == ((), ())


def test_tags_are_named_as_such_or_by_slug_and_count_once() -> None:
    request = read_request(
        {"action": "register", "callbackUrl": BASE, "eventTags": ["employee-leave", TAG, "app-update"]}
    )

    assert isinstance(request, Register)
    assert request.event_tags == (TAG, "openplatform_app_update|openplatform_app_update_tag")


def test_tags_outside_the_catalogue_are_named_apart_as_such_or_by_slug_and_count_once() -> None:
    named = ["real_time_trace", catalog.slug_of("real_time_trace"), "MOZI|NEW", "no-such"]

    for action in ("update", "unregister"):
        request = read_request({"action": action, "otherTags": named})
        assert isinstance(request, Update | Unregister)
        assert (request.event_tags, request.other_tags) == ((), ("real_time_trace", "MOZI|NEW", "no-such"))


@pytest.mark.parametrize("name", ["employee-left", "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVEE", "x-YQ"])
def test_a_misspelt_tag_is_refused_with_a_hint_to_where_others_are_named(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"eventTags\.0: .*catalogue.*otherTags"):
        read_request({"action": "register", "callbackUrl": BASE, "eventTags": [name]})


@pytest.mark.parametrize("name", [TAG, "employee-leave", "", " ", " a", "a\nb", "a" * 257, "unclassified"])
def test_what_is_in_the_catalogue_or_no_tag_is_none_outside_of_it(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"^otherTags\.0: "):
        read_request({"action": "register", "callbackUrl": BASE, "otherTags": [name]})


def test_an_update_needs_no_address() -> None:
    assert read_request({"action": "update"}) == Update(action="update")


@pytest.mark.parametrize("action", ["list", "failed", "retry-failed", "unregister"])
def test_an_action_alone_is_enough_where_nothing_must_be_said(action: str) -> None:
    assert read_request({"action": action}).action == action


@pytest.mark.parametrize(
    "event", [None, [], "register", {}, {"action": None}, {"action": "enrol"}, {"action": []}]
)
def test_an_unknown_action_is_answered_with_the_known_ones(event: Any) -> None:
    with pytest.raises(
        InvalidRequestError, match=r"^action: must be one of register, update, unregister, list, failed"
    ):
        read_request(event)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"action": "register"}, "callbackUrl"),
        ({"action": "register", "callbackUrl": 7}, "callbackUrl"),
        ({"action": "register", "callbackUrl": "http://192.0.2.10/other"}, "callbackUrl"),
        ({"action": "register", "callbackUrl": BASE, "eventTags": []}, "eventTags"),
        ({"action": "register", "callbackUrl": BASE, "eventTags": TAG}, "eventTags"),
        ({"action": "register", "callbackUrl": BASE, "eventTags": [TAG, "no|such"]}, "eventTags.1"),
        ({"action": "register", "callbackUrl": BASE, "eventTags": ["unclassified"]}, "eventTags.0"),
        ({"action": "register", "callbackUrl": BASE, "callbackURL": BASE}, "callbackURL"),
        ({"action": "register", "callbackUrl": BASE, "takeOver": "perhaps"}, "takeOver"),
        ({"action": "update", "callbackUrl": ""}, "callbackUrl"),
        ({"action": "unregister", "callbackUrl": BASE}, "callbackUrl"),
        ({"action": "list", "eventTags": [TAG]}, "eventTags"),
        ({"action": "update", "otherTags": []}, "otherTags"),
        ({"action": "update", "otherTags": "real_time_trace"}, "otherTags"),
        ({"action": "retry-failed", "limit": 0}, "limit"),
        ({"action": "retry-failed", "limit": 1001}, "limit"),
        ({"action": "failed", "limit": 501}, "limit"),
        ({"action": "failed", "offset": -1}, "offset"),
        ({"action": "remove-failed"}, "ids"),
        ({"action": "remove-failed", "ids": []}, "ids"),
        ({"action": "remove-failed", "ids": ["x"]}, "ids.0"),
    ],
)
def test_a_wrong_field_is_named(event: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        read_request(event)

    assert str(caught.value).startswith(f"{field}: ")


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(InvalidRequestError, match=r"eventTags\.0: .*; callbackUrl: .*; surprise: "):
        read_request({"action": "register", "callbackUrl": "x", "eventTags": ["x"], "surprise": 1})


def test_an_address_with_a_token_in_it_is_not_repeated_by_what_python_prints() -> None:
    event = {"action": "register", "callbackUrl": f"{BASE}/s3cr3tToken", "extra": "s3cr3tToken"}

    with pytest.raises(InvalidRequestError) as caught:
        read_request(event)

    assert "s3cr3tToken" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("limit", [1, 500])
def test_the_limits_themselves_are_allowed(limit: int) -> None:
    assert read_request({"action": "retry-failed", "limit": limit}) == RetryFailed(
        action="retry-failed", limit=limit
    )
    assert read_request({"action": "failed", "limit": limit, "offset": 0}) == Failed(
        action="failed", limit=limit
    )
