"""A stand-in for the Mozi gateway: deliveries, and the management API with its signatures.

It is the one gateway of the demo and of the tests. `answer` takes a request and returns its answer without a
socket; in a `with` block it is served on a loopback port.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

from sandbox.vendors.callbacks import Callbacks, Define, Delivery, RefusedError
from sandbox.vendors.loopback import Answer, Loopback, Reply, Request, told

PREFIX = "/openplatform/message/"
_SIGNED = "x-hmac-auth-"
_SIGNED_HEADERS = ("timestamp", "nonce", "version", "signature", "ip", "mac")
# The vendor names no number; wider than any sane clock.
SKEW_SECONDS = 900
ErrorForm = Literal["gateway", "business"]


def signature(
    secret: str, method: str, stamp: str, nonce: str, path: str, form: Iterable[tuple[str, str]]
) -> str:
    """Base64 HMAC-SHA256 over the request; the form's values raw, its names sorted whatever their case."""
    pairs = sorted(((k, v) for k, v in form if k and v), key=lambda pair: pair[0].lower())
    lines = [method, stamp, nonce, path] + (["&".join(f"{k}={v}" for k, v in pairs)] if pairs else [])
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


class SignedRequests:
    """Checks the headers and the signature of each call; a nonce serves once."""

    def __init__(self, api_key: str, secret_key: str, clock: Callable[[], float]) -> None:
        self._api_key, self._secret_key, self._clock = api_key, secret_key, clock
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    def fault(self, request: Request, form: list[tuple[str, str]]) -> tuple[str, str] | None:
        """An error code and message, or None if the call holds."""
        if request.headers.get("apikey") != self._api_key:
            return "InvalidApiKey", "the apiKey is unknown"
        given = {name: request.headers.get(_SIGNED + name, "") for name in _SIGNED_HEADERS}
        if missing := [name for name, value in given.items() if not value]:
            return "MissingHeader", f"{_SIGNED}{missing[0]} is missing"
        if given["version"] != "1.0":
            return "InvalidVersion", "the signature's version must be 1.0"
        if not self._is_now(given["timestamp"]):
            return "InvalidTimestamp", "the timestamp is not a time near now"
        signed = signature(
            self._secret_key, request.method, given["timestamp"], given["nonce"], request.path, form
        )
        if not hmac.compare_digest(signed, given["signature"]):
            return "SignatureDoesNotMatch", "the signature does not match"
        return self._fault_in_nonce(given["nonce"])

    def _is_now(self, stamp: str) -> bool:
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return False
        return moment.tzinfo is not None and abs(moment.timestamp() - self._clock()) <= SKEW_SECONDS

    def _fault_in_nonce(self, nonce: str) -> tuple[str, str] | None:
        with self._lock:
            if not nonce.isdecimal() or nonce in self._nonces:
                return "InvalidNonce", "the nonce must be digits and serve once"
            self._nonces.add(nonce)
        return None


