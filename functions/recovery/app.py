"""The recovery function: a sweep on a schedule; a replay, or the status, by hand."""

from relay import startup  # isort: split

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field, JsonValue

import relay.settings
from recovery.actions import LoggingPublisher, RecoveryActions
from recovery.history import History
from recovery.replay import Replayed, Replayer
from recovery.reread import Reading, Rereader
from recovery.status import Survey
from recovery.sweep import Sweeper, Swept
from relay import aws, observability
from relay.api import error_types
from relay.api.base import Context, InvalidRequestError
from relay.api.error_types import reported
from relay.api.metrics import RecoveryMetric
from relay.api.recovery import (
    MOST_REFUSED,
    RecoveryAnswer,
    RecoveryRequest,
    Replay,
    ReplayAnswer,
    ReplayCounts,
    Status,
    StatusAnswer,
    Sweep,
    SweepAnswer,
    SweepCounts,
    read_request,
)
from relay.payloads import Payloads
from relay.settings import Clock
from relay.store import EventStore


class Settings(relay.settings.Settings):
    """What the function reads from its environment."""

    event_table: str
    event_topic_arn_prefix: str
    payload_bucket: str
    event_retention_days: int = Field(ge=1)


ERRORS = {InvalidRequestError: error_types.INVALID_REQUEST, aws.UnavailableError: error_types.UNAVAILABLE}


def build(
    settings: Settings,
    *,
    clock: Clock = time.time,
    timer: Clock = time.monotonic,
    client: Callable[[str], Any] = aws.client,
) -> RecoveryActions:
    """Returns what the function does, on AWS."""
    table, name, days = client("dynamodb"), settings.event_table, settings.event_retention_days
    publisher = LoggingPublisher(client("sns"), settings.event_topic_arn_prefix, logger)
    history = History(table, name, retention_days=days, clock=clock)
    store = EventStore(table, name, retention_days=days, clock=clock)
    payloads = Payloads(settings.payload_bucket, partial(client, "s3"))
    return RecoveryActions(
        history,
        Sweeper(store, publisher, clock=clock),
        Replayer(history, store, publisher),
        Rereader(store, payloads, publisher),
        Survey(table, name, clock=clock, timer=timer),
        clock,
        timer,
    )


settings = Settings.load()
logger = observability.logger("recovery", settings.log_level)
metrics = observability.metrics("recovery", settings.stack_name)
actions = build(settings)


def handler(event: object, context: Context) -> dict[str, JsonValue]:
    """Returns the answer to one request. Raises one of ERRORS."""
    with reported(ERRORS):
        return _answer(read_request(event), context).payload()


def _answer(request: RecoveryRequest, context: Context) -> RecoveryAnswer:
    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000

    match request:
        case Sweep():
            return _swept(actions.sweep(remaining))
        case Replay():
            return _replayed(actions.replay(request, remaining), request)
        case Status():
            return _surveyed(actions.status(remaining))


def _swept(swept: Swept) -> SweepAnswer:
    # First: a hundred values are written out at once, and the flush at the end wants some to be left.
    for waited in swept.waits:
        metrics.add_metric(RecoveryMetric.END_TO_END_LATENCY, MetricUnit.Milliseconds, waited * 1000)
    oldest = datetime.fromisoformat(swept.oldest).timestamp() if swept.oldest else None
    age = actions.clock() - oldest if oldest else 0
    metrics.add_metric(RecoveryMetric.PENDING_EVENTS, MetricUnit.Count, swept.pending)
    metrics.add_metric(RecoveryMetric.PENDING_AGE, MetricUnit.Seconds, age)
    metrics.add_metric(RecoveryMetric.RECOVERED, MetricUnit.Count, swept.recovered)
    metrics.add_metric(RecoveryMetric.SET_ASIDE, MetricUnit.Count, swept.set_aside)
    metrics.flush_metrics()
    log = logger.warning if swept.failed or swept.left or swept.set_aside else logger.info
    faults = dict(swept.faults)
    log(
        "swept",
        recovered=swept.recovered,
        settled=swept.settled,
        set_aside=swept.set_aside,
        left=swept.left,
        faults=faults,
    )
    counts = SweepCounts(
        recovered=swept.recovered,
        settled=swept.settled,
        set_aside=swept.set_aside,
        failed=swept.failed,
        left=swept.left,
    )
    return SweepAnswer(action="sweep", counts=counts, oldest=swept.oldest, faults=faults)


def _replayed(replayed: Replayed, request: Replay) -> ReplayAnswer:
    published = 0 if request.dry_run else replayed.published
    metrics.add_metric(RecoveryMetric.REPLAYED, MetricUnit.Count, published)
    metrics.flush_metrics()
    refused = len(replayed.refused)
    log = logger.warning if replayed.stopped or refused else logger.info
    log(
        "replayed",
        dry_run=request.dry_run,
        matched=replayed.matched,
        refused=refused,
        stopped=replayed.stopped,
    )
    counts = ReplayCounts(
        matched=replayed.matched,
        replayed=published,
        gone=replayed.gone,
        not_found=len(replayed.not_found),
        left=len(replayed.left),
        refused=refused,
    )
    answer = ReplayAnswer(
        action="replay",
        dry_run=request.dry_run,
        counts=counts,
        topics=dict(replayed.topics),
        cursor=replayed.position.cursor if replayed.position else None,
        not_found=list(replayed.not_found),
        left=list(replayed.left),
        refused=list(replayed.refused[:MOST_REFUSED]),
        stopped=replayed.stopped,
    )
    return _reread(answer, replayed) if request.reading else answer


def _reread(answer: ReplayAnswer, replayed: Replayed) -> ReplayAnswer:
    """Returns the answer with what became of the events that were read anew."""
    became = {
        "repeated": replayed.readings.get(Reading.REPEATED, 0),
        "unchanged": replayed.readings.get(Reading.UNCHANGED, 0),
        "expired": len(replayed.expired),
        "no_event": replayed.readings.get(Reading.NO_EVENT, 0),
    }
    counts = answer.counts.model_copy(update=became)
    return answer.model_copy(update={"counts": counts, "expired": list(replayed.expired)})


def _surveyed(answer: StatusAnswer) -> StatusAnswer:
    log = logger.warning if answer.unknown else logger.info
    log("status told", pending=answer.pending.count, unknown=answer.unknown)
    return answer


startup.done()
