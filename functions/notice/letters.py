"""Rejected notices into the dead-letter queue."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from notice.bodies import MESSAGES
from notice.deadline import Deadline
from notice.outcomes import Rejected
from notice.records import Entry, Record
from notice.together import together

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ENTRIES = 10
WORKERS = 4
# SQS takes 1 MiB, a message or a request of them; it took 256 KiB until 2025, and some partitions may still.
# A request stays below the old limit, and so does a message whose body does.
REQUEST_BYTES = 262_144
MESSAGE_BYTES = (262_144, 1_048_576)
_REASON_LENGTH, _NAME_LENGTH = 1000, 256

# SQS takes tab, line feed, carriage return, and from U+0020 on all but surrogates, U+FFFE and U+FFFF.
# Compiled at the first letter: it would be the slowest line of a cold start.
_NOT_FOR_SQS = "[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


@dataclass(frozen=True, slots=True)
class Letter:
    """One rejected notice as the dead-letter queue keeps it: what the queue would take again, and why."""

    body: str
    attributes: dict[str, str]
    size: int


def letter(record: Record, entry: Entry, why: Rejected) -> Letter:
    """The same shape that the queue takes, with the notice exactly as it was sent; or the record verbatim."""
    body = entry.sent
    if record.org_id is not None:
        org_id = json.dumps(record.org_id, ensure_ascii=False)
        body = f'{{"orgId":{org_id},"{MESSAGES}":[{entry.sent}]}}'
    body = body or " "  # SQS takes no empty body.
    size = len(body.encode())
    attributes = dict(_fitting(record, entry, why, size))
    return Letter(body, attributes, size + sum(map(_attribute_size, attributes, attributes.values())))


def _fitting(record: Record, entry: Entry, why: Rejected, size: int) -> Iterator[tuple[str, str]]:
    """The attributes that still fit into a message, the most telling first; SQS takes no empty one."""
    room = next((limit for limit in MESSAGE_BYTES if size <= limit), size) - size
    given = {
        "errorCode": why.code[:_NAME_LENGTH],
        "messageId": entry.message_id[:_NAME_LENGTH],
        "orgId": (record.org_id or "")[:_NAME_LENGTH],
        "errorMessage": why.message[:_REASON_LENGTH],
    }
    for name, value in given.items():
        clean = re.sub(_NOT_FOR_SQS, "\ufffd", value)
        room -= _attribute_size(name, clean)
        if clean and room >= 0:
            yield name, clean


def _attribute_size(name: str, value: str) -> int:
    return len(name) + len("String") + len(value.encode())


class DeadLetters:
    """The dead-letter queue. Builds its client at the first letter."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]") -> None:
        self._queue_url, self._make_client = queue_url, client

    def send(self, letters: Sequence[Letter], deadline: Deadline) -> set[int]:
        """Put letters into the queue; the positions of those of which it is not known that they are there."""
        if not letters:
            return set()
        client = self._make_client()

        def put(part: range) -> set[int]:
            return self._put(client, part, letters) if deadline.left() else set(part)

        parts = list(in_requests(letters))
        answers = together(put, parts, workers=WORKERS, deadline=deadline)
        return {
            number
            for part, failed in zip(parts, answers, strict=True)
            for number in (part if failed is None else failed)
        }

    def _put(self, client: "SQSClient", part: range, letters: Sequence[Letter]) -> set[int]:
        entries: list[Any] = [_entry(number, letters[number]) for number in part]
        try:
            answer = client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except (ClientError, BotoCoreError):
            return set(part)
        return {int(failed["Id"]) for failed in answer.get("Failed", [])}


def _entry(number: int, one: Letter) -> dict[str, Any]:
    given = one.attributes.items()
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in given}
    return {"Id": str(number), "MessageBody": one.body, "MessageAttributes": attributes}


def in_requests(letters: Sequence[Letter]) -> Iterator[range]:
    """Positions of letters that go into one request; a letter over the request's limit is alone in it."""
    start = size = 0
    for position, one in enumerate(letters):
        if position > start and (position - start == ENTRIES or size + one.size > REQUEST_BYTES):
            yield range(start, position)
            start, size = position, 0
        size += one.size
    if letters:
        yield range(start, len(letters))
