"""The secret that the callback compares with and the gateway function registers: the token in the address."""

import re
from hmac import compare_digest
from typing import Annotated
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Too few could be guessed, and an address must not grow without a bound.
SHORTEST_TOKEN, LONGEST_TOKEN = 16, 128
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")


def _usable(token: str) -> str:
    """Returns a token that can work in an address. Raises ValueError, which does not repeat it."""
    if _UNFIT.search(token):
        raise ValueError("has a character other than letters, digits, - and _")
    if not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN:
        raise ValueError(f"has {len(token)} characters, and a token has {SHORTEST_TOKEN} to {LONGEST_TOKEN}")
    return token


def _usable_if_any(token: str) -> str:
    return _usable(token) if token else token


class CallbackToken(BaseModel):
    """The token in the callback address, and the one before it; empty for none.

    What else the secret holds is of no matter here.
    """

    model_config = ConfigDict(frozen=True)

    current: Annotated[str, AfterValidator(_usable)] = Field(repr=False)
    previous: Annotated[str, AfterValidator(_usable_if_any)] = Field(default="", repr=False)

    def matches(self, given: str) -> bool:
        """Returns whether what stood in a path is one of both, in the time that a wrong one takes."""
        # Some event sources decode a path and some do not.
        forms = [form.encode(errors="surrogatepass") for form in (given, unquote(given))]
        accepted = [one.encode() for one in (self.current, self.previous) if one]
        return sum([compare_digest(form, one) for form in forms for one in accepted]) > 0
