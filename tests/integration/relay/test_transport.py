"""HTTP as vendors and what is before them speak it: slow, endless, broken off, or not at all."""

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import Any, Self

import pytest

from relay.transport import (
    IDLE_SECONDS,
    AddressError,
    CallLimits,
    NoAnswerError,
    NotSentError,
    Route,
    Transport,
    direct,
)
from tests.support.certificates import self_signed, served_with

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
LIMITS = CallLimits(connect_seconds=2, answer_seconds=0.5, answer_bytes=1000)
RESET = struct.pack("ii", 1, 0)

type Script = Callable[[socket.socket, int], object]
"""What is done with a connection, and its number from 0 on."""


class Server:
    """A socket that listens and does as a script says."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None, receive_buffer: int = 0) -> None:
        self._script, self._tls, self._receive_buffer = script, tls, receive_buffer
        self.connections = 0
        self.requests: list[bytes] = []

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        if self._receive_buffer:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                number, self.connections = self.connections, self.connections + 1
                threading.Thread(target=self._run, args=(connection, number), daemon=True).start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                self._script(connection, number)

    def read(self, connection: socket.socket) -> bool:
        """Reads one request. False when there is none."""
        given = b""
        while b"\r\n\r\n" not in given:
            if not (piece := connection.recv(65_536)):
                return False
            given += piece
        head, _, body = given.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65_536)
        self.requests.append(body)
        return True


@contextmanager
def answering(*answers: bytes, pause: float = 0, piece: int = 1_000_000) -> Iterator[Server]:
    """Gives each connection one answer after the other, the last for ever, with a pause before each piece."""

    def script(connection: socket.socket, _: int) -> None:
        left = list(answers)
        while server.read(connection):
            answer = left.pop(0) if len(left) > 1 else left[0]
            for begin in range(0, len(answer), piece):
                time.sleep(pause)
                connection.sendall(answer[begin : begin + piece])
            if b"Content-Length" not in answer and b"chunked" not in answer:
                return

    with Server(script) as server:
        yield server


def code_of(transport: Transport, kind: type[NoAnswerError] = NoAnswerError, *, seconds: float = inf) -> str:
    """What a call ends with, which takes no longer than its limits."""
    began = time.monotonic()
    with pytest.raises(NoAnswerError) as caught:
        transport.post("/", b"body", {}, seconds=seconds)
    assert time.monotonic() - began < 2
    assert type(caught.value) in (kind, *kind.__subclasses__())
    return caught.value.code


@pytest.mark.parametrize("piece", [1, 20])
def test_a_service_that_drips_is_not_waited_for_longer_than_one_that_is_silent(piece: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b"x" * 900
    with answering(answer, pause=0.1, piece=piece) as server:
        assert code_of(Transport(server.url, LIMITS)) == "AnswerTimeout"


def test_all_of_a_call_is_over_in_its_time() -> None:
    with answering(OK, pause=5) as server:
        assert (
            code_of(Transport(server.url, LIMITS._replace(answer_seconds=30)), seconds=0.3) == "AnswerTimeout"
        )


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000000000000\r\n\r\n",
        CHUNKED + b"\r\n" + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
        CHUNKED + b"\r\n" + b"ffffffffffff\r\n" + b"x" * 2000,
        CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 1001 + b"0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
    ],
    ids=["length", "huge length", "chunk", "huge chunk", "chunks", "to the end"],
)
def test_an_answer_over_the_limit_is_named(answer: bytes) -> None:
    with answering(answer) as server:
        assert code_of(Transport(server.url, LIMITS)) == "AnswerTooLong"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000,
        CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 1000 + b"0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1000,
    ],
)
def test_an_answer_up_to_the_limit_is_read(answer: bytes) -> None:
    with answering(answer) as server:
        assert Transport(server.url, LIMITS).post("/", b"", {}).body == b"x" * 1000


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Name: value\r\n" * 100_000,
        b"HTTP/1.1 200 OK\r\nX-Name: " + b"x" * 1_000_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000,
        b"x" * 1_000_000,
    ],
    ids=["many", "long", "continue", "hints", "no HTTP"],
)
def test_headers_without_end_are_not_read_to_the_end(answer: bytes) -> None:
    with answering(answer) as server:
        assert code_of(Transport(server.url, LIMITS)) in ("AnswerTooLong", "BadStatusLine")


@pytest.mark.parametrize("head", [b"X-Name: value\r\n" * 101, b"X-Name: " + b"x" * 65_536 + b"\r\n"])
def test_an_answer_with_more_or_longer_headers_than_are_read_is_too_long(head: bytes) -> None:
    with answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n") as server:
        assert code_of(Transport(server.url, LIMITS)) == "AnswerTooLong"


def test_a_packed_answer_is_not_unpacked() -> None:
    packed = gzip.compress(b"x" * 10_000_000, 1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with answering(head + packed) as server:
        transport = Transport(server.url, LIMITS._replace(answer_bytes=len(packed)))

        assert transport.post("/", b"", {}).body == packed


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nshort", "IncompleteRead"),
        (
            CHUNKED + b"Connection: close\r\n\r\na\r\nshort",
            "IncompleteRead",
        ),
        (b"", "RemoteDisconnected"),
    ],
)
def test_an_answer_that_breaks_off_is_named(answer: bytes, code: str) -> None:
    def script(connection: socket.socket, _: int) -> None:
        server.read(connection)
        connection.sendall(answer)

    with Server(script) as server:
        assert code_of(Transport(server.url, LIMITS)) == code


@pytest.mark.parametrize("status", [100, 102, 103, 199])
@pytest.mark.parametrize("piece", [1, 1_000_000], ids=["byte by byte", "at once"])
@pytest.mark.parametrize("times", [1, 2])
def test_an_interim_answer_is_not_taken_for_the_answer(status: int, piece: int, times: int) -> None:
    interim = b"HTTP/1.1 %d Wait\r\nLink: </a>\r\n\r\n" % status * times
    answers = [interim + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % number for number in (1, 2)]
    with answering(*answers, piece=piece) as server:
        transport = Transport(server.url, LIMITS)

        assert [transport.post("/", b"", {}).body for _ in range(2)] == [b"1", b"2"]
        assert server.connections == 1


def test_an_answer_that_comes_after_an_interim_one_is_its_own_calls() -> None:
    def script(connection: socket.socket, _: int) -> None:
        for answer in (b"1", b"2"):
            server.read(connection)
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.1)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + answer)

    with Server(script) as server:
        transport = Transport(server.url, LIMITS)

        assert [transport.post("/", b"", {}).body for _ in range(2)] == [b"1", b"2"]


def test_a_connection_that_ends_after_its_answer_is_not_kept_for_an_interim_one() -> None:
    last = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with answering(b"HTTP/1.1 103 Early Hints\r\n\r\n" + last) as server:
        transport = Transport(server.url, LIMITS)
        for _ in range(2):
            transport.post("/", b"", {})

        assert server.connections == 2


def test_another_protocol_is_no_answer_and_its_connection_is_not_kept() -> None:
    def script(connection: socket.socket, number: int) -> None:
        while server.read(connection):
            connection.sendall(OK if number else b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    with Server(script) as server:
        transport = Transport(server.url, LIMITS)

        assert code_of(transport) == "SwitchingProtocols"
        assert transport.post("/", b"", {}).body == b"OK"
        assert server.connections == 2


@pytest.mark.parametrize("status", [100, 103])
def test_interim_answers_without_end_are_waited_for_no_longer_than_an_answer(status: int) -> None:
    def script(connection: socket.socket, _: int) -> None:
        server.read(connection)
        while True:
            connection.sendall(b"HTTP/1.1 %d Wait\r\n\r\n" % status)
            time.sleep(0.05)

    with Server(script) as server:
        assert code_of(Transport(server.url, LIMITS)) == "AnswerTimeout"


def test_the_names_of_headers_are_written_in_one_way() -> None:
    with answering(b"HTTP/1.1 429 Later\r\nretry-AFTER: 7\r\nContent-Length: 0\r\n\r\n") as server:
        assert Transport(server.url, LIMITS).post("/", b"", {}).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("rested", "connections"), [(0, 1), (IDLE_SECONDS - 1, 1), (IDLE_SECONDS, 2), (-1, 2)]
)
def test_a_connection_that_rested_for_long_is_not_used_again(rested: float, connections: int) -> None:
    now = [1000.0]
    with answering(OK) as server:
        transport = Transport(server.url, LIMITS, clock=lambda: now[0])
        transport.post("/", b"", {})
        now[0] += rested
        transport.post("/", b"", {})

        assert server.connections == connections


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("reset", [True, False])
def test_a_kept_connection_that_breaks_costs_a_repeatable_call_nothing(reset: bool, at_once: bool) -> None:
    """It ends after its first answer, or at the second request."""

    def script(connection: socket.socket, number: int) -> None:
        server.read(connection)
        connection.sendall(OK)
        if number == 0:
            if not at_once:
                server.read(connection)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return
        server.read(connection)

    with Server(script) as server:
        transport = Transport(server.url, LIMITS)
        transport.post("/", b"first", {})
        time.sleep(0.1)

        assert transport.post("/", b"second", {}, repeatable=True).body == b"OK"
        assert server.requests == [b"first", *([] if at_once else [b"second"]), b"second"]


def test_a_call_that_is_not_repeatable_is_made_once() -> None:
    def script(connection: socket.socket, _: int) -> None:
        server.read(connection)
        connection.sendall(OK)
        server.read(connection)

    with Server(script) as server:
        transport = Transport(server.url, LIMITS)
        transport.post("/", b"first", {})

        assert code_of(transport) == "RemoteDisconnected"
        assert server.requests == [b"first", b"body"]


def test_a_fresh_connection_that_breaks_is_not_tried_again() -> None:
    with Server(lambda connection, _: server.read(connection)) as server:
        with pytest.raises(NoAnswerError):
            Transport(server.url, LIMITS).post("/", b"", {}, repeatable=True)

        assert server.connections == 1


def test_an_answer_that_comes_before_all_is_sent_is_read() -> None:
    def script(connection: socket.socket, _: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    with Server(script) as server:
        assert Transport(server.url, LIMITS).post("/", b"x" * 900_000, {}).status == 413


@pytest.mark.parametrize("tls", [False, True])
def test_a_line_of_60_kb_a_second_is_fast_enough(
    tls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer's time begins when all is sent: 300 KB take five seconds, ten times as long."""

    def script(connection: socket.socket, _: int) -> None:
        left = 300_000
        while left > 0:
            left -= len(connection.recv(6000))
            time.sleep(0.1)
        connection.sendall(OK)

    file = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Server(script, served_with(file) if tls else None, receive_buffer=4096) as server:
        transport = Transport(server.url, LIMITS._replace(answer_seconds=4))

        assert transport.post("/", b"x" * 300_000, {}).status == 200


