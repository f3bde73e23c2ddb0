"""The callback secret as an operator changes it: each version once, whoever else does the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from botocore.exceptions import ClientError
from pydantic import JsonValue, ValidationError

from operate.errors import NothingDoneError, operator_errors
from operate.stack import Stack
from relay.callback_token import CallbackToken

_CURRENT, _NEXT = "AWSCURRENT", "mozi-relay-next"
# From a version's id that of the one after it: whoever changes the same version makes the same one.
_NAMES = UUID("c0a5a0d4-2b7e-5d0b-9d2c-6d6f7a690001")


@dataclass(frozen=True)
class SecretVersion:
    """What the secret holds now. What is in it is in no text that is made of it."""

    id: str
    created_at: datetime
    value: Mapping[str, JsonValue] = field(repr=False)

    @property
    def is_rotating(self) -> bool:
        """Whether it holds the token before the current one."""
        return bool(self.value.get("previous"))


class CallbackSecret:
    """Reads and replaces the secret's value. What is in it beside the tokens stays as it is."""

    def __init__(self, stack: Stack) -> None:
        self._arn, self._client = stack.output("CallbackTokenSecretArn"), stack.client("secretsmanager")

    def read(self) -> SecretVersion:
        """Returns the current version. Raises OperatorError, also about a token that could never work."""
        with operator_errors():
            found = self._client.get_secret_value(SecretId=self._arn, VersionStage=_CURRENT)
        try:
            value = json.loads(found.get("SecretString", ""))
            CallbackToken.model_validate(value)
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False, include_context=False)
            said = "; ".join(" ".join([*map(str, one["loc"]), _reason(one["msg"])]) for one in faults)
            raise NothingDoneError(f"The callback secret cannot be used: {said}.") from None
        except ValueError:
            raise NothingDoneError("The callback secret is not JSON with current and previous.") from None
        return SecretVersion(found["VersionId"], found["CreatedDate"], value)

    def replace(self, version: SecretVersion, **tokens: JsonValue) -> tuple[SecretVersion, bool]:
        """Put other tokens in place of that version's; goes on where such a call was cut short.

        Returns what is current then, and whether it was made by this call. Raises OperatorError.
        """
        following = str(uuid5(_NAMES, version.id))
        text, made = json.dumps({**version.value, **tokens}), True
        with operator_errors():
            try:
                self._client.put_secret_value(
                    SecretId=self._arn,
                    ClientRequestToken=following,
                    SecretString=text,
                    VersionStages=[_NEXT],
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceExistsException":
                    raise
                made = False
            try:
                # Only while that version is current: of two who replace it one does.
                self._client.update_secret_version_stage(
                    SecretId=self._arn,
                    VersionStage=_CURRENT,
                    MoveToVersionId=following,
                    RemoveFromVersionId=version.id,
                )
            except ClientError:
                found = self.read()
                if found.id == version.id:
                    raise
                return found, made and found.id == following
        return self.read(), made


def _reason(said: str) -> str:
    return said.removeprefix("Value error, ")
