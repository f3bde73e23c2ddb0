"""The portal's produce call: signed, over kept-alive connections, TLS verified, one attempt a call."""

import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import quote

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from notice.deadline import NO_TIME, Deadline
from notice.portal.answers import Answer, ProduceUnavailableError, TokenTurnedDownError, check
from notice.portal.tokens import Access, EnosCredentials, Timestamps, TokenSource
from relay.secrets import SecretReader

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
LEAST_SECONDS = 2.0
_ANSWER_LIMIT = 1_000_000


class PortalClient:
    """The EnOS application portal. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        produce_path: str,
        credentials: SecretReader[EnosCredentials],
        *,
        connections: int = 8,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = Transport(base_url, connections=connections)
        self._tokens = TokenSource(self._transport.post, credentials, clock=clock)
        self._timestamps = Timestamps(clock)
        self._produce_path = produce_path

    def produce(self, org_id: str, body: bytes, deadline: Deadline) -> None:
        """Hand over one batch, all or nothing, in one attempt.

        Raises a ProduceError; after TokenTurnedDownError the next call has another token.
        Repeating a call is safe: the portal knows a notice by its messageId and does not
        bother users who have had it.
        """
        access = self._tokens.get(deadline)
        try:
            self._attempt(org_id, body, access, deadline)
        except TokenTurnedDownError:
            self._tokens.drop(access)
            raise

    def _attempt(self, org_id: str, body: bytes, access: Access, deadline: Deadline) -> None:
        timestamp = self._timestamps.next()
        headers = {
            "apim-accesstoken": access.token,
            "apim-timestamp": str(timestamp),
            "apim-signature": signature(access.token, {"orgId": org_id}, body, timestamp, access.app_secret),
        }
        target = f"{self._produce_path}?orgId={quote(org_id, safe='')}"
        answer = self._transport.post(target, body, headers, deadline)
        check(answer.status, answer.headers, answer.body)


class Transport:
    """POSTs JSON below one base address."""

    def __init__(self, base_url: str, *, connections: int = 8, read_seconds: float = READ_SECONDS) -> None:
        self._base_url, self._read_seconds = base_url, read_seconds
        # Checked against what the system trusts; a private authority comes in by SSL_CERT_FILE.
        self._pool = PoolManager(maxsize=connections, retries=False, cert_reqs="CERT_REQUIRED")

    def post(self, target: str, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Answer:
        """One attempt. Raises ProduceUnavailableError when no whole answer comes in time."""
        left = deadline.left()
        if left < LEAST_SECONDS:
            raise ProduceUnavailableError(NO_TIME, "too little time is left for a call")
        try:
            response = self._pool.request(
                "POST",
                self._base_url + target,
                body=body,
                headers={"Content-Type": "application/json;charset=UTF-8", **headers},
                timeout=Timeout(total=left, connect=CONNECT_SECONDS, read=self._read_seconds),
                preload_content=False,
            )
            content = response.read(_ANSWER_LIMIT + 1)
        except HTTPError as error:
            # The kind of failure only: urllib3's text holds the address.
            raise ProduceUnavailableError(type(error).__name__, "no whole answer from the portal") from None
        if len(content) > _ANSWER_LIMIT:
            response.close()
            raise ProduceUnavailableError("AnswerTooLong", f"an answer of over {_ANSWER_LIMIT} bytes")
        response.release_conn()
        return Answer(response.status, response.headers, content)


def signature(token: str, query: Mapping[str, str], body: bytes, timestamp: int, app_secret: str) -> str:
    """The signature of a call; `query` holds decoded values and `body` the very bytes that are sent.

    Follows the vendor's page on signatures: SHA-256 over joined text, no HMAC.
    """
    parameters = "".join(f"{name}{query[name]}" for name in sorted(query))
    joined = f"{token}{parameters}".encode() + body + f"{timestamp}{app_secret}".encode()
    return sha256(joined).hexdigest()
