"""The gateway's management API: one method per call, tried once, and what an answer means.

Every failure is one of three:

    GatewayError
    ├── GatewayRefusedError      the call was read and turned down
    ├── GatewayNotAllowedError   the call was not let through
    └── GatewayUnavailableError  what became of the call is unknown
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlencode

from pydantic import JsonValue

from gateway.signing import Credentials, sign
from relay.settings import Clock
from relay.transport import AddressError, CallLimits, NoAnswerError, Routes, Transport, direct

# A registration is answered only after the gateway has shaken hands with the callback, cold start included.
CONNECT_SECONDS, READ_SECONDS = 3, 20
# The longest that one call takes, and a second for what comes after it.
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS + 1
# The failed list has no pages, and each of its rows carries an event.
ANSWER_LIMIT = 32 * 1024 * 1024
_PATH = "/openplatform/message/"
_ACCEPTED = {"", "0", "200", "OK"}


class GatewayError(Exception):
    """A call did not do what it was for; says what the gateway said."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(f"{message} (code {code})" if code else message)
        self.message, self.code = message, code

    def masked(self, mask: Callable[[str], str]) -> Self:
        """Returns the same error with its texts masked."""
        return type(self)(mask(self.message), mask(self.code))


class GatewayRefusedError(GatewayError):
    """The call was read and turned down: its tag, address or id is at fault; other calls may pass."""


class GatewayNotAllowedError(GatewayError):
    """The gateway did not let the call through: credentials, signature or subscription; no call will pass."""


class GatewayUnavailableError(GatewayError):
    """What became of the call is unknown: look at the list, or do it again later."""


def transport_to(base_url: str, routes: Routes = direct) -> Transport:
    """Returns the transport with the limits that this API needs."""
    return Transport(base_url, CallLimits(CONNECT_SECONDS, READ_SECONDS, ANSWER_LIMIT), routes=routes)


class GatewayClient:
    """Calls in one application's name.

    Every method raises a GatewayError. The two lists come as the vendor sends them, see `gateway.rows`.
    """

    def __init__(self, transport: Transport, credentials: Credentials, *, clock: Clock = time.time) -> None:
        self._transport, self._credentials, self._clock = transport, credentials, clock

    def registrations(self) -> JsonValue:
        """Returns the list of what is registered."""
        return self._call("query_callback_define")

    def register(self, event_tag: str, address: str) -> None:
        """Have a tag's events delivered to the address."""
        self._call("register_event_callback", eventTag=event_tag, callbackUrl=address)

    def update(self, registration_id: str, address: str) -> None:
        """Move a registration to the address."""
        self._call("update_event_callback_define", eventCallbackId=registration_id, callbackUrl=address)

    def unregister(self, registration_id: str) -> None:
        """Remove a registration."""
        self._call("delete_event_callback_define", eventCallbackId=registration_id)

    def failed_callbacks(self) -> JsonValue:
        """Returns the list of the callbacks that the gateway gave up on."""
        return self._call("query_callback_failed")

    def retry(self, failed_id: str) -> None:
        """Have a failed callback delivered again."""
        self._call("retry_callback_failed", eventCallbackFailedId=failed_id)

    def remove(self, failed_id: str) -> None:
        """Take a failed callback off the list, for good."""
        self._call("remove_callback_failed", eventCallbackFailedId=failed_id)

    def _call(self, name: str, **form: str) -> JsonValue:
        path, now = _PATH + name, self._clock()
        nonce = f"{now * 1000:.0f}{secrets.randbelow(10_000):04}"
        at = datetime.fromtimestamp(now, UTC)
        headers = sign(self._credentials, "POST", path, form, at=at, nonce=nonce)
        headers["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8"
        try:
            seconds = CONNECT_SECONDS + READ_SECONDS
            response = self._transport.post(path, urlencode(form).encode(), headers, seconds=seconds)
        except AddressError as error:
            raise GatewayNotAllowedError(f"the address cannot be called: {error}", error.code) from error
        except NoAnswerError as error:
            raise GatewayUnavailableError(f"no answer: {error}") from error
        return read_answer(response.status, response.body)


def read_answer(status: int, body: bytes) -> JsonValue:
    """Returns the content of an answer that is a success twice: at the gateway and behind it.

    Raises GatewayRefusedError, GatewayNotAllowedError or GatewayUnavailableError.
    """
    decoded = _decoded(body)
    answer = decoded if isinstance(decoded, dict) else {}
    said, code = _message(answer, f"HTTP status {status}"), _code(answer)
    if status in (401, 403):
        raise GatewayNotAllowedError(said, code)
    if status == 429 or status >= 500 or not answer:
        raise GatewayUnavailableError(said, code)
    if status >= 400 or not _is_true(answer.get("success")):
        raise GatewayNotAllowedError(said, code)
    content = answer.get("content")
    content = _decoded(content) if isinstance(content, str) else content
    if isinstance(content, dict) and _is_refusal(content):
        raise GatewayRefusedError(_message(content, "refused without a message"), _code(content))
    return content


def _is_refusal(content: Mapping[str, JsonValue]) -> bool:
    """Returns what the flag says; where there is none, the code decides."""
    if content.get("success") is None:
        return _code(content) not in _ACCEPTED
    return not _is_true(content["success"])


def _is_true(flag: JsonValue) -> bool:
    return flag is True or (isinstance(flag, str) and flag.strip().lower() == "true")


def _code(answer: Mapping[str, JsonValue]) -> str:
    return _first(answer, "responseCode", "errorCode", "Code", "code", "errcode")


def _message(answer: Mapping[str, JsonValue], otherwise: str) -> str:
    names = ("responseMessage", "errorMsg", "errorMessage", "Message", "message", "errmsg", "bizErrorMsg")
    return _first(answer, *names) or otherwise


def _first(answer: Mapping[str, JsonValue], *names: str) -> str:
    return next((str(answer[name]) for name in names if answer.get(name) not in (None, "")), "")


def _decoded(text: bytes | str) -> JsonValue:
    try:
        decoded: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return decoded
