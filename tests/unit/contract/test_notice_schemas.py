"""The schema of the notice queue takes what the relay takes, in the spellings that it names."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notice.outcomes import Accepted, Outcome, Rejected
from notice.queue.dead_letters import dead_letter
from notice.queue.outcome_events import outcome_events
from notice.queue.records import read_records
from relay.notices import InvalidNoticeError, Notice
from relay.notices.model import field_names
from tests.support.inbound import sample
from tests.support.outbound import NOW, event, message, record
from tests.support.schemas import valid

TEXTS: st.SearchStrategy[Any] = st.sampled_from(
    [
        "t", "", " ", None, 5, True, [], {}, ["t"], [5], [None],
        {"defaultValue": "a"}, {"defaultValue": ""}, {"defaultValue": 5},
        {"defaultValue": None, "i18nValue": {"en_US": "a"}}, {"i18nValue": {"en_US": ""}},
        {"i18nValue": {"zh_CN": "a"}}, {"i18nValue": {"en_US": 5}}, {"defaultValue": "a", "i18nValue": []},
        {"defaultValue": "a", "i18nValue": {"zh_CN": None}}, {"defaultValue": "a", "more": 5},
        {"default": "a"}, {"default": 5, "en_US": "a"}, {"zh_CN": "a"}, {"en_US": "a", "zh_CN": None},
        {"defaultValue": "", "en_US": "a"},
    ]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.sampled_from(["t", "", None, 5, True, [], {}])
FIELDS = dict.fromkeys([*sorted(field_names()), "more"], VALUES) | {
    "messageId": st.sampled_from(["n-1", "", " ", None, 7]),
    "messageType": st.sampled_from([1, 2, None, "x", True]),
    "targetType": st.sampled_from([0, 1, 2, None, "x"]),
    "targets": st.sampled_from([["u"], [], None, "u", [""], [7]]),
    **dict.fromkeys(["appName", "header", "body", "tags", "features"], TEXTS),
}
NOTICES = st.fixed_dictionaries({}, optional=FIELDS)


def taken(one: object) -> bool:
    try:
        Notice.read(one)
    except InvalidNoticeError:
        return False
    return True


def fits(*notices: object, org: Any = "o-1") -> bool:
    return valid("notice-message", {"orgId": org, "messages": list(notices)})


@settings(max_examples=500)
@given(NOTICES)
def test_the_schema_takes_whatever_the_relay_takes(one: dict[str, Any]) -> None:
    assert fits(one) == taken(one)


@settings(max_examples=500)
@given(NOTICES)
def test_a_good_notice_with_any_other_field_is_judged_alike(more: dict[str, Any]) -> None:
    one = message(**more)

    assert fits(one) == taken(one)


@pytest.mark.parametrize("written", ["Header", "tag"])
@given(text=TEXTS)
def test_the_tables_spellings_are_judged_as_the_samples(written: str, text: Any) -> None:
    one = {"messageId": "n", "messageType": 1, "targetType": 0, "appId": "a", written: text}

    assert fits(one) == taken(one)


@pytest.mark.parametrize("more", [{"targetType": {"targetType": 0}}, {"messageType": "1"}, {"Url": "x"}])
def test_the_relay_takes_more_than_the_schema_names(more: dict[str, Any]) -> None:
    assert taken(message(**more))


@pytest.mark.parametrize(("count", "good"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_message_holds_1_to_100_notices(count: int, good: bool) -> None:
    assert fits(*(message(f"n-{number}") for number in range(count))) is good


@pytest.mark.parametrize("org", ["", " ", None, 7, "o\n1"])
def test_an_organisation_is_named_by_printable_text(org: Any) -> None:
    assert not fits(message(), org=org)
    (found,) = read_records(event(record(message(), org=org)), NOW)
    assert found.org_id is None


@pytest.mark.parametrize(
    ("limit", "good"),
    [
        ("2026-11-22T18:00:00+08:00", True),
        (None, True),
        ("2026-11-22T18:00:00", False),
        ("", False),
        (7, False),
    ],
)
def test_a_last_moment_has_its_zone(limit: Any, good: bool) -> None:
    body = {"orgId": "o-1", "messages": [message()], "notAfter": limit}

    assert valid("notice-message", body) is good
    (found,) = read_records(event(record(body=json.dumps(body))), NOW)
    assert (found.org_id is not None) is good


@pytest.mark.parametrize("body", [{}, [], "text", {"orgId": "o"}, {"messages": [message()]}])
def test_what_is_no_message_at_all_does_not_fit(body: Any) -> None:
    assert not valid("notice-message", body)


def test_the_sample_records_fit() -> None:
    for one in sample("notice-records")["Records"]:
        assert valid("notice-message", json.loads(one["body"]))


def letters(*records: dict[str, Any]) -> list[Any]:
    return [
        dead_letter(one, entry, entry.notice)
        for one in read_records(event(*records), NOW)
        for entry in one.places
        if isinstance(entry.notice, Rejected)
    ]


@pytest.mark.parametrize("broken", ["text", None, 7, {"messageId": ""}, message("n" * 300, messageType=2)])
def test_a_dead_letter_fits_its_schemas(broken: Any) -> None:
    body = {"orgId": "o-1", "messages": [message(), broken], "notAfter": "2026-11-22T18:00:00+08:00"}
    (letter,) = letters(record(body=json.dumps(body)))

    assert valid("dead-letter", json.loads(letter.body))
    assert valid("dead-letter-attributes", letter.attributes)


def test_the_sample_records_dead_letters_have_attributes_that_fit() -> None:
    found = letters(*sample("notice-records-with-a-bad-one")["Records"])

    assert len(found) == 2
    assert all(valid("dead-letter-attributes", letter.attributes) for letter in found)


@pytest.mark.parametrize(
    "why", [Accepted(), Rejected("400", "no"), Rejected("", ""), Rejected("4" * 300, "很" * 3000)]
)
def test_an_outcome_fits_its_schemas(why: Outcome) -> None:
    (told,) = outcome_events("r-1", "组织 1", [("n-1", why), ("", why)], NOW)

    assert valid("notice-outcome", json.loads(told.text))
    assert valid("notice-outcome-attributes", told.attributes)


@pytest.mark.parametrize(
    "body", [{"orgId": "o", "messages": []}, {"orgId": "o", "messages": [1, 2]}, {"messages": [1]}, "text"]
)
def test_a_dead_letter_of_a_wrong_shape_does_not_fit(body: Any) -> None:
    assert not valid("dead-letter", body)
