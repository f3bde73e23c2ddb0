"""Guards the local cloud: refuses what a web page sends and what has no key."""

import json
import re
from collections.abc import Awaitable, Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.cloud.access import cross_site

type App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

# Callbacks carry a token in their path and no signature, as on API Gateway.
_CALLBACK = re.compile(r"/restapis/[^/]+/[^/]+/_user_request_/.+", re.DOTALL)
_NO_KEY = "the request is not signed with the key that the sandbox made when it started"


@dataclass(frozen=True)
class Call:
    """One request as it came: path and query still encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def claims_signature(self) -> bool:
        """Whether it says anything of a signature, right or wrong, of whatever version."""
        names = {name.lower() for name, _ in parse_qsl(self.query, keep_blank_values=True)}
        claims = any(name == "awsaccesskeyid" or name.startswith("x-amz-") for name in names)
        return "authorization" in self.headers or claims


def guarded(app: App, own: Container[str], is_signed: Callable[[Call], bool]) -> App:
    """The cloud for its own Hosts, for programs, and for what is signed; 403 for all else."""

    async def guard(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        headers = [(_text(name), _text(value)) for name, value in scope["headers"]]
        if reason := cross_site(headers, own):
            await _refuse(scope, send, reason)
            return
        body = await _body(receive) if scope["type"] == "http" else b""
        if body is None:
            return
        call = _call(scope, headers, body)
        if not _is_callback(scope, call) and not is_signed(call):
            await _refuse(scope, send, _NO_KEY)
            return
        again = _again(body, receive) if scope["type"] == "http" else receive
        await app(scope, again, _closed_to_pages(send))

    return guard


def _is_callback(scope: dict[str, Any], call: Call) -> bool:
    """Whether it comes without a signature by design. A path that is signed is the API's, and is checked."""
    posted = scope["type"] == "http" and call.method == "POST"
    return posted and bool(_CALLBACK.fullmatch(scope["path"])) and not call.claims_signature


def _call(scope: dict[str, Any], headers: list[tuple[str, str]], body: bytes) -> Call:
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name.lower()] = f"{joined[name.lower()]},{value}" if name.lower() in joined else value
    query = _text(scope.get("query_string", b""))
    return Call(scope.get("method", "GET"), _text(scope["raw_path"]), query, joined, body)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def _body(receive: Any) -> bytes | None:
    """The whole body; None when the caller broke off."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _again(body: bytes, receive: Any) -> Any:
    """A `receive` that gives a body which was read already, and then what comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return messages.pop() if messages else await receive()

    return again


def _closed_to_pages(send: Any) -> Any:
    """A `send` without the headers by which a page of another site may read an answer."""

    async def closed(message: dict[str, Any]) -> None:
        if "headers" in message:
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return closed


async def _refuse(scope: dict[str, Any], send: Any, reason: str) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted, the server answers a close with 403.
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    kind, body = _error(dict(scope["headers"]).get(b"content-type", b""), reason)
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _error(content_type: bytes, reason: str) -> tuple[bytes, bytes]:
    """An error that the caller's AWS client reads: the services that take forms answer in XML."""
    if content_type.startswith(b"application/x-www-form-urlencoded"):
        error = f"<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{reason}</Message></Error>"
        return b"text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
    return b"application/json", json.dumps({"__type": "AccessDenied", "message": reason}).encode()
