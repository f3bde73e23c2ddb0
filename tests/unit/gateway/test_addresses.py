"""Callback addresses: made, known again, and shown without their token."""

import pytest

from gateway.addresses import Addresses
from relay.api.gateway import callback_base
from relay.callback_token import CallbackToken

BASE = "http://192.0.2.10:8090/relay/callback"
ADDRESSES = Addresses(CallbackToken(current="newTokenOfOurs__", previous="oldTokenOfOurs__"))


def test_an_address_is_the_base_the_current_token_and_the_slug() -> None:
    assert ADDRESSES.of(BASE, "app-update") == f"{BASE}/newTokenOfOurs__/app-update"


@pytest.mark.parametrize(
    "address",
    [
        f"{BASE}/newTokenOfOurs__/app-update",
        f"{BASE}/oldTokenOfOurs__/app-update",
        "https://elsewhere.example/callback/oldTokenOfOurs__/app-update",
        f"{BASE}/newTokenOfOurs__",
    ],
)
def test_an_address_with_a_token_of_ours_is_ours_on_any_host(address: str) -> None:
    assert ADDRESSES.is_ours(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        f"{BASE}/otherToken/app-update",
        f"{BASE}/newTokenOfOurs__s/app-update",
        "http://192.0.2.10/receive?token=newTokenOfOurs__",
        f"{BASE}//app-update",
    ],
)
def test_an_address_with_another_token_or_form_is_not_ours(address: str) -> None:
    assert not ADDRESSES.is_ours(address)


def test_an_address_below_the_base_that_is_asked_for_is_ours_with_any_token() -> None:
    assert ADDRESSES.is_ours(f"{BASE}/veryOldToken/app-update", BASE)
    assert not ADDRESSES.is_ours(f"{BASE}/veryOldToken/app-update", "http://192.0.2.99/callback")


def test_only_the_current_token_is_current() -> None:
    assert ADDRESSES.is_current(f"{BASE}/newTokenOfOurs__/app-update")
    assert not ADDRESSES.is_current(f"{BASE}/oldTokenOfOurs__/app-update")


def test_no_previous_token_matches_nothing() -> None:
    assert not Addresses(CallbackToken(current="newTokenOfOurs__", previous="")).is_ours(
        f"{BASE}//app-update"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{BASE}/newTokenOfOurs__/app-update", f"{BASE}/***/app-update"),
        (f"cannot reach {BASE}/thirdToken/app-update, sorry", f"cannot reach {BASE}/***/app-update, sorry"),
        (
            "http%3A%2F%2F192.0.2.10%2Fcallback%2FthirdToken%2Fx",
            "http%3A%2F%2F192.0.2.10%2Fcallback%2F***%2Fx",
        ),
        ("token oldTokenOfOurs__ is refused", "token *** is refused"),
        ('{"url":"http://h/callback/thirdToken"}', '{"url":"http://h/callback/***"}'),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_no_token_is_left_in_a_text(text: str, shown: str) -> None:
    assert ADDRESSES.masked(text) == shown


def test_one_token_within_the_other_leaves_no_rest_of_it() -> None:
    nested = Addresses(CallbackToken(current="secretTokenOfOursSecond", previous="secretTokenOfOurs"))

    assert nested.masked("secretTokenOfOursSecond and secretTokenOfOurs") == "*** and ***"


def test_of_another_systems_address_only_the_host_is_shown() -> None:
    assert ADDRESSES.shown("http://192.0.2.77:8090/receive/s3cr3t?key=k") == "http://192.0.2.77:8090/…"
    assert ADDRESSES.shown(f"{BASE}/otherToken/app-update") == f"{BASE}/***/app-update"


@pytest.mark.parametrize(
    "address", [BASE, BASE + "/", "https://relay.example/callback", "http://[2001:db8::1]/callback"]
)
def test_a_base_is_taken_with_or_without_its_closing_slash(address: str) -> None:
    assert callback_base(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "callback",
        "ftp://192.0.2.10/callback",
        "http:///callback",
        "http://user:password@192.0.2.10/callback",
        "http://192.0.2.10/callback?x=1",
        "http://192.0.2.10/callback?",
        "http://192.0.2.10/callback#x",
        "http://192.0.2.10/call back/callback",
        "http://192.0.2.10/other",
        "http://192.0.2.10/mycallback",
        "http://192.0.2.10/callback/newTokenOfOurs__",
        "http://[192.0.2.10/callback",
    ],
)
def test_anything_else_is_no_base_and_is_not_repeated_in_the_error(address: str) -> None:
    with pytest.raises(ValueError, match=r"must|Invalid") as caught:
        callback_base(address)

    assert "newTokenOfOurs__" not in str(caught.value)
    assert "password" not in str(caught.value)


def test_a_token_is_in_no_representation() -> None:
    assert "Token" not in repr(ADDRESSES).replace("CallbackToken", "")
