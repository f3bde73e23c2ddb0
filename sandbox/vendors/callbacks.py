"""The gateway's registered callbacks, its deliveries to them, and the list of those that failed."""

import http.client
import itertools
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

# What the vendor sends, although its bodies are JSON.
CONTENT_TYPE = "application/x-www-form-urlencoded;charset=UTF-8"

# Seconds between repeats: the message queue's rule, to which the vendor's page points. 16 of them.
REPEATS = (10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200)

# The page draws JSON and names a form; `content` may be an object or a string; public receivers know `infos`.
Shape = Literal["json", "content-as-text", "form", "form-key", "infos"]


class RefusedError(Exception):
    """The call was understood and is not carried out: a business error."""


@dataclass(frozen=True)
class Define:
    """One registered callback. The vendor does not say whether a dispatchId is its own; here it is."""

    id: int
    event_tag: str
    url: str
    dispatch_id: str


@dataclass(frozen=True)
class Attempt:
    """One POST and its answer, header names in lower case; status 0 if there was none."""

    status: int
    body: str
    at: float
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it was answered as the vendor demands: errcode "0", a string."""
        try:
            return self.status == 200 and json.loads(self.body)["errcode"] == "0"
        except (ValueError, KeyError, TypeError):
            return False


@dataclass
class Delivery:
    """One message to one address, and each attempt at it; `settled` once it is answered or given up."""

    event_tag: str
    url: str
    message: dict[str, Any]
    shape: Shape = "json"
    attempts: list[Attempt] = field(default_factory=list)
    settled: threading.Event = field(default_factory=threading.Event)

    @property
    def ok(self) -> bool:
        return any(attempt.ok for attempt in self.attempts)

    def attempt(self, timeout: float) -> bool:
        """Post it once more; whether that was answered."""
        self.attempts.append(post(self.url, encode(self.message, self.shape), timeout))
        return self.attempts[-1].ok

    def wait(self, seconds: float) -> bool:
        """Wait until it is answered or given up; whether it was answered."""
        self.settled.wait(seconds)
        return self.ok


class Callbacks:
    """Registers addresses after a handshake, delivers to them, repeats, and gives up into the failed list.

    `scale` shortens the gaps between repeats; `closing` ends them.
    """

    def __init__(self, scale: float, answer_timeout: float, closing: threading.Event) -> None:
        self.scale, self.answer_timeout = scale, answer_timeout
        self.handshakes: list[Delivery] = []
        self.deliveries: list[Delivery] = []
        self._ending = closing
        self._defines: dict[int, Define] = {}
        self._failed: dict[int, Delivery] = {}
        self._ids = itertools.count(880001)
        self._lock = threading.Lock()

    @property
    def defines(self) -> dict[str, Define]:
        """eventTag -> its registration."""
        with self._lock:
            return {define.event_tag: define for define in self._defines.values()}

    @property
    def failed(self) -> dict[int, Delivery]:
        """The failed list: id -> a delivery that was given up."""
        with self._lock:
            return dict(self._failed)

    def register(self, event_tag: str, url: str) -> Define:
        """Shake hands with the address and register it. Raises RefusedError."""
        if event_tag in self.defines:
            raise RefusedError(f"{event_tag} is registered already")
        return self._shake_hands(next(self._ids), event_tag, url)

    def move(self, define_id: int, url: str) -> Define:
        """Shake hands with a registration's new address and keep it. Raises RefusedError."""
        return self._shake_hands(define_id, self._define(define_id).event_tag, url)

    def forget(self, define_id: int) -> None:
        """Take a registration away. Raises RefusedError."""
        self._define(define_id)
        with self._lock:
            self._defines.pop(define_id, None)

    def message(
        self,
        event_tag: str,
        content: Any,
        *,
        url: str | None = None,
        message_id: str | None = None,
        shape: Shape = "json",
    ) -> Delivery:
        """An event on its way to the registered address (or `url`). Raises RefusedError."""
        define = self.defines.get(event_tag)
        if define is None and url is None:
            raise RefusedError(f"{event_tag} is not registered")
        message = {
            "dispatchId": define.dispatch_id if define else str(uuid.uuid4()),
            "sourceMessageId": message_id or uuid.uuid4().hex.upper(),
            "callbackMessageId": uuid.uuid4().hex.upper(),
            "content": content,
        }
        return Delivery(event_tag, url or (define.url if define else ""), message, shape)

    def deliver(self, event_tag: str, content: Any, **given: Any) -> Delivery:
        """Post an event, given as for `message`, and return after the first answer.

        An attempt that is not answered with errcode "0" is repeated in the background.
        """
        return self.deliver_again(self.message(event_tag, content, **given))

    def deliver_again(self, earlier: Delivery) -> Delivery:
        """Post the very same message once more, as after an answer that got lost on its way."""
        one = Delivery(earlier.event_tag, earlier.url, earlier.message, earlier.shape)
        with self._lock:
            self.deliveries.append(one)
        if one.attempt(self.answer_timeout):
            one.settled.set()
        else:
            threading.Thread(target=self._repeat, args=(one,), daemon=True).start()
        return one

    def retry(self, failed_id: int) -> None:
        """Deliver a given-up message once more; it stays in the list unless it is answered."""
        one = self.take_failed(failed_id)
        if not one.attempt(self.answer_timeout):
            with self._lock:
                self._failed[failed_id] = one

    def take_failed(self, failed_id: int) -> Delivery:
        """Take a delivery out of the failed list. Raises RefusedError."""
        with self._lock:
            one = self._failed.pop(failed_id, None)
        if one is None:
            raise RefusedError("eventCallbackFailedId is unknown")
        return one

    def _define(self, define_id: int) -> Define:
        with self._lock:
            define = self._defines.get(define_id)
        if define is None:
            raise RefusedError("eventCallbackId is unknown")
        return define

    def _shake_hands(self, define_id: int, event_tag: str, url: str) -> Define:
        _require_ip(url)
        define = Define(define_id, event_tag, url, str(uuid.uuid4()))
        shake = Delivery(event_tag, url, {"eventTag": event_tag, "dispatchId": define.dispatch_id})
        shake.attempt(self.answer_timeout)
        with self._lock:
            self.handshakes.append(shake)
            if shake.ok:
                self._defines[define_id] = define
                return define
        raise RefusedError(f"the callback did not answer errcode 0 but {shake.attempts[0].status}")

    def _repeat(self, one: Delivery) -> None:
        for gap in REPEATS:
            if self._ending.wait(gap * self.scale):
                return
            if one.attempt(self.answer_timeout):
                one.settled.set()
                return
        with self._lock:
            self._failed[next(self._ids)] = one
        one.settled.set()


