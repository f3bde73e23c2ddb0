"""AWS clients with short explicit timeouts, and the one error that a failed call of theirs becomes.

botocore is loaded at first use: it would take half of the start of a function that needs no client then.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

from relay.settings import Clock

if TYPE_CHECKING:
    from botocore.session import Session


NO_TIME = "NoTime"
"""Stands in for AWS's code where a call was not made, because time was over."""


class UnavailableError(Exception):
    """AWS refused the call or may not have carried it out: answer 503, or leave it to the next sweep.

    Carries what a log may say: AWS's code and the name of the operation.
    """

    def __init__(self, code: str, operation: str = "unknown") -> None:
        super().__init__(f"{operation}: {code}")
        self.code, self.operation = code, operation


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn every way in which botocore fails into UnavailableError."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise UnavailableError(error.response["Error"]["Code"], error.operation_name) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise UnavailableError(type(error).__name__) from error


# The gateway and API Gateway wait for us, so a call that hangs must end well before the function does.
_CONNECT_SECONDS, _READ_SECONDS = 1, 3
ATTEMPT_SECONDS = _CONNECT_SECONDS + _READ_SECONDS
"""The longest that one attempt of a call takes."""


class TimeLimit:
    """The time that an invocation has for all its calls; without an end until it begins."""

    def __init__(self, timer: Clock = time.monotonic) -> None:
        self._timer, self._end = timer, inf

    def begin(self, seconds: float) -> None:
        """From now on so many seconds are left."""
        self._end = self._timer() + seconds

    def require_time(self, event_name: str, **_: object) -> None:
        """Raises UnavailableError in place of an attempt that might not be over in time.

        To be called by botocore, which names the operation at the end of `event_name`.
        """
        if self._end - self._timer() < ATTEMPT_SECONDS:
            raise UnavailableError(NO_TIME, event_name.rpartition(".")[2])


@cache
def session() -> "Session":
    """Returns the session that all clients of this process come from."""
    from botocore.session import get_session

    return get_session()


@cache
def _config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=16,
        # One text for all calls: botocore makes its own twice a call, 0.1 of a warm callback.
        user_agent="mozi-relay",
    )


def client(service: str, limit: TimeLimit | None = None) -> Any:
    """Returns a client of `service`; region, credentials and endpoint come from the environment.

    With a limit it begins no attempt that might not be over in time.
    """
    made = session().create_client(service, config=_config())
    if limit:
        made.meta.events.register("before-send", limit.require_time)
    return made
