"""What the portal's answers mean for the notices that were sent."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What came back over HTTP, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ProduceError(Exception):
    """The portal did not take the batch. `code` and `message` are its own words where it said any."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code} {message}".strip())
        self.code, self.message = code, message


class ProduceRefusedError(ProduceError):
    """The portal read the batch and will not have it: halve it."""


class ProduceUnavailableError(ProduceError):
    """Nobody knows what became of the batch: leave it queued.

    `answered` says that the portal failed on this batch in its own words (a 500, say), which one notice in
    it may have brought about; otherwise there was no answer, or one that asks to come back later.
    """

    def __init__(
        self, code: str, message: str = "", *, retry_after: float | None = None, answered: bool = False
    ) -> None:
        super().__init__(code, message)
        self.retry_after, self.answered = retry_after, answered


class ProduceNotAllowedError(ProduceError):
    """Configuration is at fault, not the notices: leave them queued and tell the operator.

    `everywhere` is false if it may be about this organisation only.
    """

    def __init__(self, code: str, message: str = "", *, everywhere: bool = True) -> None:
        super().__init__(code, message)
        self.everywhere = everywhere


class TokenTurnedDownError(ProduceNotAllowedError):
    """The portal does not take the token: call once more, with another. A second time is final."""


REFUSED, BUSY, BROKEN = "refused", "busy", "broken"
TURNED_DOWN, LOCKED_OUT, NOT_THIS_ORG = "token turned down", "locked out", "not this org"

# The portal's own codes: its common table (400 to 512), its sibling pages' (31...), the token's (1...).
_CODES = {
    "400": REFUSED, "404": REFUSED, "408": REFUSED, "409": REFUSED, "410": REFUSED, "413": REFUSED,
    "415": REFUSED, "422": REFUSED, "432": REFUSED, "31400": REFUSED,
    "429": BUSY, "503": BUSY, "31429": BUSY,
    "500": BROKEN, "504": BROKEN,
    "401": TURNED_DOWN, "31401": TURNED_DOWN, "1203": TURNED_DOWN,
    "403": NOT_THIS_ORG, "31403": NOT_THIS_ORG, "512": NOT_THIS_ORG,
}  # fmt: skip

# HTTP status, where the body has no code that we know. 404 and 405: the address or the path is wrong.
_STATUSES = {
    400: REFUSED, 413: REFUSED, 422: REFUSED,
    401: TURNED_DOWN,
    404: LOCKED_OUT, 405: LOCKED_OUT,
    403: NOT_THIS_ORG,
    408: BUSY, 425: BUSY, 429: BUSY, 502: BUSY, 503: BUSY, 504: BUSY,
}  # fmt: skip

_SUCCESS = {"0", "200"}
# Codes reach the log: what is no code, and may quote what was sent, does not.
_LIKE_A_CODE = re.compile(r"[\w.-]{1,64}", re.ASCII)
NOT_SENT = "NotSent"


def check(status: int, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> None:
    """Return if the portal says that it took the batch, in either documented form; else raise ProduceError.

    A code of success is enough where `data` says neither yes nor no: otherwise a notice that the portal has
    would be sent again for 14 days. What says nothing about the data is ProduceUnavailableError.
    """
    answer = read_object(body)
    code = _code(answer, status)
    message = _text(answer.get("message") or answer.get("msg"))
    succeeded = 200 <= status < 300
    if succeeded and (not code or code in _SUCCESS):
        _check_data(answer.get("data"), message, enough=_text(answer.get("code")) in _SUCCESS)
        return
    meaning = _CODES.get(code) or _STATUSES.get(status, BROKEN)
    code = code if code and code not in _SUCCESS else str(status)
    if meaning == REFUSED:
        raise ProduceRefusedError(code, message)
    if meaning == TURNED_DOWN:
        raise TokenTurnedDownError(code, message)
    if meaning in (LOCKED_OUT, NOT_THIS_ORG):
        raise ProduceNotAllowedError(code, message, everywhere=meaning == LOCKED_OUT)
    wait = retry_after(headers.get("Retry-After"), now or datetime.now(UTC))
    raise ProduceUnavailableError(code, message, retry_after=wait, answered=meaning == BROKEN)


def _check_data(data: object, message: str, *, enough: bool) -> None:
    """`true` and `{"success": true}` are yes; false is about the data: one notice that fails fails all.

    No verdict at all is a yes if the code was `enough`.
    """
    said = data.get("success") if isinstance(data, dict) else data
    if said is False:
        raise ProduceRefusedError(NOT_SENT, message or "the portal answered that it did not send")
    if said is not True and not (said is None and enough):
        raise ProduceUnavailableError("200", "an answer that is not in the portal's form")


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in an answer; empty if there is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _code(answer: Mapping[str, Any], status: int) -> str:
    """The answer's code; the gateway may call it status, but one that echoes HTTP's says nothing new."""
    code, named_status = read_code(answer.get("code")), read_code(answer.get("status"))
    return code if code or named_status == str(status) else named_status


def read_code(value: object) -> str:
    """A code as text; empty if it is none."""
    code = _text(value)
    return code if _LIKE_A_CODE.fullmatch(code) else ""


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def retry_after(given: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for, in either of its forms; None if it asks for none."""
    if not given:
        return None
    if given.strip().isdecimal():
        return float(given)
    try:
        moment = parsedate_to_datetime(given)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None
