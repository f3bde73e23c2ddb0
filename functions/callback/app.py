"""The callback's Lambda function: one HTTP request from the Mozi gateway to one answer."""

from relay import startup  # isort: split

from functools import partial
from time import perf_counter, time
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import Field

from callback.authentication import Authenticator
from callback.handshakes import Handshakes
from callback.intake import Intake, Receipt
from callback.request import CallbackRequest
from callback.responses import CallbackResponse
from relay import aws, observability
from relay.payloads import Payloads
from relay.publisher import Publisher
from relay.secrets import CallbackToken, SecretReader
from relay.settings import Settings
from relay.store import EventStore


class CallbackSettings(Settings):
    """What the callback reads from its environment."""

    event_table: str
    event_topic_arn_prefix: str
    payload_bucket: str
    callback_token_secret_arn: str
    event_retention_days: int = Field(ge=1)


def build(settings: CallbackSettings, secret: SecretReader[CallbackToken]) -> Intake:
    """The intake on AWS. Clients that few requests need are made at first use."""
    table = aws.client("dynamodb")
    return Intake(
        Authenticator(secret),
        Handshakes(table, settings.event_table),
        EventStore(table, settings.event_table, retention_days=settings.event_retention_days),
        Payloads(settings.payload_bucket, partial(aws.client, "s3")),
        Publisher(aws.client("sns"), settings.event_topic_arn_prefix),
    )


settings = CallbackSettings.load()
logger = observability.logger("callback", settings.log_level)
metrics = observability.metrics("callback", settings.stack_name)
secret = SecretReader(
    settings.callback_token_secret_arn, CallbackToken, partial(aws.client, "secretsmanager")
)
intake = build(settings, secret)


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answers a request by REST API, HTTP API or load balancer."""
    started = perf_counter()
    # At once, so that a request which ends in an exception is counted too.
    metrics.add_metric("Received", MetricUnit.Count, 1)
    request = CallbackRequest.of(event)
    receipt = intake.receive(request)
    _tell(request, receipt)
    _count(receipt, (perf_counter() - started) * 1000)
    return receipt.response.render(event)


def _tell(request: CallbackRequest, receipt: Receipt) -> None:
    """One line: `correlation_id` is the request that brought the event first, this one or an earlier one."""
    response = receipt.response
    facts: dict[str, Any] = {"answer": response.logged, "status": response.status}
    facts |= {"fault": receipt.fault, "counted": receipt.counts or None}
    facts |= {"request_id": request.id, "correlation_id": request.id}
    if event := receipt.event:
        facts |= {"event_id": event.id, "event_tag": event.event_tag, "topic": event.slug}
        facts["correlation_id"] = event.correlation_id
    level = {CallbackResponse.UNAVAILABLE: logger.error, CallbackResponse.FORBIDDEN: logger.warning}
    known = {name: fact for name, fact in facts.items() if fact is not None}
    level.get(response, logger.info)("request answered", extra=known)


def _count(receipt: Receipt, milliseconds: float) -> None:
    for name in (receipt.response.metric, *receipt.counts):
        metrics.add_metric(name, MetricUnit.Count, 1)
    metrics.add_metric("Latency", MetricUnit.Milliseconds, round(milliseconds, 1))
    if receipt.response is CallbackResponse.PUBLISHED and receipt.event:
        waited = round(receipt.event.age(time()) * 1000, 1)
        metrics.add_metric("EndToEndLatency", MetricUnit.Milliseconds, waited)


startup.done(secret.prepare)
