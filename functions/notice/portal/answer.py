"""What an answer of the portal means for the batch that was sent."""

import json
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from notice.portal.errors import (
    NotFoundError,
    OrganisationNotAllowedError,
    PortalNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceFailedError,
    ProduceRefusedError,
    ProduceTooLargeError,
    ProduceTooMuchError,
    ProduceTurnedAwayError,
    TokenTurnedDownError,
)
from relay.transport import Response


class Meaning(Enum):
    """What an answer that is no success means: see `notice.portal.errors`."""

    REFUSED = auto()
    FAILED = auto()
    TOO_MUCH = auto()
    TOO_LARGE = auto()
    BUSY = auto()
    TURNED_AWAY = auto()
    TOKEN_TURNED_DOWN = auto()
    NOT_ALLOWED = auto()
    NOT_FOUND = auto()
    ORGANISATION_NOT_ALLOWED = auto()


# The portal's own codes: its common table and its SDK's (400 to 512), and the token's (1...). One of five
# digits is a service's number and one of these.
_CODES = {
    **dict.fromkeys(("400", "404", "405", "408", "409", "410", "415", "422", "499"), Meaning.REFUSED),
    **dict.fromkeys(("413", "430", "432"), Meaning.TOO_LARGE),
    **dict.fromkeys(("429", "503"), Meaning.BUSY),
    "500": Meaning.FAILED,
    "504": Meaning.TOO_MUCH,
    **dict.fromkeys(("401", "1203"), Meaning.TOKEN_TURNED_DOWN),
    # Timestamp or signature, and the permission for this API.
    **dict.fromkeys(("497", "498"), Meaning.NOT_ALLOWED),
    # The second says that there is no such organisation.
    **dict.fromkeys(("403", "31404", "512"), Meaning.ORGANISATION_NOT_ALLOWED),
}
_SERVICE_CODE = re.compile(r"\d{2}(\d{3})")

# HTTP status, where the body has no code that we know, or one that only repeats it.
_STATUSES = {
    **dict.fromkeys(range(300, 400), Meaning.NOT_ALLOWED),
    **dict.fromkeys((400, 422), Meaning.REFUSED),
    413: Meaning.TOO_LARGE,
    **dict.fromkeys((408, 502, 504), Meaning.TOO_MUCH),
    **dict.fromkeys((425, 429, 503), Meaning.BUSY),
    401: Meaning.TOKEN_TURNED_DOWN,
    404: Meaning.NOT_FOUND,
    **dict.fromkeys((403, 405), Meaning.TURNED_AWAY),
}

_ERRORS: dict[Meaning, type[ProduceError]] = {
    Meaning.REFUSED: ProduceRefusedError,
    Meaning.FAILED: ProduceFailedError,
    Meaning.TOO_MUCH: ProduceTooMuchError,
    Meaning.TOO_LARGE: ProduceTooLargeError,
    Meaning.TURNED_AWAY: ProduceTurnedAwayError,
    Meaning.TOKEN_TURNED_DOWN: TokenTurnedDownError,
    Meaning.NOT_ALLOWED: PortalNotAllowedError,
    Meaning.NOT_FOUND: NotFoundError,
    Meaning.ORGANISATION_NOT_ALLOWED: OrganisationNotAllowedError,
}

_SUCCESS = {"0", "200"}
# Codes reach the log: what is no code, and may quote what was sent, does not.
_LIKE_A_CODE = re.compile(r"[\w.-]{1,64}", re.ASCII)
NOT_SENT = "NotSent"


def check(answer: Response, now: float) -> None:
    """Return if the portal says that it took the batch, in either documented form; else raise ProduceError.

    A code of success is enough where `data` says neither yes nor no: otherwise a notice that the portal has
    would be sent again for 14 days. `now` is in seconds since the epoch.
    """
    said = read_object(answer.body)
    code, message = _code(said, answer.status), _text(said.get("message") or said.get("msg"))
    if 200 <= answer.status < 300 and (not code or code in _SUCCESS):
        _check_data(said.get("data"), message, enough=_text(said.get("code")) in _SUCCESS)
        return
    meaning = _meaning(code, answer.status)
    code = code if code and code not in _SUCCESS else str(answer.status)
    wait = retry_after(answer, now)
    if meaning is Meaning.BUSY or (meaning in (Meaning.FAILED, Meaning.TOO_MUCH) and wait is not None):
        raise PortalUnavailableError(code, message, retry_after=wait)
    raise _ERRORS[meaning](code, message)


def _meaning(code: str, status: int) -> Meaning:
    """What the code means; else the status, which under a code of the portal's own speaks of nobody else.

    A code that equals the status may be a gateway's or a firewall's, which write theirs into the body too.
    """
    if code == str(status) and status in _STATUSES:
        return _STATUSES[status]
    service = _SERVICE_CODE.fullmatch(code)
    if meaning := _CODES.get(code) or (_CODES.get(service[1]) if service else None):
        return meaning
    if status == 404 and code and code not in _SUCCESS:
        return Meaning.REFUSED
    return _STATUSES.get(status, Meaning.FAILED)


def _check_data(data: object, message: str, *, enough: bool) -> None:
    """`true` and `{"success": true}` are yes; false is about the data: one notice that fails fails all.

    No verdict at all is a yes if the code was `enough`.
    """
    verdict = data.get("success") if isinstance(data, dict) else data
    if verdict is False:
        raise ProduceRefusedError(NOT_SENT, message or "the portal answered that it did not send")
    if verdict is not True and not (verdict is None and enough):
        raise PortalUnavailableError("200", "an answer that is not in the portal's form")


def read_object(body: bytes) -> Mapping[str, object]:
    """Returns the JSON object in a body; empty if there is none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _code(answer: Mapping[str, object], status: int) -> str:
    """The answer's code; the gateway may call it status, but one that echoes HTTP's says nothing new."""
    code, named_status = read_code(answer.get("code")), read_code(answer.get("status"))
    return code if code or named_status == str(status) else named_status


def read_code(value: object) -> str:
    """Returns a code as text; empty if it is none."""
    code = _text(value)
    return code if _LIKE_A_CODE.fullmatch(code) else ""


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():  # Some JSON writers make 31404 so: 31404.0.
        value = int(value)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def retry_after(answer: Response, now: float) -> float | None:
    """Returns the seconds that Retry-After asks for, in either of its forms; None if it asks for none."""
    given = answer.headers.get("Retry-After")
    if not given:
        return None
    if given.strip().isdecimal():
        return float(given)
    try:
        moment = parsedate_to_datetime(given)
        return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return None
