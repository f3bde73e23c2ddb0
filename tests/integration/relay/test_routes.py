"""The way out as it stands in secrets: when a change of it is seen, and what is wrong with it by name."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from relay.routes import RouteReader
from relay.secrets import MAX_AGE_SECONDS
from relay.transport import AddressError, CallLimits, NotSentError, Route, Transport
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support.certificates import PrivateAuthority, private_authority, self_signed, served_with

LIMITS = CallLimits(connect_seconds=2, answer_seconds=2, answer_bytes=1000)
PROXY, AUTHORITY = "proxy-arn", "authority-arn"
CUT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


class Secrets:
    """Secrets Manager with the two secrets, or with an error in their place."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.error: Exception | None = None
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        if self.error:
            raise self.error
        return {"SecretString": self.texts[SecretId]}


class Vendor(Loopback):
    """Answers every call."""

    def answer(self, _request: Request) -> Answer:
        return Answer(200, b"OK")


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return private_authority(tmp_path)


@pytest.fixture
def portal(authority: PrivateAuthority) -> Iterator[Vendor]:
    vendor = Vendor()
    vendor.tls = served_with(authority.server)
    with vendor:
        yield vendor


def reader(secrets: Secrets, now: Callable[[], float] = lambda: 1000.0) -> RouteReader:
    """A reader of those secrets that are there."""
    proxy, authority = (arn if arn in secrets.texts else "" for arn in (PROXY, AUTHORITY))
    return RouteReader(lambda: secrets, proxy_arn=proxy, authority_arn=authority, clock=now)  # type: ignore[arg-type, return-value]


def fault(routes: RouteReader) -> NotSentError:
    with pytest.raises(NotSentError) as caught:
        routes()
    return caught.value


def test_a_portal_of_a_private_authority_is_called_though_its_certificate_names_no_key(
    secrets: Secrets, portal: Vendor, authority: PrivateAuthority
) -> None:
    secrets.texts[AUTHORITY] = authority.pem

    transport = Transport(portal.url, LIMITS, routes=reader(secrets))

    assert transport.post("/", b"", {}).body == b"OK"


def test_what_only_the_system_trusts_is_as_strict_as_ever(
    portal: Vendor, authority: PrivateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "system.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))

    with pytest.raises(AddressError) as caught:
        Transport(portal.url, LIMITS).post("/", b"", {})

    assert caught.value.code == "CERTIFICATE_VERIFY_FAILED: Missing Authority Key Identifier"


def test_with_a_private_authority_nobody_else_is_trusted(
    secrets: Secrets,
    portal: Vendor,
    authority: PrivateAuthority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "system.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    secrets.texts[AUTHORITY] = private_authority(tmp_path, "another").pem

    with pytest.raises(AddressError) as caught:
        Transport(portal.url, LIMITS, routes=reader(secrets)).post("/", b"", {})

    assert caught.value.code.startswith("CERTIFICATE_VERIFY_FAILED")


def test_a_host_must_still_be_the_one_that_the_certificate_names(
    secrets: Secrets, portal: Vendor, authority: PrivateAuthority
) -> None:
    secrets.texts[AUTHORITY] = authority.pem
    elsewhere = portal.url.replace("127.0.0.1", "localhost")

    with pytest.raises(AddressError) as caught:
        Transport(elsewhere, LIMITS, routes=reader(secrets)).post("/", b"", {})

    assert "Hostname mismatch" in caught.value.code


def test_a_certificate_that_vouches_for_itself_may_be_the_authority(secrets: Secrets, tmp_path: Path) -> None:
    """What `openssl req -x509` writes; the key beside it is not looked at."""
    file, vendor = self_signed(tmp_path), Vendor()
    vendor.tls, secrets.texts[AUTHORITY] = served_with(file), file.read_text()

    with vendor:
        assert Transport(vendor.url, LIMITS, routes=reader(secrets)).post("/", b"", {}).body == b"OK"


def test_several_authorities_stand_in_one_secret_with_words_between_them(
    secrets: Secrets, portal: Vendor, authority: PrivateAuthority, tmp_path: Path
) -> None:
    other = private_authority(tmp_path, "another").pem
    secrets.texts[AUTHORITY] = f"# 根证书\r\n{other}\r\n# 新根证书\r\n{authority.pem}".replace("\n", "\r\n")

    assert Transport(portal.url, LIMITS, routes=reader(secrets)).post("/", b"", {}).body == b"OK"


@pytest.mark.parametrize("text", ["", "no PEM", CUT, "-----BEGIN CERTIFICATE-----", '{"pem": ""}'])
def test_an_authority_that_is_none_is_named_and_not_quoted(secrets: Secrets, text: str) -> None:
    secrets.texts[AUTHORITY] = text

    error = fault(reader(secrets))

    assert (type(error), error.code) == (AddressError, "PortalCaSecretArn SecretNotPem")
    assert str(error) == "the secret holds no certificates in PEM"


def test_of_several_certificates_each_must_be_whole(secrets: Secrets, authority: PrivateAuthority) -> None:
    secrets.texts[AUTHORITY] = authority.pem + authority.pem.replace("-----END", "----END")

    assert fault(reader(secrets)).code == "PortalCaSecretArn SecretNotPem"


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("ResourceNotFoundException", AddressError, "SecretEmpty"),
        ("AccessDeniedException", AddressError, "SecretClosed AccessDeniedException"),
        ("InvalidRequestException", AddressError, "SecretClosed InvalidRequestException"),
        ("InternalServiceError", NotSentError, "SecretOutage InternalServiceError"),
        ("ThrottlingException", NotSentError, "SecretOutage ThrottlingException"),
    ],
)
@pytest.mark.parametrize(
    ("arn", "parameter"), [(PROXY, "OutboundProxyUrl"), (AUTHORITY, "PortalCaSecretArn")]
)
def test_a_secret_that_is_not_there_is_configuration_and_an_outage_is_an_outage(
    secrets: Secrets, arn: str, parameter: str, code: str, kind: type[NotSentError], said: str
) -> None:
    secrets.texts[arn] = ""
    secrets.error = ClientError({"Error": {"Code": code}}, "GetSecretValue")

    error = fault(reader(secrets))

    assert (type(error), error.code) == (kind, f"{parameter} {said}")


