"""What stands before the local cloud, with a cloud behind it that answers everything."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.cloud.cross_site import OwnHosts
from sandbox.cloud.guard import guarded
from sandbox.cloud.key import Key
from tests.support.web_page import PAGES

KEY = Key.made()
PORT = 4566
HOST = f"127.0.0.1:{PORT}"
CALLBACK = "/restapis/abc123/relay/_user_request_/callback/the-token/employee-leave"
OPEN = {"access-control-allow-origin": "*", "Access-Control-Max-Age": "86400"}


class Cloud:
    """A cloud without a door: takes everything, and lets every page read its answer."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.scopes: list[str] = []
        self.app: Any = guarded(self.serve, OwnHosts(PORT, KEY.host), {KEY.id: KEY.secret}.get)

    async def serve(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scopes.append(scope["type"])
        if scope["type"] == "http":
            self.bodies.append((await receive())["body"])
            assert (await receive())["type"] == "http.disconnect"
        headers = [(name.encode(), value.encode()) for name, value in {**OPEN, "x-own": "1"}.items()]
        kind = {"http": "http.response.start", "websocket": "websocket.accept"}.get(scope["type"], "done")
        await send({"type": kind, "status": 200, "headers": headers})

    def asked(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        kind: str = "http",
        cut: bool = False,
    ) -> list[dict[str, Any]]:
        """What is sent back for one request whose body comes in two parts."""
        path, _, query = target.partition("?")
        given = {"host": HOST} | {name.lower(): value.format(port=PORT) for name, value in headers.items()}
        scope = {
            "type": kind,
            "method": method,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        coming: list[dict[str, Any]] = [
            {"type": "http.request", "body": body[:3], "more_body": True},
            *([] if cut else [{"type": "http.request", "body": body[3:], "more_body": False}]),
            {"type": "http.disconnect"},
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return coming.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        return sent


def signed(method: str, target: str, body: bytes = b"", key: Key = KEY) -> dict[str, str]:
    request = AWSRequest(method, f"http://{HOST}{target}", {}, body)
    SigV4Auth(Credentials(key.id, key.secret), "sqs", "cn-north-1").add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("target", ["/", CALLBACK, "/_ministack/reset"])
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_no_page_comes_in_even_with_the_key(
    kind: str, page: dict[str, str], target: str, method: str
) -> None:
    cloud = Cloud()

    sent = cloud.asked(method, target, signed(method, target, b"body") | page, b"body", kind)

    assert refused(sent, kind)
    assert cloud.scopes == []


def refused(sent: list[dict[str, Any]], kind: str = "http") -> bool:
    if kind == "websocket":
        return [message["type"] for message in sent] == ["websocket.close"]
    names = {name for name, _ in sent[0]["headers"]}
    return sent[0]["status"] == 403 and names == {b"content-type", b"content-length"}


@pytest.mark.parametrize(
    ("method", "target"), [("POST", "/?Action=ListQueues"), ("POST", "/_ministack/reset"), ("GET", "/a%20b")]
)
def test_who_has_the_key_is_let_in_with_the_whole_body(method: str, target: str) -> None:
    cloud = Cloud()
    path = target.replace("%20", " ")

    sent = cloud.asked(method, path, signed(method, target, b"a body"), b"a body")

    assert sent[0]["status"] == 200
    assert cloud.bodies == [b"a body"]


@pytest.mark.parametrize("key", [Key("000000000000", "test"), Key("INVENTED", "x"), Key(KEY.id, "test")])
def test_who_has_another_key_is_not(key: Key) -> None:
    cloud = Cloud()

    assert refused(cloud.asked("POST", "/", signed("POST", "/", b"body", key), b"body"))
    assert refused(cloud.asked("POST", CALLBACK, signed("POST", CALLBACK, b"body", key), b"body"))
    assert refused(cloud.asked("POST", "/", signed("POST", "/", b"body"), b"other"))
    assert cloud.scopes == []


def test_a_callback_needs_no_key() -> None:
    cloud = Cloud()

    sent = cloud.asked("POST", CALLBACK, {"Content-Type": "text/plain", "User-Agent": "curl"}, b"{}")

    assert sent[0]["status"] == 200
    assert cloud.bodies == [b"{}"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", CALLBACK),
        ("POST", f"/bucket{CALLBACK}"),
        ("POST", "/restapis/abc123/_user_request_/x/y"),
        ("POST", "/restapis/abc123/relay/_user_request_"),
        ("POST", "/restapis/abc123/relay/_user_request_/"),
        ("POST", f"{CALLBACK}?X-Amz-Credential=test/20260101/cn-north-1/s3/aws4_request"),
        ("POST", "/_aws/execute-api/abc123/relay/callback/the-token"),
    ],
)
def test_what_only_resembles_a_callback_needs_one(method: str, target: str) -> None:
    cloud = Cloud()

    assert refused(cloud.asked(method, target, {}, b"{}"))
    assert cloud.scopes == []


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_no_answer_may_be_read_by_a_page(kind: str) -> None:
    sent = Cloud().asked("GET", "/", signed("GET", "/"), kind=kind)

    assert dict(sent[0]["headers"]) == {b"x-own": b"1"}


def test_a_websocket_needs_the_key_too() -> None:
    assert refused(Cloud().asked("GET", "/", {}, kind="websocket"), "websocket")


def test_a_caller_that_broke_off_is_not_answered() -> None:
    cloud = Cloud()

    assert cloud.asked("POST", CALLBACK, {}, b"a body", cut=True) == []
    assert cloud.scopes == []


def test_what_is_no_request_passes() -> None:
    cloud = Cloud()

    cloud.asked("", "/", {}, kind="lifespan")

    assert cloud.scopes == ["lifespan"]


def test_a_refusal_is_readable_for_the_callers_client() -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}

    as_xml = Cloud().asked("POST", "/", form)[1]["body"]
    as_json = json.loads(Cloud().asked("POST", "/", {})[1]["body"])

    assert b"<Code>AccessDenied</Code>" in as_xml
    assert "key" in as_json["message"]
