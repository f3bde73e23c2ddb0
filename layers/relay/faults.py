"""What goes wrong when AWS is asked for something."""

from collections.abc import Iterator
from contextlib import contextmanager


class Unavailable(Exception):
    """AWS would not, or nobody knows whether it did: answer 503, or leave it to the next sweep.

    Carries what a log may say: AWS's code and the name of the operation.
    """

    def __init__(self, code: str, operation: str = "unknown") -> None:
        super().__init__(f"{operation}: {code}")
        self.code, self.operation = code, operation


@contextmanager
def aws_faults() -> Iterator[None]:
    """Turns every way in which botocore fails into Unavailable."""
    # Here, and not at the start, which takes 0.15 of it less where botocore is loaded at first use.
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise Unavailable(error.response["Error"]["Code"], error.operation_name) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise Unavailable(type(error).__name__) from error
