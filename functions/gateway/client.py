"""The gateway's management API: one method per call, one attempt per call."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from gateway.answers import GatewayUnavailableError, read_answer
from gateway.signing import Credentials, sign

# A registration is answered only after the gateway has shaken hands with the callback, cold start included.
_TIMEOUT = Timeout(connect=3, read=20)
# The longest that one call takes, and a second for what comes after it.
CALL_SECONDS = 24
_PATH = "/openplatform/message/"


def connections() -> PoolManager:
    """Kept-alive connections; certificates are verified, nothing is tried twice or followed."""
    return PoolManager(retries=False, timeout=_TIMEOUT, cert_reqs="CERT_REQUIRED")


def _now() -> datetime:
    return datetime.now(UTC)


class GatewayClient:
    """Calls in one application's name.

    Every method raises a GatewayError. The two lists come as the vendor sends them, see `gateway.rows`.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        connections: PoolManager,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._base_url, self._credentials = base_url, credentials
        self._connections, self._clock = connections, clock

    def registrations(self) -> Any:
        return self._call("query_callback_define")

    def register(self, event_tag: str, address: str) -> None:
        self._call("register_event_callback", eventTag=event_tag, callbackUrl=address)

    def update(self, registration_id: str, address: str) -> None:
        self._call("update_event_callback_define", eventCallbackId=registration_id, callbackUrl=address)

    def unregister(self, registration_id: str) -> None:
        self._call("delete_event_callback_define", eventCallbackId=registration_id)

    def failed_callbacks(self) -> Any:
        return self._call("query_callback_failed")

    def retry(self, failed_id: str) -> None:
        self._call("retry_callback_failed", eventCallbackFailedId=failed_id)

    def remove(self, failed_id: str) -> None:
        self._call("remove_callback_failed", eventCallbackFailedId=failed_id)

    def _call(self, name: str, **form: str) -> Any:
        path, now = _PATH + name, self._clock()
        nonce = f"{now.timestamp() * 1000:.0f}{secrets.randbelow(10_000):04}"
        headers = sign(self._credentials, "POST", path, form, at=now, nonce=nonce)
        headers["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8"
        try:
            response = self._connections.urlopen(
                "POST", self._base_url + path, body=urlencode(form), headers=headers
            )
        except HTTPError as error:
            # urllib3's own text names the host and what happened, never the form.
            raise GatewayUnavailableError(f"no answer: {error}") from error
        return read_answer(response.status, response.data)
