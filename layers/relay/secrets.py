"""Secret values, fetched at use and kept for a while."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from relay.faults import Unavailable, aws_faults

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretUnavailable(Exception):
    """The secret cannot be had right now, or is not filled: answer or defer as for any outage."""


class SecretReader[Model: BaseModel]:
    """One JSON secret, read as `model`.

    A value is kept for `max_age` seconds, so a rotation is seen at the latest then; `get(max_age=…)`
    asks for a fresher one. Builds its client at the first read.
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

    def get(self, *, max_age: float | None = None) -> Model:
        """The secret's value, at most `max_age` seconds old. Raises SecretUnavailable."""
        limit = self._max_age if max_age is None else max_age
        now = self._clock()
        if self._kept and now - self._kept[0] < limit:
            return self._kept[1]
        self._kept = (now, self._fetch())
        return self._kept[1]

    def _fetch(self) -> Model:
        self._client = self._client or self._make_client()
        try:
            with aws_faults():
                text = self._client.get_secret_value(SecretId=self._arn)["SecretString"]
            return self._model.model_validate_json(text)
        except Unavailable as error:
            raise SecretUnavailable(f"{self._arn} cannot be read: {error.code}") from error
        except (ValidationError, KeyError):
            # Nothing of the value may reach a log, not even as the error's cause.
            fields = ", ".join(self._model.model_fields)
            raise SecretUnavailable(f"{self._arn} is not filled: it must be JSON with {fields}") from None
