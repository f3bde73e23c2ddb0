"""Every metric and line that the functions write, against docs/watch.md, the alarms and the dashboard."""

import json

import pytest

from sandbox.vendors.gateway import Gateway
from sandbox.vendors.portal import Portal
from tests.support import watching
from tests.support.inbound import load_balancer, rest_api
from tests.support.log_queries import Query, documented_queries
from tests.support.relay_day import FIRST, SECOND, Run, day_in
from tests.support.watching import STACK

TO_BE_SHOWN = {"Received", "Repeated", "Published", "Unclassified", "PendingAge", "BatchSize"} | {
    "ProduceCalls", "Halvings", "NoticesAccepted", "NoticesRejected", "NoticesDeferred",
    "ConfigurationFault", "EndToEndLatency",
}  # fmt: skip


@pytest.fixture
def printed(run: Run, portal: Portal, gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> list[str]:
    day_in(run, portal, gateway)
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def logged(printed: list[str]) -> list[str]:
    return [line for line in printed if "_aws" not in json.loads(line)]


def test_the_page_lists_every_metric_that_is_written_and_no_other(printed: list[str]) -> None:
    """Namespace, name, unit, and exactly the dimensions service and stack."""
    assert watching.written(map(json.loads, printed)) == watching.documented()


def test_every_alarm_and_graph_is_about_a_metric_that_is_written(printed: list[str]) -> None:
    known = {one.metric for one in watching.written(map(json.loads, printed))}
    watched = {one for one in (*watching.watched(), *watching.shown()) if one.namespace[:4] != "AWS/"}

    assert watched - known == set()
    assert {name for _, name, _ in watching.shown()} >= TO_BE_SHOWN
    assert known - set(watching.shown()) == set()


def test_every_metric_of_a_later_invocation_has_the_same_dimensions(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        run("callback", rest_api("?"))
        run("recovery", {"action": "sweep"})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    sets = [line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for line in lines if "_aws" in line]
    assert [sorted(map(sorted, names)) for names in sets] == [[["service", "stack"]]] * 6
    assert {line["stack"] for line in lines if "_aws" in line} == {STACK}


@pytest.mark.parametrize("number", range(4))
def test_every_field_that_a_query_names_is_in_lines_that_it_finds(logged: list[str], number: int) -> None:
    query = documented_queries()[number]
    events = {json.loads(line).get("event_id") for line in logged} - {None}
    names = [*events, "n-1", "n-5"]
    found = [line for name in names for line in query.about(X=name, Y=name).matching(logged)]

    assert found
    assert query.fields - set().union(*found) == set()


def test_the_first_query_tells_the_whole_way_of_an_event(logged: list[str]) -> None:
    by_request = documented_queries()[0].about(X=FIRST).matching(logged)
    (event_id,) = {line["event_id"] for line in by_request}

    assert documented_queries()[0].about(X=event_id).matching(logged) == by_request
    assert [(one["service"], one.get("answer"), one.get("request_id")) for one in by_request] == [
        ("callback", "unavailable", FIRST),
        ("callback", "busy", SECOND),
        ("recovery", None, None),
        ("recovery", None, None),
    ]
    assert [one.get("replayed") for one in by_request[2:]] == [False, True]


@pytest.mark.parametrize(
    ("name", "became"),
    [
        ("n-1", [("notice rejected", "400")]),
        ("n-10", [("notices accepted", None)]),
        ("n-5", [("notices deferred", "not allowed")]),
        ("n-6", [("notices deferred", "unavailable")]),
        ("n", []),
    ],
)
def test_the_second_query_tells_what_became_of_a_notice(
    logged: list[str], name: str, became: list[tuple[str, str | None]]
) -> None:
    found = documented_queries()[1].about(Y=name).matching(logged)

    assert [(one["message"], one.get("error_code") or one.get("reason")) for one in found] == became


def test_the_third_query_counts_what_was_answered_503_by_its_fault(logged: list[str]) -> None:
    found = documented_queries()[2].matching(logged)

    assert {(one["answer"], "fault" in one) for one in found} == {
        ("unavailable", True),
        ("busy", False),
        ("not checked", False),
    }


def test_the_fourth_query_names_the_organisations_that_are_not_allowed(logged: list[str]) -> None:
    found = documented_queries()[3].matching(logged)

    assert [(one["org_id"], one["error_code"], one["times"]) for one in found] == [
        ("o-not-allowed", "403", 1)
    ]


def test_the_dashboard_asks_the_logs_as_the_page_does() -> None:
    asked = [Query.of(one["query"].partition(" | ")[2]) for one in watching.widgets("log")]

    assert asked == documented_queries()[2:]


def test_a_request_behind_a_load_balancer_is_named_by_the_root_of_its_trace(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    root = "1-67891233-abcdef012345678912345678"
    given = load_balancer("?")
    given["multiValueHeaders"]["X-Amzn-Trace-Id"] = [f"Self=1-67891234-{'0' * 24};Root={root};Sampled=1"]

    run("callback", given)

    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["request_id"], line["correlation_id"]) == (root, root)
