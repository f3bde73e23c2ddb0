"""Rejected notices into the dead-letter queue."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from notice.deadline import Deadline
from notice.outcomes import CODE_LENGTH, MESSAGE_LENGTH, Rejected
from notice.queue.batch_calls import Entry, call_in_batches
from notice.queue.records import Attribute, Place, Record
from relay import sqs
from relay.notices.record import REASON, write_record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_NAME_LENGTH = 256


class DeadLetter(NamedTuple):
    """One rejected notice as the dead-letter queue keeps it: what the queue would take again, and why.

    `senders` are attributes that its record came with.
    """

    body: str
    attributes: dict[str, str]
    size: int
    senders: Mapping[str, Attribute] = MappingProxyType({})


def dead_letter(record: Record, place: Place, why: Rejected) -> DeadLetter:
    """The same shape that the queue takes, with the notice exactly as it was sent; or the record verbatim."""
    body = place.sent
    if record.org_id is not None:
        body = write_record(record.org_id, [place.sent], record.not_after)
    body = body or " "  # SQS takes no empty body.
    size = len(body.encode())
    kept = dict(_fitting(_ours(record, place, why) | _senders(record), size))
    size += sum(sqs.attribute_bytes(name, one.value, one.data_type) for name, one in kept.items())
    ours = {name: str(one.value) for name, one in kept.items() if name in REASON}
    return DeadLetter(body, ours, size, {name: one for name, one in kept.items() if name not in REASON})


def _ours(record: Record, place: Place, why: Rejected) -> dict[str, Attribute]:
    """Why it was rejected, the most telling first; SQS takes no empty attribute."""
    values = why.code[:CODE_LENGTH], place.message_id[:_NAME_LENGTH], (record.org_id or "")[:_NAME_LENGTH]
    given = zip(REASON, (*values, why.message[:MESSAGE_LENGTH]), strict=True)
    return {name: Attribute("String", sqs.cleaned(value)) for name, value in given if value}


def _senders(record: Record) -> dict[str, Attribute]:
    """The sender's own, the first by name: as many as SQS takes beside ours."""
    names = sorted(record.attributes.keys() - set(REASON))[: sqs.MESSAGE_ATTRIBUTES - len(REASON)]
    return {name: record.attributes[name] for name in names}


def _fitting(given: Mapping[str, Attribute], size: int) -> Iterator[tuple[str, Attribute]]:
    """The attributes, from the first on, that still fit into a message beside a body of this size."""
    room = next((limit for limit in sqs.MESSAGE_BYTES if size <= limit), size) - size
    for name, one in given.items():
        room -= sqs.attribute_bytes(name, one.value, one.data_type)
        if room < 0:
            return
        yield name, one


class DeadLetters:
    """The dead-letter queue. Builds its client at the first dead letter."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]") -> None:
        self._queue_url, self._client = queue_url, client

    def send(self, letters: Sequence[DeadLetter], deadline: Deadline) -> dict[int, str]:
        """Put dead letters into the queue. Returns AWS's codes for those that may not be there."""
        put = partial(self._client().send_message_batch, QueueUrl=self._queue_url)
        requests = list(sqs.in_requests(range(len(letters)), lambda position: letters[position].size))
        return call_in_batches(put, [_entry(letter) for letter in letters], requests, deadline)


def _entry(letter: DeadLetter) -> Entry:
    given = letter.attributes.items()
    attributes: dict[str, object] = {
        name: {"DataType": "String", "StringValue": value} for name, value in given
    }
    for name, (data_type, value) in letter.senders.items():
        kind = "StringValue" if isinstance(value, str) else "BinaryValue"
        attributes[name] = {"DataType": data_type, kind: value}
    return {"MessageBody": letter.body, "MessageAttributes": attributes}
