"""A stand-in for the Mozi gateway: deliveries and the management API.

It is the one gateway of the demo and of the tests. `answer` takes a request and returns its answer without a
socket; in a `with` block it is served on a loopback port.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

from sandbox.vendors.callbacks import Callbacks, Define, RefusedError
from sandbox.vendors.delivery import Delivery
from sandbox.vendors.gateway_signature import SignedRequests
from sandbox.vendors.loopback import Answer, Loopback, Reply, Request, told

PREFIX = "/openplatform/message/"
Form = Mapping[str, str]
ErrorForm = Literal["gateway", "business"]


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
            rows = _CALLS[call](self, dict(form))
        except RefusedError as refused:
            return _business_error(str(refused)), False
        return _success({} if rows is None else {self.rows_under: rows}), True


Rows = list[dict[str, Any]] | None


def _register(gateway: Gateway, form: Form) -> Rows:
    gateway.register(_required(form, "eventTag"), _required(form, "callbackUrl"))
    return None


def _update(gateway: Gateway, form: Form) -> Rows:
    gateway.move(_number(form, "eventCallbackId"), _required(form, "callbackUrl"))
    return None


def _delete(gateway: Gateway, form: Form) -> Rows:
    gateway.forget(_number(form, "eventCallbackId"))
    return None


def _retry(gateway: Gateway, form: Form) -> Rows:
    gateway.retry(_number(form, "eventCallbackFailedId"))
    return None


def _remove(gateway: Gateway, form: Form) -> Rows:
    gateway.take_failed(_number(form, "eventCallbackFailedId"))
    return None


_CALLS: Mapping[str, Callable[[Gateway, Form], Rows]] = {
    "register_event_callback": _register,
    "query_callback_define": lambda gateway, _: [_define_row(define) for define in gateway.defines.values()],
    "update_event_callback_define": _update,
    "delete_event_callback_define": _delete,
    "query_callback_failed": lambda gateway, _: [_failed_row(*entry) for entry in gateway.failed.items()],
    "retry_callback_failed": _retry,
    "remove_callback_failed": _remove,
}


def _required(form: Form, name: str) -> str:
    if not form.get(name):
        raise RefusedError(f"{name} is required")
    return form[name]


def _number(form: Form, name: str) -> int:
    text = _required(form, name)
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
