"""Bodies are read in every form, charset and spelling that they may come in."""

import json
from typing import Any
from urllib.parse import quote_from_bytes, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.json_text import Json
from relay.reading import body
from relay.reading.body import (
    DEEPEST,
    MOST_BRACKETS,
    MOST_COLONS,
    MOST_MEMBERS,
    gathered,
    members_of,
)
from relay.reading.charsets import UnreadableError
from tests.support.inbound import SHAPES, dumps, message

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
    assert fields_of("content=" + quote_from_bytes("组织".encode()), "gbk")["content"].value == "组织"
    assert fields_of("content=" + quote_from_bytes("组织".encode()))["content"].value == "组织"


OWN = {"dispatchId": "d-1", "sourceMessageId": "s-1", "content": {"a": 1}}


@pytest.mark.parametrize(
    "text",
    [
        '{"content":1,"content":2}',
        '{"dispatchId":"d","dispatchId":"e"}',
        '{"content":{"a":1.10},"x":1,"content":{"a":1.1}}',
        '{"content":{"a":1},"content":{"a":true}}',
        ' {"content" : "{}", "content":"[]"}\n',
        '{"callbackData":"{\\"content\\":1,\\"content\\":2}","a":1}',
        '{"callbackData":{"dispatchId":"d"},"dispatchId":"e"}',
    ],
)
def test_a_json_body_in_which_a_field_of_the_gateway_comes_twice_is_all_there_is(text: str) -> None:
    whole = body.fields_of(text).whole

    assert whole is not None
    assert whole.text == text.strip()


@pytest.mark.parametrize(
    ("form", "whole"),
    [
        ("content=x&content=y&a=1", {"content": ["x", "y"], "a": "1"}),
        ("dispatchId=d&content=x&dispatchId=e", {"dispatchId": ["d", "e"], "content": "x"}),
        ("content=x&content[0]=z&content=y", {"content": ["x", "y"], "content[0]": "z"}),
    ],
)
def test_so_is_a_form_in_which_one_does(form: str, whole: Any) -> None:
    found = body.fields_of(form).whole

    assert found is not None
    assert json.loads(found.text) == found.value == whole


@pytest.mark.parametrize(
    "text",
    [
        '{"content":{"a":1,"b":2},"content":{ "b":2,"a":1}}',
        '{"content":"\\u4e2d","content":"中"}',
        "content=x&content=x",
        "content[]=x&content[]=y",
        '{"content":1,"infos":[1],"infos":[2],"a":1,"a":2}',
    ],
)
def test_what_comes_twice_with_equal_values_or_is_none_of_the_gateways_is_nothing_strange(text: str) -> None:
    fields = body.fields_of(text)

    assert fields.whole is None
    assert [name for name, _ in fields.members].count("content") == 1


def test_members_beside_the_gateways_come_as_often_as_they_came() -> None:
    fields = body.fields_of('{"content":1,"a":1,"a":2}')

    assert gathered(fields.members).text == '{"content":1,"a":1,"a":2}'


@pytest.mark.parametrize("beside", [{}, {"corp": "浙江"}, {"dispatchId": "d-1"}])
@pytest.mark.parametrize("data", [OWN, dumps(OWN), dumps(dumps(OWN))])
@pytest.mark.parametrize(
    "write",
    [dumps, lambda given: urlencode({k: v if isinstance(v, str) else dumps(v) for k, v in given.items()})],
)
def test_callback_data_holds_the_message(beside: dict[str, Any], data: Any, write: Any) -> None:
    fields = fields_of(write({"callbackData": data} | beside))

    assert {name: json_.value for name, json_ in fields.items()} == OWN | beside


@pytest.mark.parametrize(
    "given",
    [
        {"callbackData": OWN, "content": 1},
        {"callbackData": OWN, "infos": [1]},
        {"callbackData": {"a": 1}, "b": 2},
        {"callbackData": "text", "b": 2},
        {"callbackData": "text"},
        {"callbackData": 7},
    ],
)
def test_other_callback_data_is_a_field_like_any_other(given: dict[str, Any]) -> None:
    assert {name: json_.value for name, json_ in fields_of(dumps(given)).items()} == given


@pytest.mark.parametrize("nothing", [None, "", " ", [], {}])
@pytest.mark.parametrize("data", [OWN, dumps(OWN)])
@pytest.mark.parametrize("names", [["content"], ["infos"], ["content", "infos", "dispatchId", "eventTag"]])
def test_what_is_empty_beside_callback_data_is_not_there(data: Any, names: list[str], nothing: Any) -> None:
    beside = dict.fromkeys(names, nothing)

    for written in ({"callbackData": data} | beside, beside | {"callbackData": data}):
        fields = body.fields_of(dumps(written))
        assert fields.whole is None
        found = {name: json_.value for name, json_ in fields.members if name not in names or name in OWN}
        assert found == OWN


@pytest.mark.parametrize("nothing", ["null", '""', '" "', "[]", "{}"])
def test_what_comes_once_and_once_empty_comes_once(nothing: str) -> None:
    for text in (f'{{"content":{nothing},"content":1}}', f'{{"content":1,"content":{nothing}}}'):
        fields = body.fields_of(text)
        assert ([(name, json_.value) for name, json_ in fields.members], fields.whole) == (
            [("content", 1)],
            None,
        )


