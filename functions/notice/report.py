"""What an invocation reports: a line for each surprise, a metric for each count, and lines that name notices.

Never a body, a recipient or a token: a vendor's message may quote what was sent, so lines carry codes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import TYPE_CHECKING

from notice.dispatch.batches import BATCH_LIMIT
from notice.dispatch.ledger import Report
from notice.outcomes import Accepted, Deferred, Reason, Rejected
from notice.queue.settlement import RecordOutcome, Settlement
from relay.api.metrics import NoticeMetric

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger
    from aws_lambda_powertools.metrics import Metrics

# Most lines about one rejected notice each; the dead-letter queue has them all.
REJECTED_LINES = 100
# A messageId is as long as its sender likes.
_ID_LENGTH = 256

type _Ids = defaultdict[tuple[str, str], list[str]]


def report(sent: Report, settlement: Settlement, logger: "Logger", metrics: "Metrics", now: float) -> None:
    """Write the lines and the metrics of one invocation; nothing if nothing happened."""
    _log(sent, settlement, logger)
    name_notices(settlement.ends, logger)
    # First: a hundred values are written out at once, and the flush at the end wants some to be left.
    for size in sent.batch_sizes:
        metrics.add_metric(name=NoticeMetric.BATCH_SIZE, unit="Count", value=size)
    counts = {
        NoticeMetric.PRODUCE_CALLS: sent.calls,
        NoticeMetric.HALVINGS: sent.halvings,
        NoticeMetric.NOTICES_ACCEPTED: settlement.accepted,
        NoticeMetric.NOTICES_REJECTED: settlement.rejected.total(),
        NoticeMetric.NOTICES_DEFERRED: settlement.deferred,
        NoticeMetric.CONFIGURATION_FAULT: sent.faults.total(),
        NoticeMetric.OUTCOMES_PUT_OFF: settlement.put_off,
    }
    for name, count in counts.items():
        if count:
            metrics.add_metric(name=name, unit="Count", value=count)
    if settlement.oldest_accepted is not None:
        waited = max(0.0, now - settlement.oldest_accepted) * 1000
        metrics.add_metric(name=NoticeMetric.END_TO_END_LATENCY, unit="Milliseconds", value=waited)
    if settlement.oldest_deferred is not None:
        waits = max(0.0, now - settlement.oldest_deferred)
        metrics.add_metric(name=NoticeMetric.DEFERRED_AGE, unit="Seconds", value=waits)
    if any(counts.values()):
        metrics.flush_metrics()


def _log(sent: Report, settlement: Settlement, logger: "Logger") -> None:
    for (org_id, code), count in sent.faults.items():
        logger.error("configuration at fault", org_id=org_id or "any", error_code=code, times=count)
    for code, count in sent.outages.items():
        logger.warning("portal unavailable", error_code=code, calls=count)
    for (org_id, code), count in settlement.rejected.items():
        logger.warning("notices rejected", org_id=org_id, error_code=code, notices=count)
    if settlement.returned:
        logger.info("records deferred", records=len(settlement.returned), notices=settlement.deferred)
    for code, count in settlement.events_not_published.items():
        logger.error("outcomes not published", error_code=code, outcomes=count)
    for code, count in settlement.letters_not_written.items():
        logger.error("dead letters not written", error_code=code, letters=count)
    for code, count in settlement.waits_not_set.items():
        logger.warning("waits not set", error_code=code, records=count)


def name_notices(ends: Iterable[RecordOutcome], logger: "Logger") -> None:
    """Write a line for each rejected notice, and one for up to 100 that were accepted or wait for one reason.

    What was decided in a record that stays is named with what waits: it is decided anew with the rest.
    """
    accepted: _Ids = defaultdict(list)
    deferred: _Ids = defaultdict(list)
    rejected: list[tuple[str, str, str]] = []
    for end in ends:
        org_id, stays = end.record.org_id or "", end.stays
        for place, one in zip(end.record.places, end.outcomes, strict=True):
            message_id = place.message_id[:_ID_LENGTH]
            if stays:
                waits = one.reason if isinstance(one, Deferred) else Reason.RECORD_WAITS
                deferred[org_id, waits].append(message_id)
            elif isinstance(one, Rejected):
                rejected.append((org_id, one.code, message_id))
            elif isinstance(one, Accepted):
                accepted[org_id, ""].append(message_id)
    for org_id, code, message_id in rejected[:REJECTED_LINES]:
        logger.info("notice rejected", org_id=org_id, error_code=code, message_id=message_id)
    for org_id, _, ids in _lines(accepted):
        logger.info("notices accepted", org_id=org_id, notices=len(ids), message_ids=ids)
    for org_id, reason, ids in _lines(deferred):
        logger.info("notices deferred", org_id=org_id, reason=reason, notices=len(ids), message_ids=ids)


def _lines(found: _Ids) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """As many names to a line as a batch has: Logs Insights reads no line of more than 200 values."""
    for (org_id, reason), ids in found.items():
        for some in batched(ids, BATCH_LIMIT, strict=False):
            yield org_id, reason, some
