"""Every metric and every line that the functions write, against README, the alarms and the dashboard."""

import importlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest

from relay.events import timestamp
from relay.store import LEASE_SECONDS
from sandbox.loopback import Answer, Loopback, Request
from tests import template, watching
from tests.inbound import TOKEN, dumps, load_balancer, message, rest_api
from tests.integration.loopback import KEY, PATH, SECRET, LoopbackPortal
from tests.log_queries import Query, readme_queries
from tests.outbound import event
from tests.outbound import message as notice
from tests.outbound import record as sent_record
from tests.watching import STACK

APPS = ("callback.app", "recovery.app", "notice.app", "gateway.app")
TOPIC = f"{template.TOPIC_PREFIX}app-update"
FIRST, SECOND = "r-first", "r-second"
TO_BE_SHOWN = {"Received", "Repeated", "Published", "Unclassified", "PendingAge", "BatchSize"} | {
    "ProduceCalls", "Halvings", "NoticesAccepted", "NoticesRejected", "NoticesDeferred",
    "ConfigurationFault", "EndToEndLatency",
}  # fmt: skip


class Vendor(Loopback):
    """The gateway with two callbacks on its failed list, one of them without an id."""

    def answer(self, request: Request) -> Answer:
        said = {"success": True, "rows": [{"id": 7}, {"no": "id"}]}
        return Answer(200, {"success": True, "content": said})


