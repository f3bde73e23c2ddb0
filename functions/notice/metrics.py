"""What an invocation tells its operators: one line for a surprise, a metric for a count.

Never a body, a recipient or a token: vendor messages may quote what was sent, so lines carry codes.
"""

from typing import TYPE_CHECKING

from notice.naming import name_notices
from notice.outcomes import Report
from notice.queue.settlement import Settlement

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger
    from aws_lambda_powertools.metrics import Metrics


def report(sent: Report, settlement: Settlement, logger: "Logger", metrics: "Metrics", now: float) -> None:
    """Write the lines and the metrics of one invocation; nothing if nothing happened."""
    _log(sent, settlement, logger)
    name_notices(settlement.ends, logger)
    # First: a hundred values are written out at once, and the flush at the end wants some to be left.
    for size in sent.batch_sizes:
        metrics.add_metric(name="BatchSize", unit="Count", value=size)
    counts = {
        "ProduceCalls": sent.calls,
        "Halvings": sent.halvings,
        "NoticesAccepted": settlement.accepted,
        "NoticesRejected": settlement.rejected.total(),
        "NoticesDeferred": settlement.deferred.total(),
        "ConfigurationFault": sent.faults.total(),
    }
    for name, count in counts.items():
        if count:
            metrics.add_metric(name=name, unit="Count", value=count)
    if settlement.oldest_accepted is not None:
        waited = max(0.0, now - settlement.oldest_accepted) * 1000
        metrics.add_metric(name="EndToEndLatency", unit="Milliseconds", value=waited)
    if settlement.oldest_deferred is not None:
        waits = max(0.0, now - settlement.oldest_deferred)
        metrics.add_metric(name="DeferredAge", unit="Seconds", value=waits)
    if any(counts.values()):
        metrics.flush_metrics()


def _log(sent: Report, settlement: Settlement, logger: "Logger") -> None:
    for (org_id, code), count in sent.faults.items():
        logger.error("configuration at fault", orgId=org_id or "any", errorCode=code, times=count)
    for code, count in sent.outages.items():
        logger.warning("portal unavailable", errorCode=code, calls=count)
    for (org_id, code), count in settlement.rejected.items():
        logger.warning("notices rejected", orgId=org_id, errorCode=code, notices=count)
    if settlement.returned:
        deferred = settlement.deferred.total()
        logger.info("records deferred", records=len(settlement.returned), notices=deferred)
    for code, count in settlement.letters_not_written.items():
        logger.error("dead letters not written", errorCode=code, letters=count)
    for code, count in settlement.waits_not_set.items():
        logger.warning("waits not set", errorCode=code, records=count)
