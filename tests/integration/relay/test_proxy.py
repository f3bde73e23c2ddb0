"""Calls through a proxy, over real sockets: what passes it, and each way in which a call does not."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from relay.proxy import Proxy
from relay.transport import AddressError, CallLimits, NotSentError, Route, Transport
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support.certificates import PrivateAuthority, private_authority, served_with
from tests.support.forward_proxy import OK, ForwardProxy

LIMITS = CallLimits(connect_seconds=0.5, answer_seconds=0.5, answer_bytes=1000)
BASIC = "Basic dXNlcjpwQHNz"  # user:p@ss
REFUSED = "HTTP/1.1 {} Because\r\nContent-Length: 0\r\n\r\n"


class Vendor(Loopback):
    """Answers every call, and keeps it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.tls = tls
        self.requests: list[Request] = []
        self.status = 200

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return Answer(self.status, b"OK")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> PrivateAuthority:
    return private_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=["http", "https"])
def vendor(request: pytest.FixtureRequest, authority: PrivateAuthority) -> Iterator[Vendor]:
    with Vendor(served_with(authority.server) if request.param == "https" else None) as running:
        yield running


@contextmanager
def secure(authority: PrivateAuthority) -> Iterator[Vendor]:
    with Vendor(served_with(authority.server)) as running:
        yield running


def through(proxy: str, vendor: str, authority: str = "", limits: CallLimits = LIMITS) -> Transport:
    return Transport(vendor, limits, routes=lambda: Route(Proxy.at(proxy), authority))


def fault(transport: Transport, *, seconds: float = 10) -> NotSentError:
    """What a call ends with, which takes no longer than its limits."""
    began = time.monotonic()
    with pytest.raises(NotSentError) as caught:
        transport.post("/", b"body", {}, seconds=seconds)
    assert time.monotonic() - began < 2
    return caught.value


def test_a_call_goes_through_the_proxy_and_says_there_alone_who_calls(
    vendor: Vendor, authority: PrivateAuthority
) -> None:
    with ForwardProxy(authorization=BASIC) as proxy:
        transport = through(f"http://user:p%40ss@{proxy.address}", vendor.url, authority.pem)

        assert transport.post("/path?a=b", b"body", {"Name": "value"}).body == b"OK"

    (request,) = vendor.requests
    assert (request.target, request.body) == ("/path?a=b", b"body")
    assert request.headers["host"] == vendor.url.partition("//")[2]
    assert "proxy-authorization" not in request.headers
    plain, tunnel = f"POST {vendor.url}/path?a=b HTTP/1.1", f"CONNECT {request.headers['host']} HTTP/1.1"
    assert proxy.asked == [tunnel if vendor.url.startswith("https") else plain]


def test_what_is_sent_through_a_tunnel_is_not_seen_by_the_proxy(authority: PrivateAuthority) -> None:
    with ForwardProxy() as proxy, secure(authority) as vendor:
        transport = through(proxy.url, vendor.url, authority.pem)
        for _ in range(3):
            transport.post("/", b"body", {"token": "secret"})

    assert len(vendor.requests) == 3
    # One connection, kept.
    assert proxy.heads == [[f"CONNECT {vendor.url[8:]} HTTP/1.1", f"Host: {vendor.url[8:]}"]]


def test_a_proxy_that_wants_to_know_who_calls_is_a_fault_of_configuration(
    vendor: Vendor, authority: PrivateAuthority
) -> None:
    with ForwardProxy(authorization=BASIC) as proxy:
        error = fault(through(f"http://user:wrong@{proxy.address}", vendor.url, authority.pem))

    assert (type(error), error.code) == (AddressError, "Proxy 407")
    assert "wrong" not in f"{error!r} {error.__cause__!r}"
    assert vendor.requests == []


@pytest.mark.parametrize("status", [301, 400, 403, 404, 405, 501])
def test_a_proxy_that_does_not_let_the_call_through_is_one_too(status: int) -> None:
    with ForwardProxy(REFUSED.format(status).encode()) as proxy:
        error = fault(through(proxy.url, "https://portal.example"))

    assert (type(error), error.code) == (AddressError, f"Proxy {status}")


