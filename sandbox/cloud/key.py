"""The access key that opens the sandbox, made anew for each start."""

import secrets
import string
from dataclasses import dataclass, field
from typing import Self

_CHARACTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True)
class Key:
    """An access key of the local cloud's root, which alone is not bound by IAM there."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def made(cls) -> Self:
        """Returns a key that cannot be guessed. Its id is no number, which ministack takes for an account."""
        return cls("AKIA" + "".join(secrets.choice(_CHARACTERS) for _ in range(16)), secrets.token_hex(20))

    @property
    def environ(self) -> dict[str, str]:
        """The variables from which every AWS client takes its key."""
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}

    @property
    def host(self) -> str:
        """The name by which containers call this machine: whoever says it has the key.

        It begins with `s3-` because ministack then reads a name before it as a bucket's.
        """
        return f"s3-{self.id.lower()}"