def test_an_outage_does_not_stop_what_was_known_before(secrets: Secrets, authority: PrivateAuthority) -> None:
    now = [1000.0]
    secrets.texts[AUTHORITY] = authority.pem
    routes = reader(secrets, lambda: now[0])
    before = routes()
    secrets.error = ConnectTimeoutError(endpoint_url="")
    now[0] += MAX_AGE_SECONDS

    assert routes() == before


@pytest.mark.parametrize(
    "text",
    ["", '{"proxyUrl": ""}', '{"proxyUrl": "https://proxy:1"}', '{"proxyUrl": "http://u:se cret@proxy:1"}'],
)
def test_a_proxy_that_is_none_is_named_and_not_quoted(secrets: Secrets, text: str) -> None:
    secrets.texts[PROXY] = text

    error = fault(reader(secrets))

    assert type(error) is AddressError
    assert error.code in ("OutboundProxyUrl SecretNotJson", "OutboundProxyUrl SecretUnfit proxyUrl")
    assert "cret" not in str(error).replace("proxy-arn", "")


def test_the_route_is_what_stands_in_the_secrets(secrets: Secrets) -> None:
    secrets.texts[PROXY] = json.dumps({"proxyUrl": "http://user:pass@proxy:8080"})

    route = reader(secrets)()

    assert route.proxy is not None
    assert (route.proxy.host, route.authority) == ("proxy", "")


@pytest.mark.parametrize(
    ("later", "connections", "reads"), [(MAX_AGE_SECONDS - 1, 1, 1), (MAX_AGE_SECONDS, 2, 2)]
)
def test_a_change_is_seen_within_five_minutes_and_ends_the_connections_from_before(
    secrets: Secrets,
    portal: Vendor,
    authority: PrivateAuthority,
    tmp_path: Path,
    later: float,
    connections: int,
    reads: int,
) -> None:
    now = [1000.0]
    secrets.texts[AUTHORITY] = authority.pem
    transport = Transport(portal.url, LIMITS, routes=reader(secrets, lambda: now[0]))
    transport.post("/", b"", {})
    secrets.texts[AUTHORITY] += private_authority(tmp_path, "another").pem
    now[0] += later

    transport.post("/", b"", {})

    assert (portal.connections, secrets.reads) == (connections, reads)


def test_a_route_is_not_asked_for_what_it_does_not_have(secrets: Secrets) -> None:
    assert reader(secrets)() == Route()
    assert secrets.reads == 0
