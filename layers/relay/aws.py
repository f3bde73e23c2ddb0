"""AWS clients with short explicit timeouts, and the one error that a failed call of theirs becomes.

botocore is loaded at first use: it would take half of the start of a function that needs no client then.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session


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


@cache
def session() -> "Session":
    """Returns the session that all clients of this process come from."""
    from botocore.session import get_session

    return get_session()


@cache
def _config() -> Any:
    from botocore.config import Config

    # The gateway and API Gateway wait for us, so a call that hangs must end well before the function does:
    # two attempts of at most 1 + 3 seconds each.
    return Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=16,
        # One text for all calls: botocore makes its own twice a call, 0.1 of a warm callback.
        user_agent="mozi-relay",
    )


def client(service: str) -> Any:
    """Returns a client of `service`; region, credentials and endpoint come from the environment."""
    return session().create_client(service, config=_config())
