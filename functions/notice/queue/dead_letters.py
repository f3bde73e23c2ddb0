"""Rejected notices into the dead-letter queue."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from notice.deadline import Deadline
from notice.outcomes import CODE_LENGTH, MESSAGE_LENGTH, Rejected
from notice.queue.batch_calls import Entry, call_in_batches
from notice.queue.records import Place, Record
from relay import sqs
from relay.notices.record import MESSAGES, NOT_AFTER

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_NAME_LENGTH = 256


class DeadLetter(NamedTuple):
    """One rejected notice as the dead-letter queue keeps it: what the queue would take again, and why."""

    body: str
    attributes: dict[str, str]
    size: int


def dead_letter(record: Record, place: Place, why: Rejected) -> DeadLetter:
    """The same shape that the queue takes, with the notice exactly as it was sent; or the record verbatim."""
    body = place.sent
    if record.org_id is not None:
        org_id = json.dumps(record.org_id, ensure_ascii=False)
        limit = f',"{NOT_AFTER}":{json.dumps(record.not_after)}' if record.not_after else ""
        body = f'{{"orgId":{org_id},"{MESSAGES}":[{place.sent}]{limit}}}'
    body = body or " "  # SQS takes no empty body.
    size = len(body.encode())
    attributes = dict(_fitting(record, place, why, size))
    return DeadLetter(body, attributes, size + sum(map(sqs.attribute_bytes, attributes, attributes.values())))


def _fitting(record: Record, place: Place, why: Rejected, size: int) -> Iterator[tuple[str, str]]:
    """The attributes that still fit into a message, the most telling first; SQS takes no empty one."""
    room = next((limit for limit in sqs.MESSAGE_BYTES if size <= limit), size) - size
    given = {
        "errorCode": why.code[:CODE_LENGTH],
        "messageId": place.message_id[:_NAME_LENGTH],
        "orgId": (record.org_id or "")[:_NAME_LENGTH],
        "errorMessage": why.message[:MESSAGE_LENGTH],
    }
    for name, value in given.items():
        clean = sqs.cleaned(value)
        room -= sqs.attribute_bytes(name, clean)
        if clean and room >= 0:
            yield name, clean


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
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in given}
    return {"MessageBody": letter.body, "MessageAttributes": attributes}