def _require_ip(url: str) -> None:
    """The vendor: "Callback address of callbackUrl message only supports ip"."""
    try:
        ip_address(urlsplit(url).hostname or "")
    except ValueError:
        raise RefusedError("callbackUrl only supports ip") from None


def encode(message: Mapping[str, Any], shape: Shape = "json") -> bytes:
    """The body of a message in one of the shapes that a receiver must be ready for."""
    if shape == "infos" and "content" in message:
        rest = {name: value for name, value in message.items() if name != "content"}
        message = {**rest, "infos": [message["content"]]}
    if shape in ("content-as-text", "form") and "content" in message:
        message = {**message, "content": json.dumps(message["content"], ensure_ascii=False)}
    if shape == "form":
        return urlencode(message).encode()
    text = json.dumps(message, ensure_ascii=False)
    return quote(text).encode() + b"=" if shape == "form-key" else text.encode()


def post(url: str, body: bytes, timeout: float, **headers: str) -> Attempt:
    """One POST as the gateway does it. No answer within `timeout` seconds is status 0."""
    split, at = urlsplit(url), time.monotonic()
    connection = http.client.HTTPConnection(split.hostname or "", split.port or 80, timeout=timeout)
    try:
        connection.request("POST", split.path, body, {"Content-Type": CONTENT_TYPE, **headers})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        answered = {name.lower(): value for name, value in answer.getheaders()}
        return Attempt(answer.status, text, at, answered)
    except (OSError, http.client.HTTPException) as error:
        return Attempt(0, f"{type(error).__name__}: {error}", at)
    finally:
        connection.close()
