"""The gateway's lists, whose fields are not documented."""

import json
from typing import Any

import pytest
from pydantic import JsonValue

from gateway import rows

TAG = "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"
URL = "http://192.0.2.10/callback/token/employee-leave"
ROW = {"id": 282, "eventTag": TAG, "callbackUrl": URL}
FLAGS: dict[str, Any] = {
    "success": True,
    "requestId": "r",
    "responseMessage": "OK",
    "responseCode": "0",
}


@pytest.mark.parametrize(
    "content",
    [
        [ROW],
        json.dumps([ROW]),
        {**FLAGS, "data": [ROW]},
        {**FLAGS, "content": [ROW]},
        {**FLAGS, "data": json.dumps([ROW])},
        {**FLAGS, "data": {"total": 1, "rows": [ROW]}},
        {**FLAGS, "data": {"columns": ["id", "eventTag"], "page": {"rows": [ROW]}}},
        {**FLAGS, "data": [json.dumps(ROW)]},
        {**FLAGS, "data": ROW},
    ],
)
def test_the_list_is_found_wherever_it_is(content: Any) -> None:
    assert [(row.id, row.event_tag, row.address) for row in rows.registrations(content)] == [
        ("282", TAG, URL)
    ]


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "null",
        [],
        {},
        FLAGS,
        {**FLAGS, "data": []},
        {**FLAGS, "data": {"total": 0, "rows": []}},
        {**FLAGS, "data": None, "totalCount": 0, "pageNo": 1, "pageSize": 20, "hasNext": "false"},
        {**FLAGS, "data": {"rows": None, "current": 1, "size": 10, "pages": 0, "searchCount": True}},
        {**FLAGS, "data": "null"},
        {**FLAGS, "data": "[]", "pageSize": 20},
        {**FLAGS, "bizErrorCode": "0", "bizErrorMsg": "OK"},
        {**FLAGS, "data": None, "bizErrorCode": "NO_DATA"},
        {**FLAGS, "summary": "nothing failed"},
        "nothing failed",
        17,
        [None],
        ["null"],
        ["", 0, [], {}],
        [[None]],
        {**FLAGS, "data": [None]},
        {**FLAGS, "data": None, "messages": ["OK"]},
        {**FLAGS, "data": None, "sort": ["gmtCreate"]},
        {**FLAGS, "data": {"list": None, "sort": [{}]}},
        {**FLAGS, "data": {"list": None, "id": 7}},
        {**FLAGS, "data": {"list": [], "id": 7, "page": {"id": 8}}},
        {**FLAGS, "data": None, "id": 7},
        {**FLAGS, "data": None, "bizErrorMessage": "http://192.0.2.10/errors/7"},
        {**FLAGS, "data": None, "help": f"see {URL}"},
        {**FLAGS, "data": None, "url": "http://192.0.2.10/page/2"},
    ],
)
def test_an_empty_list_is_empty(content: Any) -> None:
    assert rows.registrations(content) == []
    assert rows.failed_callbacks(content) == []


@pytest.mark.parametrize(
    "row",
    [
        {"eventCallbackId": 282, "id": 1},
        {"eventCallbackId": "282"},
        {"event_callback_id": 282},
        {"callbackId": 282, "tenantId": 7},
        {"eventCallbackDefineId": 282},
        {"Id": " 282 "},
        {"define": {"id": 282}},
        {"id": 282, "nested": {"id": 3}},
    ],
)
def test_a_registrations_id_is_found_under_any_name_that_can_only_be_it(row: dict[str, Any]) -> None:
    assert rows.registrations([row])[0].id == "282"


@pytest.mark.parametrize(
    "row",
    [
        {"eventCallbackFailedId": 4445657, "eventCallbackId": 282, "id": 1},
        {"eventCallbackFailedId": "4445657"},
        {"event_callback_failed_id": 4445657},
        {"callbackFailId": 4445657},
        {"failedCallbackId": 4445657},
        {"id": 4445657, "eventCallbackId": 282},
        {"id": 4445657, "callbackData": {"id": 3, "eventCallbackFailedId": 4}},
    ],
)
def test_a_failed_callbacks_id_is_found_and_not_taken_for_the_registrations(row: dict[str, Any]) -> None:
    assert rows.failed_callbacks([row])[0].id == "4445657"


@pytest.mark.parametrize(
    "row",
    [
        {"tenantId": 7},
        {"eventCallbackId": 282},
        {"dispatchId": "0e276c97"},
        {"id": None},
        {"id": True},
        {"id": "4445657x"},
        {"id": "-1"},
        {"id": "٣"},
        {"callbackData": {"id": 3}},
    ],
)
def test_a_failed_row_that_cannot_be_understood_is_kept_as_it_came_without_an_id(row: Any) -> None:
    (found,) = rows.failed_callbacks({"data": [row]})

    assert found.id is None
    assert found.raw == row


def test_no_row_is_dropped_among_others_that_are_understood() -> None:
    given: list[JsonValue] = [{"id": 1}, "text", {"id": 2}, None, {"tenantId": 7}]

    assert [row.id for row in rows.failed_callbacks(given)] == ["1", "2", None]


@pytest.mark.parametrize(
    "given", [["text"], [17, True], ["7"], [["nested"]], {"data": ["text"], "sort": ["id"]}]
)
def test_what_is_no_object_is_no_row(given: JsonValue) -> None:
    assert rows.failed_callbacks(given) == []


def test_two_lists_side_by_side_are_both_read() -> None:
    assert [row.id for row in rows.failed_callbacks({"new": [{"id": 1}], "old": [{"id": 2}]})] == ["1", "2"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"eventCallbackFailedId": 7}, ("7", None, None)),
        ({"data": {"id": 7, "eventTag": TAG, "receivers": ["GE_1"]}}, ("7", TAG, None)),
        ({"eventTag": TAG}, (None, TAG, None)),
        ({"data": {"callbackUrl": URL, "pageSize": 20}}, (None, TAG, URL)),
    ],
)
def test_an_answer_with_no_list_is_a_row_if_it_holds_an_id_a_tag_or_an_address(
    said: dict[str, Any], found: tuple[str | None, ...]
) -> None:
    (row,) = rows.failed_callbacks({**FLAGS, **said})

    assert (row.id, row.event_tag, row.address) == found
    assert row.raw == said


@pytest.mark.parametrize(
    "row",
    [
        {"eventTag": TAG},
        {"event_tag": TAG},
        {"name": TAG},
        {"topic": "MOZI_VDS_TENANT_CHANGE", "tag": "EMPLOYEE_LEAVE"},
        {"callbackUrl": URL},
    ],
)
def test_the_tag_is_found_by_name_by_value_in_two_parts_or_from_the_address(row: dict[str, Any]) -> None:
    assert rows.registrations([row])[0].event_tag == TAG


@pytest.mark.parametrize("name", ["callbackUrl", "callback_url", "url", "address"])
def test_the_address_is_found_by_name_or_because_it_is_one(name: str) -> None:
    assert rows.registrations([{"id": 1, "state": "https", name: URL}])[0].address == URL


def test_a_tag_that_the_catalogue_does_not_know_is_kept() -> None:
    assert rows.registrations([{"eventTag": "new_topic|new_tag"}])[0].event_tag == "new_topic|new_tag"
