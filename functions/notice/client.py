"""The portal's produce call, signed."""

import time
from collections.abc import Callable
from urllib.parse import quote

from notice.answers import ProduceNotAllowed, check
from notice.deadline import Deadline
from notice.signing import signature
from notice.tokens import Access, EnosCredentials, Timestamps, TokenSource
from notice.transport import Transport
from relay.secrets import SecretReader


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
        self._tokens = TokenSource(self._transport, credentials, clock=clock)
        self._timestamps = Timestamps(clock)
        self._produce_path = produce_path

    def produce(self, org_id: str, body: bytes, deadline: Deadline) -> None:
        """Hand over one batch, all or nothing, in one attempt; a token turned down is replaced once.

        Raises ProduceRefused, ProduceUnavailable or ProduceNotAllowed. Repeating a call is safe: the portal
        knows a notice by its messageId and does not bother users who have had it.
        """
        access = self._tokens.get(deadline)
        try:
            self._attempt(org_id, body, access, deadline)
        except ProduceNotAllowed:
            fresh = self._tokens.get(deadline, instead_of=access)
            self._attempt(org_id, body, fresh, deadline)

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
