"""What a code in the notice function's log means, and what a person does about it: see docs/watch.md."""

import re
from collections.abc import Iterable, Iterator

from operate.output import plain
from operate.status.facts import PortalError
from relay.api import error_types
from relay.secrets import SECRET_EMPTY, SECRET_KEY_MISSING, SECRET_NOT_JSON, SECRET_OUTAGE, SECRET_UNFIT

# Organisations that a line names.
_NAMED = 5
_SERVICE_CODE = re.compile(r"\d{2}(\d{3})")
# By a code's first word, of which the rest names keys; the numbers are the token service's.
_SECRET = {
    SECRET_EMPTY: "has no value",
    SECRET_NOT_JSON: "is no JSON",
    SECRET_KEY_MISSING: "lacks {keys}",
    SECRET_UNFIT: "holds a blank, a line break or another character that no header takes in {keys}",
    "1002": "holds an appKey that the token service does not know (1002)",
    "1003": "holds an appSecret that the token service turns down (1003)",
    "1004": "holds what the token service turns down (1004)",
    "1202": "holds what the token service turns down (1202)",
}
_NO_SUCH_ORGANISATION = {"31404"}
_ORGANISATION_NOT_ALLOWED = {"403", "512"}
_EVERYBODY = {
    "401": "the portal does not take the token ({code}): the EnOS secret, the application's rights in EnOS",
    "497": "the portal does not take the signature ({code}): the EnOS secret, the application's rights",
    "498": "the application may not use the portal's API ({code}): its rights in EnOS",
    **dict.fromkeys(
        ("403", "405"),
        "something before the portal, a firewall say, turns everything away ({code}): "
        "let the relay's outgoing address in, docs/deploy.md",
    ),
    "404": "the portal has no such path ({code}): EnosBaseUrl, EnosProducePath",
    **dict.fromkeys(
        ("EAI_NONAME", "EAI_NODATA"), "the host in EnosBaseUrl does not exist ({code}): EnosBaseUrl"
    ),
    "InvalidAddress": "EnosBaseUrl is no address ({code}): a scheme, a host and a port at most",
}
_PATTERNS = {
    re.compile("Proxy 407"): "the proxy does not take its user and password ({code}): OutboundProxyUrl",
    re.compile("Proxy [1-5]..*"): "the proxy lets no call through to the portal ({code}): its own rules",
    re.compile("Proxy .*"): "OutboundProxyUrl leads to no proxy ({code}): its host and port",
    re.compile("OutboundProxyUrl .*"): (
        "the secret with the proxy's address cannot be used ({code}): docs/deploy.md, under The way out"
    ),
    re.compile("PortalCaSecretArn .*"): (
        "the secret with the portal's authority cannot be used ({code}): docs/deploy.md, under The way out"
    ),
    re.compile(r"3\d\d"): "the portal's address leads elsewhere ({code}): EnosBaseUrl, EnosProducePath",
    re.compile(r"CERTIFICATE\w*(: .*)?"): (
        "the portal's certificate is not taken ({code}): the certificate, and the authority that signed it"
    ),
    # Other words of OpenSSL's.
    re.compile("[A-Z]+(_[A-Z0-9]+)+"): (
        "no TLS that the relay takes is spoken at EnosBaseUrl ({code}): https:// or http://, and the port"
    ),
}
_OUTAGES = {
    "AnswerTimeout": "the portal takes too long to answer",
    "SendTimeout": "the portal takes too long to read what is sent",
    "ConnectTimeout": "the portal takes too long to connect",
    "NameTimeout": "the portal's name takes too long to be looked up",
    "NoTime": "the portal takes too long",
    "AnswerTooLong": "the portal's answer is too long to be read",
    "EAI_AGAIN": "the portal's name cannot be looked up just now",
    SECRET_OUTAGE: "Secrets Manager does not give the EnOS secret",
}
_GATEWAY = {
    error_types.SECRET_EMPTY: "{said}: docs/deploy.md says how, under Put in the secrets",
    error_types.SECRET_UNAVAILABLE: "{said}: docs/deploy.md says what it holds, under Put in the secrets",
    error_types.SECRET_OUTAGE: "Secrets Manager does not give a secret: ask again later; {said}",
    error_types.GATEWAY_NOT_ALLOWED: (
        "the gateway does not let this relay in: GatewayBaseUrl, the gateway's secret, the application's "
        "rights; {said}"
    ),
    error_types.GATEWAY_UNAVAILABLE: "the gateway is unavailable: ask again later; {said}",
}


def gateway_trouble(error_type: str, said: str) -> str:
    """Returns why the gateway function has no answer; empty if that is none of its own errors."""
    return _GATEWAY.get(error_type, "").format(said=said)


def secret_trouble(code: str) -> str:
    """Returns what is wrong with the EnOS secret; empty if the code is about something else."""
    word, _, keys = code.partition(" ")
    return _SECRET.get(word, "").format(keys=plain(keys))


def faults(found: Iterable[PortalError], log: str) -> Iterator[str]:
    """Returns a line for each fault of the configuration, one for all organisations of which it is the same.

    `log` says where there is more to be read.
    """
    organisations: dict[str, list[str]] = {}
    for one in found:
        if one.everybody:
            yield _of_everybody(one.code, log)
        else:
            organisations.setdefault(one.code, []).append(one.org_id)
    for code, names in organisations.items():
        yield _of_organisations(code, names, log)


def _of_everybody(code: str, log: str) -> str:
    if trouble := secret_trouble(code):
        where = "docs/deploy.md says what it holds, under Put in the secrets"
        return f"the EnOS secret {trouble}: {where}; a changed one is seen within five minutes"
    service = _SERVICE_CODE.fullmatch(code)
    by_pattern = (text for pattern, text in _PATTERNS.items() if pattern.fullmatch(code))
    text = _EVERYBODY.get(service[1] if service else code) or next(by_pattern, "")
    return (text or f"the portal does not let this relay send ({{code}}): {log}").format(code=plain(code))


def _of_organisations(code: str, names: list[str], log: str) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    noun = "organisation" if len(names) == 1 else "organisations"
    who = f"{noun} {', '.join(map(plain, names[:_NAMED]))}{more}"
    service = _SERVICE_CODE.fullmatch(code)
    if code in _NO_SUCH_ORGANISATION:
        return f"the portal knows no {who} ({code}): the orgId of the senders"
    if (service[1] if service else code) in _ORGANISATION_NOT_ALLOWED:
        why = "the orgId of the senders, the application's rights in EnOS"
        return f"the application may not send to {who}, or there is none of this id ({code}): {why}"
    return f"everything of {who} is turned down ({plain(code)}): what is sent and its orgId; {log}"


def outage(code: str) -> str:
    """Returns what is the matter while nothing gets through that will get through later."""
    of, _, cause = code.partition(" ")
    if of == "Proxy":
        return f"the proxy is unavailable ({plain(cause)})"
    if of in ("OutboundProxyUrl", "PortalCaSecretArn"):
        return f"Secrets Manager does not give the secret of {of} ({plain(cause)})"
    word, _, rest = code.partition(" ")
    return f"{_OUTAGES.get(word, 'the portal is unavailable')} ({plain(rest or code)})"
