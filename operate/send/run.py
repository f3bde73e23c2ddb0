"""Notices of a file made ready for the queue, and put there."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from operate.send.entries import Entry, Mistake
from relay.notices import Notice
from relay.notices.model import unknown_fields
from relay.notices.sending import Packed, pack
from relay.notices.sending import send as send_packed

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LINE = attrgetter("line")


@dataclass
class Sending:
    """SQS messages with the notices in each, what is wrong with the others, and how far the sending came.

    Until it is `checked` only `read`, the number of notices, tells how far it came.
    """

    read: int = 0
    checked: bool = False
    messages: dict[Packed, list[Entry]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    doubts: list[Mistake] = field(default_factory=list)
    """What may not be meant."""
    unknown: dict[str, list[int]] = field(default_factory=dict)
    """Lines by the name of a field that the vendor's page does not have, maybe a misspelt one."""
    codes: dict[Packed, str] = field(default_factory=dict)
    """Of each SQS message that was tried, "" when SQS took it."""
    stopped: str = ""

    @property
    def good(self) -> int:
        return sum(map(len, self.messages.values()))

    def on_queue(self, *, dry_run: bool) -> tuple[Counter[str], int]:
        """Notices on the queue by organisation, and in how many SQS messages; of a dry run what would be."""
        taken = [one for one in self.messages if dry_run or self.codes.get(one) == ""]
        return Counter(entry.org_id for one in taken for entry in self.messages[one]), len(taken)

    def missing(self) -> list[Mistake]:
        """Once the sending has begun: the notices that are not known to be on the queue, by line."""
        if not (self.codes or self.stopped):
            return []
        found = [
            entry.mistake(f"SQS: {code}" if code else "not sent yet")
            for one, entries in self.messages.items()
            if (code := self.codes.get(one)) != ""
            for entry in entries
        ]
        return sorted(found, key=_LINE)


def make_ready(found: Iterable[Entry | Mistake], sending: Sending) -> None:
    """Check everything, and pack what is good by organisation."""
    mistakes: list[Mistake] = []
    organisations: dict[str, list[Entry]] = {}
    for one in found:
        sending.read += 1
        if isinstance(one, Mistake):
            mistakes.append(one)
        else:
            organisations.setdefault(one.org_id, []).append(one)
    messages: dict[Packed, list[Entry]] = {}
    doubts: list[Mistake] = []
    for org_id, entries in organisations.items():
        packed, not_sent = pack(org_id, [entry.notice for entry in entries])
        mistakes += [entries[one.position].mistake(one.reason) for one in not_sent]
        messages |= {one: [entries[position] for position in one.positions] for one in packed}
        doubts += _differing(entry for one in packed for entry in messages[one])
    # By line, and within a line as they stand there.
    sending.mistakes, sending.doubts = sorted(mistakes, key=_LINE), sorted(doubts, key=_LINE)
    for entry in sorted((entry for entries in messages.values() for entry in entries), key=_LINE):
        for name in unknown_fields(entry.value):
            lines = sending.unknown.setdefault(name, [])
            if lines[-1:] != [entry.line]:
                lines.append(entry.line)
    sending.messages, sending.checked = messages, True


def _differing(entries: Iterable[Entry]) -> Iterator[Mistake]:
    """Notices of one organisation that differ from an earlier one of the same messageId."""
    first: dict[str, Entry] = {}
    for entry in entries:
        earlier = first.setdefault(entry.message_id, entry)
        if earlier.notice != entry.notice and _wire(earlier) != _wire(entry):
            where = f"{earlier.line}, {earlier.place}" if earlier.place else f"{earlier.line}"
            yield entry.mistake(f"differs from line {where}, of the same messageId")


def _wire(entry: Entry) -> bytes:
    return Notice.read(entry.value).wire()


def put_on_queue(sending: Sending, queue_url: str, sqs: "SQSClient") -> Iterator[int]:
    """Send what is ready; yields how many notices were tried after each request, which it noted by then."""
    tried = 0
    for codes in send_packed(sending.messages, queue_url=queue_url, sqs=sqs):
        sending.codes |= codes
        tried += sum(len(one.positions) for one, _ in codes)
        yield tried
