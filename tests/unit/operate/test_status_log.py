"""`mozi-relay status` finds the last error of the portal in the notice function's log."""

import json
from datetime import datetime
from typing import Any

import pytest

from operate.status.facts import FAULT_SECONDS
from operate.status.log import PAGES
from tests.support.relay_stub import (
    LETTERS,
    QUEUE,
    RelayStub,
    ago,
    depth,
    line,
)
from tests.support.status_command import facts, needs, run
from tests.support.template import ROOT


@pytest.mark.parametrize("hours", [0.5, 1.5, 5.9, 7, 23.9])
@pytest.mark.parametrize("page_size", [1, 100])
def test_the_last_error_of_the_portal_within_a_day_is_found(hours: float, page_size: int) -> None:
    last = line(ago(hours=hours), "portal unavailable", error_code="504")
    older = [line(ago(hours=hours, minutes=minutes), error_code="429") for minutes in (3, 2, 1)]
    stub = RelayStub(log=[*older, last], page_size=page_size)

    found = facts(stub)["portalErrors"]["last"]

    assert (found["said"], found["code"], found["orgId"]) == ("portal unavailable", "504", "")
    assert datetime.fromisoformat(found["at"]).timestamp() * 1000 == last["timestamp"]
    assert needs(stub) == []


def test_the_log_of_an_earlier_release_is_read_too() -> None:
    told = {"message": "configuration at fault", "errorCode": "403", "orgId": "o-1"}
    stub = RelayStub(log=[line(ago(hours=1)) | {"message": json.dumps(told)}])

    found = facts(stub)["portalErrors"]["last"]

    assert (found["code"], found["orgId"]) == ("403", "o-1")


def test_of_an_older_error_or_none_nothing_is_said() -> None:
    texts = [{"timestamp": line(ago(hours=1))["timestamp"], "message": text} for text in ("x", "7")]
    stub = RelayStub(log=[line(ago(hours=24.1)), line(ago(hours=1), "notices accepted"), *texts])

    assert "last portal error    none within a day" in run(stub).stdout


def test_the_log_is_searched_for_the_lines_that_the_notice_function_writes() -> None:
    stub = RelayStub()
    run(stub)
    asked = stub.log_questions[0]["filterPattern"]

    written = (ROOT / "functions" / "notice" / "report.py").read_text()
    lines = ["portal unavailable", "configuration at fault", "notices rejected"]
    assert asked == "{ " + " || ".join(f'$.message = "{one}"' for one in lines) + " }"
    assert all(f'"{one}"' in written for one in lines)


def test_a_log_that_is_too_long_is_not_read_for_ever() -> None:
    stub = RelayStub(log=[line(ago(minutes=5), "other") for _ in range(PAGES + 1)], page_size=1)

    assert "too long" in facts(stub)["portalErrors"]["unknown"]
    assert len(stub.log_questions) == PAGES


@pytest.mark.parametrize(
    ("seconds", "message", "unwell"),
    [
        (10, "configuration at fault", True),
        (FAULT_SECONDS + 10, "configuration at fault", False),
        (10, "portal unavailable", False),
        (10, "notices rejected", False),
    ],
)
def test_who_is_not_let_in_just_now_needs_a_person(seconds: float, message: str, unwell: bool) -> None:
    stub = RelayStub(log=[line(ago(seconds=seconds), message, error_code="403", org_id="o-1")])
    said = "the application may not send to organisation o-1, or there is none of this id (403): "

    assert [need.startswith(said) for need in needs(stub)] == ([True] if unwell else [])
    assert f"{message} 403 (o-1)" in run(stub).stdout


@pytest.mark.parametrize(
    ("seconds", "records", "unwell"),
    [(10, 1, True), (10, 12_000, True), (10, 0, False), (FAULT_SECONDS + 10, 1, False)],
)
def test_notices_that_wait_for_the_portal_are_no_peace(seconds: float, records: int, unwell: bool) -> None:
    queues: dict[str, Any] = {QUEUE: depth(0, records), LETTERS: depth()}
    stub = RelayStub(log=[line(ago(seconds=seconds), "portal unavailable")], queues=queues)
    many = "1 record waits" if records == 1 else f"{records:,} records wait"

    assert needs(stub) == ([f"the portal is unavailable (503): {many} until it is back"] if unwell else [])
