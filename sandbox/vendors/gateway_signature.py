"""The Mozi gateway's request signing, as the gateway checks it."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from sandbox.vendors.loopback import Request

_PREFIX = "x-hmac-auth-"
_HEADERS = ("timestamp", "nonce", "version", "signature", "ip", "mac")
# The vendor names no number; wider than any sane clock.
SKEW_SECONDS = 900


def signature(
    secret: str, method: str, stamp: str, nonce: str, path: str, form: Iterable[tuple[str, str]]
) -> str:
    """Base64 HMAC-SHA256 over the request; the form's values raw, its names sorted whatever their case."""
    pairs = sorted(((k, v) for k, v in form if k and v), key=lambda pair: pair[0].lower())
    lines = [method, stamp, nonce, path] + (["&".join(f"{k}={v}" for k, v in pairs)] if pairs else [])
    digest = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256)
    return base64.b64encode(digest.digest()).decode()


class SignedRequests:
    """Checks the headers and the signature of each call; a nonce serves once."""

    def __init__(self, api_key: str, secret_key: str, clock: Callable[[], float]) -> None:
        self._api_key, self._secret_key, self._clock = api_key, secret_key, clock
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    def fault(self, request: Request, form: list[tuple[str, str]]) -> tuple[str, str] | None:
        """An error code and message, or None if the call holds."""
        if request.headers.get("apikey") != self._api_key:
            return "InvalidApiKey", "the apiKey is unknown"
        given = {name: request.headers.get(_PREFIX + name, "") for name in _HEADERS}
        if missing := [name for name, value in given.items() if not value]:
            return "MissingHeader", f"{_PREFIX}{missing[0]} is missing"
        if given["version"] != "1.0":
            return "InvalidVersion", "the signature's version must be 1.0"
        if not self._is_now(given["timestamp"]):
            return "InvalidTimestamp", "the timestamp is not a time near now"
        signed = signature(
            self._secret_key, request.method, given["timestamp"], given["nonce"], request.path, form
        )
        if not hmac.compare_digest(signed, given["signature"]):
            return "SignatureDoesNotMatch", "the signature does not match"
        return self._fault_in_nonce(given["nonce"])

    def _is_now(self, stamp: str) -> bool:
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return False
        return moment.tzinfo is not None and abs(moment.timestamp() - self._clock()) <= SKEW_SECONDS

    def _fault_in_nonce(self, nonce: str) -> tuple[str, str] | None:
        with self._lock:
            if not nonce.isdecimal() or nonce in self._nonces:
                return "InvalidNonce", "the nonce must be digits and serve once"
            self._nonces.add(nonce)
        return None
