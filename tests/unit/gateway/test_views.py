"""Registrations and rows as an answer shows them."""

import pytest
from pydantic import JsonValue

from gateway import views
from gateway.addresses import Addresses
from relay.callback_token import CallbackToken

ADDRESSES = Addresses(CallbackToken(current="theTokenOfThisRelay"))


def nested(levels: int) -> JsonValue:
    value: JsonValue = "theTokenOfThisRelay"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(("levels", "ends"), [(0, "***"), (100, "***"), (101, "…"), (10_000, "…")])
def test_a_row_is_shown_down_to_a_depth_and_never_with_a_token(levels: int, ends: str) -> None:
    shown, depth = views.as_it_came(nested(levels), ADDRESSES), 0
    while isinstance(shown, list):
        (shown,), depth = shown, depth + 1

    assert (shown, depth) == (ends, min(levels, 100))


@pytest.mark.parametrize(("length", "shown"), [(300, "字" * 300), (301, "字" * 300 + "…")])
def test_a_long_text_is_cut(length: int, shown: str) -> None:
    assert views.as_it_came({"text": "字" * length}, ADDRESSES) == {"text": shown}
