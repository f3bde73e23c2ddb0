"""The dead-letter queue as an operator reads it: each letter once, none lost, all visible again after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any, Self

import click

from operate.dead_letters.interrupts import unbroken
from operate.errors import OperatorError, operator_errors
from operate.output import many
from operate.stack import Stack

# Long enough to see the most that SQS lets be held at once (120,000) and to act on it; a command that was
# killed leaves its letters invisible for so long.
HELD_SECONDS = 900
# So often nothing new, after a second of waiting each, and the walk is over.
BARREN = 2
AT_ONCE = 10


@dataclass(frozen=True)
class Letter:
    """One rejected notice, or one record that could not be read; any of its attributes may be missing."""

    id: str
    body: str
    rejected_at: datetime | None
    attributes: Mapping[str, str]

    @property
    def code(self) -> str:
        return self.attributes.get("errorCode", "")

    @property
    def org_id(self) -> str:
        return self.attributes.get("orgId", "")

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> Self:
        """The letter in an SQS message; its time is this machine's."""
        given = message.get("MessageAttributes", {})
        attributes = {name: one["StringValue"] for name, one in given.items() if "StringValue" in one}
        sent = message.get("Attributes", {}).get("SentTimestamp")
        rejected_at = datetime.fromtimestamp(int(sent) / 1000).astimezone() if sent else None
        return cls(message["MessageId"], message["Body"], rejected_at, attributes)


class DeadLetterQueue:
    """Holds each letter that it has read, so that it is not read twice, until `delete` or its own end.

    Reading often does no harm: this queue gives up on no message (see template.yaml).
    """

    def __init__(self, stack: Stack) -> None:
        self._url, self._sqs = stack.output("NoticeDeadLetterQueueUrl"), stack.client("sqs")
        self._receipts: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def counts(self) -> tuple[int, int]:
        """Returns about how many letters can be read, and how many others hold. Raises OperatorError."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with operator_errors():
            found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return int(found.get(names[0], 0)), int(found.get(names[1], 0))

    def walk(self) -> Iterator[Letter]:
        """Each letter of the queue, held from then on. Raises OperatorError."""
        barren = 0
        while barren < BARREN:
            new = self._receive()
            barren = 0 if new else barren + 1
            yield from new

    def _receive(self) -> list[Letter]:
        # What was received and is not noted would stay invisible.
        with unbroken(), operator_errors():
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=AT_ONCE,
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            new = {one["MessageId"]: one for one in answer.get("Messages", ())}
            letters = [Letter.read(one) for name, one in new.items() if name not in self._receipts]
            # Only the last receipt of a letter counts.
            self._receipts |= {name: one["ReceiptHandle"] for name, one in new.items()}
        return letters

    def delete(self, ids: Sequence[str]) -> dict[str, str]:
        """Delete those of at most ten letters that are held. Returns AWS's codes for what is left.

        Raises OperatorError.
        """
        held = [one for one in ids if one in self._receipts]
        if not held:
            return {}
        entries = [{"Id": str(n), "ReceiptHandle": self._receipts[one]} for n, one in enumerate(held)]
        with operator_errors():
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        failed = {held[int(one["Id"])]: one["Code"] for one in answer.get("Failed", ())}
        for one in held:
            if one not in failed:
                del self._receipts[one]
        return failed

    def _release(self) -> None:
        """Make every letter visible again; say how many only time makes so."""
        left, why = len(self._receipts), ""
        for part in batched(self._receipts.values(), AT_ONCE, strict=False):
            entries = [
                {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for n, receipt in enumerate(part)
            ]
            try:
                with operator_errors():
                    answer = self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except OperatorError as fault:
                why = fault.message
                break
            # What is not in flight is visible already.
            codes = [one["Code"] for one in answer.get("Failed", ()) if "NotInflight" not in one["Code"]]
            left -= len(part) - len(codes)
            why = codes[0] if codes else why
        if left:
            minutes = HELD_SECONDS // 60
            stay = f"{many(left, 'letter')} {'stays' if left == 1 else 'stay'} invisible"
            click.echo(f"{stay} for up to {minutes} minutes: {why}", err=True)
