"""Records of the queue, read into notices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from notice.outcomes import Rejected
from relay import notices
from relay.json_text import Json
from relay.notices.record import InvalidRecordError, read_record

INVALID = "InvalidNotice"


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

    def __hash__(self) -> int:
        return hash(self.wire)  # Python keeps it: a third of the dispatcher's own time went into hashes.


class Entry(NamedTuple):
    """A notice's place in a record: what was sent to us, and what we send or why we never will."""

    sent: str
    notice: Notice | Rejected
    message_id: str = ""


class Record(NamedTuple):
    """One SQS message. Without `org_id` nothing in it could be read, and its one entry is the whole body."""

    id: str
    receipt: str
    receives: int
    sent_at: float
    org_id: str | None
    entries: tuple[Entry, ...]


def read_records(event: object, now: float) -> Iterator[Record]:
    """The records of an SQS event, each read when it is asked for, those received most often first.

    `now` (seconds) stands in for a time that is not given.
    """
    given = event.get("Records") if isinstance(event, dict) else None
    records = [each for each in given or () if isinstance(each, dict)]
    return (_record(each, now) for each in sorted(records, key=_receives, reverse=True))


def _attributes(given: Mapping[str, Any]) -> Mapping[str, str]:
    return given.get("attributes") or {}


def _receives(given: Mapping[str, Any]) -> int:
    return int(_attributes(given).get("ApproximateReceiveCount", 1))


def _record(given: Mapping[str, Any], now: float) -> Record:
    receives = _receives(given)
    body = given.get("body") or ""
    record_id = given.get("messageId") or ""
    org_id: str | None = None
    try:
        org_id, found = read_record(body)
        entries = tuple(_entries(org_id, found, receives, record_id))
    except InvalidRecordError as error:
        entries = (Entry(body, Rejected(INVALID, str(error))),)
    return Record(
        id=record_id,
        receipt=given.get("receiptHandle", ""),
        receives=receives,
        sent_at=int(_attributes(given).get("SentTimestamp", now * 1000)) / 1000,
        org_id=org_id,
        entries=entries,
    )


def _entries(org_id: str, found: Sequence[Json], receives: int, record_id: str) -> Iterator[Entry]:
    for value, sent in found:
        try:
            read = notices.Notice.read(value)
            notice = Notice(org_id, read.message_id, read.wire(), receives, record_id)
            yield Entry(sent, notice, read.message_id)
        except notices.InvalidNoticeError as error:
            named = value.get("messageId") if isinstance(value, dict) else None
            yield Entry(sent, Rejected(INVALID, str(error)), named if isinstance(named, str) else "")
