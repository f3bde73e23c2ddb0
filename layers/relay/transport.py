"""HTTP to both vendors: one attempt a call, over kept-alive connections, certificates verified."""

from collections.abc import Mapping
from typing import NamedTuple

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError


class NoAnswerError(Exception):
    """No whole answer came: the call may have been carried out or not.

    `code` names the kind of failure. The message holds the address, never what was sent.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Response(NamedTuple):
    """What came back over HTTP, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """POSTs below one base address. Follows no redirect. Safe to use from several threads."""

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float,
        read_seconds: float,
        answer_limit: int,
        connections: int = 1,
    ) -> None:
        self._base_url, self._answer_limit = base_url, answer_limit
        self._connect, self._read = connect_seconds, read_seconds
        # Checked against what the system trusts; a private authority comes in by SSL_CERT_FILE.
        self._pool = PoolManager(maxsize=connections, retries=False, cert_reqs="CERT_REQUIRED")

    def post(
        self, target: str, body: bytes, headers: Mapping[str, str], *, seconds: float | None = None
    ) -> Response:
        """Returns the answer to one attempt of at most `seconds`. Raises NoAnswerError."""
        try:
            response = self._pool.request(
                "POST",
                self._base_url + target,
                body=body,
                headers=headers,
                timeout=Timeout(total=seconds, connect=self._connect, read=self._read),
                preload_content=False,
            )
            content = response.read(self._answer_limit + 1)
        except HTTPError as error:
            raise NoAnswerError(type(error).__name__, str(error)) from error
        if len(content) > self._answer_limit:
            response.close()
            raise NoAnswerError("AnswerTooLong", f"an answer of over {self._answer_limit} bytes")
        response.release_conn()
        return Response(response.status, response.headers, content)
