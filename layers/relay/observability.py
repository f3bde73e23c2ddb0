"""The functions' logger and metrics, named alike everywhere."""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, Metrics

NAMESPACE = "MoziRelay"


def logger(service: str, level: str) -> Logger:
    """Returns a JSON logger: constant lower-case messages, facts as keys; no body, recipient or token."""
    # A message is in one place of the code, so no line needs to say where: 0.05 of what a callback logs.
    return Logger(service=service, level=level, location=None)


def metrics(service: str, stack: str) -> Metrics:
    """Returns metrics in the embedded metric format, each with one set of dimensions: service and stack.

    Both outlast a flush. docs/watch.md lists the metrics, and a test compares the list with what is written.
    """
    kept = EphemeralMetrics(namespace=NAMESPACE, service=service, default_dimensions={"stack": stack})
    return Metrics(provider=kept)