def test_a_peer_that_takes_nothing_more_is_not_sent_to_for_ever() -> None:
    def script(connection: socket.socket, _: int) -> None:
        time.sleep(5)

    with Server(script) as server:
        with pytest.raises(NoAnswerError) as caught:
            Transport(server.url, LIMITS).post("/", b"x" * 10_000_000, {}, seconds=0.5)

        assert caught.value.code == "SendTimeout"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "vendor.example",
        "ftp://vendor.example",
        "http://",
        "http://vendor.example/path",
        "http://vendor.example:99999",
        "http://vendor.example:0",
        "http://user:pass@vendor.example",
        "https://<host>",
        "https://vendor .example",
        "https://vendor.example ",
        "https://vendor..example",
        f"https://{'x' * 64}.example",
    ],
)
def test_an_address_that_is_none_is_named(address: str) -> None:
    assert code_of(Transport(address, LIMITS), AddressError) == "InvalidAddress"


def test_a_name_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert code_of(Transport("http://vendor.example", LIMITS), AddressError) == "EAI_NONAME"


def test_names_that_cannot_be_asked_for_now_are_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def later(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", later)

    with pytest.raises(NotSentError) as caught:
        Transport("http://vendor.example", LIMITS).post("/", b"", {})
    assert type(caught.value) is NotSentError
    assert caught.value.code == "EAI_AGAIN"


@pytest.fixture
def looking_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Names are looked up for as long as this is not set."""
    look_up, goes_on = socket.getaddrinfo, threading.Event()

    def waits(*given: Any, **more: Any) -> Any:
        goes_on.wait()
        return look_up(*given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", waits)
    yield goes_on
    goes_on.set()


@pytest.mark.parametrize(("connect", "seconds"), [(0.3, inf), (30, 0.3)], ids=["connecting", "the call"])
def test_a_name_that_is_looked_up_for_long_costs_no_more_than_connecting_or_the_call_may(
    looking_up: threading.Event, connect: float, seconds: float
) -> None:
    with answering(OK) as server:
        transport = Transport(server.url, LIMITS._replace(connect_seconds=connect))
        began = time.monotonic()

        assert code_of(transport, NotSentError, seconds=seconds) == "NameTimeout"
        assert time.monotonic() - began < 0.6


def test_a_lookup_that_was_given_up_is_in_no_later_calls_way(looking_up: threading.Event) -> None:
    with answering(OK) as server:
        transport = Transport(server.url, LIMITS._replace(connect_seconds=0.1))
        with pytest.raises(NotSentError):
            transport.post("/", b"given up", {})
        looking_up.set()

        assert transport.post("/", b"sent", {}).body == b"OK"
        assert (server.connections, server.requests) == (1, [b"sent"])


class Moments:
    """A clock that stands still but when it is told to go on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> Route:
        self.now += seconds
        return direct()


@pytest.mark.parametrize("kept", [True, False])
def test_a_call_whose_time_is_over_before_it_begins_is_not_sent(kept: bool) -> None:
    moments = Moments()
    lasting = [0.0, 5.0] if kept else [5.0]
    with answering(OK) as server:
        transport = Transport(
            server.url, LIMITS, routes=lambda: moments.pass_by(lasting.pop(0)), timer=moments
        )
        if kept:
            transport.post("/", b"first", {})

        assert code_of(transport, NotSentError, seconds=5) == "NoTime"
        assert server.requests == [b"first"] * kept


def test_a_call_whose_time_is_over_once_it_is_connected_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    moments, connect = Moments(), socket.socket.connect

    def late(plain: socket.socket, address: Any) -> None:
        connect(plain, address)
        moments.pass_by(LIMITS.connect_seconds)

    monkeypatch.setattr(socket.socket, "connect", late)
    with answering(OK) as server:
        assert code_of(Transport(server.url, LIMITS, timer=moments), NotSentError) == "ConnectTimeout"
        assert server.requests == []


def test_no_address_is_tried_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    moments, look_up = Moments(), socket.getaddrinfo

    def late(*given: Any, **more: Any) -> Any:
        moments.pass_by(LIMITS.connect_seconds)
        return look_up(*given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    with answering(OK) as server:
        assert code_of(Transport(server.url, LIMITS, timer=moments), NotSentError) == "NameTimeout"
        assert server.connections == 0


def test_a_port_where_nobody_listens_is_an_outage() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotSentError) as caught:
            Transport(f"http://127.0.0.1:{unused.getsockname()[1]}", LIMITS).post("/", b"", {})
    assert type(caught.value) is NotSentError
    assert caught.value.code == "ConnectionRefusedError"


def test_a_certificate_is_refused_with_openssls_reason(tmp_path: Path) -> None:
    with Server(lambda *_: None, served_with(self_signed(tmp_path))) as server:
        code = code_of(Transport(server.url, LIMITS), AddressError)

    assert code == "CERTIFICATE_VERIFY_FAILED: self-signed certificate"


def test_tls_where_none_is_spoken_is_named() -> None:
    def script(connection: socket.socket, _: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Server(script) as server:
        code = code_of(Transport(server.url.replace("http:", "https:"), LIMITS), AddressError)

    assert code == "WRONG_VERSION_NUMBER"


def test_a_handshake_that_is_not_answered_ends_in_time() -> None:
    with Server(lambda *_: time.sleep(3)) as server:
        transport = Transport(server.url.replace("http:", "https:"), LIMITS._replace(connect_seconds=0.3))

        assert code_of(transport, NotSentError) == "ConnectTimeout"
