"""Rejected notices into the dead-letter queue."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from notice.deadline import NO_TIME, Deadline, run_parallel
from notice.outcomes import Rejected
from notice.queue.records import Entry, Record
from relay import sqs
from relay.aws import UnavailableError, aws_errors
from relay.notices.record import MESSAGES

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

WORKERS = 4
_REASON_LENGTH, _NAME_LENGTH = 1000, 256


class DeadLetter(NamedTuple):
    """One rejected notice as the dead-letter queue keeps it: what the queue would take again, and why."""

    body: str
    attributes: dict[str, str]
    size: int


def dead_letter(record: Record, entry: Entry, why: Rejected) -> DeadLetter:
    """The same shape that the queue takes, with the notice exactly as it was sent; or the record verbatim."""
    body = entry.sent
    if record.org_id is not None:
        org_id = json.dumps(record.org_id, ensure_ascii=False)
        body = f'{{"orgId":{org_id},"{MESSAGES}":[{entry.sent}]}}'
    body = body or " "  # SQS takes no empty body.
    size = len(body.encode())
    attributes = dict(_fitting(record, entry, why, size))
    return DeadLetter(body, attributes, size + sum(map(sqs.attribute_bytes, attributes, attributes.values())))


def _fitting(record: Record, entry: Entry, why: Rejected, size: int) -> Iterator[tuple[str, str]]:
    """The attributes that still fit into a message, the most telling first; SQS takes no empty one."""
    room = next((limit for limit in sqs.MESSAGE_BYTES if size <= limit), size) - size
    given = {
        "errorCode": why.code[:_NAME_LENGTH],
        "messageId": entry.message_id[:_NAME_LENGTH],
        "orgId": (record.org_id or "")[:_NAME_LENGTH],
        "errorMessage": why.message[:_REASON_LENGTH],
    }
    for name, value in given.items():
        clean = sqs.cleaned(value)
        room -= sqs.attribute_bytes(name, clean)
        if clean and room >= 0:
            yield name, clean


class DeadLetters:
    """The dead-letter queue. Builds its client at the first letter."""

    def __init__(self, queue_url: str, client: "Callable[[], SQSClient]") -> None:
        self._queue_url, self._make_client = queue_url, client

    def send(self, letters: Sequence[DeadLetter], deadline: Deadline) -> dict[int, str]:
        """Put letters into the queue; AWS's codes for those not known to be there, by position."""
        if not letters:
            return {}
        client = self._make_client()
        parts = list(sqs.in_requests(range(len(letters)), lambda number: letters[number].size))

        def put(part: list[int]) -> dict[int, str]:
            return self._put(client, part, letters) if deadline.left() else dict.fromkeys(part, NO_TIME)

        answers = run_parallel(put, parts, workers=WORKERS, deadline=deadline)
        codes: dict[int, str] = {}
        for part, failed in zip(parts, answers, strict=True):
            codes |= dict.fromkeys(part, NO_TIME) if failed is None else failed
        return codes

    def _put(self, client: "SQSClient", part: list[int], letters: Sequence[DeadLetter]) -> dict[int, str]:
        entries: list[Any] = [_entry(number, letters[number]) for number in part]
        try:
            with aws_errors():
                answer = client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except UnavailableError as fault:
            return dict.fromkeys(part, fault.code)
        return {int(failed["Id"]): failed["Code"] for failed in answer.get("Failed", [])}


def _entry(number: int, one: DeadLetter) -> dict[str, Any]:
    given = one.attributes.items()
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in given}
    return {"Id": str(number), "MessageBody": one.body, "MessageAttributes": attributes}
