"""What careless writers leave in JSON is read, and published as strict JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.reading import mending
from relay.reading.mending import mended

CONTROLS = list(map(chr, range(32)))


@pytest.mark.parametrize("control", CONTROLS)
def test_each_control_character_of_a_string_becomes_an_escape(control: str) -> None:
    text = '{\n\t"aX" : ["X\\"", 1.10, "\\\\X", ""]\r\n}'.replace("X", control)

    assert json.loads(mended(text)) == {f"a{control}": [f'{control}"', 1.1, f"\\{control}", ""]}
    assert "1.10" in mended(text)


@pytest.mark.parametrize("end", ["\0", "\0\0\0", ",", ",\n", " ,\0", "\n\0\n\0"])
def test_what_follows_by_mistake_is_left_out(end: str) -> None:
    assert mended('{"a":[1,2]}' + end).strip() == '{"a":[1,2]}'


@pytest.mark.parametrize(
    "text",
    ['{"a":1}', '{"a":1,}x', '{"a":"\\\n"}', '{"a":"\\\\\\\t"}', "hello"],
)
def test_where_there_is_nothing_to_mend_it_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"nothing to mend|escape"):
        mended(text)


@pytest.mark.parametrize(
    "text", ['{"a":1,,', '{"a":"\n', '{"a":NaN,\0', '{"a":\1}', '{"a":1\0}', '"\n"a"', '{"a":1,},']
)
def test_what_is_broken_stays_so(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(mended(text))


def test_only_so_many_strings_are_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "MOST_MENDED", 2)

    assert json.loads(mended('["\n","\t"]')) == ["\n", "\t"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(mended('["\n","\t","\n"]'))


@given(
    st.recursive(
        st.text(alphabet='a\\"\t\n\r\0\x1f中,{}[]:') | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='a\\"\n\t\1'), inner),
        max_leaves=6,
    ),
    st.sampled_from([None, 1, "\t"]),
)
def test_any_value_with_raw_control_characters_is_had_back(value: Any, indent: int | str | None) -> None:
    careless = json.dumps(value, indent=indent, ensure_ascii=False)
    for escape, control in (
        ("\\n", "\n"),
        ("\\t", "\t"),
        ("\\r", "\r"),
        ("\\u0000", "\0"),
        ("\\u001f", "\x1f"),
    ):
        # But for those of which the backslash is a character of its own.
        careless = control.join(careless.replace("\\\\", "\0\1\0").split(escape)).replace("\0\1\0", "\\\\")

    try:
        assert json.loads(mended(careless)) == value
    except ValueError:
        assert json.loads(careless) == value
