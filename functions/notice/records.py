"""Records of the queue, read into notices."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notice.outcomes import Rejected
from relay import json_text, notices
from relay.json_text import Json

MESSAGES = "messages"
RECORD_LIMIT = 100
INVALID = "InvalidNotice"


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large to be sent on")
    return number


_DECODER = json_text.decoder(parse_float=_finite)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice for one organisation, as it will be sent.

    Equal copies are equal: they are sent once and share the outcome.
    """

    org_id: str
    message_id: str
    wire: bytes
    receives: int = field(compare=False, default=1)
    record_id: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice's place in a record: what was sent to us, and what we send or why we never will."""

    sent: str
    notice: Notice | Rejected
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One SQS message. Without `org_id` nothing in it could be read, and its one entry is the whole body."""

    id: str
    receipt: str
    receives: int
    sent_at: float
    org_id: str | None
    entries: tuple[Entry, ...]


class InvalidRecord(Exception):
    """No notice can be told in the record: reject it whole."""


def read_records(event: object, now: float) -> list[Record]:
    """The records of an SQS event; `now` (seconds) stands in for a time that is not given."""
    given = event.get("Records") if isinstance(event, dict) else None
    return [_record(each, now) for each in given or () if isinstance(each, dict)]


def _record(given: Mapping[str, Any], now: float) -> Record:
    attributes: Mapping[str, str] = given.get("attributes") or {}
    receives = int(attributes.get("ApproximateReceiveCount", 1))
    body = given.get("body") or ""
    record_id = given.get("messageId") or ""
    org_id: str | None = None
    try:
        org_id, found = _read(body)
        entries = tuple(_entries(org_id, found, receives, record_id))
    except InvalidRecord as error:
        entries = (Entry(body, Rejected(INVALID, str(error))),)
    return Record(
        id=record_id,
        receipt=given.get("receiptHandle", ""),
        receives=receives,
        sent_at=int(attributes.get("SentTimestamp", now * 1000)) / 1000,
        org_id=org_id,
        entries=entries,
    )


def _read(body: str) -> tuple[str, Sequence[Json]]:
    """Organisation and notices of a record's body: 1 to 100, each with its own text."""
    try:
        members, found = json_text.take_apart(body, _DECODER, elements_of=MESSAGES)
    except json_text.NotAnObject as error:
        raise InvalidRecord("the record is not a JSON object that can be sent on") from error
    org_id = members["orgId"].value if "orgId" in members else None
    if not isinstance(org_id, str) or not org_id.strip() or not org_id.isprintable():
        raise InvalidRecord("orgId: required, a printable string")
    if not 1 <= len(found) <= RECORD_LIMIT:
        raise InvalidRecord(f"{MESSAGES}: a list of 1 to {RECORD_LIMIT} notices, here {len(found)}")
    return org_id, found


def _entries(org_id: str, found: Sequence[Json], receives: int, record_id: str) -> Iterator[Entry]:
    for value, sent in found:
        try:
            read = notices.Notice.read(value)
            notice = Notice(org_id, read.message_id, read.wire(), receives, record_id)
            yield Entry(sent, notice, read.message_id)
        except notices.InvalidNotice as error:
            named = value.get("messageId") if isinstance(value, dict) else None
            yield Entry(sent, Rejected(INVALID, str(error)), named if isinstance(named, str) else "")
