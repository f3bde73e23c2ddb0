"""What stands before the local cloud, and what it tells a web page by: its headers alone."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.cloud.guard import Call, Key, OwnHosts, cross_site, guarded
from tests.support.web_page import PAGES

KEY = Key.made()
PORT = 4566
HOST = f"127.0.0.1:{PORT}"
CALLBACK = "/restapis/abc123/relay/_user_request_/callback/the-token/employee-leave"
# What the owner of a key signs with; how that is checked, tests/e2e/test_cloud.py tries out.
SIGNED = "AWS4-HMAC-SHA256 of the key"
OPEN = {"access-control-allow-origin": "*", "Access-Control-Max-Age": "86400"}


class Cloud:
    """A cloud without a door: takes everything, and lets every page read its answer."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.scopes: list[str] = []
        self.checked: list[Call] = []
        self.app: Any = guarded(self.serve, OwnHosts(PORT, KEY.host), self.is_signed)

    def is_signed(self, call: Call) -> bool:
        self.checked.append(call)
        return call.headers.get("authorization") == SIGNED

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


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("target", ["/", CALLBACK, "/_ministack/reset"])
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_no_page_comes_in_even_with_the_key(
    kind: str, page: dict[str, str], target: str, method: str
) -> None:
    cloud = Cloud()

    sent = cloud.asked(method, target, {"Authorization": SIGNED} | page, b"body", kind)

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

    sent = cloud.asked(method, path, {"Authorization": SIGNED}, b"a body")

    assert sent[0]["status"] == 200
    assert cloud.bodies == [b"a body"]
    (call,) = cloud.checked
    path, _, query = target.partition("?")
    assert (call.method, call.path, call.query, call.body) == (method, path, query, b"a body")


@pytest.mark.parametrize("target", ["/", CALLBACK])
def test_who_signs_with_another_is_not(target: str) -> None:
    cloud = Cloud()

    assert refused(cloud.asked("POST", target, {"Authorization": f"{SIGNED} of another"}, b"body"))
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


def test_no_answer_may_be_read_by_a_page() -> None:
    sent = Cloud().asked("GET", "/", {"Authorization": SIGNED})

    assert dict(sent[0]["headers"]) == {b"x-own": b"1"}


def test_there_are_no_websockets() -> None:
    assert refused(Cloud().asked("GET", "/", {"Authorization": SIGNED}, kind="websocket"), "websocket")


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


@pytest.mark.parametrize(
    ("query", "headers", "claims"),
    [
        ("", {"authorization": "AWS4-HMAC-SHA256 Credential=test/"}, True),
        ("", {"authorization": "Bearer of-something"}, True),
        ("AWSAccessKeyId=test", {}, True),
        ("a=1&X-Amz-Credential=test", {}, True),
        ("x-amz-signature", {}, True),
        ("a=1&x-amazing=2", {"x-amzn-trace-id": "1"}, False),
    ],
)
def test_whoever_speaks_of_a_signature_is_asked_for_it(
    query: str, headers: dict[str, str], claims: bool
) -> None:
    assert Call("POST", "/", query, headers).claims_signature is claims


OWN = OwnHosts(4566, "s3-akia234")


@pytest.mark.parametrize("host", ["127.0.0.1:4566", "localhost:4566", "LocalHost:4566", "s3-akia234:4566"])
def test_a_program_that_calls_us_by_a_name_of_ours_is_let_in(host: str) -> None:
    assert cross_site([("Host", host), ("User-Agent", "curl")], OWN) == ""


def test_a_container_may_name_a_bucket_first() -> None:
    assert cross_site([("Host", "a-bucket.s3-akia234:4566")], OWN) == ""


@pytest.mark.parametrize(
    "host",
    [
        "page.example:4566",
        "page.example",
        "127.0.0.1",
        "127.0.0.1:4567",
        "127.0.0.1.page.example:4566",
        "localhost.page.example:4566",
        "a.localhost:4566",
        "localhost.:4566",
        "xs3-akia234:4566",
        "s3-akia234.page.example:4566",
        "169.254.169.254:4566",
        "[::1]:4566",
        ":4566",
        "",
    ],
)
def test_a_name_that_is_not_ours_was_led_here_by_somebody(host: str) -> None:
    assert "Host" in cross_site([("Host", host)], OWN)


@pytest.mark.parametrize("host", ["s3-akia234:4566", "a.s3-akia234:4566", ":4566", ".:4566"])
def test_without_a_name_for_containers_there_is_none(host: str) -> None:
    assert cross_site([("Host", host)], OwnHosts(4566))


@pytest.mark.parametrize("headers", [[], [("Host", "localhost:4566"), ("host", "page.example:4566")]])
def test_no_host_and_two_hosts_are_refused(headers: list[tuple[str, str]]) -> None:
    assert "Host" in cross_site(headers, OWN)


@pytest.mark.parametrize("origin", ["https://page.example", "null", "http://127.0.0.1:4566", ""])
def test_any_origin_is_a_pages(origin: str) -> None:
    assert "Origin" in cross_site([("Host", "127.0.0.1:4566"), ("origin", origin)], OWN)


@pytest.mark.parametrize(
    ("sites", "refused"),
    [
        (["none"], False),
        (["None "], False),
        (["cross-site"], True),
        (["same-site"], True),
        (["same-origin"], True),
        ([""], True),
        (["none", "cross-site"], True),
    ],
)
def test_a_browser_says_whose_request_it_is(sites: list[str], refused: bool) -> None:
    headers = [("Host", "127.0.0.1:4566"), *(("Sec-Fetch-Site", site) for site in sites)]

    assert bool(cross_site(headers, OWN)) is refused


def test_a_key_is_new_each_time_and_no_accounts_number() -> None:
    keys = [Key.made() for _ in range(100)]

    assert len({key.id for key in keys}) == 100
    assert not any(key.id.isdecimal() for key in keys)
    assert not any(key.secret in repr(key) for key in keys)
