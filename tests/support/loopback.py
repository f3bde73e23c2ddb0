"""A small portal on the loopback address, for tests over real sockets."""

import json
import socket
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from notice.portal.tokens import TOKEN_PATH

PATH = "/app-portal/api/v3/notice-message/produce"
KEY, SECRET = "app-key", "app-secret"
YES = (200, {"code": 0, "message": "", "data": {"success": True}})

type Reply = tuple[int, Any] | tuple[int, Any, dict[str, str]]


class LoopbackPortal(ThreadingHTTPServer):
    """Checks what it is sent as the vendor's pages say, and answers as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.secret, self.expire = SECRET, 7200
        self.token_replies: list[Reply] = []
        self.replies: list[Reply | Callable[[socket.socket], None]] = []
        self.tokens: list[dict[str, Any]] = []
        self.produced: list[tuple[str, bytes]] = []
        self.connections = 0
        self.valid: str | None = None
        """The token that is taken; None for the last one given."""

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that turns away belongs to the tests."""

    def token(self, request: dict[str, Any]) -> Reply:
        self.tokens.append(request)
        if self.token_replies:
            return self.token_replies.pop(0)
        text = f"{request['appKey']}{request['timestamp']}{self.secret}"
        if request["encryption"] != sha256(text.encode()).hexdigest():
            return 200, {"status": 1003, "msg": "bad encryption"}
        return 200, {"status": 0, "data": {"accessToken": f"t-{len(self.tokens)}", "expire": self.expire}}

    def produce(self, target: str, headers: Any, body: bytes) -> Reply | Callable[[socket.socket], None]:
        token, timestamp = headers["apim-accesstoken"], headers["apim-timestamp"]
        query = "".join(name + value for name, value in sorted(parse_qsl(urlsplit(target).query)))
        text = (token + query).encode() + body + (timestamp + self.secret).encode()
        valid = self.valid or f"t-{len(self.tokens)}"
        if headers["apim-signature"] != sha256(text).hexdigest() or token != valid:
            return 401, {"code": 31401}
        self.produced.append((target, body))
        return self.replies.pop(0) if self.replies else YES


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LoopbackPortal

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == TOKEN_PATH:
            reply: Reply | Callable[[socket.socket], None] = self.server.token(json.loads(body))
        else:
            reply = self.server.produce(self.path, self.headers, body)
        if callable(reply):
            reply(self.connection)
            self.close_connection = True
            return
        status, answer, *more = reply
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(more[0] if more else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""