@pytest.mark.parametrize("interim", ["100 Continue", "103 Early Hints"])
@pytest.mark.parametrize(("status", "kind"), [(502, NotSentError), (407, AddressError)])
def test_the_proxy_s_answer_is_the_one_behind_its_interim_ones(
    interim: str, status: int, kind: type[NotSentError]
) -> None:
    answer = f"HTTP/1.1 {interim}\r\nName: value\r\n\r\n" * 2 + REFUSED.format(status)
    with ForwardProxy(answer.encode()) as proxy:
        error = fault(through(proxy.url, "https://portal.example"))

    assert (type(error), error.code) == (kind, f"Proxy {status}")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_proxy_that_cannot_reach_the_other_side_now_is_an_outage(status: int) -> None:
    with ForwardProxy(REFUSED.format(status).encode()) as proxy:
        error = fault(through(proxy.url, "https://portal.example"))

    assert (type(error), error.code) == (NotSentError, f"Proxy {status}")


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (b"", NotSentError, "Proxy RemoteDisconnected"),
        (b"HTTP/1.1 200 OK\r\nName: va", NotSentError, "Proxy RemoteDisconnected"),
        (b"HTTP/1.1 200 OK\r\n" + b"Name: value\r\n" * 2000, NotSentError, "Proxy AnswerTooLong"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, NotSentError, "Proxy AnswerTooLong"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", AddressError, "Proxy 101"),
        (b"220 mail.example ESMTP\r\n\r\n", AddressError, "Proxy BadStatusLine"),
    ],
    ids=[
        "nothing",
        "half a head",
        "a head without end",
        "interim ones without end",
        "another protocol",
        "no proxy",
    ],
)
def test_what_is_no_answer_of_a_proxy_is_named(answer: bytes, kind: type[NotSentError], code: str) -> None:
    with ForwardProxy(answer) as proxy:
        # A head without end is read byte by byte: a busy machine may need longer than the usual limit.
        error = fault(through(proxy.url, "https://portal.example", limits=LIMITS._replace(connect_seconds=5)))

    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize("pause", [0.1, 10], ids=["drips", "is silent"])
def test_a_proxy_that_does_not_answer_in_time_is_an_outage(pause: float) -> None:
    with ForwardProxy(OK, pause=pause) as proxy:
        transport = through(proxy.url, "https://portal.example")
        began = time.monotonic()

        assert fault(transport).code == "Proxy ConnectTimeout"
        assert time.monotonic() - began < LIMITS.connect_seconds + 0.3


@pytest.mark.parametrize("pause", [0.1, 10], ids=["drips", "is silent"])
def test_the_proxy_s_answer_is_waited_for_no_longer_than_the_call_may_take(pause: float) -> None:
    with ForwardProxy(OK, pause=pause) as proxy:
        patient = Transport(
            "https://portal.example",
            LIMITS._replace(connect_seconds=30),
            routes=lambda: Route(Proxy.at(proxy.url)),
        )
        began = time.monotonic()

        assert fault(patient, seconds=0.3).code == "Proxy ConnectTimeout"
        assert time.monotonic() - began < 0.6


def test_a_proxy_whose_name_is_looked_up_for_long_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: goes_on.wait())

    error = fault(through("http://proxy.example:3128", "https://portal.example"))
    goes_on.set()

    assert (type(error), error.code) == (NotSentError, "Proxy NameTimeout")


def test_a_proxy_that_is_not_there_is_an_outage(vendor: Vendor) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = fault(through(f"http://127.0.0.1:{unused.getsockname()[1]}", vendor.url))

    assert (type(error), error.code) == (NotSentError, "Proxy ConnectionRefusedError")


def test_a_proxy_whose_name_does_not_exist_is_a_fault_of_configuration(
    monkeypatch: pytest.MonkeyPatch, vendor: Vendor
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fault(through("http://user:secret@proxy.example:8080", vendor.url))

    assert (type(error), error.code) == (AddressError, "Proxy EAI_NONAME")
    assert "proxy.example" in str(error)
    assert "secret" not in f"{error!r} {error.__cause__!r}"


def test_a_certificate_is_the_vendor_s_fault_and_not_the_proxy_s(authority: PrivateAuthority) -> None:
    with ForwardProxy() as proxy, secure(authority) as vendor:
        error = fault(through(proxy.url, vendor.url))

    assert (type(error), error.code) == (
        AddressError,
        "CERTIFICATE_VERIFY_FAILED: unable to get local issuer certificate",
    )


def test_what_the_vendor_says_through_the_proxy_is_the_vendor_s(
    vendor: Vendor, authority: PrivateAuthority
) -> None:
    with ForwardProxy() as proxy:
        vendor.status = 403

        assert through(proxy.url, vendor.url, authority.pem).post("/", b"", {}).status == 403
