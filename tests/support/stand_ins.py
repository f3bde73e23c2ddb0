"""How a test calls the stand-ins: a small client for each, which can also get it wrong."""

import hashlib
import http.client
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from sandbox.vendors import gateway as mozi
from sandbox.vendors import portal_token
from sandbox.vendors.gateway import PREFIX, Gateway
from sandbox.vendors.loopback import Reply
from sandbox.vendors.portal import PRODUCE_PATHS, TOKEN_PATHS, Portal

KEY, SECRET = "app-key", "app-secret"
MOZI_KEY, MOZI_SECRET = "mozi-key", "mozi-secret"
PATH = PRODUCE_PATHS[0]
# Of the tests and of the samples in events/.
ORGANISATIONS = {
    name: ["u-1", "u-2"] for name in ("o-1", "o-2", "o 1/&+中", "o-not-allowed", "o15504745674071")
}

_serial = count(1)
_stamps = count(int(time.time() * 1000))


class Received(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


def relays_portal(**given: Any) -> Portal:
    """The portal that the relay's functions have in tests: it keeps every rule until it is told otherwise."""
    return Portal(app_key=KEY, app_secret=SECRET, **{"organisations": ORGANISATIONS, **given})


def relays_gateway(**given: Any) -> Gateway:
    """The gateway that the relay's functions have in tests; it too keeps every rule until told otherwise."""
    return Gateway(api_key=MOZI_KEY, secret_key=MOZI_SECRET, scale=1e-6, **given)


def says(**content: Any) -> Reply:
    """The gateway's answer to a call that it carried out, with this in it."""
    return 200, {"success": True, "content": {"success": True, **content}}


def post(url: str, path: str, body: bytes, headers: Mapping[str, str]) -> Received:
    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=30)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return Received(
            answer.status, json.loads(answer.read()), {k.lower(): v for k, v in answer.getheaders()}
        )
    finally:
        connection.close()


def token_request(portal: Portal, **given: Any) -> dict[str, Any]:
    """Body of a token call; every one has a millisecond of its own."""
    stamp = next(_stamps)
    plain = f"{portal.tokens.app_key}{stamp}{portal.tokens.app_secret}"
    body = {
        "appKey": portal.tokens.app_key,
        "timestamp": stamp,
        "encryption": hashlib.sha256(plain.encode()).hexdigest(),
    }
    return {**body, **given}


def ask_token(portal: Portal, *, refresh: bool = False, **given: Any) -> Any:
    body = json.dumps(token_request(portal, **given)).encode()
    return post(portal.url, TOKEN_PATHS[refresh], body, {}).body


def token(portal: Portal) -> str:
    found: str = ask_token(portal)["data"]["accessToken"]
    return found


def notice(message_id: str, **given: Any) -> dict[str, Any]:
    """A notice without a fault, for user u-1."""
    name = {"defaultValue": "待办", "i18nValue": {"en_US": "To-do"}}
    common = {"messageId": message_id, "messageType": 1, "targetType": 1, "targets": ["u-1"], "appName": name}
    return {**common, **given}


def produce(
    portal: Portal, notices: Any, *, org_id: str = "org-1", path: str = PRODUCE_PATHS[0], **headers: str
) -> Received:
    """A produce call, signed as it should be unless `headers` says otherwise (apim_token=…)."""
    body = json.dumps({"messages": notices}, ensure_ascii=False).encode()
    access, stamp = headers.pop("access", "") or token(portal), str(int(time.time() * 1000))
    signed = portal_token.signature(access, [("orgId", org_id)], body, stamp, portal.tokens.app_secret)
    given = {"apim-accesstoken": access, "apim-timestamp": stamp, "apim-signature": signed}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return post(portal.url, f"{path}?{urlencode({'orgId': org_id})}", body, given)


def manage(gateway: Gateway, call: str, form: Mapping[str, str] | None = None, **headers: str) -> Received:
    """A management call, signed as it should be unless `headers` says otherwise (x_hmac_auth_nonce=…)."""
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
    nonce, fields = f"{time.time_ns()}{next(_serial)}", dict(form or {})
    path = PREFIX + call
    signed = mozi.signature(gateway.secret_key, "POST", stamp, nonce, path, fields.items())
    given = {
        "apiKey": gateway.api_key,
        "X-Hmac-Auth-Timestamp": stamp,
        "X-Hmac-Auth-Nonce": nonce,
        "X-Hmac-Auth-Version": "1.0",
        "X-Hmac-Auth-Signature": signed,
        "X-Hmac-Auth-IP": "192.0.2.1",
        "X-Hmac-Auth-MAC": "00:00:5e:00:53:01",
        "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
    }
    replaced = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in given.items() if name.lower() not in replaced}
    return post(gateway.url, path, urlencode(fields).encode(), {**kept, **replaced})
