"""The callback's Lambda function: one HTTP request from the Mozi gateway to one response."""

from relay import startup  # isort: split

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field

import relay.settings
from callback import report
from callback.admission import TokenCheck
from callback.handshakes import Handshakes
from callback.intake import Intake, Receipt
from callback.request import CallbackRequest, HttpEvent
from callback.responses import CallbackResponse, HttpResponse
from relay import aws, observability
from relay.api.metrics import CallbackMetric
from relay.callback_token import CallbackToken
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.secrets import SecretReader
from relay.settings import Clock, Names
from relay.store import EventStore

if TYPE_CHECKING:
    from relay.api.base import Context


# Kept back for the answer to Lambda itself.
ANSWER_SECONDS = 1.0


class Settings(relay.settings.Settings):
    """What the callback reads from its environment."""

    event_table: str
    event_topic_arn_prefix: str
    payload_bucket: str
    callback_token_secret_arn: str
    event_retention_days: int = Field(ge=1)
    identity_ignores_fields: Names = frozenset()


def build(
    settings: Settings, *, clock: Clock = time.time, client: Callable[[str], Any] = aws.client
) -> Intake:
    """Returns the intake on AWS. Clients that few requests need are made at first use."""
    table = client("dynamodb")
    arn, secrets = settings.callback_token_secret_arn, partial(client, "secretsmanager")
    return Intake(
        TokenCheck(SecretReader(arn, CallbackToken, secrets, clock=clock), clock),
        Handshakes(table, settings.event_table, clock=clock),
        EventStore(table, settings.event_table, retention_days=settings.event_retention_days, clock=clock),
        Payloads(settings.payload_bucket, partial(client, "s3")),
        Publisher(client("sns"), settings.event_topic_arn_prefix),
        clock,
        settings.identity_ignores_fields,
    )


settings = Settings.load()
logger = observability.logger("callback", settings.log_level)
metrics = observability.metrics("callback", settings.stack_name)
limit = aws.TimeLimit()
intake = build(settings, client=partial(aws.client, limit=limit))


@metrics.log_metrics
def handler(event: HttpEvent, context: "Context") -> HttpResponse:
    """Answers a request by REST API, HTTP API or load balancer, in time whatever AWS does."""
    limit.begin(context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS)
    started = time.perf_counter()
    # At once, so that a request which ends in an exception is counted too.
    metrics.add_metric(CallbackMetric.RECEIVED, MetricUnit.Count, 1)
    request = CallbackRequest.of(event)
    try:
        receipt = intake.receive(request)
    except Exception as fault:  # noqa: BLE001
        # A fault of ours: the gateway is to be told to come back all the same.
        receipt = Receipt(CallbackResponse.UNAVAILABLE, fault=report.place(fault))
    report.log(request, receipt, logger)
    report.count(receipt, time.perf_counter() - started, intake.clock(), metrics)
    return receipt.response.render(event)


startup.done(intake.token.prepare)