class Gateway(Loopback, Callbacks):
    """The gateway on a loopback port: `with Gateway(api_key=…, secret_key=…) as gateway: gateway.url`.

    `scale` shortens the gaps between repeats; `rows_under` names the field of an answer that holds a list,
    which the vendor has not published. `replies` are given, one a call that is signed as it should be, in
    place of what the rules say.
    """

    def __init__(
        self,
        *,
        api_key: str,
        secret_key: str,
        scale: float = 0.001,
        answer_timeout: float = 20,
        rows_under: str = "data",
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> None:
        Loopback.__init__(self, port)
        Callbacks.__init__(self, scale, answer_timeout, self.closing)
        self.api_key, self.secret_key, self.rows_under = api_key, secret_key, rows_under
        self.requests: list[Request] = []
        self.calls: list[tuple[str, bool]] = []
        self.replies: list[Reply] = []
        self._signed = SignedRequests(api_key, secret_key, clock)
        self._faults: dict[str, ErrorForm] = {}

    def fail(self, call: str, form: ErrorForm | None) -> None:
        """Answer every `call` (register_event_callback, …) with an error of that form; None fixes it."""
        if form:
            self._faults[call] = form
        else:
            self._faults.pop(call, None)

    def answer(self, request: Request) -> Answer:
        """Carry out one management call; `calls` keeps its name and whether it was carried out."""
        self.requests.append(request)
        call = request.path.removeprefix(PREFIX)
        if request.method != "POST" or PREFIX + call != request.path or call not in _CALLS:
            return _gateway_error("ApiNotFound", f"no such API: {request.path}", 404)
        answer, ok = self._carry_out(call, request)
        self.calls.append((call, ok))
        return answer

    def _carry_out(self, call: str, request: Request) -> tuple[Answer, bool]:
        form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        fault = self._signed.fault(request, form)
        if fault is None and self._faults.get(call) == "gateway":
            fault = "ServiceUnavailable", "the gateway is told to fail"
        if fault:
            return _gateway_error(*fault), False
        if answer := told(self.replies, request):
            return answer, False
        try:
            if self._faults.get(call) == "business":
                raise RefusedError("the platform is told to fail")
            carry_out, names = _CALLS[call]
            done = carry_out(self, *(_given(dict(form), name) for name in names))
        except RefusedError as refused:
            return _business_error(str(refused)), False
        return _success({self.rows_under: done} if isinstance(done, list) else {}), True


def _rows_of_defines(gateway: Callbacks) -> list[dict[str, Any]]:
    return [_define_row(define) for define in gateway.defines.values()]


def _rows_of_failed(gateway: Callbacks) -> list[dict[str, Any]]:
    return [_failed_row(*entry) for entry in gateway.failed.items()]


# What carries out each call, and the fields of the form that it is given.
_CALLS: Mapping[str, tuple[Callable[..., object], tuple[str, ...]]] = {
    "register_event_callback": (Callbacks.register, ("eventTag", "callbackUrl")),
    "query_callback_define": (_rows_of_defines, ()),
    "update_event_callback_define": (Callbacks.move, ("eventCallbackId", "callbackUrl")),
    "delete_event_callback_define": (Callbacks.forget, ("eventCallbackId",)),
    "query_callback_failed": (_rows_of_failed, ()),
    "retry_callback_failed": (Callbacks.retry, ("eventCallbackFailedId",)),
    "remove_callback_failed": (Callbacks.take_failed, ("eventCallbackFailedId",)),
}


def _given(form: Mapping[str, str], name: str) -> str | int:
    """A field that has to be there; ids are numbers."""
    text = form.get(name, "")
    if not text:
        raise RefusedError(f"{name} is required")
    if not name.endswith("Id"):
        return text
    if not text.isdecimal():
        raise RefusedError(f"{name} is not a number")
    return int(text)


# The vendor has not published the fields of a row; these are the ones that a public receiver's DTO suggests.


def _define_row(define: Define) -> dict[str, Any]:
    return {"id": define.id, "eventTag": define.event_tag, "callbackUrl": define.url}


def _failed_row(row_id: int, one: Delivery) -> dict[str, Any]:
    return {
        "id": row_id,
        "eventTag": one.event_tag,
        "callbackUrl": one.url,
        "callbackData": json.dumps(one.message, ensure_ascii=False),
    }


def _success(rows: Mapping[str, Any]) -> Answer:
    return Answer(200, {"success": True, "content": {**_content(True, "OK", "0"), **rows}})


def _business_error(message: str) -> Answer:
    return Answer(200, {"success": True, "content": _content(False, message, "9999")})


def _content(success: bool, message: str, code: str) -> dict[str, Any]:
    return {
        "success": success,
        "requestId": uuid.uuid4().hex,
        "responseMessage": message,
        "responseCode": code,
    }


def _gateway_error(code: str, message: str, status: int = 403) -> Answer:
    return Answer(status, {"success": False, "errorCode": code, "Code": code, "Message": message})
