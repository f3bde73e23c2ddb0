"""What one SQS message of the notice queue holds: an organisation, and 1 to 100 notices for it."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from relay import json_text
from relay.json_text import Json

MESSAGES, NOT_AFTER = "messages", "notAfter"
OUTCOME = "outcome"
"""Names the one member of a record that holds no notice, but an outcome which is still to be published."""
REASON = ("errorCode", "messageId", "orgId", "errorMessage")
"""The attributes that say of a dead letter why it is one, the most telling first; others are the sender's."""
INVALID, EXPIRED, TOO_LATE = "InvalidNotice", "Expired", "TooLate"
"""The errorCodes that are the relay's own."""

# Compiled at its first use: records seldom have one.
_RFC_3339 = r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:)(\d\d)((?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d))"
RECORD_LIMIT = 100
ORG_ID_LENGTH = 256


class InvalidRecordError(Exception):
    """No notice can be read from the record. The text names the member at fault, and holds nothing of it."""


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large to be sent on")
    return number


DECODER = json_text.decoder(parse_float=_finite)
"""Takes the numbers that can be sent on."""


class RecordBody(NamedTuple):
    """What stands in the body of a record; `not_after` as it was written."""

    org_id: str
    notices: Sequence[Json]
    not_after: str | None

    def is_late(self, now: float) -> bool:
        """Returns whether the moment was over at `now`, in seconds since the epoch."""
        return self.not_after is not None and read_not_after(self.not_after) < now


def read_record(body: str) -> RecordBody:
    """Returns what is in a body `{"orgId", "messages": […], "notAfter"?}`. Raises InvalidRecordError."""
    try:
        members, found = json_text.take_apart(body, DECODER, elements_of=MESSAGES)
    except json_text.NotAnObjectError as error:
        raise InvalidRecordError(f"not a JSON object that can be sent on: {error.__cause__}") from error
    org_id = read_org_id(members["orgId"].value if "orgId" in members else None)
    if not found:
        raise InvalidRecordError(f"{MESSAGES}: required, a list of 1 to {RECORD_LIMIT} notices")
    if len(found) > RECORD_LIMIT:
        raise InvalidRecordError(f"{MESSAGES}: a list of 1 to {RECORD_LIMIT} notices, here {len(found)}")
    not_after = members[NOT_AFTER].value if NOT_AFTER in members else None
    if not_after is not None:
        read_not_after(not_after)
    return RecordBody(org_id, found, not_after)


def write_record(org_id: str, notices: Iterable[str], not_after: str | None = None) -> str:
    """Returns the body of a record of notices, each in the JSON text that it has."""
    limit = f',"{NOT_AFTER}":{json.dumps(not_after)}' if not_after else ""
    org = json.dumps(org_id, ensure_ascii=False)
    return f'{{"orgId":{org},"{MESSAGES}":[{",".join(notices)}]{limit}}}'


def read_not_after(given: object) -> float:
    """Returns the moment of a `notAfter`, in seconds since the epoch. Raises InvalidRecordError."""
    try:
        if isinstance(given, str) and (found := re.fullmatch(_RFC_3339, given)):
            minute, second, rest = found.groups()
            leap = second == "60"  # Python's clock has none: it is the next second.
            text = f"{minute}{'59' if leap else second}{rest}".upper()
            return datetime.fromisoformat(text).timestamp() + leap
    except (ValueError, OverflowError):
        pass
    raise InvalidRecordError(f"{NOT_AFTER}: a time with its zone, such as 2026-11-22T16:00:00+08:00")


def read_org_id(given: object) -> str:
    """Raises InvalidRecordError."""
    if not isinstance(given, str) or not given.strip() or not given.isprintable():
        raise InvalidRecordError("orgId: required, a printable string")
    if len(given) > ORG_ID_LENGTH:
        raise InvalidRecordError(f"orgId: at most {ORG_ID_LENGTH} characters")
    return given
