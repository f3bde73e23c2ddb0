"""The `errorType` of a function's error, by which a caller knows one from another."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

INVALID_REQUEST = "InvalidRequest"
"""The fields that the message names are wrong: fix them and invoke again."""
UNAVAILABLE = "Unavailable"
SECRET_UNAVAILABLE, SECRET_OUTAGE, SECRET_EMPTY = "SecretUnavailable", "SecretOutage", "SecretEmpty"
GATEWAY_REFUSED = "GatewayRefused"
GATEWAY_NOT_ALLOWED = "GatewayNotAllowed"
GATEWAY_UNAVAILABLE = "GatewayUnavailable"

type ErrorTypes = Mapping[type[Exception], str]


class InvocationError(Exception):
    """What a failed invocation ends with. Lambda answers the class's name as `errorType`."""


@contextmanager
def reported(error_types: ErrorTypes) -> Iterator[None]:
    """Raise an error of these classes, or of a subclass of one, under its errorType.

    A class stands before its superclass. The cause is left out: it may repeat what was given.
    """
    try:
        yield
    except tuple(error_types) as error:
        name = next(name for kind, name in error_types.items() if isinstance(error, kind))
        raise type(name, (InvocationError,), {})(str(error)).with_traceback(error.__traceback__) from None
