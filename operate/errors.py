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
from botocore import exceptions as aws

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


class ExitStatus(IntEnum):
    """What a command ends with."""

    DONE = 0
    UNFINISHED = 1
    """Something is left, or AWS failed; calling again is safe."""
    NOTHING_DONE = 2
    UNWRITTEN = 74
    """What there was to say could not be written: EX_IOERR of sysexits.h."""
    INTERRUPTED = 130
    UNREAD = 141
    """Who read the output has gone: as a shell says it of a program that SIGPIPE ends."""


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
    except aws.ClientError as error:
        code, message = (plain(error.response["Error"][part]) for part in ("Code", "Message"))
        kind = NothingDoneError if code in NOT_ALLOWED else UnfinishedError
        raise kind(f"{error.operation_name}: {code}: {message}") from error
    except aws.NoRegionError as error:
        raise NothingDoneError("No region: give --region, or set AWS_DEFAULT_REGION.") from error
    except (
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.CredentialRetrievalError,
        aws.SSOError,
        aws.TokenRetrievalError,
    ) as error:
        said = f"No credentials that work ({plain(str(error))}): give --profile, or sign in."
        raise NothingDoneError(said) from error
    except (aws.ConnectionError, aws.HTTPClientError) as error:
        raise UnfinishedError(f"AWS cannot be reached: {plain(str(error))}") from error
    except aws.BotoCoreError as error:
        raise NothingDoneError(plain(str(error))) from error
