"""One connection to the other side, and the calls on it: each wait has an end."""

import io
import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from weakref import finalize

from relay.settings import Clock
from relay.transport import (
    AddressError,
    BrokeOffError,
    CallLimits,
    NoAnswerError,
    Response,
    Route,
    error_code,
)

# The longest that sending waits for the other side to take some more. There is no limit to all of it but the
# call's own: a slow line is one on which it goes on.
SEND_SECONDS = 10.0
_PIECE = 65_536
# What may come beside a body: status line, headers, the marks of chunks.
_WIRE_BYTES = 262_144


class Connection:
    """A connection by a route, for one call after the other."""

    def __init__(self, plain: socket.socket, base_url: str, route: Route, timer: Clock) -> None:
        self._socket, self._timer, self.route = plain, timer, route
        self._host = base_url.partition("//")[2]
        # Of plain HTTP the proxy reads each call; of the rest it sees nothing.
        self._proxy = route.proxy if base_url.startswith("http:") else None
        self._before = base_url if self._proxy else ""
        self._end_socket = finalize(self, plain.close)
        self.lasts = True
        """Whether another call may follow."""

    def exchange(
        self, target: str, body: bytes, headers: Mapping[str, str], limits: CallLimits, end: float
    ) -> Response:
        """One call, which is over by `end`. Raises NoAnswerError."""
        call = _Call(self._socket, self._timer, end, limits.answer_bytes + _WIRE_BYTES)
        try:
            response, content = self._answered(call, target, body, headers, limits)
        except (OSError, HTTPException) as error:
            late = isinstance(error, TimeoutError)
            # The other side had gone, as far as it can be told: not a byte came.
            kind = NoAnswerError if late or call.received else BrokeOffError
            raise kind(call.phase if late else error_code(error), str(error)) from error
        self.lasts = not call.closed
        if self._proxy and response.status == 407:
            raise AddressError("Proxy 407", f"{self._proxy.host}: {response.reason}")
        named = {name.title(): value for name, value in response.getheaders()}
        return Response(response.status, named, content)

    def _answered(
        self, call: "_Call", target: str, body: bytes, headers: Mapping[str, str], limits: CallLimits
    ) -> tuple[HTTPResponse, bytes]:
        http = HTTPConnection("")
        http.sock, http.response_class = call, _FinalResponse
        given = {"Host": self._host, "Accept-Encoding": "identity", **headers}
        given |= self._proxy.headers() if self._proxy else {}
        # It may have answered before it has read all: with a 413 say.
        with suppress(BrokenPipeError, ConnectionResetError):
            http.request("POST", self._before + target, body, given)
        call.phase, call.end = "AnswerTimeout", min(call.end, self._timer() + limits.answer_seconds)
        response = http.getresponse()
        return response, _content(response, limits.answer_bytes)

    def is_over(self) -> bool:
        """Whether the other side has ended it, or sent what nobody asked for."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(0))

    def end(self) -> None:
        """Close it."""
        self._end_socket()


class _Call:
    """What `http.client` takes for its socket during one call. It closes this where no other may follow."""

    def __init__(self, plain: socket.socket, timer: Clock, end: float, most: int) -> None:
        self._socket, self._timer, self._most = plain, timer, most
        self.end, self.received, self.closed = end, 0, False
        self.phase = "SendTimeout"
        """What a wait that takes too long is called now."""

    def sendall(self, data: bytes) -> None:
        """Sends it, as long as it goes on. Raises TimeoutError when it does not."""
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(min(SEND_SECONDS, self._left()))
            rest = rest[self._socket.send(rest[:_PIECE]) :]

    def receive_into(self, buffer: bytearray | memoryview) -> int:
        """Reads some of the answer. Raises TimeoutError when it has taken too long as a whole."""
        self._socket.settimeout(self._left())
        count = self._socket.recv_into(buffer)
        self.received += count
        if self.received > self._most:
            raise _too_long(self._most)
        return count

    def makefile(self, *_: object) -> io.BufferedReader:
        """Returns what the answer is read from."""
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        self.closed = True

    def _left(self) -> float:
        left = self.end - self._timer()
        if left <= 0:
            raise TimeoutError
        return left


class _Incoming(io.RawIOBase):
    """What comes in during a call, as a file."""

    def __init__(self, call: _Call) -> None:
        self._call = call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        return self._call.receive_into(buffer)


class _FinalResponse(HTTPResponse):
    """An answer behind all interim ones, of which `http.client` knows 100 alone."""

    def begin(self) -> None:
        """Read the head. Raises NoAnswerError where it changes the protocol."""
        super().begin()
        while self.status < 200:
            if self.status == 101:
                raise NoAnswerError("SwitchingProtocols", "an answer in a protocol that nobody asked for")
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


def _content(response: HTTPResponse, limit: int) -> bytes:
    """The whole body. Raises NoAnswerError if it is longer, or ends early."""
    if (response.length or 0) > limit:
        raise _too_long(limit)
    content = bytearray()
    while piece := response.read1(_PIECE):
        content += piece
        if len(content) > limit:
            raise _too_long(limit)
    if response.length:
        raise NoAnswerError("IncompleteRead", "the answer broke off")
    return bytes(content)


def _too_long(limit: int) -> NoAnswerError:
    return NoAnswerError("AnswerTooLong", f"an answer of over {limit} bytes")
