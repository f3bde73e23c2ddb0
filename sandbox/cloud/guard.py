"""Who may talk to the sandbox: whoever has its key, and no web page, although any page reaches loopback."""

import json
import re
import secrets
import string
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

type App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]

# Callbacks carry a token in their path and no signature, as on API Gateway.
_CALLBACK = re.compile(r"/restapis/[^/]+/[^/]+/_user_request_/.+", re.DOTALL)
_NO_KEY = "the request is not signed with the key that the sandbox made when it started"
# RFC 6761 keeps `localhost` for loopback; any other name may be led here by whoever owns it.
_LOOPBACK = ("127.0.0.1", "localhost")
_CHARACTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Key:
    """An access key of the local cloud's root, which alone is not bound by IAM there."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def made(cls) -> Self:
        """Returns a key that cannot be guessed. Its id is no number, which ministack takes for an account."""
        return cls("AKIA" + "".join(secrets.choice(_CHARACTERS) for _ in range(16)), secrets.token_hex(20))

    @property
    def environ(self) -> dict[str, str]:
        """The variables from which every AWS client takes its key."""
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}

    @property
    def host(self) -> str:
        """The name by which containers call this machine: whoever says it has the key.

        It begins with `s3-` because ministack then reads a name before it as a bucket's.
        """
        return f"s3-{self.id.lower()}"


@dataclass(frozen=True)
class OwnHosts(Container[str]):
    """The values of Host that are ours on a port; that of containers may have a bucket's name before it."""

    port: int
    containers: str = ""
    loopback: bool = True

    def __contains__(self, host: object) -> bool:
        name, _, port = str(host).rpartition(":")
        ours = (self.loopback and name in _LOOPBACK) or self._is_containers(name)
        return ours and port == str(self.port)

    def _is_containers(self, name: str) -> bool:
        return bool(self.containers) and f".{name}".endswith(f".{self.containers}")


def cross_site(headers: Iterable[tuple[str, str]], own: Container[str]) -> str:
    """Returns why a request may come from a web page, or nothing if it cannot.

    A program sends neither Origin nor Sec-Fetch-Site; of an old browser's request, Host says to which name
    it was sent.
    """
    given: dict[str, list[str]] = {}
    for name, value in headers:
        given.setdefault(name.lower(), []).append(value.strip().lower())
    hosts = given.get("host", [])
    if len(hosts) != 1 or hosts[0] not in own:
        return "the Host is not this server's own"
    if "origin" in given:
        return "a request with an Origin comes from a web page"
    if any(site != "none" for site in given.get("sec-fetch-site", [])):
        return "a request with this Sec-Fetch-Site comes from a web page"
    return ""


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
        if scope["type"] == "websocket":
            # The relay uses none. Before it is accepted, the server answers a close with 403.
            await send({"type": "websocket.close", "code": 1008, "reason": "there are no websockets here"})
            return
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = [(_text(name), _text(value)) for name, value in scope["headers"]]
        if reason := cross_site(headers, own):
            await _refuse(scope, send, reason)
        elif (body := await _body(receive)) is not None:
            call = _call(scope, headers, body)
            # A path that is signed is the API's, and is checked.
            is_callback = call.method == "POST" and _CALLBACK.fullmatch(scope["path"])
            if (is_callback and not call.claims_signature) or is_signed(call):
                await app(scope, _again(body, receive), _closed_to_pages(send))
            else:
                await _refuse(scope, send, _NO_KEY)

    return guard


def _call(scope: dict[str, Any], headers: list[tuple[str, str]], body: bytes) -> Call:
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name.lower()] = f"{joined[name.lower()]},{value}" if name.lower() in joined else value
    return Call(scope["method"], _text(scope["raw_path"]), _text(scope["query_string"]), joined, body)


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
