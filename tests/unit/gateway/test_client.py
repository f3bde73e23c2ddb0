"""What an answer of the gateway means."""

import json
from typing import Any

import pytest

from gateway.client import (
    GatewayError,
    GatewayNotAllowedError,
    GatewayRefusedError,
    GatewayUnavailableError,
    read_answer,
)

OK = {"success": True, "requestId": "r", "responseMessage": "OK", "responseCode": "0"}
REFUSED = {"success": False, "responseMessage": "callbackUrl only supports ip", "responseCode": "9999"}


def read(answer: Any, status: int = 200) -> Any:
    return read_answer(status, json.dumps(answer, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "content": OK},
        {"success": "true", "content": {**OK, "success": "true"}},
        {"success": True, "content": json.dumps(OK)},
        {"success": True, "content": {"responseCode": "0", "data": []}},
        {"success": True, "content": [{"id": 1}]},
        {"success": True},
    ],
)
def test_a_success_is_one_at_the_gateway_and_behind_it(answer: dict[str, Any]) -> None:
    content = answer.get("content")

    assert read(answer) == (json.loads(content) if isinstance(content, str) else content)


@pytest.mark.parametrize(
    "content",
    [
        REFUSED,
        {**REFUSED, "success": "false"},
        {**REFUSED, "success": None},
        json.dumps(REFUSED),
        {"responseMessage": "callbackUrl only supports ip", "responseCode": "9999"},
    ],
)
def test_a_refusal_behind_the_gateway_is_no_success_and_says_why(content: Any) -> None:
    with pytest.raises(GatewayRefusedError, match=r"callbackUrl only supports ip \(code 9999\)"):
        read({"success": True, "content": content})


@pytest.mark.parametrize(
    "answer",
    [
        {"success": False, "errorCode": "4001", "Message": "签名错误"},
        {"success": "false", "Code": "4001", "Message": "签名错误"},
        {"errorCode": "4001", "errorMsg": "签名错误"},
        {"success": False, "errorCode": "4001", "Message": "签名错误", "content": OK},
    ],
)
def test_what_the_gateway_does_not_let_through_is_not_allowed(answer: dict[str, Any]) -> None:
    with pytest.raises(GatewayNotAllowedError, match=r"签名错误 \(code 4001\)"):
        read(answer)


@pytest.mark.parametrize("status", [401, 403])
def test_a_status_that_speaks_of_credentials_is_not_allowed_whatever_the_body(status: int) -> None:
    with pytest.raises(GatewayNotAllowedError, match=f"HTTP status {status}"):
        read_answer(status, b"<html>")


def test_a_client_error_is_never_a_success() -> None:
    with pytest.raises(GatewayNotAllowedError):
        read({"success": True, "content": OK}, 404)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_overloaded_or_broken_gateway_is_unavailable_even_if_it_says_success(status: int) -> None:
    with pytest.raises(GatewayUnavailableError):
        read({"success": True, "content": OK}, status)


@pytest.mark.parametrize("body", [b"", b"OK", b"[]", b"null", b"{}", b"\xff\xfe", b"[" * 100_000, b"<html>"])
def test_an_answer_that_says_nothing_leaves_the_call_unknown(body: bytes) -> None:
    with pytest.raises(GatewayUnavailableError, match="HTTP status 200"):
        read_answer(200, body)


def test_the_three_errors_are_kinds_of_one_and_of_nothing_else() -> None:
    kinds = (GatewayRefusedError, GatewayNotAllowedError, GatewayUnavailableError)

    assert all(kind.__bases__ == (GatewayError,) for kind in kinds)
