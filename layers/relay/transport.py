"""HTTP to both vendors over kept-alive connections: every wait has an end, and every answer a size.

    NoAnswerError         sent, and no whole answer came
    └── NotSentError      nothing was sent
        └── AddressError  nor will be before the address, its name, its certificate or the proxy is put right

What speaks HTTP and TLS is loaded at the first call: it would be a fifth of the start of a function that then
waits for its first event.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from relay.settings import Clock

if TYPE_CHECKING:
    import socket
    import ssl

    from relay.connection import Connection
    from relay.proxy import Proxy

# A connection that rested for longer, while its container was frozen say, may be gone without a sign.
IDLE_SECONDS = 30.0
# Small, so that what is sent is on its way and not waiting in here while the answer's time runs.
_SEND_BUFFER = 65_536
_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?")
# What OpenSSL says of a peer that is not what the address says, or speaks no TLS.
_WRONG_PEER = re.compile("CERTIFICATE|VERSION|HANDSHAKE_FAILURE|UNRECOGNIZED_NAME|HTTP_REQUEST")


class NoAnswerError(Exception):
    """No whole answer came: the call may have been carried out or not.

    `code` names the kind of failure. The message holds the address, never what was sent.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotSentError(NoAnswerError):
    """There was no connection to send on, so nothing was done: try again later."""


class AddressError(NotSentError):
    """Address, name, certificate or proxy are at fault: trying again is of no use."""


class BrokeOffError(NoAnswerError):
    """The connection ended before a byte of the answer."""


class Response(NamedTuple):
    """What came back over HTTP, whole; names of headers as in `Retry-After`."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CallLimits(NamedTuple):
    """For how long a call waits for what, in seconds, and how large an answer may be.

    The answer's time begins when all is sent, and is for the whole of it.
    """

    connect_seconds: float
    answer_seconds: float
    answer_bytes: int


class Route(NamedTuple):
    """How the other side is reached: through a proxy or not, and certified by whom."""

    proxy: "Proxy | None" = None
    authority: str = ""
    """Certificates of a private authority in PEM; without, what the system trusts is trusted."""


type Left = Callable[[], float]
"""Returns the seconds that are left of a call's connecting. Raises TimeoutError when none are."""

type Routes = Callable[[], Route]
"""Returns the route in force. Raises AddressError where it is set wrongly, NotSentError in an outage."""


def direct() -> Route:
    """Returns the route without a proxy and a private authority."""
    return Route()


# As `socket.getaddrinfo` gives it.
type _Address = tuple[int, int, int, str, tuple[str | int | bytes, ...]]


class Transport:
    """POSTs to `base_url`, a scheme and a host. Follows no redirect. Safe to use from several threads.

    `routes` is asked before each call; connections that were made by another route are not used again.
    `clock` is the time of day: another one may stand still while Lambda freezes the container.
    """

    def __init__(
        self,
        base_url: str,
        limits: CallLimits,
        *,
        connections: int = 1,
        routes: Routes = direct,
        clock: Clock = time.time,
        timer: Clock = time.monotonic,
    ) -> None:
        self._base_url, self._limits, self._connections = base_url, limits, connections
        self._routes, self._clock, self._timer = routes, clock, timer
        self._tls: tuple[str, ssl.SSLContext] | None = None
        self._resting: list[tuple[float, Connection]] = []
        self._lock = Lock()

    def post(
        self,
        target: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        seconds: float = inf,
        repeatable: bool = False,
    ) -> Response:
        """Returns the answer to one attempt of at most `seconds`. Raises NoAnswerError.

        A `repeatable` one is made once more, on a fresh connection, if a kept one breaks before an answer.
        """
        end = self._timer() + seconds
        route = self._routes()
        if self._timer() >= end:
            raise NotSentError("NoTime", "its time was over before it began")
        if kept := self._kept(route):
            try:
                return self._exchange(kept, target, body, headers, end)
            except BrokeOffError:
                if not repeatable:
                    raise
        return self._exchange(self._connected(end, route), target, body, headers, end)

    def _kept(self, route: Route) -> "Connection | None":
        """The connection that was used last, unless it rested for too long; those that did are closed."""
        with self._lock:
            resting, self._resting = self._resting, []
            for since, connection in resting:
                fit = connection.route == route and 0 <= self._clock() - since < IDLE_SECONDS
                if fit and not connection.is_over():
                    self._resting.append((since, connection))
                else:
                    connection.end()
            return self._resting.pop()[1] if self._resting else None

    def _exchange(
        self, connection: "Connection", target: str, body: bytes, headers: Mapping[str, str], end: float
    ) -> Response:
        try:
            response = connection.exchange(target, body, headers, self._limits, end)
        except NoAnswerError:
            connection.end()
            raise
        with self._lock:
            if connection.lasts and len(self._resting) < self._connections:
                self._resting.append((self._clock(), connection))
                return response
        connection.end()
        return response

    def _connected(self, end: float, route: Route) -> "Connection":
        """A fresh connection. Raises NotSentError."""
        from relay.connection import Connection

        scheme, host, port = _parts(self._base_url)
        until = min(end, self._timer() + self._limits.connect_seconds)

        def left() -> float:
            if (seconds := until - self._timer()) <= 0:
                raise TimeoutError
            return seconds

        plain = _way_to(scheme, host, port, route.proxy, left)
        try:
            with _not_sent(host):
                if scheme == "https":
                    context = self._tls_by(route.authority)
                    plain.settimeout(left())
                    plain = context.wrap_socket(plain, server_hostname=host.strip("[]"))
                left()
        except NotSentError:
            plain.close()
            raise
        return Connection(plain, self._base_url, route, self._timer)

    def _tls_by(self, authority: str) -> "ssl.SSLContext":
        if self._tls is None or self._tls[0] != authority:
            self._tls = authority, _trusting(authority)
        return self._tls[1]


