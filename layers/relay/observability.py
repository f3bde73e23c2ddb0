"""The functions' logger and metrics, named alike everywhere."""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics

NAMESPACE = "MoziRelay"


def logger(service: str, level: str) -> Logger:
    """A JSON logger: constant lower-case messages, facts as keys; never a body, a recipient or a token."""
    return Logger(service=service, level=level)


def metrics(service: str) -> Metrics:
    """Counts in the embedded metric format, one dimension: service."""
    return Metrics(namespace=NAMESPACE, service=service)
