"""Names of a form stand for lists and structures, and where they contradict each other for themselves."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.reading.charsets import UnreadableError
from relay.reading.forms import DEEPEST_NAME, MOST_FIELDS, literal, unfolded, unquoted, values_by_name


def read(form: str, charset: str | None = None) -> dict[str, Any]:
    return dict(unfolded(values_by_name(unquoted(form, charset).text)))


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("a=1&b=2&a=3", {"a": ["1", "3"], "b": "2"}),
        ("a=1&a=1", {"a": ["1", "1"]}),
        ("employeeCodes[]=GE_1", {"employeeCodes": ["GE_1"]}),
        ("employeeCodes[]=GE_1&employeeCodes[]=GE_2", {"employeeCodes": ["GE_1", "GE_2"]}),
        ("employeeCodes[0]=GE_1&employeeCodes[1]=GE_2", {"employeeCodes": ["GE_1", "GE_2"]}),
        ("content.tenantId=7&content.tags[0]=a", {"content": {"tenantId": "7", "tags": ["a"]}}),
        ("content[employeeCodes][]=a&content[tag]=b", {"content": {"employeeCodes": ["a"], "tag": "b"}}),
        ("content.a=1&content.a=2", {"content": {"a": ["1", "2"]}}),
        ("content.a[b.c]=1", {"content": {"a": {"b.c": "1"}}}),
        (
            "infos[0].employeeCode=a&infos[1][employeeCode]=b&infos[0].mainJob=c",
            {"infos": [{"employeeCode": "a", "mainJob": "c"}, {"employeeCode": "b"}]},
        ),
        ("content%5BemployeeCodes%5D%5B%5D=a", {"content": {"employeeCodes": ["a"]}}),
    ],
)  # fmt: skip
def test_names_that_repeat_or_nest_are_unfolded(form: str, fields: dict[str, Any]) -> None:
    assert read(form) == fields


@pytest.mark.parametrize(
    "form",
    [
        "content=x&content.a=y", "content.a=y&content=x", "a[b]=1&a[]=2", "a[0]=1&a[b]=2", "a[]=1&a[0]=2",
        "a[1]=1", "a[0]=1&a[2]=2", "a[01]=1", "a[9999999999999]=1", "a[-0]=1&a[0]=2", "a[0]=1&a[00]=2",
        "content.a=1&content[a]=2", "a[][b]=1", "infos[0]=1&infos[0].a=2",
        "app.name=1", "content.=1", "content..a=1", ".a=1", "[]=1", "[a]=1", "a[=1", "a]=1", "a[b=1",
        "a[b]c=1", "a[[b]]=1", "a[b].c=1", "tenant.id[=1",
        f"a{'[b]' * (DEEPEST_NAME + 1)}=1",
    ],
)  # fmt: skip
def test_names_that_contradict_each_other_or_nest_in_no_known_way_stay_as_they_are(form: str) -> None:
    assert read(form) == dict(field.split("=") for field in form.split("&"))


@pytest.mark.parametrize(
    "order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]], ids=str
)
def test_a_list_may_come_in_any_order(order: list[int]) -> None:
    form = "&".join(f"content.employeeCodes[{at}]=GE_{at}&infos[{at}].employeeCode=GE_{at}" for at in order)
    codes = [f"GE_{at}" for at in sorted(order)]

    assert read(f"content.tenantId=7&{form}") == {
        "content": {"tenantId": "7", "employeeCodes": codes},
        "infos": [{"employeeCode": code} for code in codes],
    }


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("content.b=2&content.a[1]=1", {"content": {"b": "2", "a[1]": "1"}}),
        ("content[b]=2&content[a][1]=1", {"content": {"b": "2", "a[1]": "1"}}),
        ("content.a=1&content.a.b=2&content.c=3", {"content": {"a": "1", "a.b": "2", "c": "3"}}),
        ("content.a[]=1&content.a[]=2&content.a[0]=3", {"content": {"a[]": ["1", "2"], "a[0]": "3"}}),
        ("a[b][][c]=1&a[d]=2", {"a": {"b[][c]": "1", "d": "2"}}),
        ("infos[1].a[2]=x&infos[0].b=y", {"infos": [{"b": "y"}, {"a[2]": "x"}]}),
        (
            "content.a.b=1&content.a=2&content[a.b]=3",
            {"content.a.b": "1", "content.a": "2", "content[a.b]": "3"},
        ),
    ],
)
def test_a_contradiction_is_none_of_what_stands_beside_it(form: str, fields: dict[str, Any]) -> None:
    assert read(form) == fields


def test_a_contradiction_is_none_of_another_name() -> None:
    assert read("a[1]=1&b[0]=2&a[1]=3") == {"a[1]": ["1", "3"], "b": ["2"]}


def test_the_deepest_name_is_still_unfolded() -> None:
    found: Any = read(f"a{'[b]' * DEEPEST_NAME}=1")["a"]

    for _ in range(DEEPEST_NAME):
        found = found["b"]
    assert found == "1"


@given(st.lists(st.tuples(st.text(alphabet="ab%&=+ 2563dD中😀[]."), st.text(alphabet="ab%&=+ 2563dD中😀"))))
def test_any_field_is_read_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    expected: dict[str, list[str]] = {}
    for name, value in pairs or [("", "")]:
        expected.setdefault(name, []).append(value)

    assert values_by_name(unquoted(urlencode(pairs), None).text) == expected


@pytest.mark.parametrize("text", ["%", "%zz%", "100%", "%%32%36", "%2526", "%25%32%35", "%3d%3D", "%u4e2d"])
def test_an_escape_of_nothing_is_a_percent_sign(text: str) -> None:
    decoded = {"%%32%36": "%26", "%2526": "%26", "%25%32%35": "%25", "%3d%3D": "=="}

    assert literal(unquoted(text, None).text) == decoded.get(text, text)


def test_all_fields_are_in_one_charset() -> None:
    # By itself the second is UTF-8.
    form = f"a={quote('杭州'.encode('gbk'))}&b={quote('锚'.encode('gbk'))}&c={quote('联通'.encode('gbk'))}"

    assert read(form) == {"a": "杭州", "b": "锚", "c": "联通"}


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_more_fields_than_the_limit_are_unreadable(more: int) -> None:
    form = "&".join(["a=1"] * (MOST_FIELDS + more))

    if more <= 0:
        assert len(read(form)["a"]) == MOST_FIELDS + more
    else:
        with pytest.raises(UnreadableError):
            read(form)


def test_percent_signs_without_end_are_unreadable() -> None:
    with pytest.raises(UnreadableError):
        unquoted("%" * MOST_FIELDS, None)
