"""The notice function from the event to what is in the queues, the log and the metrics."""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from sandbox.vendors.portal import Portal
from sandbox.vendors.portal_token import BEGINNING
from tests.support import template
from tests.support.certificates import PrivateAuthority, private_authority, served_with
from tests.support.forward_proxy import ForwardProxy
from tests.support.outbound import event, message, record
from tests.support.stand_ins import KEY, PATH, SECRET, produce, relays_portal
from tests.support.stand_ins import notice as written

APP = "notice.app"


class Context:
    """What the function asks Lambda for."""

    def __init__(self, seconds: float = 60) -> None:
        self._milliseconds = int(seconds * 1000)

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


class Function:
    """The function deployed beside mock SQS, mock Secrets Manager and a portal on the loopback address."""

    def __init__(self, app: ModuleType, portal: Portal, queue: str, dead: str) -> None:
        self.app, self.portal, self.queue, self.dead = app, portal, queue, dead
        self.sqs = boto3.client("sqs")

    def __call__(self, given: Any, seconds: float = 60) -> list[str]:
        for handler in self.app.logger.handlers:
            handler.stream = sys.stdout  # The one that this test captures.
        answer = self.app.handler(given, Context(seconds))
        assert set(answer) == {"batchItemFailures"}
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def dead_letters(self) -> list[str]:
        answer = self.sqs.receive_message(
            QueueUrl=self.dead, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [each["MessageAttributes"]["errorCode"]["StringValue"] for each in answer.get("Messages", [])]


@pytest.fixture
def function(cloud: None, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    yield deployed(portal, monkeypatch)
    sys.modules.pop(APP, None)


def deployed(portal: Portal, monkeypatch: pytest.MonkeyPatch, **way_out: str) -> Function:
    queue, dead = template.make_queue("NoticeQueue"), template.make_queue("NoticeDeadLetterQueue")
    secret = template.make_secret("enos", json.dumps({"appKey": KEY, "appSecret": SECRET}))
    given = {
        "ENOS_BASE_URL": portal.url,
        "ENOS_PRODUCE_PATH": PATH,
        "ENOS_CREDENTIALS_SECRET_ARN": secret,
        "NOTICE_QUEUE_URL": queue,
        "NOTICE_DEAD_LETTER_QUEUE_URL": dead,
        "NOTICE_OUTCOME_TOPIC_ARN": template.make_outcome_topic(),
        "LOG_LEVEL": "INFO",
        **way_out,
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop(APP, None)
    return Function(importlib.import_module(APP), portal, queue, dead)


def fresh(*messages: Any, **more: Any) -> dict[str, Any]:
    """A record that was sent just now."""
    return record(*messages, sent_at=time.time(), **more)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def metric(found: list[dict[str, Any]], name: str) -> float:
    return sum(sum(line[name]) for line in found if "_aws" in line and name in line)


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((template.ROOT / "events" / name).read_text("utf-8"))
    return found


def test_the_variables_of_the_function_are_the_settings_it_reads(function: Function) -> None:
    settings = function.app.Settings

    read = {name.upper() for name in settings.model_fields}
    assert template.variables("NoticeFunction") == read | {"MALLOC_MMAP_THRESHOLD_"}  # glibc's.


def test_a_setting_that_lacks_is_named(function: Function) -> None:
    with pytest.raises(ValidationError, match="ENOS_BASE_URL"):
        function.app.Settings.load({})


def keep_what_the_samples_send_again(portal: Portal) -> None:
    """One of them only names a notice that is there already."""
    sent = produce(portal, [written("leave-request-20261101-007")], org_id="o15504745674071")
    assert sent.body["code"] == 0
    portal.forget_calls()


def test_the_sample_records_are_produced(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    keep_what_the_samples_send_again(function.portal)

    assert function(sample("notice-records.json")) == []

    (call,) = function.portal.calls
    assert call.request.target == f"{PATH}?orgId=o15504745674071"
    assert (call.size, call.ok) == (3, True)
    found = lines(capsys)
    assert metric(found, "NoticesAccepted") == 3
    assert metric(found, "ProduceCalls") == 1
    assert metric(found, "BatchSize") == 3
    assert metric(found, "EndToEndLatency") >= 0


def test_the_bad_ones_among_the_samples_are_dead_letters(function: Function) -> None:
    keep_what_the_samples_send_again(function.portal)

    assert function(sample("notice-records-with-a-bad-one.json")) == []

    assert function.dead_letters() == ["InvalidNotice", "InvalidNotice"]
    assert [call.ok for call in function.portal.calls] == [True]


@pytest.mark.parametrize("odd", [{}, {"Records": []}, {"Records": None}, None, [], "text"])
def test_an_event_without_records_asks_nobody(
    function: Function, odd: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert function(odd) == []
    assert function.portal.connections == 0
    assert capsys.readouterr().out == ""


def test_a_record_that_does_not_name_itself_returns_the_whole_batch(function: Function) -> None:
    function.portal.replies = [(503, b"")]
    given = fresh(message())
    del given["messageId"]

    assert function(event(given)) == [""]  # Lambda takes an empty identifier for "none was worked on".


def test_no_client_is_made_before_there_is_a_record(function: Function) -> None:
    made: list[str] = []
    outbound = function.app.build(function.app.settings, client=made.append)

    outbound.deliver({"Records": []}, 30)

    assert made == []


def test_an_outage_returns_the_record_and_leaves_no_dead_letter(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    function.portal.replies = [(503, b"")]

    assert function(event(fresh(message()))) == ["r-1"]

    assert function.dead_letters() == []
    found = lines(capsys)
    assert metric(found, "NoticesDeferred") == 1
    assert [line["error_code"] for line in found if line.get("message") == "portal unavailable"] == ["503"]


def test_what_sqs_would_not_do_is_logged_with_its_code(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    function.sqs.delete_queue(QueueUrl=function.dead)

    assert function(event(fresh(body="not JSON", receipt="stale"))) == ["r-1"]

    said = {line["message"]: line for line in lines(capsys) if "message" in line}
    assert "NonExistentQueue" in said["dead letters not written"]["error_code"]
    assert said["dead letters not written"]["letters"] == 1
    assert said["waits not set"]["error_code"] == "ReceiptHandleIsInvalid"
    assert said["waits not set"]["records"] == 1


def test_credentials_that_are_not_filled_are_a_configuration_fault(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = function.app.settings.enos_credentials_secret_arn
    boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="{}")

    assert function(event(fresh(message()))) == ["r-1"]

    found = lines(capsys)
    assert metric(found, "ConfigurationFault") == 1
    assert "SecretKeyMissing appKey, appSecret" in [line.get("error_code") for line in found]


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return private_authority(tmp_path)


@pytest.fixture
def private_portal(authority: PrivateAuthority) -> Iterator[Portal]:
    """It has a certificate of an authority of its own."""
    portal = relays_portal()
    portal.tls = served_with(authority.server)
    with portal:
        yield portal
    sys.modules.pop(APP, None)


def test_a_private_portal_behind_a_proxy_is_reached(
    cloud: None,
    private_portal: Portal,
    authority: PrivateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ForwardProxy(authorization="Basic cmVsYXk6cEBzcy13b3Jk") as proxy:
        url = json.dumps({"proxyUrl": f"http://relay:p%40ss-word@{proxy.address}"})
        function = deployed(
            private_portal,
            monkeypatch,
            OUTBOUND_PROXY_SECRET_ARN=template.make_secret("proxy", url),
            PORTAL_CA_SECRET_ARN=template.make_secret("authority", authority.pem),
        )

        assert function(event(fresh(message()))) == []

    (call,) = private_portal.calls
    assert call.ok
    # Of Secrets Manager, SQS and the portal, it saw the portal.
    assert proxy.asked == [f"CONNECT {private_portal.url.partition('//')[2]} HTTP/1.1"]
    assert "ss-word" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("variable", "text", "code"),
    [
        ("PORTAL_CA_SECRET_ARN", "no PEM", "PortalCaSecretArn SecretNotPem"),
        ("PORTAL_CA_SECRET_ARN", None, "PortalCaSecretArn SecretEmpty"),
        ("OUTBOUND_PROXY_SECRET_ARN", '{"proxyUrl": "x:ss-word@y"}', "OutboundProxyUrl SecretUnfit proxyUrl"),
    ],
)
def test_a_way_out_that_is_set_wrongly_is_a_configuration_fault_by_name(
    cloud: None,
    private_portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    text: str | None,
    code: str,
) -> None:
    function = deployed(private_portal, monkeypatch, **{variable: template.make_secret("way-out", text)})

    assert function(event(fresh(message()))) == ["r-1"]

    printed = capsys.readouterr().out
    found = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert metric(found, "ConfigurationFault") == 1
    assert code in [line.get("error_code") for line in found]
    assert "ss-word" not in printed
    assert private_portal.connections == 0


def test_a_proxy_that_asks_who_calls_is_a_configuration_fault_and_one_that_is_away_an_outage(
    cloud: None,
    private_portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ForwardProxy(authorization="Basic cmVsYXk6cEBzcy13b3Jk") as proxy:
        url = json.dumps({"proxyUrl": f"http://relay:other-word@{proxy.address}"})
        function = deployed(
            private_portal, monkeypatch, OUTBOUND_PROXY_SECRET_ARN=template.make_secret("proxy", url)
        )
        assert function(event(fresh(message()))) == ["r-1"]
    assert function(event(fresh(message()))) == ["r-1"]

    said = {line.get("message"): line for line in lines(capsys)}
    assert said["configuration at fault"]["error_code"] == "Proxy 407"
    assert said["portal unavailable"]["error_code"] == "Proxy ConnectionRefusedError"


def test_with_three_seconds_left_it_returns_in_time_with_what_it_knows(function: Function) -> None:
    given = event(fresh(message(), name="good"), fresh(body="not JSON", name="bad"))

    assert function(given, seconds=3) == ["good"]

    assert function.dead_letters() == ["InvalidNotice"]
    assert function.portal.connections == 0


def test_what_is_received_too_late_again_is_asked_about(function: Function) -> None:
    sent = produce(function.portal, [written("n-1")], org_id="o-1")
    assert sent.body["code"] == 0
    body = {"orgId": "o-1", "messages": [message("n-1"), message("n-2")], "notAfter": "2020-01-01T00:00:00Z"}

    assert function(event(fresh(body=json.dumps(body), receives=2))) == []

    assert sorted(function.portal.asked) == ["n-1", "n-2"]
    assert function.dead_letters() == ["TooLate"]


def test_what_kept_the_portal_from_saying_is_in_the_log_and_no_produce_call(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.dumps({"orgId": "o-1", "messages": [message("n-1")], "notAfter": "2020-01-01T00:00:00Z"})
    function.portal.break_down(status=403)

    assert function(event(fresh(body=body, receives=2))) == []

    found = lines(capsys)
    (said,) = [line for line in found if line.get("message") == "configuration at fault"]
    assert (said["org_id"], said["error_code"], said["times"]) == ("any", "403", 1)
    assert metric(found, "ConfigurationFault") == 1
    assert not any("ProduceCalls" in line for line in found)


@pytest.mark.parametrize(
    "reply",
    [
        (200, {"code": 0, "data": True}),
        (200, {"code": 400, "message": "13800138000 is no user"}),
        (500, b"13800138000"),
        (503, {"code": 503, "message": "13800138000 cannot be told"}),
        (403, {"code": 403, "message": "13800138000 may not"}),
        (429, b""),
        (401, b""),
    ],
)
def test_what_is_printed_holds_no_body_recipient_token_or_key(
    function: Function, reply: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    function.portal.replies = [reply, reply]
    private = message("n-1", targets=["13800138000"], header="绝密", body="绝密")

    function(event(fresh(private), fresh(private | {"messageType": "绝密"}, name="r-2")))

    printed = "".join(capsys.readouterr())
    assert printed
    for secret in ("13800138000", "绝密", "\\u7edd", KEY, SECRET, BEGINNING):
        assert secret not in printed


def test_a_cold_start_loads_nothing_heavy() -> None:
    """Measured in a process of its own: this one has loaded everything already."""
    code = "import notice.app, sys, json; print(json.dumps([*sys.modules]))"
    paths = [str(template.ROOT / name) for name in ("functions", "layers")]
    environment = dict.fromkeys(template.variables("NoticeFunction"), "https://portal.example")
    environment |= {"PYTHONPATH": os.pathsep.join(paths), "LOG_LEVEL": "INFO"}
    environment |= {"OUTBOUND_PROXY_SECRET_ARN": "", "PORTAL_CA_SECRET_ARN": ""}

    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)

    loaded = set(json.loads(ran.stdout))
    assert "notice.portal.client" in loaded
    assert not {name for name in loaded if name.startswith(("boto3", "aws_xray_sdk"))}
    assert loaded.isdisjoint({"aws_lambda_powertools.event_handler", "botocore.client", "botocore.session"})
    assert loaded.isdisjoint({"relay.routes", "relay.proxy", "ssl"})
