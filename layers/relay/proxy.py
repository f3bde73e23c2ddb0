"""An HTTP proxy: its address as a deploy gives it, and CONNECT to what is behind it."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from relay.transport import AddressError, Left, NotSentError

if TYPE_CHECKING:
    import socket

_URL = re.compile(
    r"http://(?:([A-Za-z0-9._~!$&'()*+,;=%-]+):([A-Za-z0-9._~!$&'()*+,;=%-]*)@)?"
    r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})"
)
_STATUS = re.compile(rb"HTTP/1\.\d (\d{3})\b")
_INTERIM = re.compile(rb"HTTP/1\.\d 1(?!01)\d\d\b")
# Of interim answers and the last one together.
_ANSWER_LIMIT = 16_384
# Ask again later: of all that is no success and not its own fault, the proxy says only what it met behind it.
_LATER = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and what it is told of who calls; that is never shown."""

    host: str
    port: int
    authorization: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str) -> "Proxy":
        """Returns the proxy at `http://host:port` or `http://user:password@host:port`. Raises ValueError."""
        found = _URL.fullmatch(url)
        if not found or not 0 < int(found[4]) <= 65_535:
            raise ValueError("is not http://, a host and a port, with user:password@ before them at most")
        user, password, host, port = found.groups()
        basic = b64encode(unquote(f"{user}:{password}").encode()).decode() if user else ""
        return cls(host.strip("[]"), int(port), f"Basic {basic}" if user else "")

    def headers(self) -> Mapping[str, str]:
        """Returns what a request to the proxy carries beside its own."""
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}

    def tunnel(self, plain: "socket.socket", target: str, left: Left) -> None:
        """Have the proxy connect to `target`. `left` returns the seconds that are left for it.

        Raises TimeoutError as `left` does, AddressError if the proxy does not let this call through, else
        NotSentError.
        """
        try:
            lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
            lines += [f"{name}: {value}" for name, value in self.headers().items()]
            plain.settimeout(left())
            plain.sendall("\r\n".join([*lines, "", ""]).encode())
            self._check(_answer(plain, left))
        except BaseException:
            plain.close()
            raise

    def _check(self, answer: bytes) -> None:
        found = _STATUS.match(answer)
        if not found:
            raise AddressError("BadStatusLine", f"{self.host} is no proxy")
        status = int(found[1])
        if status in _LATER:
            raise NotSentError(str(status), f"{self.host} has not connected")
        if not 200 <= status < 300:
            raise AddressError(str(status), f"{self.host} does not let the call through")


def _answer(plain: "socket.socket", left: Left) -> bytes:
    """The head of the answer behind all interim ones, and not a byte of what follows."""
    given, begin = bytearray(), 0
    while True:
        plain.settimeout(left())
        if not (piece := plain.recv(1)):
            raise NotSentError("RemoteDisconnected", "the proxy hung up")
        given += piece
        if len(given) > _ANSWER_LIMIT:
            raise NotSentError("AnswerTooLong", f"an answer of over {_ANSWER_LIMIT} bytes")
        if given.endswith(b"\r\n\r\n"):
            if not _INTERIM.match(given, begin):
                return bytes(given[begin:])
            begin = len(given)
