"""Bodies are read in every form, charset and spelling that they may come in."""

import json
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.json_text import Json
from relay.reading import body
from relay.reading.body import gathered, members_of
from relay.reading.charsets import UnreadableError, decode
from tests.support.inbound import SHAPES, message

CONTENT = {
    "tenantId": "50006001",
    "text": '甲&乙=丙+丁 %41 "引号" \\ / 😀',
    "n": 12345678901234567890,
    "f": [1.5],
}


def fields_of(text: str, charset: str | None = None) -> dict[str, Json]:
    return dict(body.fields_of(text, charset).members)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_alike(shape: str) -> None:
    fields = fields_of(SHAPES[shape](message(CONTENT)))

    assert fields["content"].value == CONTENT
    assert fields["dispatchId"].value == "d-1"
    assert fields["sourceMessageId"].value == "s-1"


@pytest.mark.parametrize(
    "number", ["1.10", "1e400", "-0", "0.1000000000000000000001", "9" * 30, "9" * 4_300, "1E-2"]
)
def test_a_number_keeps_its_digits(number: str) -> None:
    assert fields_of(f'{{"content": {{"a": {number} }} }}')["content"].text == f'{{"a": {number} }}'


def test_repeated_names_and_spacing_stay_as_they_came() -> None:
    text = '{"a":1,\n "a" : 2}'

    assert fields_of('{"content":' + text + "}")["content"].text == text


@pytest.mark.parametrize("text", ["{}", "[]", '{"content": 1}', ' \n{"a" : {"b":[]} , "c":"}"}\t'])
def test_an_object_comes_apart_and_together_again(text: str) -> None:
    assert json.loads(gathered(members_of(text)).text) == (
        {"content": []} if text == "[]" else json.loads(text)
    )


@given(
    st.dictionaries(st.text(), st.recursive(st.integers() | st.text() | st.floats(allow_nan=False), st.lists))
)
def test_any_object_comes_apart_into_its_values(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=True)
    try:
        found = members_of(text)
    except ValueError:
        # Infinity is no JSON.
        assert "Infinity" in text
    else:
        assert {name: json.loads(one.text) for name, one in found} == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        '{"a":' + "9" * 4_301 + "}",
        "a=b&c=d",
        "{",
        '{"a":NaN}',
        '{"a":-Infinity}',
        '"text"',
        "12",
        "null",
        "a={}&b={}",
        "9" * 4_301,
    ],
)
def test_a_text_without_json_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        fields_of(text)


def test_nesting_without_end_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        fields_of('{"a":' + "[" * 200_000 + "]" * 200_000 + "}")


def test_half_a_character_in_a_form_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        fields_of("content=\ud800")


def test_a_bare_array_is_content() -> None:
    assert fields_of('[{"a":1}]')["content"].value == [{"a": 1}]


def test_a_form_may_be_in_the_declared_charset_under_its_percent_signs() -> None:
    assert fields_of("content=" + quote_plus("组织", encoding="gbk"), "gbk")["content"].value == "组织"
    assert fields_of("content=" + quote_from_bytes("组织".encode()), "gbk")["content"].value != "组织"
    assert fields_of("content=" + quote_from_bytes("组织".encode()))["content"].value == "组织"


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", None), ("utf-8", "utf-8"), ("utf-8-sig", None), ("utf-8-sig", "gbk"), ("utf-16", None),
        ("utf-32", "utf-8"), ("utf-16-le", "utf-16le"), ("gb18030", None), ("gbk", "GBK"), ("gbk", "utf-8"),
        ("gb2312", "gb2312"), ("big5", "big5"), ("utf-8", "iso-8859-1"), ("utf-8", "us-ascii"),
        ("utf-8", "no such charset"), ("utf-8", "base64"), ("utf-8", "unicode_escape"), ("utf-8", "a\0b"),
    ],
)  # fmt: skip
def test_bytes_are_decoded_by_mark_declaration_or_trial(codec: str, declared: str | None) -> None:
    assert decode('{"a":"中文字符"}'.encode(codec), declared) == '{"a":"中文字符"}'


def test_a_western_charset_is_believed_where_utf_8_fails() -> None:
    assert decode("Zoë".encode("latin-1"), "iso-8859-1") == "Zoë"


def test_bytes_in_no_charset_are_unreadable() -> None:
    with pytest.raises(UnreadableError):
        decode(b"\xff\x00\xff", "utf-8")
