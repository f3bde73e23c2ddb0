"""`mozi-relay status` shows what is known, names what is not, and tells scripts if all is well."""

import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.cells import cell_len

from operate.errors import NothingDoneError, OperatorError, UnfinishedError
from operate.output import WIDTH
from operate.status.survey import QUESTIONS
from relay.catalog import SLUGS
from tests.support.command_line import ran
from tests.support.relay_stub import (
    LETTERS,
    NAME,
    QUEUE,
    RelayStub,
    ago,
    depth,
    failed_list,
    iso,
    line,
    listed,
    refused,
    standing,
)
from tests.support.status_command import alarm, facts, run


def test_a_relay_that_is_well_is_shown_with_all_its_topics() -> None:
    result = run(RelayStub())
    rows = [row.split() for row in result.stdout.splitlines()]
    topics = rows[3 : 3 + len(SLUGS)]

    assert (result.status, result.stderr, rows[-1]) == (0, "", ["All", "is", "well."])
    assert tuple(row[0] for row in topics) == SLUGS
    assert {tuple(row[1:]) for row in topics[:-1]} == {("yes", "none", "kept", "1")}
    assert topics[-1] == ["unclassified", "-", "none", "kept", "1"]


def test_nothing_is_changed_and_no_secret_is_read() -> None:
    stub = RelayStub()
    run(stub)

    assert [request["action"] for request in stub.requests] == ["list", "failed", "status"]
    assert not hasattr(stub, "get_secret_value")


@pytest.mark.parametrize(
    ("time", "said"),
    [({"seconds": 30}, "30 s"), ({"minutes": 5}, "5 min"), ({"hours": 5}, "5 h"), ({"days": 3}, "3 days")],
)
def test_the_last_event_of_a_topic_is_shown_with_how_long_ago_it_came(
    time: dict[str, Any], said: str
) -> None:
    at = ago(**time)
    latest = dict.fromkeys(SLUGS) | {"employee-leave": iso(at)}
    result = run(RelayStub(recovery=standing(tags=latest)), "--tag", "employee-leave")

    assert f"employee-leave  yes         {at.astimezone():%Y-%m-%d %H:%M:%S%:z}  {said}" in result.stdout
    assert result.status == 0


UNKNOWN: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("registrations", {"gateway": {"list": refused("Invoke"), "failed": failed_list(0)}}, ("registrations",)),
    ("failed list", {"gateway": {"list": listed(), "failed": refused("Invoke")}}, ("failed callbacks",)),
    ("recovery", {"recovery": refused("Invoke")}, ("last events", "pending events")),
    ("queue", {"queues": {QUEUE: refused("Get"), LETTERS: depth()}}, ("notice queue",)),
    ("letters", {"queues": {QUEUE: depth(), LETTERS: refused("Get")}}, ("dead letters",)),
    ("age", {"datapoints": refused("Get")}, ("its oldest notice",)),
    ("log", {"log": refused("FilterLogEvents")}, ("last portal error",)),
    ("alarms", {"alarms": refused("DescribeAlarms")}, ("alarms that are on",)),
    ("topic", {"subscriptions": dict.fromkeys(SLUGS, refused("List"))}, ("subscriptions",)),
    ("secret", {"secrets": {"arn:token": refused("DescribeSecret")}}, ("callback token",)),
    ("output", {"outputs": {}}, ("dead letters", "last events", "callback token", "registrations")),
    ("network", {"log": EndpointConnectionError(endpoint_url="http://x")}, ("last portal error",)),
    ("old relay", {"recovery": {"errorType": "InvalidRequest"}}, ("last events",)),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "names"), [one[1:] for one in UNKNOWN], ids=[one[0] for one in UNKNOWN])
