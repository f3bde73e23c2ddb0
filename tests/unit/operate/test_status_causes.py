"""`mozi-relay status` says of each fault of the configuration, and of each outage, what to do about it."""

import re
from typing import Any

import pytest

from operate.status.facts import FAULT_SECONDS
from relay.api import error_types
from tests.support.relay_stub import LETTERS, NAME, QUEUE, RelayStub, ago, depth, line
from tests.support.status_command import facts, needs, run
from tests.support.template import ROOT

LOG = f"the log /aws/lambda/{NAME}-notice says why"
FALLBACK = "does not let this relay send"


def fault(code: str, org_id: str = "any", **age: float) -> dict[str, Any]:
    return line(ago(**(age or {"seconds": 60})), "configuration at fault", error_code=code, org_id=org_id)


def accepted(org_id: str, **age: float) -> dict[str, Any]:
    return line(ago(**age), "notices accepted", org_id=org_id)


def codes() -> list[tuple[str, str]]:
    """Each code of the table in docs/watch.md, and of whom it speaks."""
    table = (ROOT / "docs" / "watch.md").read_text().partition("| error_code | what it is |")[2]
    rows = [row.split(" | ") for row in table.partition("\n\n")[0].splitlines()[2:]]
    return [
        (code.replace("…", "Missing Authority Key Identifier"), "o-1" if "org_id" in meaning else "any")
        for named, meaning, _ in rows
        for code in re.findall(r"`([^`]+)`", named)
    ]


@pytest.mark.parametrize(("code", "org_id"), codes())
def test_of_each_code_in_the_documentation_it_is_said_what_to_do(code: str, org_id: str) -> None:
    (said,) = needs(RelayStub(log=[fault(code, org_id)]))

    assert FALLBACK not in said
    assert LOG not in said
    assert code.split()[-1].strip("()") in said or code.startswith("Secret")


def test_the_documentation_has_the_codes() -> None:
    assert len(codes()) >= 15


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SecretNotJson", "the EnOS secret is no JSON: docs/deploy.md"),
        ("SecretKeyMissing appKey, appSecret", "the EnOS secret lacks appKey, appSecret: docs/deploy.md"),
        ("SecretUnfit appKey", "that no header takes in appKey: docs/deploy.md"),
        ("1003", "an appSecret that the token service turns down (1003): docs/deploy.md"),
        ("498", "the application may not use the portal's API (498)"),
        ("31497", "the portal does not take the signature (31497)"),
        ("302", "the portal's address leads elsewhere (302): EnosBaseUrl, EnosProducePath"),
        ("405", "a firewall say, turns everything away (405)"),
        (
            "CERTIFICATE_VERIFY_FAILED: Missing Authority Key Identifier",
            "certificate is not taken (CERTIFICATE_VERIFY_FAILED: Missing Authority Key Identifier)",
        ),
        ("HTTP_REQUEST", "no TLS that the relay takes is spoken at EnosBaseUrl (HTTP_REQUEST)"),
        ("EAI_NONAME", "the host in EnosBaseUrl does not exist (EAI_NONAME)"),
        ("Proxy 407", "the proxy does not take its user and password (Proxy 407): OutboundProxyUrl"),
        ("Proxy 403", "the proxy lets no call through to the portal (Proxy 403)"),
        ("Proxy EAI_NONAME", "OutboundProxyUrl leads to no proxy (Proxy EAI_NONAME)"),
        (
            "PortalCaSecretArn SecretNotPem",
            "authority cannot be used (PortalCaSecretArn SecretNotPem)",
        ),
        ("InvalidAddress", "EnosBaseUrl is no address (InvalidAddress)"),
        ("teapot", f"the portal does not let this relay send (teapot): {LOG}"),
    ],
)
def test_what_is_everybodys_fault_is_named(code: str, said: str) -> None:
    (need,) = needs(RelayStub(log=[fault(code)]))

    assert said in need


@pytest.mark.parametrize(
    ("count", "who"),
    [
        (1, "organisation o-0 ("),
        (2, "organisations o-0, o-1 ("),
        (5, "organisations o-0, o-1, o-2, o-3, o-4 ("),
        (7, "organisations o-0, o-1, o-2, o-3, o-4 and 2 more ("),
    ],
)
def test_organisations_with_the_same_fault_are_one_line(count: int, who: str) -> None:
    log = [fault("31404", f"o-{number}") for number in range(count)]

    assert needs(RelayStub(log=log)) == [f"the portal knows no {who}31404): the orgId of the senders"]


def test_an_organisation_of_which_everything_is_refused_is_named() -> None:
    (said,) = needs(RelayStub(log=[fault("400", "o-1")]))

    assert said.startswith("everything of organisation o-1 is turned down (400): ")


def test_a_fault_is_named_although_other_errors_came_after_it() -> None:
    later = [
        line(ago(seconds=5), "notices rejected", org_id="o-2"),
        line(ago(seconds=4), "portal unavailable"),
    ]
    stub = RelayStub(log=[fault("31404", "o-1"), fault("498", seconds=50), *later])

    assert [need.partition(" (")[0] for need in needs(stub)] == [
        "the application may not use the portal's API",
        "the portal knows no organisation o-1",
    ]
    assert facts(stub)["portalErrors"]["last"]["code"] == "503"


