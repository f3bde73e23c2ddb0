"""Why a command ends early, and the exit status that tells."""

from collections.abc import Iterator
from contextlib import contextmanager

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

_NOT_ADMITTED = {
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
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    SSOError,
    TokenRetrievalError,
)


class Fault(click.ClickException):
    """A command cannot go on. Show the message and end with `exit_code`."""


class Wrong(Fault):
    """What was asked for, or with which credentials, is wrong: mend it and call again."""

    exit_code = 2


class Failed(Fault):
    """AWS or a function failed: nobody knows how far the last call went. Call again."""

    exit_code = 1


@contextmanager
def aws_faults() -> Iterator[None]:
    """Turns every way in which botocore fails into Wrong or Failed."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        kind = Wrong if code in _NOT_ADMITTED else Failed
        raise kind(f"{error.operation_name}: {code}: {error.response['Error']['Message']}") from error
    except NoRegionError as error:
        raise Wrong("No region: give --region, or set AWS_DEFAULT_REGION.") from error
    except _NO_CREDENTIALS as error:
        raise Wrong(f"No credentials that work ({error}): give --profile, or sign in.") from error
    except (ConnectionError, HTTPClientError) as error:
        raise Failed(f"AWS cannot be reached: {error}") from error
    except BotoCoreError as error:
        raise Wrong(str(error)) from error
