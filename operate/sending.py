"""Notices of a file made ready for the queue, and put there."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from operate.notice_file import Entry, Mistake
from relay.json_text import Json
from relay.notices import Notice
from relay.notices.sending import Packed, pack
from relay.notices.sending import send as send_packed

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass
class Ready:
    """SQS messages with the notices in each, what is wrong with the others, and what may not be meant."""

    messages: dict[Packed, list[Entry]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    doubts: list[Mistake] = field(default_factory=list)

    @property
    def good(self) -> int:
        return sum(map(len, self.messages.values()))

    @property
    def read(self) -> int:
        return self.good + len(self.mistakes)


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
            Mistake(entry.line, entry.message_id, f"SQS: {code}" if code else "not sent yet")
            for one, entries in self.ready.messages.items()
            if (code := self.codes.get(one)) != ""
            for entry in entries
        ]
        return sorted(found)


def make_ready(found: Iterable[Entry | Mistake]) -> Ready:
    """Check everything, and pack what is good by organisation."""
    ready = Ready()
    organisations: dict[str, list[Entry]] = {}
    for one in found:
        if isinstance(one, Mistake):
            ready.mistakes.append(one)
        else:
            organisations.setdefault(one.org_id, []).append(one)
    for org_id, entries in organisations.items():
        packed, not_sent = pack(org_id, [entry.notice for entry in entries])
        ready.messages |= {one: [entries[position] for position in one.positions] for one in packed}
        wrong = [(entries[one.position], one.reason) for one in not_sent]
        ready.mistakes += [Mistake(entry.line, entry.message_id, reason) for entry, reason in wrong]
        ready.doubts += _differing(entry for one in packed for entry in ready.messages[one])
    ready.mistakes.sort()
    ready.doubts.sort()
    return ready


def put_on_queue(sent: Sent, queue_url: str, sqs: "SQSClient") -> Iterator[int]:
    """Send what is ready; yields after each request how many notices were tried, with `sent` up to date."""
    tried = 0
    for codes in send_packed(sent.ready.messages, queue_url=queue_url, sqs=sqs):
        sent.codes |= codes
        tried += sum(len(one.positions) for one, _ in codes)
        yield tried


def _differing(entries: Iterable[Entry]) -> Iterator[Mistake]:
    """Notices of one organisation that differ from an earlier one of the same messageId."""
    first: dict[str, Entry] = {}
    for entry in entries:
        earlier = first.setdefault(entry.message_id, entry)
        if earlier.notice != entry.notice and _wire(earlier) != _wire(entry):
            reason = f"differs from line {earlier.line}, of the same messageId"
            yield Mistake(entry.line, entry.message_id, reason)


def _wire(entry: Entry) -> bytes:
    return Notice.read(entry.notice.value if isinstance(entry.notice, Json) else entry.notice).wire()