@pytest.mark.parametrize("data", [{"tenantId": "7"}, '{"tenantId":"7"}'])
def test_callback_data_alone_is_the_message_whatever_it_holds(data: Any) -> None:
    assert fields_of(dumps({"callbackData": data}))["tenantId"].value == "7"


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('{"content":{"a":"1\t2"}}', '{"a":"1\\t2"}'),
        ('{"content":{"a":1}},', '{"a":1}'),
        ('{"content":{"a":1}}\0\0', '{"a":1}'),
        ('{"content":"{\\"a\\":\\"1\\n2\\"}"}', '{"a":"1\\n2"}'),
        ('"{\\"content\\":{\\"a\\":1}}\n"', '{"a":1}'),
        ('callbackData={"content":{"a":"1\t2"}}', '{"a":"1\\t2"}'),
        ('{"callbackData":"{\\"content\\":{\\"a\\":1}},"}', '{"a":1}'),
    ],
)
def test_careless_json_is_repaired_and_said_to_be(text: str, content: str) -> None:
    fields = body.fields_of(text)

    assert fields.repaired
    assert dict(fields.members)["content"].text == content


@pytest.mark.parametrize("text", ['{"content":{"a":"1\\t2"}}', "content=%7B%7D", '{\n"content":"a\\nb"}\n'])
def test_what_needs_no_mending_is_not_said_to_be_mended(text: str) -> None:
    assert not body.fields_of(text).repaired


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_body_of_more_members_than_the_limit_is_unreadable(more: int) -> None:
    text = "{" + ",".join(f'"{number}":1' for number in range(MOST_MEMBERS + more)) + "}"

    if more <= 0:
        assert len(fields_of(text)) == MOST_MEMBERS + more
    else:
        with pytest.raises(UnreadableError):
            fields_of(text)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_body_of_more_objects_and_lists_than_the_limit_is_unreadable(more: int) -> None:
    text = '{"content":[' + ",".join(["[]"] * (MOST_BRACKETS - 2 + more)) + "]}"

    if more <= 0:
        assert len(fields_of(text)["content"].value) == MOST_BRACKETS - 2 + more
    else:
        with pytest.raises(UnreadableError):
            fields_of(text)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_content_of_more_members_than_the_limit_is_unreadable(more: int) -> None:
    text = '{"content":{' + ",".join(f'"{number}":1' for number in range(MOST_COLONS - 1 + more)) + "}}"

    if more <= 0:
        assert len(fields_of(text)["content"].value) == MOST_COLONS - 1 + more
    else:
        with pytest.raises(UnreadableError):
            fields_of(text)


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("inside", ["1", "[" + "[],{}," * 600 + '"[[["]'])
def test_a_body_that_nests_deeper_than_the_limit_is_unreadable(
    begin: str, end: str, inside: str, more: int
) -> None:
    levels = DEEPEST - 1 + more - (2 if inside != "1" else 0)
    text = '{"content":' + begin * levels + inside + end * levels + "}"

    if more <= 0:
        assert fields_of(text)["content"].text == text.removeprefix('{"content":')[:-1]
    else:
        with pytest.raises(UnreadableError):
            fields_of(text)
        # As the text of a content it is that text.
        assert fields_of(json.dumps({"content": text}))["content"].value == text


def test_wide_is_not_deep() -> None:
    text = '{"content":[' + '[["]"]],' * 2 * DEEPEST + "1]}"

    assert len(fields_of(text)["content"].value) == 2 * DEEPEST + 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\n\r\n", "\n\n"])
def test_the_end_of_a_line_behind_a_form_is_none_of_its_value(end: str) -> None:
    fields = fields_of(f"dispatchId=d&tenantId=1&name=a%0A{end}")

    assert {name: json_.value for name, json_ in fields.items()} == {
        "dispatchId": "d", "tenantId": "1", "name": "a\n"
    }  # fmt: skip
    assert fields_of(f"dispatchId=d&tenantId=1%0D%0A{end}")["tenantId"].value == "1\r\n"
    assert fields_of(f"dispatchId=d&name={end}")["name"].value == ""


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (
            "tenantId=1&employeeCodes=GE_1&employeeCodes=GE_2",
            {"tenantId": "1", "employeeCodes": ["GE_1", "GE_2"]},
        ),
        ("employeeCodes[1]=GE_2&employeeCodes[0]=GE_1", {"employeeCodes": ["GE_1", "GE_2"]}),
        ("infos[0].employeeCode=GE_1", {"infos": [{"employeeCode": "GE_1"}]}),
        ("Account=%E5%BC%A0&RealmId=7", {"Account": "张", "RealmId": "7"}),
        ("bizMsgId=b&x=1", {"bizMsgId": "b", "x": "1"}),
        ("tag=%7B%22content%22%3A1%7D", {"content": 1}),
    ],
)
def test_a_form_may_be_the_content_by_itself(form: str, fields: dict[str, Any]) -> None:
    assert {name: json_.value for name, json_ in fields_of(form).items()} == fields
