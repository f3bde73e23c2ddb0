"""Records of the queue, read into notices."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from notice.outcomes import Rejected
from notice.queue.outcome_events import OutcomeEvent, read_outcome_event
from relay.json_text import Json
from relay.notices import InvalidNoticeError, Notice
from relay.notices.record import INVALID, InvalidRecordError, read_record


@dataclass(frozen=True, slots=True)
class QueuedNotice:
    """One notice for one organisation, as it will be sent.

    Equal copies are equal: they are sent once and share the outcome.
    """

    # Python keeps the hash of the bytes: a third of the dispatcher's time went into hashes.
    org_id: str = field(hash=False)
    message_id: str = field(hash=False)
    wire: bytes
    receives: int = field(compare=False, default=1)
    record_id: str = field(compare=False, default="")


class Place(NamedTuple):
    """A notice in its record: what was sent to us, and what we send or why we never will.

    None stands for it where the record holds an outcome.
    """

    sent: str
    notice: QueuedNotice | Rejected | None
    message_id: str = ""


class Attribute(NamedTuple):
    """A message attribute of the sender's own."""

    data_type: str
    value: str | bytes


class Record(NamedTuple):
    """One SQS message. Without `org_id` there is no notice in it, and its one place holds the whole body.

    `put_off` is an outcome that is still to be published, `not_after` what the sender wrote. `late` says that
    this moment was over when the record was received.
    """

    id: str
    receipt: str
    receives: int
    sent_at: float
    org_id: str | None
    places: tuple[Place, ...]
    put_off: OutcomeEvent | None = None
    not_after: str | None = None
    late: bool = False
    attributes: Mapping[str, Attribute] = MappingProxyType({})


def read_records(event: object, now: float) -> Iterator[Record]:
    """Yields the records of an SQS event, each read when it is asked for, those received most often first.

    `now` (seconds) stands in for a time that is not given. Takes their bodies out of the event, which would
    hold them in memory once more.
    """
    given = event.get("Records") if isinstance(event, dict) else None
    records = [each for each in given or () if isinstance(each, dict)]
    return (_record(each, now) for each in sorted(records, key=_receives, reverse=True))


def read_notices(event: object, now: float, records: list[Record]) -> Iterator[QueuedNotice]:
    """Yields the notices of an event while its records are read, each of which is added to `records`.

    So the first are on their way while the last are read, which takes as long as a quick portal does. Late
    ones are left out.
    """
    for record in read_records(event, now):
        records.append(record)
        for place in record.places if not record.late else ():
            if isinstance(place.notice, QueuedNotice):
                yield place.notice


def _attributes(given: Mapping[str, Any]) -> Mapping[str, str]:
    return given.get("attributes") or {}


def _receives(given: Mapping[str, Any]) -> int:
    return int(_attributes(given).get("ApproximateReceiveCount", 1))


def _record(given: dict[str, Any], now: float) -> Record:
    receives = _receives(given)
    body = given.pop("body", None) or ""
    record_id = given.get("messageId") or ""
    org_id, event, not_after, late = None, None, None, False
    try:
        if event := read_outcome_event(body):
            places: tuple[Place, ...] = (Place(body, None),)
        else:
            read = read_record(body)
            org_id, found, not_after = read
            late = read.is_late(now)
            places = tuple(_places(org_id, found, receives, record_id))
    except InvalidRecordError as error:
        places = (Place(body, Rejected(INVALID, str(error))),)
    return Record(
        id=record_id,
        receipt=given.get("receiptHandle", ""),
        receives=receives,
        sent_at=int(_attributes(given).get("SentTimestamp", now * 1000)) / 1000,
        org_id=org_id,
        places=places,
        put_off=event,
        not_after=not_after,
        late=late,
        attributes=dict(_sender_attributes(given.get("messageAttributes") or {})),
    )


def _sender_attributes(given: Mapping[str, Any]) -> Iterator[tuple[str, Attribute]]:
    for name, one in given.items():
        data_type = one.get("dataType") or "String"
        if data_type.startswith("Binary"):
            yield name, Attribute(data_type, b64decode(one.get("binaryValue") or ""))
        else:
            yield name, Attribute(data_type, one.get("stringValue") or "")


def _places(org_id: str, found: Sequence[Json], receives: int, record_id: str) -> Iterator[Place]:
    for value, sent in found:
        try:
            read = Notice.read(value)
            notice = QueuedNotice(org_id, read.message_id, read.wire(), receives, record_id)
            yield Place(sent, notice, read.message_id)
        except InvalidNoticeError as error:
            named = value.get("messageId") if isinstance(value, dict) else None
            yield Place(sent, Rejected(INVALID, str(error)), named if isinstance(named, str) else "")
