"""Registrations and rows as an answer shows them."""

import json

import pytest
from pydantic import JsonValue

from gateway import views
from gateway.addresses import LONGEST_TEXT, Addresses
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


@pytest.mark.parametrize(("count", "shown"), [(500, 500), (501, 500), (100_000, 500)])
def test_of_many_values_in_a_row_some_are_shown(count: int, shown: int) -> None:
    fields = views.as_it_came({f"f-{number}": number for number in range(count)}, ADDRESSES)
    elements = views.as_it_came(list(range(count)), ADDRESSES)

    assert isinstance(fields, dict)
    assert isinstance(elements, list)
    assert len(fields) == len(elements) == shown + (count > shown)
    assert ("…" in fields, "…" in elements) == (count > shown, count > shown)


@pytest.mark.parametrize("text", ["x", "字", "\x00", "😀"])
def test_whatever_rows_hold_an_answer_has_room_for_some_of_them(text: str) -> None:
    row: JsonValue = {f"{text}{number}": text * 10_000 for number in range(1000)}

    shown = views.Space().fitting(views.as_it_came(row, ADDRESSES) for _ in range(500))

    assert shown
    assert len(json.dumps(shown)) <= views.ANSWER_BYTES


@pytest.mark.parametrize("length", [LONGEST_TEXT, LONGEST_TEXT + 1, 1_000_000])
def test_what_a_vendor_says_is_cut(length: int) -> None:
    assert len(ADDRESSES.masked("x" * length)) == min(length, LONGEST_TEXT + 1)
