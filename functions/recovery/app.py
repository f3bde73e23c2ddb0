"""The recovery function: a sweep on a schedule; a replay, or how things stand, by hand."""

from relay import startup  # isort: split

import time
from datetime import datetime
from typing import Any, Protocol

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field

from recovery.history import History
from recovery.pace import Pace
from recovery.position import position_of
from recovery.publishing import TellingPublisher
from recovery.replay import Replayed, Replayer
from recovery.status import Survey
from recovery.sweep import Sweeper, Swept
from relay import aws, observability
from relay.api import errors
from relay.api.base import InvalidRequestError
from relay.api.errors import reported
from relay.api.recovery import Replay, Status, Sweep, read_request
from relay.aws import UnavailableError
from relay.settings import Settings
from relay.store import EventStore


class RecoverySettings(Settings):
    """What the function reads from its environment."""

    event_table: str
    event_topic_arn_prefix: str
    event_retention_days: int = Field(ge=1)


class Context(Protocol):
    """What the function uses of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int: ...


ERRORS = {InvalidRequestError: errors.INVALID_REQUEST, UnavailableError: errors.UNAVAILABLE}

settings = RecoverySettings.load()
logger = observability.logger("recovery", settings.log_level)
metrics = observability.metrics("recovery", settings.stack_name)
_table = aws.client("dynamodb")
_publisher = TellingPublisher(aws.client("sns"), settings.event_topic_arn_prefix, logger)
history = History(_table, settings.event_table, retention_days=settings.event_retention_days)
sweeper = Sweeper(
    EventStore(_table, settings.event_table, retention_days=settings.event_retention_days), _publisher
)
replayer = Replayer(history, _publisher)
survey = Survey(_table, settings.event_table)


def handler(event: Any, context: Context) -> dict[str, Any]:
    """Returns the answer to one request. Raises one of ERRORS."""
    with reported(ERRORS):
        return _answered(event, context)


def _answered(event: Any, context: Context) -> dict[str, Any]:
    request = read_request(event)

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    match request:
        case Sweep():
            return _sweep(Pace(remaining))
        case Replay():
            return _replay(request, Pace(remaining, None if request.dry_run else request.events_per_second))
        case Status():
            return _status(remaining())


def _sweep(pace: Pace) -> dict[str, Any]:
    swept = sweeper.sweep(history.pending(), pace)
    _tell_sweep(swept)
    counts = {name: getattr(swept, name) for name in ("recovered", "settled", "failed", "left")}
    return {"action": "sweep", "counts": counts, "oldest": swept.oldest, "faults": dict(swept.faults)}


def _tell_sweep(swept: Swept) -> None:
    # First: a hundred values are written out at once, and the flush at the end wants some to be left.
    for waited in _publisher.ages():
        metrics.add_metric("EndToEndLatency", MetricUnit.Milliseconds, waited * 1000)
    age = time.time() - datetime.fromisoformat(swept.oldest).timestamp() if swept.oldest else 0
    metrics.add_metric("PendingEvents", MetricUnit.Count, swept.pending)
    metrics.add_metric("PendingAge", MetricUnit.Seconds, age)
    metrics.add_metric("Recovered", MetricUnit.Count, swept.recovered)
    metrics.flush_metrics()
    log = logger.warning if swept.failed or swept.left else logger.info
    log("swept", recovered=swept.recovered, settled=swept.settled, left=swept.left, faults=dict(swept.faults))


def _replay(request: Replay, pace: Pace) -> dict[str, Any]:
    if request.ids:
        replayed = replayer.replay_ids(request.ids, pace, dry_run=request.dry_run)
    elif request.dry_run:
        replayed = replayer.count(position_of(request, time.time), pace)
    else:
        replayed = replayer.replay(position_of(request, time.time), request.limit, pace)
    published = 0 if request.dry_run else replayed.topics.total()
    metrics.add_metric("Replayed", MetricUnit.Count, published)
    metrics.flush_metrics()
    log = logger.warning if replayed.stopped else logger.info
    log("replayed", dry_run=request.dry_run, matched=replayed.matched, stopped=replayed.stopped)
    return {"action": "replay", "dryRun": request.dry_run, **_answer(replayed, published)}


def _status(remaining: float) -> dict[str, Any]:
    standing = survey.take(remaining)
    log = logger.warning if standing.unknown else logger.info
    log("status told", pending=standing.pending, unknown=standing.unknown)
    return {
        "action": "status",
        "tags": standing.latest,
        "pending": {"count": standing.pending, "more": standing.more, "oldest": standing.oldest},
        "unknown": standing.unknown,
    }


def _answer(replayed: Replayed, published: int) -> dict[str, Any]:
    counts = {"matched": replayed.matched, "replayed": published, "gone": replayed.gone}
    return {
        "counts": counts | {"notFound": len(replayed.not_found), "left": len(replayed.left)},
        "topics": dict(+replayed.topics),
        "cursor": replayed.position.cursor if replayed.position else None,
        "notFound": replayed.not_found,
        "left": replayed.left,
        "stopped": replayed.stopped,
    }


startup.done()
