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
class Ready:
    """SQS messages with the notices in each, what is wrong with the others, and what may not be meant.

    Until it is `checked` only `read`, the number of notices, tells how far it came.
    """

    read: int = 0
    checked: bool = False
    messages: dict[Packed, list[Entry]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    doubts: list[Mistake] = field(default_factory=list)
    unknown: dict[str, list[int]] = field(default_factory=dict)
    """Lines by the name of a field that the vendor's page does not have, maybe a misspelt one."""

    @property
    def good(self) -> int:
        return sum(map(len, self.messages.values()))


@dataclass
class Sent:
    """How far the sending came: for each SQS message that was tried, its code, "" when SQS took it."""

    ready: Ready
    codes: dict[Packed, str] = field(default_factory=dict)
    stopped: str = ""

    def organisations(self) -> Counter[str]:
        """Notices on the queue by organisation."""
        taken = (self.ready.messages[one] for one, code in self.codes.items() if not code)
        return Counter(entry.org_id for entries in taken for entry in entries)

    @property
    def messages(self) -> int:
        """SQS messages on the queue."""
        return sum(not code for code in self.codes.values())

    def missing(self) -> list[Mistake]:
        """Once the sending has begun: the notices that are not known to be on the queue, by line."""
        if not (self.codes or self.stopped):
            return []
        found = [
            entry.mistake(f"SQS: {code}" if code else "not sent yet")
            for one, entries in self.ready.messages.items()
            if (code := self.codes.get(one)) != ""
            for entry in entries
        ]
        return sorted(found, key=_LINE)


def make_ready(found: Iterable[Entry | Mistake], ready: Ready) -> None:
    """Check everything, and pack what is good by organisation."""
    mistakes: list[Mistake] = []
    organisations: dict[str, list[Entry]] = {}
    for one in found:
        ready.read += 1
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
    ready.mistakes, ready.doubts = sorted(mistakes, key=_LINE), sorted(doubts, key=_LINE)
    for entry in sorted((entry for entries in messages.values() for entry in entries), key=_LINE):
        for name in unknown_fields(entry.value):
            lines = ready.unknown.setdefault(name, [])
            if lines[-1:] != [entry.line]:
                lines.append(entry.line)
    ready.messages, ready.checked = messages, True


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


def put_on_queue(sent: Sent, queue_url: str, sqs: "SQSClient") -> Iterator[int]:
    """Send what is ready; yields after each request how many notices were tried, with `sent` up to date."""
    tried = 0
    for codes in send_packed(sent.ready.messages, queue_url=queue_url, sqs=sqs):
        sent.codes |= codes
        tried += sum(len(one.positions) for one, _ in codes)
        yield tried