def _way_to(scheme: str, host: str, port: int, proxy: "Proxy | None", left: Left) -> "socket.socket":
    """A connection to the other side, or to the proxy that leads there. Raises NotSentError."""
    if proxy is None:
        with _not_sent(host):
            return _reached(host.strip("[]"), port, left)
    with _not_sent(proxy.host, "Proxy "):
        plain = _reached(proxy.host, proxy.port, left)
        if scheme == "https":
            proxy.tunnel(plain, f"{host}:{port}", left)
        return plain


def _reached(host: str, port: int, left: Left) -> "socket.socket":
    """A connection to one of the host's addresses; they share the time."""
    import socket

    found = _looked_up(host, port, left)
    for tried, (family, kind, protocol, _, address) in enumerate(found):
        plain = socket.socket(family, kind, protocol)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            plain.settimeout(left() / (len(found) - tried))
            plain.connect(address)
        except OSError as error:
            plain.close()
            failure = error
        else:
            return plain
    raise failure


def _looked_up(host: str, port: int, left: Left) -> Sequence[_Address]:
    """The host's addresses. Raises NotSentError when the system does not know them in time."""
    import socket
    from concurrent.futures import Future

    found: Future[Sequence[_Address]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:  # Of a name that is none: UnicodeError.
            found.set_exception(error)

    # The system's own wait has no limit that could be set. A lookup that is given up holds nothing.
    Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.result(left())
        left()
    except TimeoutError as error:
        raise NotSentError("NameTimeout", f"{host}: its name was not looked up in time") from error
    return addresses


def _trusting(authority: str) -> "ssl.SSLContext":
    """TLS to whom the private authority has certified, and to nobody else; without, the system says who."""
    import ssl

    if not authority:
        return ssl.create_default_context()
    context = ssl.create_default_context(cadata=authority)
    # Such authorities leave out the Authority Key Identifier; without it Python 3.13 refuses a certificate.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


@contextmanager
def _not_sent(host: str, whose: str = "") -> Iterator[None]:
    """Turn every way in which no connection comes about into NotSentError, its code after `whose`."""
    import socket
    import ssl

    try:
        yield
    except NotSentError as error:
        raise type(error)(whose + error.code, str(error)) from error
    except socket.gaierror as error:
        names = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
        # Of a name that does not exist, and of one without an address.
        never = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None))
        kind = AddressError if never else NotSentError
        code = names.get(error.errno or 0, "NoName")
        raise kind(whose + code, f"{host}: {error.strerror}") from error
    except UnicodeError as error:
        raise AddressError(f"{whose}InvalidAddress", f"{host} is no host name") from error
    except ssl.SSLError as error:
        wrong = isinstance(error, ssl.SSLCertVerificationError) or _WRONG_PEER.search(error.reason or "")
        raise (AddressError if wrong else NotSentError)(error_code(error), f"{host}: {error}") from error
    except TimeoutError as error:
        raise NotSentError(f"{whose}ConnectTimeout", f"{host}: no connection in time") from error
    except OSError as error:
        raise NotSentError(whose + error_code(error), f"{host}: {error.strerror}") from error


def _parts(base_url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises AddressError."""
    found = _ADDRESS.fullmatch(base_url)
    port = int(found[3] or _PORTS[found[1]]) if found else 0
    if not found or not 0 < port <= 65_535:
        raise AddressError("InvalidAddress", "the address is not http(s)://, a host, and a port at most")
    return found[1], found[2], port


def error_code(error: Exception) -> str:
    """What went wrong, in the words of the system or of OpenSSL, which hold nothing that was sent."""
    reason = getattr(error, "reason", None)  # OpenSSL's.
    if isinstance(reason, str):
        more = getattr(error, "verify_message", "")
        return f"{reason}: {more}" if more else reason
    name = type(error).__name__
    # What `http.client` raises for too many headers, and for a long one.
    return "AnswerTooLong" if name in ("HTTPException", "LineTooLong") else name
