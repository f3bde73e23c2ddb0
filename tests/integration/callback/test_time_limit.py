"""AWS that hangs: the callback answers 503 by itself, before Lambda ends it."""

import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import ModuleType

import pytest

from relay.aws import ATTEMPT_SECONDS
from tests.support.inbound import TOKEN, content_of, dumps, message, rest_api

BODY = dumps(message(content_of("openplatform_app_update|openplatform_app_update_tag")))


class Countdown:
    """Lambda's context of an invocation that begins now and may take so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._end - time.monotonic()))


class SlowAws(ThreadingHTTPServer):
    """Answers each call, or only those `of` one operation, after so many seconds: as if all went well."""

    daemon_threads = True

    def __init__(self, seconds: float, of: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.seconds, self.of, self.calls, self.over = seconds, of, list[str](), Event()


_PUBLISHED = b"<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>"


class _Call(BaseHTTPRequestHandler):
    server: SlowAws

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.headers.get("X-Amz-Target", "Publish").rpartition(".")[2])

    def do_PUT(self) -> None:
        # Its body is left unread: what hangs may well hang before.
        self._answer("PutObject")

    def _answer(self, operation: str) -> None:
        self.server.calls.append(operation)
        hangs = self.server.of in (None, operation)
        if hangs and self.server.over.wait(self.server.seconds):
            return
        said = {"SecretString": json.dumps({"current": TOKEN})} if operation == "GetSecretValue" else {}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(_PUBLISHED if operation == "Publish" else json.dumps(said).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


@contextmanager
def serving(seconds: float, of: str | None = None) -> Iterator[SlowAws]:
    with SlowAws(seconds, of) as aws:
        Thread(target=aws.serve_forever, args=(0.05,), daemon=True).start()
        yield aws
        aws.over.set()
        aws.shutdown()


@contextmanager
def deployed(aws: SlowAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws.server_port}",
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "cn-north-1",
        "EVENT_TABLE": "events",
        "EVENT_TOPIC_ARN_PREFIX": "arn:aws-cn:sns:cn-north-1:123456789012:relay-event-",
        "PAYLOAD_BUCKET": "payloads",
        "CALLBACK_TOKEN_SECRET_ARN": "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:t",
        "EVENT_RETENTION_DAYS": "90",
    }.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("callback.app", None)
    yield importlib.import_module("callback.app")
    sys.modules.pop("callback.app", None)


# What a call of two attempts may take by itself is more than is left of the first of these.
@pytest.mark.parametrize(
    ("answered_after", "given", "calls"),
    [
        (60.0, ATTEMPT_SECONDS + 1.5, ["GetSecretValue"]),
        (2.5, ATTEMPT_SECONDS + 3.0, ["GetSecretValue"]),
        (2.5, ATTEMPT_SECONDS + 4.5, ["GetSecretValue", "GetItem"]),
    ],
)
def test_whatever_hangs_the_gateway_is_told_to_come_back_in_time(
    monkeypatch: pytest.MonkeyPatch, answered_after: float, given: float, calls: list[str]
) -> None:
    with serving(answered_after) as aws, deployed(aws, monkeypatch) as app:
        context = Countdown(given)
        response = app.handler(rest_api(BODY), context)

        assert context.get_remaining_time_in_millis() > 0
    assert (response["statusCode"], json.loads(response["body"])["errcode"]) == (503, "5032")
    assert aws.calls == calls


@pytest.mark.parametrize(
    ("operation", "size"),
    [
        *((one, 1) for one in ("GetSecretValue", "GetItem", "PutItem", "Publish", "UpdateItem")),
        ("PutObject", 300_000),
    ],
)
def test_whichever_call_hangs_the_gateway_is_told_to_come_back_in_time(
    monkeypatch: pytest.MonkeyPatch, operation: str, size: int
) -> None:
    with serving(60.0, operation) as aws, deployed(aws, monkeypatch) as app:
        context = Countdown(ATTEMPT_SECONDS + 2.5)
        response = app.handler(rest_api(dumps(message({"text": "x" * size}))), context)

        assert context.get_remaining_time_in_millis() > 0
    assert (response["statusCode"], json.loads(response["body"])["errcode"]) == (503, "5032")
    assert aws.calls[-1] == operation


def test_with_no_time_left_no_call_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(0.0) as aws, deployed(aws, monkeypatch) as app:
        response = app.handler(rest_api(BODY), Countdown(ATTEMPT_SECONDS))

    assert response["statusCode"] == 503
    assert aws.calls == []
