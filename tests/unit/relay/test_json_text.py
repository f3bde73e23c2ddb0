"""JSON is taken apart into what it holds, each part beside its own text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.json_text import Json, NotAnObjectError, decoder, members, take_apart

DECODER = decoder()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.lists(JSON, max_size=4),
    st.dictionaries(st.text(max_size=4), JSON, max_size=3),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_any_json_is_taken_apart_into_what_it_holds(
    elements: list[Any], members: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps({**members, "messages": elements}, indent=indent, ensure_ascii=ascii_only)
    members.pop("messages", None)

    found, taken = take_apart(text, DECODER, elements_of="messages")

    assert {name: one.value for name, one in found.items()} == members
    assert [value for value, _ in taken] == elements
    assert all(sent in text and json.loads(sent) == value for value, sent in taken)


@given(st.text(alphabet='{}[]":, 12amesgx', max_size=30))
def test_what_a_json_reader_refuses_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    if isinstance(expected, dict):
        take_apart(text, DECODER, elements_of="messages")
    else:
        with pytest.raises(NotAnObjectError):
            take_apart(text, DECODER, elements_of="messages")


@pytest.mark.parametrize("name", ["a", "", "messages"])
def test_each_member_keeps_its_text_whatever_it_is_called(name: str) -> None:
    members, elements = take_apart(f'{{ "{name}" : [ 1.10, 2 ] }}', DECODER)

    assert members == {name: Json([1.1, 2], "[ 1.10, 2 ]")}
    assert elements == []


def test_a_list_that_is_taken_by_its_elements_is_not_held_twice() -> None:
    members, elements = take_apart('{"a":1,"messages":[ 1.10 ,{}],"b":2}', DECODER, elements_of="messages")

    assert members == {"a": Json(1, "1"), "b": Json(2, "2")}
    assert elements == [Json(1.1, "1.10"), Json({}, "{}")]


def test_of_a_list_that_comes_twice_the_last_counts_even_if_it_is_none() -> None:
    twice = '{"messages":[1],"messages":[2]}'
    gone = '{"messages":[1],"messages":null}'

    assert [take_apart(text, DECODER, elements_of="messages")[1] for text in (twice, gone)] == [
        [Json(2, "2")],
        [],
    ]


def test_a_decoder_may_refuse_numbers_that_others_take() -> None:
    def none(_text: str) -> float:
        raise ValueError

    assert take_apart('{"a":1e400}', DECODER)[0]["a"].text == "1e400"
    with pytest.raises(NotAnObjectError):
        take_apart('{"a":1.5}', decoder(parse_float=none))
    for number in ("NaN", "Infinity", "-Infinity"):
        with pytest.raises(NotAnObjectError):
            take_apart(f'{{"a":{number}}}', DECODER)


def test_nesting_without_end_is_no_object() -> None:
    with pytest.raises(NotAnObjectError):
        take_apart('{"a":' + "[" * 200_000, DECODER)


def test_members_come_in_their_order_and_as_often_as_they_came() -> None:
    found = members('{"b":1,"a":2.0,"b":[]}', DECODER)

    assert found == [("b", Json(1, "1")), ("a", Json(2.0, "2.0")), ("b", Json([], "[]"))]


@pytest.mark.parametrize("most", [0, 1, 2, 3, None])
def test_an_object_of_more_members_than_were_asked_for_is_none(most: int | None) -> None:
    if most is None or most >= 2:
        assert len(members('{"a":1,"a":2}', DECODER, most=most)) == 2
    else:
        with pytest.raises(NotAnObjectError):
            members('{"a":1,"a":2}', DECODER, most=most)
