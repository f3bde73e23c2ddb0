"""What an answer of the gateway means: its content, or the error that it is."""

import json
from collections.abc import Mapping
from typing import Any


class GatewayError(Exception):
    """A call did not do what it was for; says what the gateway said."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(f"{message} (code {code})" if code else message)
        self.message, self.code = message, code


class GatewayRefusedError(GatewayError):
    """The call was read and turned down: its tag, address or id is at fault; other calls may pass."""


class GatewayNotAllowedError(GatewayError):
    """The gateway did not let the call through: credentials, signature or subscription; no call will pass."""


class GatewayUnavailableError(GatewayError):
    """Nobody knows what became of the call: look at the list, or do it again later."""


_ACCEPTED = {"", "0", "200", "OK"}


def read_answer(status: int, body: bytes) -> Any:
    """The content of an answer that is a success twice: at the gateway and behind it.

    Raises GatewayRefusedError, GatewayNotAllowedError or GatewayUnavailableError.
    """
    decoded = _decode(body)
    answer: dict[str, Any] = decoded if isinstance(decoded, dict) else {}
    said, code = _message(answer, f"HTTP status {status}"), _code(answer)
    if status in (401, 403):
        raise GatewayNotAllowedError(said, code)
    if status == 429 or status >= 500 or not answer:
        raise GatewayUnavailableError(said, code)
    if status >= 400 or not _is(answer.get("success"), True):
        raise GatewayNotAllowedError(said, code)
    content = answer.get("content")
    content = _decode(content) if isinstance(content, str) else content
    if isinstance(content, dict) and _is_refusal(content):
        raise GatewayRefusedError(_message(content, "refused without a message"), _code(content))
    return content


def _is_refusal(content: Mapping[str, Any]) -> bool:
    """A flag decides; where there is none, the code does."""
    if content.get("success") is None:
        return _code(content) not in _ACCEPTED
    return not _is(content["success"], True)


def _is(flag: Any, value: bool) -> bool:
    return flag is value or (isinstance(flag, str) and flag.strip().lower() == str(value).lower())


def _code(answer: Mapping[str, Any]) -> str:
    return _first(answer, "responseCode", "errorCode", "Code", "code", "errcode")


def _message(answer: Mapping[str, Any], otherwise: str) -> str:
    names = ("responseMessage", "errorMsg", "errorMessage", "Message", "message", "errmsg", "bizErrorMsg")
    return _first(answer, *names) or otherwise


def _first(answer: Mapping[str, Any], *names: str) -> str:
    return next((str(answer[name]) for name in names if answer.get(name) not in (None, "")), "")


def _decode(text: bytes | str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
