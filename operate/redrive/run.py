"""Puts dead letters back on the notice queue: first sent, then deleted, so that none is ever lost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Self

from operate.dead_letters.held import Attributes, DeadLetterQueue, unbroken
from operate.errors import ExitStatus, operator_errors
from operate.redrive.file import LineFault
from operate.stack import Stack
from relay.notices.record import InvalidRecordError, read_record, write_record
from relay.sqs import attribute_bytes, call, in_requests


class Outgoing(NamedTuple):
    """What goes to the notice queue, and the letter that is deleted afterwards.

    `turned_down` says that the relay rejected it as too late.
    """

    letter: str
    body: str
    attributes: Attributes
    turned_down: bool = False

    @property
    def size(self) -> int:
        """Bytes, as SQS counts them."""
        given = self.attributes.items()
        return len(self.body.encode()) + sum(
            attribute_bytes(name, one.get("StringValue", one.get("BinaryValue", "")), one["DataType"])
            for name, one in given
        )

    def is_late(self, now: float) -> bool:
        """Returns whether the relay would reject it as too late."""
        if self.turned_down:
            return True
        try:
            return read_record(self.body).is_late(now)
        except InvalidRecordError:
            return False

    def without_limit(self) -> Self:
        """Returns it without its notAfter, its notices in the text that they have."""
        try:
            org_id, notices, _ = read_record(self.body)
        except InvalidRecordError:
            return self
        return self._replace(body=write_record(org_id, (one.text for one in notices)))


@dataclass
class Redriven:
    """What became of each letter, by its id."""

    left: Counter[str] = field(default_factory=Counter)
    """How many lines of each letter were not tried, as far as is known; a request of ten may be under way."""
    tried: int = 0
    """Lines that were sent or refused."""
    redriven: list[str] = field(default_factory=list)
    """Or what a dry run would redrive."""
    not_sent: dict[str, str] = field(default_factory=dict)
    too_late: list[str] = field(default_factory=list)
    not_deleted: dict[str, str] = field(default_factory=dict)
    not_found: list[str] = field(default_factory=list)
    invalid: list[LineFault] = field(default_factory=list)
    stopped: str = ""

    @property
    def status(self) -> int:
        """Exit status: 1 when calling again helps or some are through, 2 when nothing was done."""
        if self.left or self.not_sent or self.not_deleted or self.stopped:
            return ExitStatus.UNFINISHED
        if self.not_found or self.invalid or self.too_late:
            return ExitStatus.UNFINISHED if self.redriven else ExitStatus.NOTHING_DONE
        return ExitStatus.DONE


def largest_message(stack: Stack) -> int:
    """How many bytes the notice queue takes in a message. Raises OperatorError."""
    with operator_errors():
        return stack.queue_numbers("NoticeQueueUrl", "MaximumMessageSize")[0]


def send_and_delete(
    wanted: Sequence[Outgoing], stack: Stack, letters: DeadLetterQueue, so_far: Redriven
) -> Iterator[None]:
    """Send and delete request by request; `so_far` is up to date before each yield. Raises OperatorError."""
    put = partial(stack.client("sqs").send_message_batch, QueueUrl=stack.output("NoticeQueueUrl"))
    for request in in_requests(wanted, lambda one: one.size):
        # Between sending and deleting a Ctrl-C would only have notices sent twice.
        with unbroken():
            with operator_errors():
                codes = call(put, [_entry(one) for one in request])
            so_far.not_sent |= {request[n].letter: code for n, code in codes.items()}
            sent = [one for one in _tried(request, so_far) if one not in so_far.not_sent]
            so_far.not_deleted |= dict.fromkeys(sent, "it may have been deleted")
            failed = letters.delete(sent)
            so_far.not_deleted |= failed
            for one in sent:
                if one not in failed:
                    del so_far.not_deleted[one]
                    so_far.redriven.append(one)
        yield


def _entry(one: Outgoing) -> dict[str, Any]:
    return {"MessageBody": one.body} | ({"MessageAttributes": one.attributes} if one.attributes else {})


def _tried(request: Sequence[Outgoing], so_far: Redriven) -> Iterator[str]:
    """Each letter whose last line was in this request."""
    so_far.tried += len(request)
    for one in request:
        so_far.left[one.letter] -= 1
        if not so_far.left[one.letter]:
            del so_far.left[one.letter]
            yield one.letter
