"""The gateway's client on real connections: one attempt, verified, and every failure one of three."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from gateway.client import (
    ANSWER_LIMIT,
    CALL_SECONDS,
    CONNECT_SECONDS,
    READ_SECONDS,
    GatewayClient,
    GatewayNotAllowedError,
    GatewayRefusedError,
    GatewayUnavailableError,
    transport_to,
)
from gateway.signing import Credentials
from relay.transport import CallLimits, Transport
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.loopback import Answer
from tests.support.certificates import self_signed, served_with

CREDENTIALS = Credentials(apiKey="key", secretKey="secret")
stand_in = partial(Gateway, api_key="key", secret_key="secret")
OK = {"success": True, "content": {"success": True, "responseCode": "0"}}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with stand_in() as running:
        yield running


def client_of(gateway: Gateway, transport: Transport | None = None) -> GatewayClient:
    return GatewayClient(transport or transport_to(gateway.url), CREDENTIALS)


def patient_for(seconds: float, gateway: Gateway, limit: int = ANSWER_LIMIT) -> Transport:
    return Transport(gateway.url, CallLimits(1, seconds, limit))


def test_the_form_is_utf8_and_url_encoded(gateway: Gateway) -> None:
    gateway.replies = [(200, OK)]

    client_of(gateway).register("A|事件", "http://192.0.2.10/callback/t/s?a=b&c")

    (request,) = gateway.requests
    assert request.method == "POST"
    assert request.path == "/openplatform/message/register_event_callback"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert b"%7C%E4%BA%8B" in request.body
    assert parse_qsl(request.body.decode()) == [
        ("eventTag", "A|事件"),
        ("callbackUrl", "http://192.0.2.10/callback/t/s?a=b&c"),
    ]


def test_every_call_has_a_nonce_of_its_own_and_the_time_of_the_call() -> None:
    begun = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    moments = ((begun + timedelta(milliseconds=number)).timestamp() for number in range(20))
    with stand_in(clock=begun.timestamp) as gateway:
        client = GatewayClient(transport_to(gateway.url), CREDENTIALS, clock=lambda: next(moments))
        for _ in range(20):
            client.registrations()

    nonces = {request.headers["x-hmac-auth-nonce"] for request in gateway.requests}
    assert len(nonces) == 20
    assert all(nonce.isdecimal() and len(nonce) == 17 for nonce in nonces)
    assert gateway.requests[0].headers["x-hmac-auth-timestamp"] == "2026-01-02T11:04:05.678+08:00"


def test_the_stand_in_accepts_the_signature_of_every_call(gateway: Gateway) -> None:
    client = client_of(gateway)
    client.registrations()
    client.failed_callbacks()
    for call in (client.unregister, client.retry, client.remove):
        with pytest.raises(GatewayRefusedError, match="is unknown"):
            call("1")
    with pytest.raises(GatewayRefusedError, match="eventCallbackId is unknown"):
        client.update("1", "http://192.0.2.10/callback")
    with pytest.raises(GatewayRefusedError, match="callbackUrl only supports ip"):
        client.register("a|b", "http://relay.example/callback")


def test_the_stand_in_refuses_another_key() -> None:
    with stand_in(secret_key="another") as gateway, pytest.raises(GatewayNotAllowedError):
        client_of(gateway).registrations()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            Answer(200, {"success": True, "content": {"success": False, "responseCode": "9999"}}),
            GatewayRefusedError,
        ),
        (Answer(200, {"success": False, "errorCode": "4001"}), GatewayNotAllowedError),
        (Answer(403, {}), GatewayNotAllowedError),
        (Answer(503, OK), GatewayUnavailableError),
        (Answer(302, "", {"Location": "/elsewhere"}), GatewayUnavailableError),
        (Answer(200, OK, cut=True), GatewayUnavailableError),
        (Answer(200, OK, silence=5), GatewayUnavailableError),
    ],
)
def test_a_call_is_made_once_whatever_becomes_of_it(
    gateway: Gateway, answer: Answer, error: type[Exception]
) -> None:
    gateway.replies = [answer] * 2
    client = client_of(gateway, patient_for(0.2, gateway) if answer.silence else None)

    with pytest.raises(error):
        client.retry("1")

    assert len(gateway.requests) == 1


def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    with stand_in() as gone:
        client = client_of(gone)

    with pytest.raises(GatewayUnavailableError, match="no answer"):
        client.registrations()


def test_no_call_can_take_longer_than_it_is_given() -> None:
    assert CONNECT_SECONDS + READ_SECONDS < CALL_SECONDS


@pytest.mark.parametrize("limit", [len(json.dumps(OK)) - 1, len(json.dumps(OK))])
def test_an_answer_over_the_limit_is_none(gateway: Gateway, limit: int) -> None:
    gateway.replies = [(200, OK)]
    client = client_of(gateway, patient_for(1, gateway, limit))

    if limit == len(json.dumps(OK)):
        client.retry("1")
    else:
        with pytest.raises(GatewayUnavailableError, match=f"no answer: an answer of over {limit} bytes"):
            client.retry("1")


def test_a_certificate_of_no_known_authority_ends_the_call_before_anything_is_sent(tmp_path: Path) -> None:
    gateway = stand_in()
    gateway.tls = served_with(self_signed(tmp_path))
    with gateway, pytest.raises(GatewayNotAllowedError, match="CERTIFICATE_VERIFY_FAILED"):
        client_of(gateway).registrations()

    assert gateway.requests == []