@pytest.mark.parametrize(
    ("org_id", "of", "seconds", "lasts"),
    [
        ("any", "o-1", 10, False),
        ("o-1", "o-1", 10, False),
        ("o-1", "o-2", 10, True),
        ("any", "o-1", 70, True),
        ("any", "o-1", 59, True),  # Of the same invocation.
    ],
)
def test_a_fault_is_over_when_the_portal_accepts_again(
    org_id: str, of: str, seconds: float, lasts: bool
) -> None:
    stub = RelayStub(log=[accepted(of, seconds=seconds), fault("403", org_id), accepted(of, hours=1)])

    assert bool(needs(stub)) is lasts


@pytest.mark.parametrize(("seconds", "lasts"), [(FAULT_SECONDS - 5, True), (FAULT_SECONDS + 5, False)])
def test_of_a_fault_that_was_not_seen_lately_nothing_is_known(seconds: float, lasts: bool) -> None:
    assert bool(needs(RelayStub(log=[fault("498", seconds=seconds)]))) is lasts


@pytest.mark.parametrize(
    ("changed", "shown"), [({"hours": 5}, "filled, changed 5 h ago, but it lacks appKey"), ({}, "filled")]
)
def test_a_secret_that_cannot_be_used_is_not_just_filled(changed: dict[str, float], shown: str) -> None:
    """Of a value that came after the fault nothing is known."""
    secret = {"VersionIdsToStages": {"v": ["AWSCURRENT"]}, "LastChangedDate": ago(**changed)}
    stub = RelayStub(log=[fault("SecretKeyMissing appKey")], secrets={"arn:enos": secret})
    said = " ".join(run(stub).stdout.split())

    assert f"EnOS credentials {shown}" in said
    assert ("but it" in said) is bool(changed)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AnswerTimeout", "the portal takes too long to answer (AnswerTimeout)"),
        ("SendTimeout", "the portal takes too long to read what is sent (SendTimeout)"),
        ("NameTimeout", "the portal's name takes too long to be looked up (NameTimeout)"),
        ("EAI_AGAIN", "the portal's name cannot be looked up just now (EAI_AGAIN)"),
        ("SecretOutage ThrottlingException", "Secrets Manager does not give the EnOS secret (Throttling"),
        ("ConnectionRefusedError", "the portal is unavailable (ConnectionRefusedError)"),
        ("Proxy ConnectTimeout", "the proxy is unavailable (ConnectTimeout)"),
        (
            "PortalCaSecretArn SecretOutage Timeout",
            "Secrets Manager does not give the secret of PortalCaSecretArn",
        ),
        ("503", "the portal is unavailable (503)"),
    ],
)
def test_an_outage_is_named_and_no_fault_of_the_configuration(code: str, said: str) -> None:
    log = [line(ago(seconds=10), error_code=code)]
    (need,) = needs(RelayStub(log=log, queues={QUEUE: depth(0, 3), LETTERS: depth()}))

    assert need.startswith(said)
    assert need.endswith(": 3 records wait until it is back")


@pytest.mark.parametrize(
    ("error_type", "said"),
    [
        (error_types.SECRET_UNAVAILABLE, "arn:x is not filled; secretKey Field required: docs/deploy.md"),
        (error_types.SECRET_OUTAGE, "Secrets Manager does not give a secret: ask again later"),
        (error_types.GATEWAY_NOT_ALLOWED, "GatewayBaseUrl, the gateway's secret, the application's rights"),
        (error_types.GATEWAY_UNAVAILABLE, "the gateway is unavailable: ask again later"),
    ],
)
def test_why_the_gateway_has_no_answer_is_said_with_what_to_do(error_type: str, said: str) -> None:
    failed = {"errorType": error_type, "errorMessage": "arn:x is not filled; secretKey Field required"}
    (need,) = needs(RelayStub(gateway={"list": failed, "failed": failed}))

    assert need.startswith("unknown: registrations, failed callbacks (")
    assert said in need
    assert "arn:x is not filled; secretKey" in need


@pytest.mark.parametrize("name", ["EnosBaseUrl", "GatewayBaseUrl"])
@pytest.mark.parametrize(
    ("url", "exposed"),
    [
        ("https://portal.example", False),
        ("http://portal.example:8080", True),
        ("http://192.0.2.7", True),
        ("http://127.0.0.1:8080", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:80", False),
        ("http://[2001:db8::1]", True),
        ("http://localhost:80", False),
        ("http://localhost.example", True),
    ],
)
def test_an_address_without_encryption_is_named_each_time_but_is_a_choice(
    name: str, url: str, exposed: bool
) -> None:
    stub = RelayStub()
    stub.parameters[name] = url
    who = {"EnosBaseUrl": "portal", "GatewayBaseUrl": "gateway"}[name]

    assert facts(stub)["addresses"][who] == {"url": url, "exposed": exposed}
    assert (f"{url}: what is sent can be read on the way" in run(stub).stdout) is exposed
    assert needs(stub) == []
