"""Whether a request to the local cloud is signed with a key that it knows: Signature Version 4."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# What AWS allows a clock to be off.
_SKEW = timedelta(minutes=15)
_SCOPE = r"(?P<id>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
_CREDENTIAL = re.compile(_SCOPE)
_AUTHORIZATION = re.compile(
    rf"AWS4-HMAC-SHA256 Credential={_SCOPE}, ?"
    r"SignedHeaders=(?P<headers>[^,\s]+), ?Signature=(?P<signature>\w+)"
)


@dataclass(frozen=True)
class Call:
    """One request as it came: path and query still encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class _Claim:
    """What a signature says of itself; `lasts` for a link, which is signed in its query."""

    key_id: str
    day: str
    region: str
    service: str
    headers: frozenset[str]
    signature: str
    at: str
    lasts: timedelta | None = None

    def timely(self, now: datetime) -> bool:
        """Whether it was made about now, or is of a link that still lasts."""
        try:
            made = datetime.strptime(self.at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            return False
        lasts = _SKEW if self.lasts is None else self.lasts
        return self.at.startswith(self.day) and -_SKEW <= now - made <= lasts


def is_signed(call: Call, secret_of: Callable[[str], str | None], now: datetime) -> bool:
    """Whether its signature is right and timely, by the secret of the key that it names."""
    claim = _claim(call)
    secret = secret_of(claim.key_id) if claim else None
    if claim is None or secret is None or not claim.timely(now) or not _is_the_body_that_was_signed(call):
        return False
    return hmac.compare_digest(_signature(call, claim, secret).encode(), claim.signature.encode())


def _is_the_body_that_was_signed(call: Call) -> bool:
    """Botocore signs the digest that this header gives in place of the body's own."""
    given = call.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    if given == "UNSIGNED-PAYLOAD" or given.startswith("STREAMING-"):
        return True
    return hmac.compare_digest(hashlib.sha256(call.body).hexdigest().encode(), given.encode())


def claims_signature(call: Call) -> bool:
    """Whether it says anything of a signature, right or wrong, of whatever version."""
    names = {name.lower() for name, _ in parse_qsl(call.query, keep_blank_values=True)}
    return "authorization" in call.headers or any(
        name == "awsaccesskeyid" or name.startswith("x-amz-") for name in names
    )


def _claim(call: Call) -> _Claim | None:
    if "authorization" not in call.headers:
        return _claim_of_link(call)
    found = _AUTHORIZATION.fullmatch(call.headers["authorization"])
    return found and _Claim(
        found["id"],
        found["day"],
        found["region"],
        found["service"],
        frozenset(found["headers"].split(";")),
        found["signature"],
        call.headers.get("x-amz-date", ""),
    )


def _claim_of_link(call: Call) -> _Claim | None:
    """From the query, in which each part must stand once, however it is written."""
    pairs = [(name.lower(), value) for name, value in parse_qsl(call.query, keep_blank_values=True)]
    given = dict(pairs)
    found = _CREDENTIAL.fullmatch(given.get("x-amz-credential", ""))
    lasts = given.get("x-amz-expires", "0")
    if len(given) != len(pairs) or found is None or given.get("x-amz-algorithm") != "AWS4-HMAC-SHA256":
        return None
    if not re.fullmatch(r"\d{1,6}", lasts):
        return None
    return _Claim(
        found["id"],
        found["day"],
        found["region"],
        found["service"],
        frozenset(given.get("x-amz-signedheaders", "").split(";")),
        given.get("x-amz-signature", ""),
        given.get("x-amz-date", ""),
        timedelta(seconds=int(lasts)),
    )


def _signature(call: Call, claim: _Claim, secret: str) -> str:
    """Returns the signature that the key's owner would have given it."""
    credentials = Credentials(claim.key_id, secret)
    signer = _signer(claim)(credentials, claim.service, claim.region)
    query = "&".join(part for part in call.query.split("&") if not part.startswith("X-Amz-Signature="))
    headers = {name: value for name, value in call.headers.items() if name in claim.headers}
    request = AWSRequest(call.method, f"http://local{call.path}?{query}", headers, call.body)
    request.context["timestamp"] = claim.at
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signature: str = signer.signature(text, request)
    return signature


def _signer(claim: _Claim) -> type[SigV4Auth]:
    """S3 signs a path as it stands, and of a link no body."""
    if claim.service != "s3":
        return SigV4Auth
    return S3SigV4Auth if claim.lasts is None else S3SigV4QueryAuth
