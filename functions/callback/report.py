"""What a request reports: one line, and metrics. Never a body, a recipient or a token."""

import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

from callback.intake import Receipt
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay.api.metrics import CallbackMetric

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger
    from aws_lambda_powertools.metrics import Metrics


def log(request: CallbackRequest, receipt: Receipt, logger: "Logger") -> None:
    """Writes one line; `correlation_id` is the request that brought the event first, maybe an earlier one."""
    response = receipt.response
    facts: dict[str, object] = {"answer": response.logged, "status": response.status}
    facts |= {"fault": receipt.fault, "counted": receipt.counts or None}
    facts |= {"request_id": request.id, "correlation_id": request.id}
    if event := receipt.event:
        facts |= {"event_id": event.id, "event_tag": event.event_tag, "topic": event.slug}
        facts["correlation_id"] = event.correlation_id
    level = {
        CallbackResponse.UNAVAILABLE: logger.error,
        CallbackResponse.FORBIDDEN: logger.warning,
        CallbackResponse.NOT_CHECKED: logger.warning,
    }
    known = {name: fact for name, fact in facts.items() if fact is not None}
    level.get(response, logger.info)("request answered", extra=known)


def place(fault: Exception) -> str:
    """Returns what kind of error was raised and where. Its text stays out: that may quote a body."""
    raised = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} at {PurePath(raised.filename).name}:{raised.lineno}"


def count(receipt: Receipt, seconds: float, now: float, metrics: "Metrics") -> None:
    """Counts a request by its response, which took so many seconds, and what else there is to count."""
    for name in (receipt.response.metric, *receipt.counts):
        metrics.add_metric(name, MetricUnit.Count, 1)
    metrics.add_metric(CallbackMetric.LATENCY, MetricUnit.Milliseconds, round(seconds * 1000, 1))
    if receipt.response is CallbackResponse.PUBLISHED and receipt.event:
        waited = round(receipt.event.age(now) * 1000, 1)
        metrics.add_metric(CallbackMetric.END_TO_END_LATENCY, MetricUnit.Milliseconds, waited)
