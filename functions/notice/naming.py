"""Lines that name notices, so that the log can tell what became of one by its messageId.

Without a recipient, a text or the portal's words, which may quote either.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import TYPE_CHECKING

from notice.dispatch.batches import BATCH_LIMIT
from notice.outcomes import Accepted, Deferred, Rejected
from notice.queue.settlement import RecordOutcome

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger

# Most lines about one rejected notice each; the dead-letter queue has them all.
REJECTED_LINES = 100
# A messageId is as long as its sender likes.
_NAME_LENGTH = 256
_WITH_ITS_RECORD = "another notice of its record waits"

type Names = defaultdict[tuple[str, str], list[str]]


def name_notices(ends: Iterable[RecordOutcome], logger: "Logger") -> None:
    """A line for each rejected notice, and one for up to 100 that were accepted or wait for one reason.

    What was decided in a record that stays is named with what waits: it is decided anew with the rest.
    """
    accepted: Names = defaultdict(list)
    deferred: Names = defaultdict(list)
    rejected: list[tuple[str, str, str]] = []
    for end in ends:
        org_id, stays = end.record.org_id or "", end.stays()
        for entry, one in zip(end.record.entries, end.outcomes, strict=True):
            name = entry.message_id[:_NAME_LENGTH]
            if stays:
                kind = one.kind if isinstance(one, Deferred) else _WITH_ITS_RECORD
                deferred[org_id, kind].append(name)
            elif isinstance(one, Rejected):
                rejected.append((org_id, one.code, name))
            elif isinstance(one, Accepted):
                accepted[org_id, ""].append(name)
    for org_id, code, name in rejected[:REJECTED_LINES]:
        logger.info("notice rejected", orgId=org_id, errorCode=code, messageId=name)
    for org_id, _, names in _lines(accepted):
        logger.info("notices accepted", orgId=org_id, notices=len(names), messageIds=names)
    for org_id, kind, names in _lines(deferred):
        logger.info("notices deferred", orgId=org_id, reason=kind, notices=len(names), messageIds=names)


def _lines(found: Names) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """As many names to a line as a batch has: Logs Insights reads no line of more than 200 values."""
    for (org_id, kind), names in found.items():
        for some in batched(names, BATCH_LIMIT, strict=False):
            yield org_id, kind, some
