"""Secret values, fetched at use and kept for a while."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from relay.aws import UnavailableError, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretUnavailableError(Exception):
    """The secret cannot be had right now, or is not filled: answer or defer as for any outage."""


class SecretOutageError(SecretUnavailableError):
    """Nobody knows what the secret holds now; what it held not long ago will do."""


class SecretEmptyError(SecretOutageError):
    """There is no value: as the template makes the secret, nobody has filled it yet."""


# An outage of Secrets Manager is bridged by the last value up to so many times its usual age.
BRIDGED_AGES = 12
ASKED_AGAIN_SECONDS = 30
_NO_VALUE = "ResourceNotFoundException"


class CallbackToken(BaseModel):
    """The token in the callback address, and the one before it; empty for none."""

    model_config = ConfigDict(frozen=True)

    current: str = Field(min_length=1, repr=False)
    previous: str = Field(default="", repr=False)


class SecretReader[Model: BaseModel]:
    """One JSON secret, read as `model`.

    A value is kept for `max_age` seconds, so a rotation is seen at the latest then, or when an outage of
    Secrets Manager ends; `get(max_age=…)` asks for a fresher one. Builds its client at the first read.
    """

    def __init__(
        self,
        arn: str,
        model: type[Model],
        client: "Callable[[], SecretsManagerClient]",
        *,
        max_age: float = 300,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._arn, self._model, self._make_client = arn, model, client
        self._max_age, self._clock = max_age, clock
        self._client: SecretsManagerClient | None = None
        self._kept: tuple[float, Model] | None = None
        self._bridged_until = 0.0

    def prepare(self) -> None:
        """Build the client already; reads nothing."""
        self._client = self._client or self._make_client()

    def get(self, *, max_age: float | None = None) -> Model:
        """The secret's value; with `max_age` one no older, outage or not. Raises SecretUnavailableError."""
        limit = self._max_age if max_age is None else max_age
        now = self._clock()
        if self._kept and now - self._kept[0] < limit:
            return self._kept[1]
        if self._kept and max_age is None and now < self._bridged_until:
            return self._kept[1]
        try:
            self._kept = (now, self._fetch())
        except SecretOutageError:
            end = self._kept[0] + self._max_age * BRIDGED_AGES if self._kept and max_age is None else now
            if not self._kept or now >= end:
                raise
            self._bridged_until = min(now + ASKED_AGAIN_SECONDS, end)
        return self._kept[1]

    def _fetch(self) -> Model:
        client = self._client = self._client or self._make_client()
        try:
            with aws_errors():
                text = client.get_secret_value(SecretId=self._arn)["SecretString"]
            return self._model.model_validate_json(text)
        except UnavailableError as error:
            kind = SecretEmptyError if error.code == _NO_VALUE else SecretOutageError
            raise kind(f"{self._arn} cannot be read: {error.code}") from error
        except (ValidationError, KeyError):
            # Nothing of the value may reach a log, not even as the error's cause.
            fields = ", ".join(self._model.model_fields)
            raise SecretUnavailableError(
                f"{self._arn} is not filled: it must be JSON with {fields}"
            ) from None
