"""Secret values, fetched at use and kept for a while.

SecretUnavailableError             no value, or none that is filled
└── SecretOutageError              Secrets Manager does not say
    └── SecretEmptyError           there is no value yet
"""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from relay.aws import UnavailableError, aws_errors
from relay.settings import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretUnavailableError(Exception):
    """The secret cannot be had right now, or is not filled: answer or defer as for any outage.

    `code` says which, with the keys at fault; nothing of the value.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SecretOutageError(SecretUnavailableError):
    """The secret cannot be read now; what it held not long ago will do."""


class SecretEmptyError(SecretOutageError):
    """There is no value: the template makes the secret empty, and it is not filled yet."""


# The codes of these errors.
SECRET_OUTAGE, SECRET_EMPTY = "SecretOutage", "SecretEmpty"
SECRET_NOT_JSON, SECRET_KEY_MISSING, SECRET_UNFIT = "SecretNotJson", "SecretKeyMissing", "SecretUnfit"

MAX_AGE_SECONDS = 300
# An outage of Secrets Manager is bridged by the last value up to so many times its usual age.
BRIDGED_AGES = 12
ASKED_AGAIN_SECONDS = 30
_MISSING = {"missing", "string_too_short"}
_NO_VALUE = "ResourceNotFoundException"
_REASON = re.compile("^Value error, ")


class SecretReader[Model: BaseModel]:
    """One JSON secret, read as `model`.

    A value is kept for `max_age` seconds, so a rotation is seen at the latest then, or when an outage of
    Secrets Manager ends; `get(max_age=…)` asks for a fresher one. Builds its client at the first read.

    Ages are measured by the time of day, like all else in a function: a monotonic clock may stand still while
    Lambda freezes the container, and a token would be kept for longer than it says. Where the clock is set
    back, a value from what is now the future counts as too old.
    """

    def __init__(
        self,
        arn: str,
        model: type[Model],
        client: "Callable[[], SecretsManagerClient]",
        *,
        max_age: float = MAX_AGE_SECONDS,
        clock: Clock = time.time,
        parse: Callable[[str], Model] | None = None,
    ) -> None:
        self.arn, self._model, self._make_client = arn, model, client
        self._parse = parse or model.model_validate_json
        self._max_age, self._clock = max_age, clock
        self._client: SecretsManagerClient | None = None
        self._kept: tuple[float, Model] | None = None
        self._failed_at: float | None = None
        self.reads = 0
        """How often Secrets Manager gave the value; a failed read is none, whatever it was bridged with."""

    def prepare(self) -> None:
        """Builds the client already; reads nothing."""
        self._client = self._client or self._make_client()

    def get(self, *, max_age: float | None = None) -> Model:
        """Returns the secret's value; with `max_age` one no older, outage or not.

        Raises SecretUnavailableError.
        """
        now = self._clock()
        if self._kept and _within(self._max_age if max_age is None else max_age, self._kept[0], now):
            return self._kept[1]
        # Only what may be as old as usual is bridged, and during an outage not every request asks.
        bridge = None if max_age is not None else self._bridge(now)
        if bridge and self._failed_at is not None and _within(ASKED_AGAIN_SECONDS, self._failed_at, now):
            return bridge
        try:
            value = self._fetch()
        except SecretOutageError:
            if bridge is None:
                raise
            self._failed_at = now
            return bridge
        self._kept, self._failed_at = (now, value), None
        self.reads += 1
        return value

    def _bridge(self, now: float) -> Model | None:
        """Returns the last value if an outage of Secrets Manager may be bridged with it."""
        if self._kept and _within(self._max_age * BRIDGED_AGES, self._kept[0], now):
            return self._kept[1]
        return None

    def _fetch(self) -> Model:
        client = self._client = self._client or self._make_client()
        try:
            with aws_errors():
                text = client.get_secret_value(SecretId=self.arn).get("SecretString", "")
            return self._parse(text)
        except UnavailableError as error:
            kind = SecretEmptyError if error.code == _NO_VALUE else SecretOutageError
            code = SECRET_EMPTY if error.code == _NO_VALUE else f"{SECRET_OUTAGE} {error.code}"
            raise kind(code, f"{self.arn} cannot be read: {error.code}") from error
        except ValidationError as error:
            # Nothing of the value may reach a log, not even as the error's cause.
            keys = ", ".join(field.alias or name for name, field in self._model.model_fields.items())
            code, reason = _faults(error)
            raise SecretUnavailableError(
                code, f"{self.arn} is not filled: it must be JSON with {keys}{reason}"
            ) from None


def _faults(error: ValidationError) -> tuple[str, str]:
    """Returns a code for what is wrong with which keys, and what is wrong with each."""
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    located = [(".".join(map(str, one["loc"])), one) for one in faults if one["loc"]]
    named = [(key, one["type"], _REASON.sub("", one["msg"])) for key, one in located]
    if not named:
        return SECRET_NOT_JSON, ""
    missing = [key for key, kind, _ in named if kind in _MISSING]
    code = f"{SECRET_KEY_MISSING} {', '.join(missing)}" if missing else f"{SECRET_UNFIT} {named[0][0]}"
    return code, "; " + "; ".join(f"{key} {said}" for key, _, said in named)


def _fit(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("holds characters that no header takes")
    return value


type Filled = Annotated[str, Field(min_length=1), AfterValidator(_fit)]
"""A key or a secret that a vendor issued: printable ASCII without blanks; what was pasted may hold more."""


def _within(seconds: float, since: float, now: float) -> bool:
    return 0 <= now - since < seconds
