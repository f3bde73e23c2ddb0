"""Access tokens of the EnOS token service, kept until shortly before they expire."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notice.deadline import Deadline
from notice.portal.answer import read_code, read_object, retry_after
from notice.portal.errors import PortalNotAllowedError, PortalUnavailableError
from relay.secrets import SecretReader, SecretUnavailableError
from relay.settings import Clock
from relay.transport import Response

TOKEN_PATH = "/apim-token-service/v2.0/token/get"  # noqa: S105 - a path, no secret
REFRESH_EARLY_SECONDS = 600
ASKED_AGAIN_SECONDS = 30

_REPEATED = "1001"
# No such appKey, wrong proof, bad or empty parameter: the credentials are at fault.
_NOT_ALLOWED = {"1002", "1003", "1004", "1202"}
# What is before the token service answers so: the credentials or the address are at fault.
_HTTP_NOT_ALLOWED = {401, 403, 404, 405}

type Post = Callable[[str, bytes, Mapping[str, str], Deadline], Response]
"""One attempt to POST (target, body, headers): see `notice.portal.client.PortalClient`."""


class EnosCredentials(BaseModel):
    """The EnOS application, as its secret holds it."""

    model_config = ConfigDict(defer_build=True)  # Built at the first fetch, which waits for the network.

    app_key: str = Field(alias="appKey", min_length=1)
    app_secret: str = Field(alias="appSecret", min_length=1, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """A token and the secret that signs with it."""

    token: str
    app_secret: str
    refresh_at: float
    expires_at: float


def encryption(app_key: str, timestamp: int, app_secret: str) -> str:
    """The proof that a token request carries; follows the vendor's page on the token service."""
    return sha256(f"{app_key}{timestamp}{app_secret}".encode()).hexdigest()


class Timestamps:
    """Milliseconds since the epoch, no two alike: EnOS refuses an encryption that it has seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._last, self._lock = clock, 0, Lock()

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, int(self._clock() * 1000))
            return self._last


class TokenSource:
    """The access in force; safe to use from several threads, one of which fetches."""

    def __init__(
        self,
        post: Post,
        credentials: SecretReader[EnosCredentials],
        *,
        clock: Clock,
    ) -> None:
        self._post, self._credentials, self._clock = post, credentials, clock
        self._timestamps = Timestamps(clock)
        self._access: Access | None = None
        self._turned_down = False
        self._lock = Lock()

    def get(self, deadline: Deadline) -> Access:
        """Access, fetched anew if it is about to expire or was turned down.

        Raises PortalNotAllowedError when the credentials are at fault, else PortalUnavailableError.
        """
        with self._lock:
            kept = self._access
            if kept is None or self._clock() >= kept.refresh_at:
                self._access = kept = self._renewed(kept, deadline)
            return kept

    def _renewed(self, kept: Access | None, deadline: Deadline) -> Access:
        """Another access; the one at hand, as long as it lasts, when the token service is unavailable."""
        try:
            # A secret may have been rotated: what was turned down is not to be read from memory.
            access = self._fetch(deadline, max_age=0 if self._turned_down else None)
        except PortalUnavailableError:
            if kept is None or self._clock() >= kept.expires_at:
                raise
            return replace(kept, refresh_at=self._clock() + ASKED_AGAIN_SECONDS)
        self._turned_down = False
        return access

    def drop(self, access: Access) -> None:
        """Do not give this one again, for the portal turned it down."""
        with self._lock:
            if self._access and access.token == self._access.token:
                self._access, self._turned_down = None, True

    def _fetch(self, deadline: Deadline, *, max_age: float | None) -> Access:
        try:
            credentials = self._credentials.get(max_age=max_age)
        except SecretUnavailableError as error:
            raise PortalNotAllowedError("SecretUnavailable", str(error)) from error
        answer = self._ask(credentials, deadline)
        if _status(answer) == _REPEATED:
            answer = self._ask(credentials, deadline)  # Another container was in the same millisecond.
        return self._access_in(answer, credentials)

    def _ask(self, credentials: EnosCredentials, deadline: Deadline) -> Response:
        timestamp = self._timestamps.next()
        proof = encryption(credentials.app_key, timestamp, credentials.app_secret)
        request = {"appKey": credentials.app_key, "encryption": proof, "timestamp": timestamp}
        return self._post(TOKEN_PATH, json.dumps(request).encode(), {}, deadline)

    def _access_in(self, answer: Response, credentials: EnosCredentials) -> Access:
        status = _status(answer)
        if status in _NOT_ALLOWED or answer.status in _HTTP_NOT_ALLOWED:
            raise PortalNotAllowedError(status, "the token service turned the request down")
        try:
            given = _Given.model_validate(read_object(answer.body).get("data"))
        except ValidationError:
            wait = retry_after(answer, self._clock())
            raise PortalUnavailableError(status, "no token was to be had", retry_after=wait) from None
        # A token that is nearly over is given again as it is, so do not ask for it at every call.
        lasting = max(given.expire - REFRESH_EARLY_SECONDS, given.expire / 2)
        now = self._clock()
        return Access(given.token, credentials.app_secret, now + lasting, now + given.expire)


def _status(answer: Response) -> str:
    """The answer's own word; else HTTP's."""
    said = read_object(answer.body)
    words = (read_code(said.get(name)) for name in ("status", "code"))
    return next(filter(None, words), str(answer.status))


class _Given(BaseModel):
    """A token as the service gives it, fit to stand in a header; `expire` in seconds."""

    model_config = ConfigDict(defer_build=True)  # Built at the first fetch, which waits for the network.

    token: str = Field(alias="accessToken", pattern=r"^[!-~]+$")
    expire: float = Field(gt=0, allow_inf_nan=False)
