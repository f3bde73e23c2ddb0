"""Requests as their sources send them, and answers as they want them."""

import base64
import json
from typing import Any

import pytest

from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay.reading.charsets import declared_charset
from tests.support.inbound import SOURCES, TOKEN, http_api, load_balancer, rest_api


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("slug", [None, "app-update"])
@pytest.mark.parametrize("body", ["文", "文".encode("gbk")])
def test_token_slug_and_body_are_found(source: Any, slug: str | None, body: bytes | str) -> None:
    request = CallbackRequest.of(source(body, slug=slug))

    content_type = "application/x-www-form-urlencoded;charset=UTF-8"
    assert request == CallbackRequest(TOKEN, slug, body, content_type)


@pytest.mark.parametrize(
    ("path", "token", "slug"),
    [
        ("/callback/T", "T", None), ("/callback/T/", "T", None), ("/callback/T/s", "T", "s"),
        ("/callback/T/s/more", "T", "s"), ("/stage/callback/T/s%2Dt", "T", "s-t"), ("/callback/", "", None),
        ("/callback//s", "", "s"), ("/callback", "", None), ("/callback/x/callback/T/s", "T", "s"),
        ("/", "", None), ("/other/T", "", None), ("", "", None), (None, "", None),
    ],
)  # fmt: skip
def test_a_path_without_parameters_is_read_after_its_last_callback(
    path: str | None, token: str, slug: str | None
) -> None:
    for event in (load_balancer("x") | {"path": path}, http_api("x") | {"rawPath": path}):
        request = CallbackRequest.of(event)
        assert (request.token, request.slug) == (token, slug)


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
@pytest.mark.parametrize(
    ("value", "charset"),
    [
        ("text/plain;charset=GBK", "GBK"), ('text/plain; Charset = "gbk" ;x=y', "gbk"), ("text/plain", None),
        ("", None), ("charset=", None),
    ],
)  # fmt: skip
def test_a_charset_is_found_in_a_header_of_any_case(name: str, value: str, charset: str | None) -> None:
    for event in (
        rest_api("x", headers={name: value}),
        load_balancer("x", multiValueHeaders={name: [value]}),
    ):
        assert declared_charset(CallbackRequest.of(event).content_type) == charset


@pytest.mark.parametrize("name", ["Content-Encoding", "content-encoding"])
def test_the_coding_of_a_packed_body_is_found(name: str) -> None:
    for event in (
        rest_api("x", headers={name: "gzip"}),
        load_balancer("x", multiValueHeaders={name: ["gzip"]}),
    ):
        assert CallbackRequest.of(event).content_encoding == "gzip"
    assert CallbackRequest.of(rest_api("x")).content_encoding is None


@pytest.mark.parametrize("source", [rest_api, load_balancer])
def test_a_coding_that_comes_in_two_headers_is_both(source: Any) -> None:
    event = source("x", multiValueHeaders={"Content-Encoding": ["deflate", "gzip"]})

    assert CallbackRequest.of(event).content_encoding == "deflate, gzip"


@pytest.mark.parametrize("missing", [{"headers": None}, {"headers": {}}, {"headers": {"Accept": "*/*"}}])
def test_headers_may_be_missing(missing: dict[str, Any]) -> None:
    assert CallbackRequest.of(rest_api("x") | missing).content_type is None
    assert CallbackRequest.of(load_balancer("x") | missing | {"multiValueHeaders": None}).content_type is None


@pytest.mark.parametrize("body", ["not base64!", "abc", "中文"])
def test_a_body_that_only_claims_to_be_base64_is_taken_as_it_is(body: str) -> None:
    assert CallbackRequest.of(rest_api(body) | {"isBase64Encoded": True}).body == body


def test_a_base64_body_is_decoded_to_its_bytes() -> None:
    body = base64.b64encode(b"\x00\xff").decode()

    assert CallbackRequest.of(rest_api("") | {"isBase64Encoded": True, "body": body}).body == b"\x00\xff"


@pytest.mark.parametrize(
    "response", [CallbackResponse.HANDSHAKE, CallbackResponse.PUBLISHED, CallbackResponse.REPEATED]
)
def test_a_success_is_answered_exactly_as_the_vendor_wants_it(response: CallbackResponse) -> None:
    assert response.render(rest_api("")) == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json;charset=UTF-8"},
        "body": '{"errcode":"0","errmsg":"成功"}',
    }


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (CallbackResponse.EMPTY, 400),
        (CallbackResponse.FORBIDDEN, 403),
        (CallbackResponse.IN_PROGRESS, 503),
        (CallbackResponse.UNAVAILABLE, 503),
        (CallbackResponse.NOT_CHECKED, 503),
    ],
)
def test_any_other_answer_has_a_status_and_an_errcode_of_its_own(
    response: CallbackResponse, status: int
) -> None:
    rendered = response.render(rest_api(""))

    assert rendered["statusCode"] == status
    assert json.loads(rendered["body"])["errcode"] != "0"
    assert len({json.loads(one.render({})["body"])["errcode"] for one in CallbackResponse}) == 6


def test_a_load_balancer_gets_what_it_insists_on() -> None:
    response = CallbackResponse.IN_PROGRESS.render(load_balancer(""))

    assert response["statusDescription"] == "503 Service Unavailable"
    assert response["isBase64Encoded"] is False
    assert response["multiValueHeaders"] == {"Content-Type": ["application/json;charset=UTF-8"]}
    plain = load_balancer("") | {"multiValueHeaders": None}
    assert "multiValueHeaders" not in CallbackResponse.IN_PROGRESS.render(plain)
