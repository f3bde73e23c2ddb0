"""The gateway function: registers callbacks by hand, works off the failed list on a schedule too."""

from relay import startup  # isort: split

from functools import partial
from random import SystemRandom
from typing import Any, Protocol

from gateway.actions import Desk, act, nothing_to_retry
from gateway.addresses import Addresses
from gateway.answers import GatewayError, GatewayNotAllowedError, GatewayRefusedError, GatewayUnavailableError
from gateway.client import CALL_SECONDS, GatewayClient, connections
from gateway.signing import Credentials
from relay import aws, observability
from relay.api import errors
from relay.api.base import InvalidRequestError
from relay.api.errors import reported
from relay.api.gateway import RetryFailed, read_request
from relay.callback_token import CallbackToken
from relay.secrets import SecretEmptyError, SecretOutageError, SecretReader, SecretUnavailableError
from relay.settings import Settings as BaseSettings


class Settings(BaseSettings):
    gateway_base_url: str
    gateway_credentials_secret_arn: str
    callback_token_secret_arn: str


class Context(Protocol):
    """What the function uses of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int: ...


ERRORS = {
    InvalidRequestError: errors.INVALID_REQUEST,
    SecretEmptyError: errors.SECRET_EMPTY,
    SecretOutageError: errors.SECRET_OUTAGE,
    SecretUnavailableError: errors.SECRET_UNAVAILABLE,
    GatewayRefusedError: errors.GATEWAY_REFUSED,
    GatewayNotAllowedError: errors.GATEWAY_NOT_ALLOWED,
    GatewayUnavailableError: errors.GATEWAY_UNAVAILABLE,
}

settings = Settings.load()
logger = observability.logger("gateway", settings.log_level)
metrics = observability.metrics("gateway", settings.stack_name)
_secrets = partial(aws.client, "secretsmanager")
# Read anew by each invocation: an update right after a rotation must register the new token.
_credentials = SecretReader(settings.gateway_credentials_secret_arn, Credentials, _secrets, max_age=0)
_token = SecretReader(settings.callback_token_secret_arn, CallbackToken, _secrets, max_age=0)
_connections = connections()


def handler(event: Any, context: Context) -> dict[str, Any]:
    """Returns the answer to one request. Raises one of ERRORS."""
    with reported(ERRORS):
        return _answered(event, context)


def _answered(event: Any, context: Context) -> dict[str, Any]:
    request = read_request(event)
    try:
        credentials = _credentials.get()
    except SecretEmptyError:
        if isinstance(request, RetryFailed) and request.unattended:
            logger.info("no gateway credentials yet")
            return nothing_to_retry()
        raise
    desk = Desk(
        client=GatewayClient(settings.gateway_base_url, credentials, _connections),
        addresses=Addresses(_token.get(), (credentials.api_key, credentials.secret_key)),
        time_for_a_call=lambda: context.get_remaining_time_in_millis() >= CALL_SECONDS * 1000,
        random=SystemRandom(),
    )
    try:
        answer = act(request, desk)
    except GatewayError as error:
        # Lambda writes it to the log.
        raise type(error)(desk.addresses.masked(error.message), desk.addresses.masked(error.code)) from None
    _report(answer)
    return answer


def _report(answer: dict[str, Any]) -> None:
    """Counts to the log; those of the failed list also as metrics, for its alarm."""
    counts = answer["counts"]
    unwell = answer.get("stopped") or counts.get("failed") or counts.get("refused")
    log = logger.warning if unwell else logger.info
    log("gateway action ended", action=answer["action"], stopped=answer.get("stopped", ""), **counts)
    names = {"failed": "FailedCallbacks", "unreadable": "UnreadableCallbacks", "retried": "RetriedCallbacks"}
    if answer["action"] in ("failed", "retry-failed"):
        for count in names.keys() & counts.keys():
            metrics.add_metric(names[count], "Count", counts[count])
        if answer["action"] == "retry-failed":
            remaining = counts["refused"] + counts["unreadable"] + counts["left"]
            metrics.add_metric("RemainingCallbacks", "Count", remaining)
        metrics.flush_metrics()


startup.done()
