"""Records read into notices: what was sent, kept to the letter, and what can never be sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from notice.outcomes import Rejected
from notice.queue.records import QueuedNotice, Record, read_notices, read_records
from relay.notices.record import InvalidRecordError, read_not_after
from tests.support.outbound import NOW, event, message, record
from tests.support.template import ROOT


def read(*given: dict[str, Any]) -> list[Record]:
    return list(read_records(event(*given), NOW))


def only(given: dict[str, Any]) -> Record:
    (found,) = read(given)
    return found


def test_records_are_read_one_by_one_those_received_most_often_first() -> None:
    given = [record(message(f"n-{n}"), name=f"r-{n}", receives=n) for n in (1, 3, 2)]
    later = record(message("n-4"), name="r-4") | {"body": None}

    found = read_records(event(*given, later), NOW)

    assert [next(found).id for _ in range(3)] == ["r-3", "r-2", "r-1"]
    assert isinstance(next(found).places[0].notice, Rejected)


@pytest.mark.parametrize("count", [1, 100])
def test_a_record_holds_1_to_100_notices(count: int) -> None:
    found = only(record(*(message(f"n-{number}") for number in range(count))))

    assert found.org_id == "o-1"
    assert all(isinstance(entry.notice, QueuedNotice) for entry in found.places)
    assert len(found.places) == count


@pytest.mark.parametrize(("length", "rejected"), [(256, False), (257, True)])
def test_an_organisation_s_id_has_a_length_that_a_log_can_bear(length: int, rejected: bool) -> None:
    (entry,) = only(record(message(), org="o" * length)).places

    assert isinstance(entry.notice, Rejected) is rejected


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "messages: required, a list of 1 to 100 notices"),
        (101, "messages: a list of 1 to 100 notices, here 101"),
    ],
)
def test_a_record_with_none_or_too_many_is_rejected_whole(count: int, said: str) -> None:
    given = record(*(message(f"n-{number}") for number in range(count)))

    found = only(given)

    (entry,) = found.places
    assert found.org_id is None
    assert entry.sent == given["body"]
    assert entry.notice == Rejected("InvalidNotice", said)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        '"text"',
        "null",
        "{",
        '{"orgId":"o","messages":[{"messageId":"n"}]} x',
        '{"orgId":"o","messages":[{"messageId":"n"},]}',
        '{"orgId":"o","messages":[{"messageId":"n"}',
        '{"orgId":"o" "messages":[{"messageId":"n"}]}',
        '{1:"o","messages":[{"messageId":"n"}]}',
        '{"orgId":"o","messages":[{"messageId":"n","x":NaN}]}',
        '{"orgId":"o","messages":[{"messageId":"n","x":1e400}]}',
        '{"orgId":"o","messages":{"messageId":"n"}}',
        '{"orgId":"o","messages":null}',
        '{"messages":[{"messageId":"n"}]}',
        '{"orgId":"","messages":[{"messageId":"n"}]}',
        '{"orgId":7,"messages":[{"messageId":"n"}]}',
        '{"orgId":"\\ud800","messages":[{"messageId":"n"}]}',
        '{"orgId":"o","messages":' + "[" * 100_000,
    ],
)
def test_a_record_that_cannot_be_read_is_rejected_whole_and_verbatim(body: str) -> None:
    found = only(record(body=body))

    (entry,) = found.places
    assert isinstance(entry.notice, Rejected)
    assert entry.notice.code == "InvalidNotice"
    assert (found.org_id, entry.sent, entry.message_id) == (None, body, "")


def test_one_bad_notice_in_a_good_record_is_rejected_alone() -> None:
    found = only(record(message("n-1"), message("n-2", messageType=2), "text", message("n-4")))

    rejected = [entry for entry in found.places if isinstance(entry.notice, Rejected)]
    assert [entry.message_id for entry in found.places] == ["n-1", "n-2", "", "n-4"]
    assert [entry.sent for entry in rejected] == [json.dumps(message("n-2", messageType=2)), '"text"']
    assert rejected[0].notice == Rejected("InvalidNotice", "messageType: must be 1")


def test_a_notice_is_kept_as_the_very_text_that_was_sent() -> None:
    text = '{ "messageId" : "n\\u002d1",\n "x": 1.10, "big": 12345678901234567890123, "x": 2 }'

    found = only(record(body=f'{{"messages" : [ {text} ,{text}], "orgId":"o"}}'))

    assert [entry.sent for entry in found.places] == [text, text]
    assert found.places[0].message_id == "n-1"


def test_a_member_that_comes_twice_counts_as_it_came_last() -> None:
    body = '{"orgId":"a","messages":[{"messageId":"1"}],"orgId":"b","messages":[{"messageId":"2"}]}'

    found = only(record(body=body))

    assert found.org_id == "b"
    assert [entry.message_id for entry in found.places] == ["2"]


def test_how_often_and_since_when_a_record_is_tried_comes_with_it() -> None:
    found = only(record(message(), receives=7, sent_at=NOW - 60))

    assert (found.receives, found.sent_at) == (7, NOW - 60)
    assert isinstance(found.places[0].notice, QueuedNotice)
    assert found.places[0].notice.receives == 7


@pytest.mark.parametrize("odd", [{}, {"Records": None}, {"Records": []}, [], None, "text"])
def test_an_event_without_records_has_none(odd: object) -> None:
    assert list(read_records(odd, NOW)) == []


def test_a_record_without_attributes_is_fresh() -> None:
    (found,) = read_records({"Records": [{"messageId": "r", "body": "{}"}]}, NOW)

    assert (found.receives, found.sent_at, found.receipt) == (1, NOW, "")


@pytest.mark.parametrize(
    ("name", "good", "bad"), [("notice-records.json", 3, 0), ("notice-records-with-a-bad-one.json", 2, 2)]
)
def test_the_sample_events_are_what_they_say(name: str, good: int, bad: int) -> None:
    sample = json.loads((Path(ROOT) / "events" / name).read_text("utf-8"))

    found = [entry.notice for each in read_records(sample, NOW) for entry in each.places]

    assert sum(isinstance(one, QueuedNotice) for one in found) == good
    assert sum(isinstance(one, Rejected) for one in found) == bad


@pytest.mark.parametrize(
    "given",
    [
        "2023-11-14T22:13:19Z",
        "2023-11-14T22:13:19.999999999Z",
        "2023-11-15t06:13:19+08:00",
        "2023-11-14 22:13:19z",
        "0001-01-01T00:00:00Z",
    ],
)
def test_a_record_is_late_after_its_last_moment(given: str) -> None:
    found = only(limited(given))

    assert (found.late, found.not_after) == (True, given)
    assert isinstance(found.places[0].notice, QueuedNotice)


@pytest.mark.parametrize(
    "given", ["2023-11-14T22:13:20Z", "2023-11-14T18:13:20-04:00", "9999-12-31T23:59:59Z", None]
)
def test_until_then_it_is_not(given: str | None) -> None:
    assert not only(limited(given)).late


@pytest.mark.parametrize(
    "given",
    ["2023-11-14T22:13:20", "2023-11-14", "20231114T221320Z", "2023-11-14T22:13Z", "2023-13-14T22:13:20Z",
     "2023-11-14T22:13:20+0800", "2023-11-14T22:13:20+99:00", " 2023-11-14T22:13:20Z", "tomorrow", "",
     7, True, {}],
)  # fmt: skip
def test_a_last_moment_that_nobody_can_tell_is_named(given: object) -> None:
    (entry,) = only(limited(given)).places

    assert isinstance(entry.notice, Rejected)
    assert entry.notice.code == "InvalidNotice"
    assert entry.notice.message.startswith("notAfter: a time with its zone")


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2017-01-01t07:59:60+08:00", "2017-01-01T00:00:00Z"),
        ("2016-12-31 23:59:60.25Z", "2017-01-01T00:00:00.25Z"),
    ],
)
def test_a_leap_second_is_read_as_the_next_second(given: str, moment: str) -> None:
    assert read_not_after(given) == read_not_after(moment)


@pytest.mark.parametrize("given", ["2016-12-31T23:59:61Z", "2016-12-31T23:60:00Z", "2016-12-31T24:59:60Z"])
def test_no_other_time_that_is_on_no_clock_is_read(given: str) -> None:
    with pytest.raises(InvalidRecordError):
        read_not_after(given)


def test_late_records_are_left_out_of_what_is_sent() -> None:
    records: list[Record] = []
    given = event(limited("2023-11-14T22:13:19Z"), record(message("n-2"), name="r-2"))

    sent = [one.message_id for one in read_notices(given, NOW, records)]

    assert (sent, len(records)) == (["n-2"], 2)


def limited(not_after: object) -> dict[str, Any]:
    return record(body=json.dumps({"orgId": "o-1", "messages": [message()], "notAfter": not_after}))
