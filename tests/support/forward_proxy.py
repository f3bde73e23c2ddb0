"""The HTTP proxy of a network that lets nothing else out, on a loopback port."""

import socket
import threading
import time
from contextlib import suppress
from typing import Self

OK = b"HTTP/1.1 200 Connection established\r\n\r\n"


class ForwardProxy:
    """Passes on what it is given, or gives another `answer` and hangs up; a byte of it every `pause` seconds.

    With `authorization` it lets nobody through without.
    """

    def __init__(self, answer: bytes = OK, *, pause: float = 0, authorization: str = "") -> None:
        self._answer, self._pause, self._authorization = answer, pause, authorization
        self.heads: list[list[str]] = []
        """The lines before the body of each request that it could read."""

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # Else the thread that waits takes one more.
        self._listening.close()

    @property
    def asked(self) -> list[str]:
        """The first line of each request."""
        return [head[0] for head in self.heads]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            given = b""
            while b"\r\n\r\n" not in given:
                given += connection.recv(65_536)
            head, _, body = given.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            self.heads.append(lines)
            if self._authorization and f"Proxy-Authorization: {self._authorization}" not in lines:
                connection.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
                return
            method, target, version = lines[0].split()
            if method == "CONNECT" or self._answer != OK:
                piece = 1 if self._pause else max(1, len(self._answer))
                for at in range(0, len(self._answer), piece):
                    time.sleep(self._pause)
                    connection.sendall(self._answer[at : at + piece])
            if self._answer != OK:
                return
            if method != "CONNECT":
                target, _, path = target.removeprefix("http://").partition("/")
                own = [line for line in lines[1:] if not line.startswith("Proxy-")]
                body = "\r\n".join([f"{method} /{path} {version}", *own, "", ""]).encode() + body
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port))) as behind:
                behind.sendall(body)
                threading.Thread(target=_pipe, args=(connection, behind), daemon=True).start()
                _pipe(behind, connection)


def _pipe(given: socket.socket, taken: socket.socket) -> None:
    with suppress(OSError):
        while piece := given.recv(65_536):
            taken.sendall(piece)
        taken.shutdown(socket.SHUT_RDWR)
