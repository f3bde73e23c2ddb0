"""The dead-letter queue as an operator reads it: each letter once, none lost, all visible again after."""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import batched
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Self

import click

from operate.errors import OperatorError, operator_errors
from operate.output import many
from operate.stack import MESSAGES, Stack
from relay.notices.record import REASON
from relay.sqs import REQUEST_ENTRIES, call

# Long enough to see the most that SQS lets be held at once (120,000) and to act on it; a command that was
# killed leaves its letters invisible for so long.
HELD_SECONDS = 900
# So often nothing new, after a second of waiting each, and the walk is over.
BARREN = 2
DEAD_LETTERS = "NoticeDeadLetterQueueUrl"

type Attributes = Mapping[str, Mapping[str, Any]]
"""Message attributes as SQS takes them."""


@contextmanager
def unbroken() -> Iterator[None]:
    """Let a call and what is noted of it end: a Ctrl-C in here raises KeyboardInterrupt at its end.

    A second one raises at once.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before) or current_thread() is not main_thread():
        yield
        return
    came = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        raise KeyboardInterrupt


@dataclass(frozen=True)
class Letter:
    """One rejected notice, or a record that holds something else; any of its attributes may be missing.

    `attributes` say why it was rejected; `senders` are those that its sender gave, as SQS takes them.
    """

    id: str
    body: str
    rejected_at: datetime | None
    attributes: Mapping[str, str]
    senders: Attributes = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.attributes.get("errorCode", "")

    @property
    def org_id(self) -> str:
        return self.attributes.get("orgId", "")

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Self:
        """The letter in an SQS message; its time is this machine's."""
        given = message.get("MessageAttributes", {})
        attributes = {name: one["StringValue"] for name, one in given.items() if "StringValue" in one}
        senders = {name: _as_taken(one) for name, one in given.items() if name not in REASON}
        sent = message.get("Attributes", {}).get("SentTimestamp")
        rejected_at = datetime.fromtimestamp(int(sent) / 1000).astimezone() if sent else None
        return cls(message["MessageId"], message["Body"], rejected_at, attributes, senders)


def _as_taken(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an attribute that SQS takes: it shows others, of kinds that it does not have yet."""
    return {name: attribute[name] for name in ("DataType", "StringValue", "BinaryValue") if name in attribute}


class DeadLetterQueue:
    """Holds each letter that it has read, so that it is not read twice, until `delete` or its own end.

    Reading often does no harm: this queue gives up on no message (see template.yaml).
    """

    def __init__(self, stack: Stack) -> None:
        self._stack, self._url, self._sqs = stack, stack.output(DEAD_LETTERS), stack.client("sqs")
        self._receipts: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def counts(self) -> tuple[int, int]:
        """Returns about how many letters can be read, and how many others hold. Raises OperatorError."""
        with operator_errors():
            seen, elsewhere = self._stack.queue_numbers(DEAD_LETTERS, MESSAGES, f"{MESSAGES}NotVisible")
        return seen, elsewhere

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
                MaxNumberOfMessages=REQUEST_ENTRIES,
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            new = {one["MessageId"]: one for one in answer.get("Messages", ())}
            letters = [Letter.of_message(one) for name, one in new.items() if name not in self._receipts]
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
        with operator_errors():
            delete = partial(self._sqs.delete_message_batch, QueueUrl=self._url)
            codes = call(delete, [{"ReceiptHandle": self._receipts[one]} for one in held])
        failed = {held[position]: code for position, code in codes.items()}
        self._receipts = {
            one: receipt for one, receipt in self._receipts.items() if one not in held or one in failed
        }
        return failed

    def _release(self) -> None:
        """Make every letter visible again; say how many only time makes so."""
        left, why = len(self._receipts), ""
        show = partial(self._sqs.change_message_visibility_batch, QueueUrl=self._url)
        for part in batched(self._receipts.values(), REQUEST_ENTRIES, strict=False):
            try:
                with operator_errors():
                    failed = call(show, [{"ReceiptHandle": one, "VisibilityTimeout": 0} for one in part])
            except OperatorError as fault:
                why = fault.message
                break
            # What is not in flight is visible already.
            codes = [code for code in failed.values() if "NotInflight" not in code]
            left -= len(part) - len(codes)
            why = codes[0] if codes else why
        if left:
            stay = f"{many(left, 'letter', 'stay')} invisible for up to {HELD_SECONDS // 60} minutes"
            click.echo(f"{stay}: {why}", err=True)
