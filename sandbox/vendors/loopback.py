"""An HTTP server on a loopback port, which both vendors' stand-ins are made of."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from sandbox.cloud.guard import OwnHosts, cross_site


@dataclass(frozen=True)
class Request:
    """One request: path without the query, query decoded, header names in lower case, body as it came.

    `target` is path and query as they came.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""


@dataclass(frozen=True)
class Answer:
    """What is sent back: bytes as they are, anything else as JSON.

    `cut` breaks the connection in the middle of the body; `raw` stands in place of the whole answer and ends
    the connection (b"" hangs up); `silence` is how many seconds pass before.
    """

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    raw: bytes | None = None
    silence: float = 0

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


type Reply = (
    Answer | tuple[int, Any] | tuple[int, Any, Mapping[str, str]] | Callable[[Request], Answer | None]
)
"""An answer that a stand-in is told to give, or (status, body, headers), or what makes it of the request.

Where nothing is made, the stand-in answers as its rules say.
"""


def told(replies: list[Reply], request: Request) -> Answer | None:
    """Take the next of the replies and return its answer; None where the stand-in's own rules decide."""
    try:
        reply = replies.pop(0)
    except IndexError:
        return None
    return answer_of(reply, request)


def answer_of(reply: Reply, request: Request) -> Answer | None:
    """Returns the answer that a reply gives to this request; None where the stand-in's own rules decide."""
    if isinstance(reply, tuple):
        return Answer(*reply)
    return reply if isinstance(reply, Answer) else reply(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, owner: "Loopback") -> None:
        self.owner = owner
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        if owner.tls:
            # Shaking hands is left to the connection's own thread.
            self.socket = owner.tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.open.add(connection)
        self.owner.connections += 1
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # A caller that turns away is no fault of ours.
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Break the connections that callers keep alive, as a server that is gone does."""
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.open.discard(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_POST(self) -> None:
        split = urlsplit(self.path)
        own = OwnHosts(self.server.server_port, self.server.owner.containers_name)
        if reason := cross_site(self.headers.items(), own):
            self.close_connection = True  # What else comes on it is not read.
            self._send(Answer(403, {"message": reason}))
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qsl(split.query, keep_blank_values=True)
        self._send(
            self.server.owner.answer(Request(self.command, split.path, query, headers, body, self.path))
        )

    do_GET = do_HEAD = do_OPTIONS = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

    def _send(self, answer: Answer) -> None:
        self.server.owner.closing.wait(answer.silence)
        if answer.raw is not None:
            self.wfile.write(answer.raw)
            self.close_connection = True
            return
        content = answer.encoded()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if answer.cut else content)
        self.close_connection = self.close_connection or answer.cut

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: what was answered is recorded by the owner."""


class Loopback:
    """Serves `answer` at `url` for as long as its `with` block lasts; port 0 takes a free one.

    What a web page could send is refused. `containers_name` is how a container calls this machine. With `tls`
    set before, it speaks TLS. `connections` counts those that were made.
    """

    tls: ssl.SSLContext | None = None

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self.containers_name = ""
        self.connections = 0
        self.closing = threading.Event()

    def answer(self, request: Request) -> Answer:
        """Answer one request; called on a thread of its own per connection."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._server = _Server(self._port, self)
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
