"""Notices of a file checked and kept, and then put on the queue."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from operate.send.entries import Entry, Mistake
from operate.send.spool import Spool
from relay.notices import InvalidNoticeError, Notice
from relay.notices.model import unknown_fields
from relay.notices.sending import Checker
from relay.notices.sending import send as send_packed

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass
class Sending:
    """The good notices, what is wrong with the others, and how far the sending came.

    Until it is `checked` only `read`, the number of notices, tells how far it came.
    """

    kept: Spool
    read: int = 0
    checked: bool = False
    mistakes: list[Mistake] = field(default_factory=list)
    doubts: list[Mistake] = field(default_factory=list)
    """What may not be meant."""
    unknown: dict[str, list[int]] = field(default_factory=dict)
    """Lines by the name of a field that the vendor's page does not have, maybe a misspelt one."""
    tried: bool = False
    messages: int = 0
    """SQS messages that are on the queue."""
    codes: dict[int, str] = field(default_factory=dict)
    """Why SQS did not take a notice, by its number."""
    stopped: str = ""

    @property
    def good(self) -> int:
        return len(self.kept) if self.checked else 0

    def on_queue(self, *, dry_run: bool) -> tuple[Counter[str], int]:
        """Notices on the queue by organisation, and in how many SQS messages; of a dry run what would be."""
        if dry_run and self.checked:
            return self.kept.by_organisation(), sum(1 for _ in self.kept.messages())
        return self.kept.on_queue(), self.messages

    def missing(self) -> list[Mistake]:
        """Once the sending has begun: the notices that are not known to be on the queue, by line."""
        if not self.checked or not (self.tried or self.stopped):
            return []
        found = (
            self.kept.entry(number).mistake(
                f"SQS: {self.codes[number]}" if number in self.codes else "not sent yet"
            )
            for number in self.kept.not_on_queue()
        )
        return sorted(found, key=attrgetter("line"))


def make_ready(found: Iterable[Entry | Mistake], sending: Sending) -> None:
    """Check everything, and keep what is good. Raises NothingDoneError if it cannot be kept."""
    kept, mistakes, names = sending.kept, list[Mistake](), array("q")
    unknown: dict[str, list[int]] = {}
    checkers: dict[str, Checker] = {}
    for one in found:
        sending.read += 1
        if isinstance(one, Mistake):
            mistakes.append(one)
            continue
        try:
            if one.org_id not in checkers:
                checkers[one.org_id] = Checker(one.org_id)
            kept.add(one, checkers[one.org_id].texts(one.notice, one.not_after))
            names.append(hash((one.org_id, one.message_id)))
        except InvalidNoticeError as error:
            mistakes.append(one.mistake(str(error)))
            continue
        for name in unknown_fields(one.value):
            lines = unknown.setdefault(name, [])
            if lines[-1:] != [one.line]:
                lines.append(one.line)
    kept.complete()
    sending.mistakes, sending.doubts, sending.unknown = mistakes, list(_differing(kept, names)), unknown
    sending.checked = True


def _differing(kept: Spool, names: Sequence[int]) -> Iterator[Mistake]:
    """Notices that differ from an earlier one of the same name by more than targets.

    By other targets they may: the portal sends what it has to the users who are new. `names` has a number for
    organisation and messageId of each notice.
    """
    # The names as texts, or all of them in one dict, would take more memory than all the rest.
    twice = {one for one, following in pairwise(sorted(names)) if one == following}
    first: dict[int, Entry] = {}
    for number, name in enumerate(names):
        if name not in twice:
            continue
        entry = kept.entry(number)
        earlier = first.setdefault(name, entry)
        if earlier.message_id == entry.message_id and _content(earlier) != _content(entry):
            where = f"{earlier.line}, {earlier.place}" if earlier.place else f"{earlier.line}"
            yield entry.mistake(f"differs from line {where}, of the same messageId")


def _content(entry: Entry) -> bytes:
    return Notice.read(entry.value).model_copy(update={"targets": None}).wire()


def put_on_queue(sending: Sending, queue_url: str, sqs: "SQSClient") -> Iterator[int]:
    """Send what is ready; yields how many notices were tried after each request, which it noted by then."""
    tried = 0
    for codes in send_packed(sending.kept.messages(), queue_url=queue_url, sqs=sqs):
        for message, code in codes:
            tried += len(message.positions)
            if code:
                sending.codes |= dict.fromkeys(message.positions, code)
            else:
                sending.kept.count_taken(message)
                sending.messages += 1
        sending.tried = True
        yield tried
