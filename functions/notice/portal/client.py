"""The portal's two calls, produce and get: signed, one attempt a call."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote

from notice.deadline import NO_TIME, Deadline
from notice.portal.answer import check, read_object
from notice.portal.errors import (
    PortalNotAllowedError,
    PortalUnavailableError,
    ProduceTooMuchError,
    TokenTurnedDownError,
)
from notice.portal.tokens import Access, EnosCredentials, Timestamps, TokenSource
from relay.secrets import SecretReader
from relay.settings import Clock
from relay.transport import (
    AddressError,
    CallLimits,
    NoAnswerError,
    NotSentError,
    Response,
    Routes,
    Transport,
    direct,
)

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
LEAST_SECONDS = 2.0
ANSWER_LIMIT = 1_000_000
_OVER_SECONDS = 0.1
NO_ANSWER = "no whole answer from the portal"
_CONTENT_TYPE = {"Content-Type": "application/json;charset=UTF-8"}


class PortalClient:
    """The EnOS application portal. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        produce_path: str,
        credentials: SecretReader[EnosCredentials],
        *,
        clock: Clock,
        connections: int = 1,
        routes: Routes = direct,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        limits = CallLimits(CONNECT_SECONDS, read_seconds, ANSWER_LIMIT)
        self._transport = Transport(base_url, limits, connections=connections, routes=routes, clock=clock)
        self._tokens = TokenSource(self._post, credentials, clock=clock)
        self._timestamps, self._clock = Timestamps(clock), clock
        self._produce_path = produce_path
        self._get_path = f"{produce_path.rpartition('/')[0]}/get"  # Its sibling, under either prefix.

    def prepare(self, deadline: Deadline) -> None:
        """Have what a call needs. Raises ProduceError; then no call was made."""
        self._tokens.get(deadline)

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None:
        """Hand over one batch, all or nothing, in one attempt; each notice is JSON as it goes on the wire.

        Raises a ProduceError; after TokenTurnedDownError the next call has another token. Repeating a call is
        safe: the portal knows a notice by its messageId and skips the users who have had it.
        """
        body = b'{"messages":[' + b",".join(notices) + b"]}"  # Written once: these bytes are signed and sent.
        self._call(self._produce_path, org_id, body, deadline)

    def holds(self, org_id: str, message_id: str, deadline: Deadline) -> bool:
        """Returns whether the portal has a notice of this messageId, by one call of notice-message/get.

        Raises a ProduceError where it does not say; PortalUnavailableError where it does not answer.
        """
        body = json.dumps({"messageId": message_id}).encode()
        try:
            answer = self._call(self._get_path, org_id, body, deadline)
        except ProduceTooMuchError as error:
            raise PortalUnavailableError(error.code, error.message) from None
        data = read_object(answer.body).get("data")
        found = data.get("messages") if isinstance(data, dict) else None
        if not isinstance(found, list):
            raise PortalUnavailableError("200", "an answer that is not in the portal's form")
        return any(isinstance(one, dict) and one.get("messageId") == message_id for one in found)

    def _call(self, path: str, org_id: str, body: bytes, deadline: Deadline) -> Response:
        """Returns an answer of success to one signed attempt."""
        access = self._tokens.get(deadline)
        target = f"{path}?orgId={quote(org_id, safe='')}"
        try:
            answer = self._post(target, body, self._signed(org_id, body, access), deadline)
        except NoAnswerError as error:
            if deadline.left() < _OVER_SECONDS:  # A whole call would have had longer.
                raise PortalUnavailableError(NO_TIME, NO_ANSWER) from None
            # The kind of failure only: the text holds the address.
            raise ProduceTooMuchError(error.code, NO_ANSWER) from None
        try:
            check(answer, self._clock())
        except TokenTurnedDownError:
            self._tokens.drop(access)
            raise
        return answer

    def _signed(self, org_id: str, body: bytes, access: Access) -> dict[str, str]:
        """Headers that prove the call is ours."""
        timestamp = self._timestamps.next()
        return {
            "apim-accesstoken": access.token,
            "apim-timestamp": str(timestamp),
            "apim-signature": signature(
                access.token, {"orgId": org_id}, body, timestamp, access.credentials.app_secret
            ),
        }

    def _post(self, target: str, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Response:
        """One attempt. Raises NoAnswerError, or the ProduceError of one that cannot be made."""
        left = deadline.left()
        if left < LEAST_SECONDS:
            raise PortalUnavailableError(NO_TIME, "too little time is left for a call")
        try:
            headers = {**_CONTENT_TYPE, **headers}
            return self._transport.post(target, body, headers, seconds=left, repeatable=True)
        except AddressError as error:
            raise PortalNotAllowedError(error.code, "the portal's address cannot be called") from None
        except NotSentError as error:
            raise PortalUnavailableError(error.code, "no connection to the portal") from None


def signature(token: str, query: Mapping[str, str], body: bytes, timestamp: int, app_secret: str) -> str:
    """The signature of a call; `query` holds decoded values and `body` the very bytes that are sent.

    Follows the vendor's page on signatures: SHA-256 over joined text, no HMAC.
    """
    parameters = "".join(f"{name}{query[name]}" for name in sorted(query))
    joined = f"{token}{parameters}".encode() + body + f"{timestamp}{app_secret}".encode()
    return sha256(joined).hexdigest()