class Context:
    """What the functions ask Lambda for."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    with LoopbackPortal() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def run(
    inbound: None, portal: LoopbackPortal, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, Any], Any]]:
    """Invokes a function by its name, each in a container that was started for this test."""
    with Vendor() as vendor:
        for name, value in _environment(portal, vendor).items():
            monkeypatch.setenv(name, value)
        for app in APPS:
            monkeypatch.delitem(sys.modules, app, raising=False)
        yield lambda function, given: _invoked(importlib.import_module(f"{function}.app"), given)
        for app in APPS:
            sys.modules.pop(app, None)


def _environment(portal: LoopbackPortal, vendor: Vendor) -> dict[str, str]:
    return {
        "STACK_NAME": STACK,
        "EVENT_TABLE": template.EVENT_TABLE,
        "EVENT_TOPIC_ARN_PREFIX": template.TOPIC_PREFIX,
        "PAYLOAD_BUCKET": template.PAYLOAD_BUCKET,
        "EVENT_RETENTION_DAYS": "90",
        "CALLBACK_TOKEN_SECRET_ARN": template.make_secret("t", dumps({"current": TOKEN, "previous": ""})),
        "ENOS_BASE_URL": portal.url,
        "ENOS_PRODUCE_PATH": PATH,
        "ENOS_CREDENTIALS_SECRET_ARN": template.make_secret("e", dumps({"appKey": KEY, "appSecret": SECRET})),
        "NOTICE_QUEUE_URL": template.make_queue("NoticeQueue"),
        "NOTICE_DEAD_LETTER_QUEUE_URL": template.make_queue("NoticeDeadLetterQueue"),
        "GATEWAY_BASE_URL": vendor.url,
        "GATEWAY_CREDENTIALS_SECRET_ARN": template.make_secret("g", dumps({"apiKey": "k", "secretKey": "s"})),
    }


def _invoked(app: ModuleType, given: Any) -> Any:
    for printer in app.logger.handlers:
        printer.stream = sys.stdout  # The one that this test captures.
    return app.handler(given, Context())


def delivery(number: int, request_id: str = "r", **content: Any) -> dict[str, Any]:
    body = dumps(message({"appName": "x", **content}, sourceMessageId=f"s-{number}"))
    return rest_api(body, slug="app-update", requestContext={"requestId": request_id})


def fresh(*names: str, **more: Any) -> dict[str, Any]:
    return sent_record(*map(notice, names), sent_at=time.time(), **more)


def day_in(run: Callable[[str, Any], Any], portal: LoopbackPortal) -> None:
    """Something of everything that can happen to the relay."""
    _events(run)
    _notices(run, portal)
    run("gateway", {"action": "retry-failed"})


def _events(run: Callable[[str, Any], Any]) -> None:
    for given in (
        delivery(1), delivery(1, "r-again"), delivery(1, "r-other", appName="y"),
        rest_api("?"), rest_api(dumps({"eventTag": "a|b", "dispatchId": "d"})), rest_api(""),
        rest_api("{}", token="x"),
    ):  # fmt: skip
        run("callback", given)
    boto3.client("sns").delete_topic(TopicArn=TOPIC)
    run("callback", delivery(2, FIRST))
    run("callback", delivery(2, SECOND))
    boto3.client("sns").create_topic(Name=TOPIC.rpartition(":")[2])
    _age_what_is_pending()
    run("recovery", {"action": "sweep"})
    (kept,) = [item for item in _items() if item.get("correlationId") == {"S": FIRST}]
    run("recovery", {"action": "replay", "ids": [kept["eventId"]["S"]]})


def _items() -> list[dict[str, Any]]:
    return boto3.client("dynamodb").scan(TableName=template.EVENT_TABLE)["Items"]


def _age_what_is_pending() -> None:
    for item in _items():
        if "pendingShard" in item:
            ended = str(int(time.time()) - 1)
            item["leaseUntil"] = {"N": ended}
            item["receivedAt"] = {"S": timestamp(time.time() - 10 * LEASE_SECONDS)}
            boto3.client("dynamodb").put_item(TableName=template.EVENT_TABLE, Item=item)


def _notices(run: Callable[[str, Any], Any], portal: LoopbackPortal) -> None:
    no = (200, {"code": 400, "message": "u-1 is nobody"})
    yes = (200, {"code": 0, "data": True})
    portal.replies = [no, no, yes]
    run("notice", event(fresh("n-1", name="r-1"), fresh("n-10", name="r-2")))
    run("notice", event(fresh("n-2", body='{"orgId":"o-1","messages":[{"messageId":"n-2"},7]}')))
    portal.replies = [(403, b""), (403, b"")]
    run("notice", event(fresh("n-5", org="o-not-allowed", name="r-3")))
    portal.replies = [(503, b"u-1 is tired")]
    run("notice", event(fresh("n-6", name="r-4")))


@pytest.fixture
def printed(
    run: Callable[[str, Any], Any], portal: LoopbackPortal, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    day_in(run, portal)
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def logged(printed: list[str]) -> list[str]:
    return [line for line in printed if "_aws" not in json.loads(line)]


def test_readme_lists_every_metric_that_is_written_and_no_other(printed: list[str]) -> None:
    """Namespace, name, unit, and exactly the dimensions service and stack."""
    assert watching.written(map(json.loads, printed)) == watching.documented()


def test_every_alarm_and_graph_is_about_a_metric_that_is_written(printed: list[str]) -> None:
    known = {one.metric for one in watching.written(map(json.loads, printed))}
    watched = {one for one in (*watching.alarms().values(), *watching.shown()) if one.namespace[:4] != "AWS/"}

    assert watched - known == set()
    assert {name for _, name, _ in watching.shown()} >= TO_BE_SHOWN
    assert known - set(watching.shown()) == set()


def test_every_metric_of_a_later_invocation_has_the_same_dimensions(
    run: Callable[[str, Any], Any], capsys: pytest.CaptureFixture[str]
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
    query = readme_queries()[number]
    events = {json.loads(line).get("event_id") for line in logged} - {None}
    names = [*events, "n-1", "n-5"]
    found = [line for name in names for line in query.about(X=name, Y=name).matching(logged)]

    assert found
    assert query.fields - set().union(*found) == set()


def test_the_first_query_tells_the_whole_way_of_an_event(logged: list[str]) -> None:
    by_request = readme_queries()[0].about(X=FIRST).matching(logged)
    (event_id,) = {line["event_id"] for line in by_request}

    assert readme_queries()[0].about(X=event_id).matching(logged) == by_request
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
    found = readme_queries()[1].about(Y=name).matching(logged)

    assert [(one["message"], one.get("errorCode") or one.get("reason")) for one in found] == became


def test_the_third_query_counts_what_was_answered_503_by_its_fault(logged: list[str]) -> None:
    found = readme_queries()[2].matching(logged)

    assert [(one["answer"], "fault" in one) for one in found] == [("unavailable", True), ("busy", False)]


def test_the_fourth_query_names_the_organisations_that_are_not_allowed(logged: list[str]) -> None:
    found = readme_queries()[3].matching(logged)

    assert [(one["orgId"], one["errorCode"], one["times"]) for one in found] == [("o-not-allowed", "403", 1)]


def test_the_dashboard_asks_the_logs_as_readme_does() -> None:
    asked = [Query.of(one["query"].partition(" | ")[2]) for one in watching.widgets("log")]

    assert asked == readme_queries()[2:]


def test_a_request_behind_a_load_balancer_is_named_by_the_root_of_its_trace(
    run: Callable[[str, Any], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    root = "1-67891233-abcdef012345678912345678"
    given = load_balancer("?")
    given["multiValueHeaders"]["X-Amzn-Trace-Id"] = [f"Self=1-67891234-{'0' * 24};Root={root};Sampled=1"]

    run("callback", given)

    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["request_id"], line["correlation_id"]) == (root, root)
