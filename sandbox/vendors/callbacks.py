"""The gateway's registered callbacks, its deliveries to them, and the list of those that failed."""

import itertools
import threading
import uuid
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from sandbox.vendors import delivery
from sandbox.vendors.delivery import Delivery, Shape


class RefusedError(Exception):
    """The call was understood and is not carried out: a business error."""


@dataclass(frozen=True)
class Define:
    """One registered callback. The vendor does not say whether a dispatchId is its own; here it is."""

    id: int
    event_tag: str
    url: str
    dispatch_id: str


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
        dispatch_id = self._shake_hands(event_tag, url)
        return self._keep(Define(next(self._ids), event_tag, url, dispatch_id))

    def move(self, define_id: int, url: str) -> Define:
        """Shake hands with a registration's new address and keep it. Raises RefusedError."""
        old = self._define(define_id)
        dispatch_id = self._shake_hands(old.event_tag, url)
        return self._keep(Define(old.id, old.event_tag, url, dispatch_id))

    def forget(self, define_id: int) -> None:
        self._define(define_id)
        with self._lock:
            self._defines.pop(define_id, None)

    def deliver(
        self,
        event_tag: str,
        content: Any,
        *,
        url: str | None = None,
        message_id: str | None = None,
        shape: Shape = "json",
    ) -> Delivery:
        """Post an event to the registered address (or `url`) and return after the first answer.

        An attempt that is not answered with errcode "0" is repeated in the background.
        """
        define = self.defines.get(event_tag)
        if define is None and url is None:
            raise RefusedError(f"{event_tag} is not registered")
        message = {
            "dispatchId": define.dispatch_id if define else str(uuid.uuid4()),
            "sourceMessageId": message_id or uuid.uuid4().hex.upper(),
            "callbackMessageId": uuid.uuid4().hex.upper(),
            "content": content,
        }
        target = url or (define.url if define else "")
        return self._start(Delivery(event_tag, target, delivery.encode(message, shape), message))

    def deliver_again(self, earlier: Delivery) -> Delivery:
        """Post the very same message once more, as after an answer that got lost on its way."""
        return self._start(Delivery(earlier.event_tag, earlier.url, earlier.body, earlier.message))

    def retry(self, failed_id: int) -> None:
        """Deliver a given-up message once more; it stays in the list unless it is answered."""
        one = self.take_failed(failed_id)
        if not self._attempt(one):
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

    def _keep(self, define: Define) -> Define:
        with self._lock:
            self._defines[define.id] = define
        return define

    def _shake_hands(self, event_tag: str, url: str) -> str:
        _require_ip(url)
        message = {"eventTag": event_tag, "dispatchId": str(uuid.uuid4())}
        shake = Delivery(event_tag, url, delivery.encode(message), message)
        shake.attempts.append(delivery.post(url, shake.body, self.answer_timeout))
        with self._lock:
            self.handshakes.append(shake)
        if not shake.ok:
            raise RefusedError(f"the callback did not answer errcode 0 but {shake.attempts[0].status}")
        return message["dispatchId"]

    def _start(self, one: Delivery) -> Delivery:
        with self._lock:
            self.deliveries.append(one)
        if self._attempt(one):
            one.settled.set()
        else:
            threading.Thread(target=self._repeat, args=(one,), daemon=True).start()
        return one

    def _attempt(self, one: Delivery) -> bool:
        attempt = delivery.post(one.url, one.body, self.answer_timeout)
        one.attempts.append(attempt)
        return attempt.ok

    def _repeat(self, one: Delivery) -> None:
        for gap in delivery.REPEATS:
            if self._ending.wait(gap * self.scale):
                return
            if self._attempt(one):
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
