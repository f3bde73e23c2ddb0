"""Why a command ends early, and the exit statuses.

OperatorError          a command cannot go on
├── NothingDoneError   what was asked for is wrong, or not allowed: status 2
└── UnfinishedError    AWS or a function failed on the way: status 1
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import IO, Any

import click
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from operate.output import plain, safe

NOT_ALLOWED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
"""AWS's codes for credentials that are wrong, or allow too little."""
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    SSOError,
    TokenRetrievalError,
)


class ExitStatus(IntEnum):
    """What a command ends with."""

    DONE = 0
    UNFINISHED = 1
    """Something is left, or AWS failed; calling again is safe."""
    NOTHING_DONE = 2
    INTERRUPTED = 130


class OperatorError(click.ClickException):
    """A command cannot go on. Show the message and end with `exit_code`."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message on the error output; what others wrote in it commands no terminal."""
        lines = "\n".join(map(safe, self.message.split("\n")))
        click.echo(f"Error: {lines}", file=file, err=file is None)


class NothingDoneError(OperatorError):
    """What was asked for, or with which credentials, is wrong: fix it and call again."""

    exit_code = ExitStatus.NOTHING_DONE


class UnfinishedError(OperatorError):
    """AWS or a function failed, maybe after it did a part of the work. Call again."""

    exit_code = ExitStatus.UNFINISHED


@contextmanager
def operator_errors() -> Iterator[None]:
    """Turn every error of botocore into NothingDoneError or UnfinishedError."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = NothingDoneError if code in NOT_ALLOWED else UnfinishedError
        message = plain(error.response["Error"]["Message"])
        raise kind(f"{error.operation_name}: {code}: {message}") from error
    except NoRegionError as error:
        raise NothingDoneError("No region: give --region, or set AWS_DEFAULT_REGION.") from error
    except _NO_CREDENTIALS as error:
        raise NothingDoneError(
            f"No credentials that work ({plain(str(error))}): give --profile, or sign in."
        ) from error
    except (ConnectionError, HTTPClientError) as error:
        raise UnfinishedError(f"AWS cannot be reached: {plain(str(error))}") from error
    except BotoCoreError as error:
        raise NothingDoneError(plain(str(error))) from error
