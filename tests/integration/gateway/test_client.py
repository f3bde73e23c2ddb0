"""The gateway's client on real connections: one attempt, verified, and every failure one of three."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
from relay.transport import Transport
from sandbox.gateway import Gateway
from sandbox.loopback import Answer, Loopback, Request

CREDENTIALS = Credentials(apiKey="key", secretKey="secret")
OK = {"success": True, "content": {"success": True, "responseCode": "0"}}


class Vendor(Loopback):
    """Gives one answer to everything, and keeps what was asked."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self._answer = answer

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if self._answer.status == 0:
            self.closing.wait(5)
        return self._answer


def client_of(vendor: Loopback, transport: Transport | None = None) -> GatewayClient:
    return GatewayClient(transport or transport_to(vendor.url), CREDENTIALS)


def patient_for(seconds: float, vendor: Loopback, limit: int = ANSWER_LIMIT) -> Transport:
    return Transport(vendor.url, connect_seconds=1, read_seconds=seconds, answer_limit=limit)


def test_the_form_is_utf8_and_url_encoded() -> None:
    with Vendor(Answer(200, OK)) as vendor:
        client_of(vendor).register("A|事件", "http://192.0.2.10/callback/t/s?a=b&c")

    (request,) = vendor.requests
    assert request.method == "POST"
    assert request.path == "/openplatform/message/register_event_callback"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert b"%7C%E4%BA%8B" in request.body
    assert parse_qsl(request.body.decode()) == [
        ("eventTag", "A|事件"),
        ("callbackUrl", "http://192.0.2.10/callback/t/s?a=b&c"),
    ]


def test_every_call_has_a_nonce_of_its_own_and_the_time_of_the_call() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    with Vendor(Answer(200, OK)) as vendor:
        client = GatewayClient(transport_to(vendor.url), CREDENTIALS, clock=now.timestamp)
        for _ in range(20):
            client.registrations()

    nonces = {request.headers["x-hmac-auth-nonce"] for request in vendor.requests}
    assert len(nonces) > 10
    assert all(nonce.isdecimal() and len(nonce) == 17 for nonce in nonces)
    assert vendor.requests[0].headers["x-hmac-auth-timestamp"] == "2026-01-02T11:04:05.678+08:00"


def test_the_stand_in_accepts_the_signature_of_every_call() -> None:
    with Gateway(api_key="key", secret_key="secret") as gateway:
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
    with Gateway(api_key="key", secret_key="another") as gateway, pytest.raises(GatewayNotAllowedError):
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
        (Answer(0, ""), GatewayUnavailableError),
    ],
)
def test_a_call_is_made_once_whatever_becomes_of_it(answer: Answer, error: type[Exception]) -> None:
    with Vendor(answer) as vendor:
        client = client_of(vendor, patient_for(0.2, vendor) if answer.status == 0 else None)
        with pytest.raises(error):
            client.retry("1")

    assert len(vendor.requests) == 1


def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    with Vendor(Answer(200, OK)) as gone:
        client = client_of(gone)

    with pytest.raises(GatewayUnavailableError, match="no answer"):
        client.registrations()


def test_no_call_can_take_longer_than_it_is_given() -> None:
    assert CONNECT_SECONDS + READ_SECONDS < CALL_SECONDS


@pytest.mark.parametrize("limit", [len(json.dumps(OK)) - 1, len(json.dumps(OK))])
def test_an_answer_over_the_limit_is_none(limit: int) -> None:
    with Vendor(Answer(200, OK)) as vendor:
        client = client_of(vendor, patient_for(1, vendor, limit))
        if limit == len(json.dumps(OK)):
            client.retry("1")
        else:
            with pytest.raises(GatewayUnavailableError, match=f"no answer: an answer of over {limit} bytes"):
                client.retry("1")


def test_a_certificate_of_no_known_authority_ends_the_call_before_anything_is_sent(tmp_path: Path) -> None:
    with tls_vendor(tmp_path) as vendor, pytest.raises(GatewayUnavailableError, match="certificate"):
        client_of(vendor).registrations()

    assert vendor.requests == []


@contextmanager
def tls_vendor(folder: Path) -> Iterator[Vendor]:
    with Vendor(Answer(200, OK)) as vendor:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self_signed(folder))
        server: Any = vendor._server
        server.socket = context.wrap_socket(server.socket, server_side=True)
        vendor.url = vendor.url.replace("http:", "https:")
        yield vendor


def self_signed(folder: Path) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "vendor.pem"
    path.write_bytes(private + certificate.public_bytes(pem))
    return path
