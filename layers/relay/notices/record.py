"""What one SQS message of the notice queue holds: an organisation, and 1 to 100 notices for it."""

import math
from collections.abc import Sequence

from relay import json_text
from relay.json_text import Json

MESSAGES = "messages"
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


def read_record(body: str) -> tuple[str, Sequence[Json]]:
    """Organisation and notices of a body `{"orgId", "messages": […]}`. Raises InvalidRecordError."""
    try:
        members, found = json_text.take_apart(body, DECODER, elements_of=MESSAGES)
    except json_text.NotAnObjectError as error:
        raise InvalidRecordError(f"not a JSON object that can be sent on: {error.__cause__}") from error
    org_id = read_org_id(members["orgId"].value if "orgId" in members else None)
    if not found:
        raise InvalidRecordError(f"{MESSAGES}: required, a list of 1 to {RECORD_LIMIT} notices")
    if len(found) > RECORD_LIMIT:
        raise InvalidRecordError(f"{MESSAGES}: a list of 1 to {RECORD_LIMIT} notices, here {len(found)}")
    return org_id, found


def read_org_id(given: object) -> str:
    """Raises InvalidRecordError."""
    if not isinstance(given, str) or not given.strip() or not given.isprintable():
        raise InvalidRecordError("orgId: required, a printable string")
    if len(given) > ORG_ID_LENGTH:
        raise InvalidRecordError(f"orgId: at most {ORG_ID_LENGTH} characters")
    return given