def test_a_fact_that_cannot_be_had_is_unknown_with_the_reason_and_the_rest_is_shown(
    changed: dict[str, Any], names: tuple[str, ...]
) -> None:
    result = run(RelayStub(**changed))
    shown = {row[:21].strip(): row[21:] for row in result.stdout.splitlines()}

    assert result.status == 1
    assert all(shown[name].startswith("unknown: ") for name in names)
    assert "-  unknown: " in result.stdout
    assert "Traceback" not in result.stderr
    assert set(SLUGS) <= {row.partition(" ")[0] for row in result.stdout.splitlines()}


def test_what_the_recovery_function_could_not_find_out_is_unknown_and_the_rest_known() -> None:
    tags = dict.fromkeys(SLUGS[1:])
    unknown = {SLUGS[0]: "Query: Throttling", "pending": "Query: Throttling"}
    found = facts(RelayStub(recovery=standing(tags=tags, unknown=unknown)))

    assert found["topics"][0]["last"] == found["pending"] == {"unknown": "Query: Throttling"}
    assert found["topics"][1]["last"] == {"at": None}
    assert found["needs"] == ["unknown: last events, pending events (Query: Throttling)"]


def test_a_program_gets_the_facts_alone() -> None:
    found = facts(RelayStub())

    assert (found["stack"], found["needs"], len(found["topics"])) == (NAME, [], len(SLUGS))
    assert found["topics"][4] == {
        "slug": "employee-leave",
        "eventTag": "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE",
        "registration": {"state": "current"},
        "last": {"at": None},
        "subscriptions": [
            {
                "protocol": "sqs",
                "endpoint": "arn:aws-cn:sqs:cn-north-1:123456789012:q",
                "confirmed": True,
                "deadLetterQueue": True,
            }
        ],
    }
    assert found["topics"][-1]["registration"] is None
    assert found["queue"] == {"visible": 0, "invisible": 0, "delayed": 0}
    assert found["secrets"]["callbackToken"]["filled"] is True
    assert (found["portalErrors"], found["alarms"]) == ({"last": None, "faults": []}, [])


@pytest.mark.parametrize(
    "fault", [NothingDoneError("no such stack"), UnfinishedError("AWS cannot be reached")]
)
def test_a_stack_that_cannot_be_asked_is_told_from_one_that_is_not_well(fault: OperatorError) -> None:
    def nowhere(*_: Any) -> Any:
        raise fault

    result = ran("status", "--stack", NAME, connect=nowhere)

    assert (result.status, result.stdout) == (2, "")
    assert fault.message in result.stderr


def test_an_interrupted_status_says_nothing_about_the_relay() -> None:
    class Interrupted(RelayStub):
        def describe_secret(self, **_: Any) -> Any:
            raise KeyboardInterrupt

    result = run(Interrupted())

    assert (result.status, result.stdout, result.stderr) == (130, "", "stopped: interrupted\n")


def test_a_topic_that_nobody_knows_is_named() -> None:
    result = run(RelayStub(), "--tag", "employee-left")

    assert (result.status, "'employee-left' is neither" in result.stderr) == (2, True)


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_it_is_plain_where_nobody_wants_colours_and_never_wider_than_a_hundred_columns(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    for name, value in {"COLUMNS": "180", **environ}.items():
        monkeypatch.setenv(name, value)
    chinese = "门户不可用" * 40
    stub = RelayStub(
        log=[line(ago(minutes=1), errorCode=chinese, orgId=chinese)],
        alarms=[alarm(f"{NAME}-PendingAlarm-1", chinese + "\x1b[2J")],
        recovery={"errorType": "X", "errorMessage": chinese},
    )
    said = run(stub).stdout

    # Bold is no colour, and takes no place.
    assert max(map(cell_len, re.sub(r"\x1b\[\d+m", "", said).splitlines())) <= WIDTH
    assert "\x1b[3" not in said
    assert "\x1b[2J" not in said


def test_as_many_questions_are_asked_as_the_bar_counts() -> None:
    # Of the gateway two, of the recovery function one, of each secret, queue, metric, log and alarms one; of
    # each topic one more.
    assert QUESTIONS == 2 + 1 + 3 + 2 + 1 + 1 + 1
