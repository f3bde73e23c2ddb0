"""What a notice is: the vendor's rules, in every spelling that its page shows."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.notices import InvalidNoticeError, Notice
from relay.notices.model import unknown_fields
from tests.support.outbound import message

# The sample request of the vendor's page.
SAMPLE: dict[str, Any] = {
    "messageId": "yourMessageId",
    "messageType": 1,
    "url": "http://xxx.com",
    "targetType": 1,
    "targets": ["u123", "u456"],
    "appId": "yourAppAccessKey",
    "appName": {"defaultValue": "appName", "i18nValue": {"zh_CN": "appNameZh", "en_US": "appNameEn"}},
    "header": {"defaultValue": "header", "i18nValue": {"zh_CN": "headerZh", "en_US": "headerEn"}},
    "body": {"defaultValue": "body", "i18nValue": {"zh_CN": "bodyZh", "en_US": "bodyEn"}},
    "tags": [
        {"defaultValue": "tag1", "i18nValue": {"zh_CN": "tag1Zh", "en_US": "tag1En"}},
        {"defaultValue": "tag2", "i18nValue": {"zh_CN": "tag2Zh", "en_US": "tag2En"}},
    ],
    "features": [{"defaultValue": "feature1", "i18nValue": {"zh_CN": "f1Zh", "en_US": "f1En"}}],
}


def sent(given: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Notice.read(given).wire())
    return found


def fault(given: object) -> str:
    with pytest.raises(InvalidNoticeError) as caught:
        Notice.read(given)
    return str(caught.value)


def test_the_vendors_sample_is_sent_as_it_is() -> None:
    assert sent(SAMPLE) == SAMPLE


def test_what_is_sent_is_compact_utf_8() -> None:
    assert '"header":{"defaultValue":"标题","i18nValue":{}}'.encode() in Notice.read(message()).wire()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Header", "header"),
        ("tag", "tags"),
        ("Tag", "tags"),
        ("Body", "body"),
        ("AppId", "appId"),
        ("Url", "url"),
    ],
)
def test_both_spellings_of_a_name_are_sent_in_the_samples(written: str, read: str) -> None:
    given = dict(SAMPLE)
    given[written] = given.pop(read)

    assert sent(given) == SAMPLE


def test_one_name_in_two_spellings_may_not_say_two_things() -> None:
    assert "header is given twice" in fault(message(Header="other"))
    assert sent(message(Header="标题")) == sent(message())


@pytest.mark.parametrize("field", ["appName", "header", "body"])
@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("plain", {"defaultValue": "plain", "i18nValue": {}}),
        ({"default": "d", "zh_CN": "中"}, {"defaultValue": "d", "i18nValue": {"zh_CN": "中"}}),
        ({"en_US": "e", "zh_CN": "中"}, {"i18nValue": {"en_US": "e", "zh_CN": "中"}}),
        ({"defaultValue": "d"}, {"defaultValue": "d", "i18nValue": {}}),
        ({"i18nValue": {"en_US": "e"}}, {"i18nValue": {"en_US": "e"}}),
        ({"default": "d", "i18nValue": {"zh_CN": "中"}}, {"defaultValue": "d", "i18nValue": {"zh_CN": "中"}}),
        ({"defaultValue": "d", "i18nValue": None, "x": 1}, {"defaultValue": "d", "i18nValue": {}, "x": 1}),
    ],
)
def test_international_text_is_read_in_every_form_and_sent_in_the_samples(
    field: str, given: object, text: object
) -> None:
    assert sent(message(**{field: given}))[field] == text


@pytest.mark.parametrize("field", ["tags", "features"])
@pytest.mark.parametrize("given", ["a", {"default": "a"}, ["a"], [{"defaultValue": "a"}]])
def test_a_list_of_texts_may_be_one_text(field: str, given: object) -> None:
    assert sent(message(**{field: given}))[field] == [{"defaultValue": "a", "i18nValue": {}}]


@pytest.mark.parametrize(
    "text", ["", "  ", {}, {"zh_CN": "中"}, {"default": ""}, {"i18nValue": {"zh_CN": "中"}}]
)
@pytest.mark.parametrize("field", ["appName", "header", "body", "tags", "features"])
def test_international_text_needs_a_default_or_english(field: str, text: object) -> None:
    assert field in fault(message(**{field: text}))
    assert "the default or the en_US text must be there" in fault(message(**{field: text}))


def test_one_external_app_has_one_app_name_however_it_was_written() -> None:
    written: list[object] = [
        {"default": "门户", "zh_CN": "门户", "en_US": "Portal"},
        {"en_US": "Portal", "zh_CN": "门户", "default": "门户"},
        {"i18nValue": {"en_US": "Portal", "zh_CN": "门户"}, "default": "门户"},
        {"i18nValue": {"zh_CN": "门户", "en_US": "Portal"}, "defaultValue": "门户"},
    ]

    wires = {Notice.read(message(appId=None, appName=each)).wire() for each in written}

    assert len(wires) == 1


@pytest.mark.parametrize(
    "given", [0, 1, "1", {"1": "指定用户"}, {"targetType": 1}, {"value": "0"}, {"0": "全体用户"}]
)
def test_the_target_type_may_be_a_number_its_text_or_a_map_of_one(given: object) -> None:
    assert sent(message(targetType=given))["targetType"] in (0, 1)


@pytest.mark.parametrize("given", [2, -1, "x", True, 1.5, {}, {"0": 1}, {"a": 0, "b": 1}, [1]])
def test_another_target_type_is_an_error(given: object) -> None:
    assert fault(message(targetType=given)).startswith("targetType: ")


@pytest.mark.parametrize("given", [0, 2, "2", True, "x"])
def test_the_message_type_can_only_be_1(given: object) -> None:
    assert fault(message(messageType=given)).startswith("messageType: ")


@pytest.mark.parametrize(
    ("gone", "field"), [("messageType", "messageType"), ("targetType", "targetType"), ("targets", "targets")]
)
@pytest.mark.parametrize("how", ["missing", "null"])
def test_what_it_takes_to_create_a_notice_is_named_when_it_lacks(gone: str, field: str, how: str) -> None:
    given = message(**{gone: None})
    if how == "missing":
        del given[gone]

    assert fault(given).startswith(f"{field}: required")


def test_all_that_lacks_is_named_at_once() -> None:
    found = fault({"messageId": "n-1", "header": "x"})

    assert [part.split(":")[0] for part in found.split("; ")] == ["messageType", "targetType", "appName"]


def test_targets_may_be_absent_or_empty_for_everyone() -> None:
    assert "targets" not in sent(message(targetType=0, targets=None))
    assert sent(message(targetType=0, targets=[]))["targets"] == []


@pytest.mark.parametrize("targets", [[], None])
def test_chosen_users_must_be_named(targets: object) -> None:
    assert "targets: required" in fault(message(targets=targets))


@pytest.mark.parametrize("targets", ["u-1", [1], [""], [None], {"u": 1}])
def test_targets_are_a_list_of_names(targets: object) -> None:
    assert fault(message(targets=targets)).startswith("targets")


@pytest.mark.parametrize("app_id", ["", None])
def test_an_external_app_needs_a_name_and_leaves_the_id_away(app_id: str | None) -> None:
    assert "appName: required" in fault(message(appId=app_id))
    assert "appId" not in sent(message(appId=app_id, appName="Portal"))


@pytest.mark.parametrize("given", [None, "", " ", 7, ["a"]])
def test_a_notice_needs_a_message_id(given: object) -> None:
    assert fault(message(messageId=given)).startswith("messageId: ")


@pytest.mark.parametrize(
    "given",
    [
        {"messageId": "n-1"},
        {"messageId": "n-1", "targets": ["u-1"]},
        {"messageId": "n-1", "targetType": 1, "targets": ["u-1"]},
    ],
)
def test_a_notice_without_content_sends_the_existing_one(given: dict[str, object]) -> None:
    assert sent(given) == given


def test_unknown_fields_are_kept_and_sent_even_when_null() -> None:
    more = {"priority": 3, "ext": {"a": [1, None, "中"]}, "nothing": None, "message_id": "x"}

    assert more.items() <= sent(message(**more)).items()


@pytest.mark.parametrize("given", [None, [], "text", 1, True])
def test_what_is_not_an_object_is_no_notice(given: object) -> None:
    assert fault(given) == "must be an object"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tags": [7]}, "tags.0: must be a string or an object"),
        ({"header": []}, "header: must be a string or an object"),
        ({"header": {"default": "a", "i18nValue": [1]}}, "header.i18nValue: must be an object"),
    ],
)
def test_a_value_of_another_type_is_named_by_what_json_calls_it(more: dict[str, object], said: str) -> None:
    assert fault(message(**more)) == said


def test_unknown_fields_are_those_that_the_vendors_page_does_not_have() -> None:
    assert unknown_fields(SAMPLE | {"Header": 1, "tag": 1, "Features": 1, "linkedStates": 1}) == []
    assert unknown_fields({"hedaer": 1} | SAMPLE | {"message_id": 1}) == ["hedaer", "message_id"]
    assert unknown_fields("hedaer") == []


@pytest.mark.parametrize("field", ["messageId", "ext"])
def test_text_that_is_not_unicode_cannot_be_sent(field: str) -> None:
    with pytest.raises(InvalidNoticeError, match="UTF-8"):
        Notice.read(message(**{field: "\ud800"})).wire()


SECRET = "13800138000"


@pytest.mark.parametrize(
    "more",
    [
        {"targets": [SECRET, 5]},
        {"targets": SECRET},
        {"header": {SECRET: SECRET}},
        {"header": {"i18nValue": {SECRET: 5}}},
        {"body": [SECRET]},
        {"messageType": SECRET},
        {"targetType": {SECRET: SECRET}},
        {"messageId": [SECRET]},
        {"Header": SECRET},
        {SECRET: SECRET, "targetType": 2},
    ],
)
def test_an_error_never_holds_what_was_given(more: dict[str, object]) -> None:
    assert SECRET not in fault(message(**more))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*SAMPLE, "Header", "tag", "linkedAppId", "linkedMenuCode", "linkedStates", "other"])


@given(st.dictionaries(FIELDS, JSON, max_size=6), st.booleans())
def test_whatever_is_given_it_is_a_notice_or_invalid_and_reading_it_again_changes_nothing(
    given: dict[str, Any], complete: bool
) -> None:
    try:
        wire = Notice.read(SAMPLE | given if complete else given).wire()
    except InvalidNoticeError:
        return
    assert Notice.read(json.loads(wire)).wire() == wire
