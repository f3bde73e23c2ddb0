"""HTTP to EnOS: kept-alive connections, TLS verified, one attempt, never longer than the time there is."""

from collections.abc import Mapping
from dataclasses import dataclass

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from notice.answers import ProduceUnavailable
from notice.deadline import Deadline

CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0
LEAST_SECONDS = 2.0
_ANSWER_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """POSTs JSON below one base address."""

    def __init__(self, base_url: str, *, connections: int = 8) -> None:
        self._base_url = base_url
        # Checked against what the system trusts; a private authority comes in by SSL_CERT_FILE.
        self._pool = PoolManager(maxsize=connections, retries=False, cert_reqs="CERT_REQUIRED")

    def post(self, target: str, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Answer:
        """One attempt. Raises ProduceUnavailable when no whole answer comes in time."""
        left = deadline.left()
        if left < LEAST_SECONDS:
            raise ProduceUnavailable("NoTime", "too little time is left for a call")
        try:
            response = self._pool.request(
                "POST",
                self._base_url + target,
                body=body,
                headers={"Content-Type": "application/json;charset=UTF-8", **headers},
                timeout=Timeout(total=left, connect=CONNECT_SECONDS, read=READ_SECONDS),
                preload_content=False,
            )
            content = response.read(_ANSWER_LIMIT + 1)
        except HTTPError as error:
            # The kind of failure only: urllib3's text holds the address.
            raise ProduceUnavailable(type(error).__name__, "no whole answer from the portal") from None
        if len(content) > _ANSWER_LIMIT:
            response.close()
            raise ProduceUnavailable("AnswerTooLong", f"an answer of over {_ANSWER_LIMIT} bytes")
        response.release_conn()
        return Answer(response.status, response.headers, content)
