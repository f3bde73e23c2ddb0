"""The portal's two calls, produce and get: signed, one attempt a call."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote

from notice.deadline import NO_TIME, Deadline
from notice.portal.answer import check, read_object
from notice.portal.errors import PortalUnavailableError, TokenTurnedDownError
from notice.portal.tokens import Access, EnosCredentials, Timestamps, TokenSource
from relay.secrets import SecretReader
from relay.settings import Clock
from relay.transport import NoAnswerError, Response, Transport

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
LEAST_SECONDS = 2.0
_ANSWER_LIMIT = 1_000_000
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
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._transport = Transport(
            base_url,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=read_seconds,
            answer_limit=_ANSWER_LIMIT,
            connections=connections,
        )
        self._tokens = TokenSource(self._post, credentials, clock=clock)
        self._timestamps, self._clock = Timestamps(clock), clock
        self._produce_path = produce_path
        self._get_path = f"{produce_path.rpartition('/')[0]}/get"  # Its sibling, under either prefix.

    def produce(self, org_id: str, notices: Sequence[bytes], deadline: Deadline) -> None:
        """Hand over one batch, all or nothing, in one attempt; each notice is JSON as it goes on the wire.

        Raises a ProduceError; after TokenTurnedDownError the next call has another token. Repeating a call is
        safe: the portal knows a notice by its messageId and skips the users who have had it.
        """
        body = b'{"messages":[' + b",".join(notices) + b"]}"  # Written once: these bytes are signed and sent.
        self._call(self._produce_path, org_id, body, deadline)

    def holds(self, org_id: str, message_id: str, deadline: Deadline) -> bool:
        """Returns whether the portal has a notice of this messageId, by one call of notice-message/get.

        Raises a ProduceError where it does not say, as `produce` does.
        """
        body = json.dumps({"messageId": message_id}).encode()
        answer = self._call(self._get_path, org_id, body, deadline)
        data = read_object(answer.body).get("data")
        found = data.get("messages") if isinstance(data, dict) else None
        if not isinstance(found, list):
            raise PortalUnavailableError("200", "an answer that is not in the portal's form")
        return any(isinstance(one, dict) and one.get("messageId") == message_id for one in found)

    def _call(self, path: str, org_id: str, body: bytes, deadline: Deadline) -> Response:
        """Returns an answer of success to one signed attempt."""
        access = self._tokens.get(deadline)
        target = f"{path}?orgId={quote(org_id, safe='')}"
        answer = self._post(target, body, self._signed(org_id, body, access), deadline)
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
            "apim-signature": signature(access.token, {"orgId": org_id}, body, timestamp, access.app_secret),
        }

    def _post(self, target: str, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Response:
        """One attempt. Raises PortalUnavailableError when no whole answer comes in time."""
        left = deadline.left()
        if left < LEAST_SECONDS:
            raise PortalUnavailableError(NO_TIME, "too little time is left for a call")
        try:
            return self._transport.post(target, body, {**_CONTENT_TYPE, **headers}, seconds=left)
        except NoAnswerError as error:
            # The kind of failure only: the text holds the address.
            raise PortalUnavailableError(error.code, "no whole answer from the portal") from None


def signature(token: str, query: Mapping[str, str], body: bytes, timestamp: int, app_secret: str) -> str:
    """The signature of a call; `query` holds decoded values and `body` the very bytes that are sent.

    Follows the vendor's page on signatures: SHA-256 over joined text, no HMAC.
    """
    parameters = "".join(f"{name}{query[name]}" for name in sorted(query))
    joined = f"{token}{parameters}".encode() + body + f"{timestamp}{app_secret}".encode()
    return sha256(joined).hexdigest()
