"""The EnOS token service and the signature of every call, as the portal's gateway checks them."""

import hashlib
import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.vendors.loopback import Answer, Reply, Request, told

LIFE_SECONDS = 7200
# How every token begins.
BEGINNING = "APP_PORTAL_S_"
# How far a call's clock may be off. The vendor names no number; this is wider than any sane clock.
SKEW_SECONDS = 900


class Tokens:
    """Issues access tokens and checks the calls that carry them.

    `replies` are given, one a request, in place of what the rules say. `life` is that of the next token.
    """

    def __init__(self, app_key: str, app_secret: str, clock: Callable[[], float] = time.time) -> None:
        self.app_key, self.app_secret, self._clock = app_key, app_secret, clock
        self.replies: list[Reply] = []
        self.requests: list[Request] = []
        self.life = LIFE_SECONDS
        self._serial = itertools.count(1)
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self.token, self._ends = "", 0.0
        self.ended: set[str] = set()
        """Tokens that were given before the current one, `token`."""

    def expire(self) -> None:
        """End the current token at once."""
        with self._lock:
            self._ends = 0.0

    def answer(self, request: Request) -> Answer:
        """Answer /token/get and /token/refresh."""
        with self._lock:
            self.requests.append(request)
        if answer := told(self.replies, request):
            return answer
        with self._lock:
            status, message, data = self._decide(request)
        body = {"status": status, "msg": message, "business": "apim-token-service", "data": data}
        return Answer(200, body)

    def _decide(self, request: Request) -> tuple[int, str, dict[str, Any] | None]:
        refresh = request.path.endswith("/refresh")
        names = ["appKey", "encryption", "timestamp"] + (["accessToken"] if refresh else [])
        try:
            given = json.loads(request.body)
            values = [given.get(name) for name in names]
        except (ValueError, AttributeError):
            return 1004, "invalid parameter", None
        if any(value in (None, "") for value in values):
            return 1202, "parameter is empty", None
        if type(given["timestamp"]) is not int or not all(isinstance(v, str) for v in values[:2]):
            return 1004, "invalid parameter", None
        if fault := self._fault_in_encryption(given):
            return *fault, None
        if refresh:
            return self._refresh(given["accessToken"])
        if self._clock() >= self._ends:
            self._issue()
        return self._current()

    def issue(self) -> str:
        """Make a token without being asked, and return it."""
        with self._lock:
            self._issue()
            return self.token

    def _fault_in_encryption(self, given: dict[str, Any]) -> tuple[int, str] | None:
        if given["appKey"] != self.app_key:
            return 1002, "appKey does not exist"
        plain = f"{self.app_key}{given['timestamp']}{self.app_secret}"
        if given["encryption"] != hashlib.sha256(plain.encode()).hexdigest():
            return 1003, "encryption is not correct"
        if given["encryption"] in self._seen:
            return 1001, "repeated encryption"
        self._seen.add(given["encryption"])
        return None

    def _refresh(self, token: Any) -> tuple[int, str, dict[str, Any] | None]:
        if token in self.ended or (token == self.token and self._clock() >= self._ends):
            return 1203, "token has expired", None
        if token != self.token:
            return 1204, "token cannot be refreshed", None
        self._issue()
        return self._current()

    def _issue(self) -> None:
        self.ended |= {self.token} - {""}
        digest = hashlib.sha256(f"{self.app_secret}{next(self._serial)}".encode()).hexdigest()
        self.token, self._ends = f"{BEGINNING}{digest[:32]}", self._clock() + self.life

    def _current(self) -> tuple[int, str, dict[str, Any]]:
        left = max(1, int(self._ends - self._clock()))
        return 0, "SUCCESS", {"accessToken": self.token, "expire": left}

    def fault_in_call(self, request: Request, *, signed: bool = True) -> str | None:
        """Why a call's token and, unless it need not be `signed`, its signature do not hold, or None."""
        token, stamp = (request.headers.get(f"apim-{name}", "") for name in ("accesstoken", "timestamp"))
        with self._lock:
            if not token or token != self.token or self._clock() >= self._ends:
                return "invalid access token"
        if not signed:
            return None
        if not stamp.isdecimal() or abs(int(stamp) / 1000 - self._clock()) > SKEW_SECONDS:
            return "invalid timestamp"
        right = signature(token, request.query, request.body, stamp, self.app_secret)
        return None if request.headers.get("apim-signature") == right else "invalid signature"


def signature(token: str, query: list[tuple[str, str]], body: bytes, stamp: str, secret: str) -> str:
    """SHA-256 over token, the sorted query, the body's bytes, timestamp and secret, in hex."""
    params = "".join(name + value for name, value in sorted(query))
    return hashlib.sha256(
        token.encode() + params.encode() + body + stamp.encode() + secret.encode()
    ).hexdigest()
