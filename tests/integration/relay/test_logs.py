"""Whatever happens, no line that a function writes holds a body, a recipient, a token or a key."""

import base64
import json
import time
from typing import Any

import boto3
import pytest

from callback.responses import CallbackResponse
from relay.api.error_types import InvocationError
from relay.api.gateway import ACTIONS
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.portal import Portal
from sandbox.vendors.portal_token import BEGINNING
from tests.support import template
from tests.support.inbound import PREVIOUS, TOKEN, dumps, load_balancer, message, rest_api
from tests.support.outbound import event, record
from tests.support.outbound import message as notice
from tests.support.relay_day import TWO_ROWS, Run, day_in
from tests.support.stand_ins import KEY, MOZI_KEY, MOZI_SECRET, SECRET

PERSON, TEXT, GUESS = "13800138000", "绝密", "guessed-token"
PRIVATE = (
    PERSON,
    TEXT,
    GUESS,
    TOKEN,
    PREVIOUS,
    KEY,
    SECRET,
    BEGINNING,
    MOZI_KEY,
    MOZI_SECRET,
    "\\u7edd",
)
SAID = {"code": 400, "message": f"{PERSON} {TEXT}"}


@pytest.fixture
def everything(
    run: Run,
    portal: Portal,
    gateway: Gateway,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """What is printed at the level DEBUG, by any path."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    day_in(run, portal, gateway)
    for given in requests():
        run("callback", given)
    for replies, given in notices():
        portal.replies = replies
        run("notice", given)
    gateway.replies = [TWO_ROWS] * 100
    for action in ACTIONS:
        attempt(run, "gateway", {"action": action, **ASKED.get(action, {})})
    for asked in ({"action": "sweep"}, {"action": "status"}, {"action": "replay", "dryRun": True}):
        run("recovery", asked)
    for function in ("recovery", "gateway"):
        attempt(run, function, {"action": TEXT, PERSON: TEXT})
    spoil_everything(run)
    captured = capsys.readouterr()
    return captured.out + captured.err


ASKED: dict[str, dict[str, Any]] = {
    "register": {"callbackUrl": f"https://relay.example/{GUESS}/callback"},
    "remove-failed": {"ids": ["7"]},
}


def requests() -> list[dict[str, Any]]:
    """Of every source, shape and size, each with something private in it."""
    body = dumps(message({"receivers": [PERSON], "text": TEXT, "tenantId": PERSON}, sourceMessageId=TEXT))
    large = dumps(message({"text": TEXT * 100_000}, sourceMessageId="large"))
    handshake = dumps({"eventTag": TEXT, "dispatchId": PERSON})
    bodies = (body, large, handshake, TEXT, f"{TEXT}={PERSON}", "", base64.b64encode(TEXT.encode()).decode())
    return [
        source(given, token=token, slug="notification-read")
        for given in bodies
        for token in (TOKEN, PREVIOUS, GUESS)
        for source in (rest_api, load_balancer)
    ]


def notices() -> list[tuple[list[Any], dict[str, Any]]]:
    """What the portal answers, and what it is sent."""
    private = notice("n-20", targets=[PERSON], header=TEXT, body=TEXT)
    replies = [
        (200, SAID), (200, {"code": 0, "data": True}), (200, {"code": 500, "message": PERSON}),
        (401, dumps(SAID).encode()), (403, SAID), (429, SAID, {"Retry-After": TEXT.encode().hex()}),
        (503, TEXT.encode()), (200, TEXT.encode()),
        (302, b"", {"Location": f"https://portal.example/{PERSON}"}),
    ]  # fmt: skip
    given = [(list([reply] * 2), event(sent(private, name=f"r-{n}"))) for n, reply in enumerate(replies)]
    wrong = private | {"messageType": TEXT, "targets": PERSON, TEXT: PERSON}
    unreadable = record(name="r-30", sent_at=time.time(), body=f'{{"orgId": "{PERSON}", "messages": "{TEXT}"')
    return [*given, ([], event(sent(wrong, name="r-31"))), ([], event(unreadable))]


def spoil_everything(run: Run) -> None:
    """Secrets and rooms that are gone or hold nonsense."""
    for topic in boto3.client("sns").list_topics()["Topics"]:
        boto3.client("sns").delete_topic(TopicArn=topic["TopicArn"])
    run("callback", rest_api(dumps(message({"text": TEXT}, sourceMessageId="no topic"))))
    boto3.client("dynamodb").delete_table(TableName=template.EVENT_TABLE)
    run("callback", rest_api(dumps(message({"text": TEXT}, sourceMessageId="no table"))))
    attempt(run, "recovery", {"action": "sweep"})
    for name in ("t", "e", "g"):
        put(name, {TEXT: PERSON})
    run("callback", rest_api(TEXT, token=GUESS))
    run("notice", event(sent(notice("n-40", targets=[PERSON]), name="r-40")))
    attempt(run, "gateway", {"action": "list"})


def sent(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return record(*messages, sent_at=time.time(), **more)


def attempt(run: Run, function: str, given: dict[str, Any]) -> None:
    """Lambda writes an error that is raised to the log as well."""
    try:
        run(function, given)
    except InvocationError as error:
        print(type(error).__name__, error, error.__cause__ or "")  # noqa: T201


def put(name: str, value: dict[str, str]) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString=dumps(value))


def test_no_line_holds_anything_private(everything: str) -> None:
    assert [private for private in PRIVATE if private in everything] == []


def test_every_path_was_gone(everything: str) -> None:
    lines = [json.loads(line) for line in everything.splitlines() if line.startswith("{")]
    answers = {line["answer"] for line in lines if "answer" in line}
    said = {line["message"] for line in lines if "message" in line}

    assert answers == {one.logged for one in CallbackResponse}
    assert said >= {
        "request answered", "swept", "replayed", "notice rejected", "notices accepted", "notices deferred",
        "portal unavailable", "configuration at fault", "gateway action ended",
    }  # fmt: skip
    assert {line["action"] for line in lines if "action" in line} >= set(ACTIONS) - {"register", "update"}
