"""The gateway function: registers callbacks by hand, works off the failed list on a schedule too."""

from relay import startup  # isort: split

import time
from collections.abc import Callable
from functools import partial
from random import SystemRandom
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import JsonValue

import relay.settings
from gateway.actions import GatewayActions, nothing_to_retry
from gateway.client import (
    GatewayNotAllowedError,
    GatewayRefusedError,
    GatewayUnavailableError,
    transport_to,
)
from gateway.signing import Credentials
from relay import aws, observability
from relay.api import error_types
from relay.api.base import Context, InvalidRequestError
from relay.api.error_types import reported
from relay.api.gateway import FailedAnswer, GatewayAnswer, RemoveAnswer, RetryAnswer, read_request
from relay.api.metrics import GatewayMetric
from relay.callback_token import CallbackToken
from relay.secrets import SecretEmptyError, SecretOutageError, SecretReader, SecretUnavailableError
from relay.settings import Clock
from relay.transport import direct


class Settings(relay.settings.Settings):
    """What the function reads from its environment."""

    gateway_base_url: str
    gateway_credentials_secret_arn: str
    callback_token_secret_arn: str
    outbound_proxy_secret_arn: str = ""


ERRORS = {
    InvalidRequestError: error_types.INVALID_REQUEST,
    SecretEmptyError: error_types.SECRET_EMPTY,
    SecretOutageError: error_types.SECRET_OUTAGE,
    SecretUnavailableError: error_types.SECRET_UNAVAILABLE,
    GatewayRefusedError: error_types.GATEWAY_REFUSED,
    GatewayNotAllowedError: error_types.GATEWAY_NOT_ALLOWED,
    GatewayUnavailableError: error_types.GATEWAY_UNAVAILABLE,
}


def build(
    settings: Settings,
    *,
    clock: Clock = time.time,
    timer: Clock = time.monotonic,
    client: Callable[[str], Any] = aws.client,
) -> GatewayActions:
    """Returns what the function does. The client of its secrets is made at first use."""
    secrets = partial(client, "secretsmanager")
    arn, token_arn = settings.gateway_credentials_secret_arn, settings.callback_token_secret_arn
    routes = direct
    if settings.outbound_proxy_secret_arn:
        from relay.routes import RouteReader  # A start that needs it not does without.

        routes = RouteReader(secrets, proxy_arn=settings.outbound_proxy_secret_arn, clock=clock)
    return GatewayActions(
        transport_to(settings.gateway_base_url, routes),
        SecretReader(arn, Credentials, secrets, max_age=0, clock=clock),
        SecretReader(token_arn, CallbackToken, secrets, max_age=0, clock=clock),
        clock,
        timer,
        SystemRandom(),
    )


settings = Settings.load()
logger = observability.logger("gateway", settings.log_level)
metrics = observability.metrics("gateway", settings.stack_name)
actions = build(settings)


def handler(event: object, context: Context) -> dict[str, JsonValue]:
    """Returns the answer to one request. Raises one of ERRORS."""
    with reported(ERRORS):
        answer = actions.perform(read_request(event), lambda: context.get_remaining_time_in_millis() / 1000)
    if answer is None:
        logger.info("no gateway credentials yet")
        return nothing_to_retry().payload()
    _log(answer)
    _count(answer)
    return answer.payload()


def _log(answer: GatewayAnswer) -> None:
    counts = answer.counts.model_dump(exclude_unset=True)
    stopped = answer.stopped if isinstance(answer, RetryAnswer | RemoveAnswer) else ""
    unwell = stopped or counts.get("failed") or counts.get("refused")
    log = logger.warning if unwell else logger.info
    log("gateway action ended", action=answer.action, stopped=stopped, **counts)


def _count(answer: GatewayAnswer) -> None:
    """Count the failed list, for its alarm."""
    if not isinstance(answer, FailedAnswer | RetryAnswer):
        return
    counts = answer.counts
    metrics.add_metric(GatewayMetric.FAILED_CALLBACKS, MetricUnit.Count, counts.failed)
    metrics.add_metric(GatewayMetric.UNREADABLE_CALLBACKS, MetricUnit.Count, counts.unreadable)
    if isinstance(answer, RetryAnswer):
        remaining = answer.counts.refused + answer.counts.unreadable + answer.counts.left
        metrics.add_metric(GatewayMetric.RETRIED_CALLBACKS, MetricUnit.Count, answer.counts.retried)
        metrics.add_metric(GatewayMetric.REMAINING_CALLBACKS, MetricUnit.Count, remaining)
    metrics.flush_metrics()


startup.done()
