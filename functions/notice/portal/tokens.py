"""Access tokens of the EnOS token service, kept until shortly before they expire."""

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from notice.deadline import NO_TIME, Deadline
from notice.portal.answer import read_code, read_object, retry_after
from notice.portal.errors import PortalNotAllowedError, PortalUnavailableError
from relay.secrets import Filled, SecretEmptyError, SecretOutageError, SecretReader, SecretUnavailableError
from relay.settings import Clock
from relay.transport import NoAnswerError, Response

TOKEN_PATH = "/apim-token-service/v2.0/token/get"  # noqa: S105 - a path, no secret
REFRESH_EARLY_SECONDS = 600
ASKED_AGAIN_SECONDS = 30

_REPEATED = "1001"
# No such appKey, wrong proof, bad or empty parameter: the credentials are at fault.
_NOT_ALLOWED = {"1002", "1003", "1004", "1202"}
# What is before the token service answers so: the credentials or the address are at fault.
_HTTP_NOT_ALLOWED = {401, 403, 404, 405, *range(300, 400)}
# As codes, over any HTTP status, with two more of the portal's; one of five digits is a service's number and
# one of these.
_CODE_NOT_ALLOWED = re.compile(r"(\d{2})?(3\d\d|40[1345]|49[78])")

type Post = Callable[[str, bytes, Mapping[str, str], Deadline], Response]
"""One attempt to POST (target, body, headers): see `notice.portal.client.PortalClient`.

Raises NoAnswerError, or the ProduceError of a call that cannot be made.
"""


class EnosCredentials(BaseModel):
    """The EnOS application, as its secret holds it."""

    model_config = ConfigDict(defer_build=True)  # Built at the first fetch, which waits for the network.

    app_key: Filled = Field(alias="appKey")
    app_secret: Filled = Field(alias="appSecret", repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """A token and the credentials that it was given for."""

    token: str
    credentials: EnosCredentials
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
    """The access in force; safe to use from several threads: one fetches, and no other waits that has any."""

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
        self._fetched: Future[Access] | None = None
        self._lock = Lock()

    def get(self, deadline: Deadline) -> Access:
        """Access, fetched anew if it is about to expire, was turned down, or is of a secret that has changed.

        Raises PortalNotAllowedError when the credentials are at fault, else PortalUnavailableError.
        """
        credentials = self._read_credentials()
        with self._lock:
            kept = self._access if self._access and self._access.credentials == credentials else None
            if kept and self._clock() < kept.refresh_at:
                return kept
            fetched, others = self._fetched, self._fetched is not None
            if fetched is None:
                self._fetched = fetched = Future()
        if others:
            return kept if kept and self._clock() < kept.expires_at else _awaited(fetched, deadline)
        try:
            access = self._renewed(kept, credentials, deadline)
        except BaseException as error:
            self._end(fetched, None)
            fetched.set_exception(error)
            raise
        self._end(fetched, access)
        fetched.set_result(access)
        return access

    def _read_credentials(self) -> EnosCredentials:
        """The secret as it was minutes ago at most; a fresh one after the portal turned the last down."""
        try:
            return self._credentials.get(max_age=0 if self._turned_down else None)
        except SecretEmptyError as error:
            raise PortalNotAllowedError(error.code, str(error)) from error
        except SecretOutageError as error:
            raise PortalUnavailableError(error.code, str(error)) from error
        except SecretUnavailableError as error:
            raise PortalNotAllowedError(error.code, str(error)) from error

    def _renewed(self, kept: Access | None, credentials: EnosCredentials, deadline: Deadline) -> Access:
        """Another access; the one at hand, as long as it lasts, when the token service is unavailable."""
        try:
            return self._fetch(credentials, deadline)
        except PortalUnavailableError:
            if kept is None or self._clock() >= kept.expires_at:
                raise
            return replace(kept, refresh_at=self._clock() + ASKED_AGAIN_SECONDS)

    def _end(self, fetched: Future[Access], access: Access | None) -> None:
        with self._lock:
            if self._fetched is fetched:
                self._fetched = None
            if access:
                self._access, self._turned_down = access, False

    def drop(self, access: Access) -> None:
        """Do not give this one again, for the portal turned it down."""
        with self._lock:
            if self._access and access.token == self._access.token:
                self._access, self._turned_down = None, True

    def _fetch(self, credentials: EnosCredentials, deadline: Deadline) -> Access:
        answer = self._ask(credentials, deadline)
        if _status(answer) == _REPEATED:
            answer = self._ask(credentials, deadline)  # Another container was in the same millisecond.
        return self._access_in(answer, credentials)

    def _ask(self, credentials: EnosCredentials, deadline: Deadline) -> Response:
        timestamp = self._timestamps.next()
        proof = encryption(credentials.app_key, timestamp, credentials.app_secret)
        request = {"appKey": credentials.app_key, "encryption": proof, "timestamp": timestamp}
        try:
            return self._post(TOKEN_PATH, json.dumps(request).encode(), {}, deadline)
        except NoAnswerError as error:
            raise PortalUnavailableError(error.code, "no whole answer from the token service") from None

    def _access_in(self, answer: Response, credentials: EnosCredentials) -> Access:
        status = _status(answer)
        not_allowed = status in _NOT_ALLOWED or _CODE_NOT_ALLOWED.fullmatch(status)
        if not_allowed or answer.status in _HTTP_NOT_ALLOWED:
            raise PortalNotAllowedError(status, "the token service turned the request down")
        try:
            given = _Given.model_validate(read_object(answer.body).get("data"))
        except ValidationError:
            wait = retry_after(answer, self._clock())
            raise PortalUnavailableError(status, "no token was to be had", retry_after=wait) from None
        # A token that is nearly over is given again as it is, so do not ask for it at every call.
        lasting = max(given.expire - REFRESH_EARLY_SECONDS, given.expire / 2)
        now = self._clock()
        return Access(given.token, credentials, now + lasting, now + given.expire)


def _awaited(fetched: Future[Access], deadline: Deadline) -> Access:
    """What another thread fetches."""
    try:
        return fetched.result(deadline.left())
    except FutureTimeoutError:
        raise PortalUnavailableError(NO_TIME, "the token service has not answered yet") from None


def _status(answer: Response) -> str:
    """The answer's own word; else HTTP's, which it may echo."""
    said, echo = read_object(answer.body), str(answer.status)
    words = (read_code(said.get(name)) for name in ("status", "code"))
    return next((word for word in words if word and word != echo), echo)


class _Given(BaseModel):
    """A token as the service gives it, fit to stand in a header; `expire` in seconds."""

    model_config = ConfigDict(defer_build=True)  # Built at the first fetch, which waits for the network.

    token: str = Field(alias="accessToken", pattern=r"^[!-~]+$")
    expire: float = Field(gt=0, allow_inf_nan=False)
