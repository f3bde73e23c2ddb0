"""The secret that the callback compares with and the gateway function registers: the token in the address."""

from hmac import compare_digest
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field


class CallbackToken(BaseModel):
    """The token in the callback address, and the one before it; empty for none."""

    model_config = ConfigDict(frozen=True)

    current: str = Field(min_length=1, repr=False)
    previous: str = Field(default="", repr=False)

    def matches(self, given: str) -> bool:
        """Returns whether what stood in a path is one of both, in the time that a wrong one takes."""
        # Some event sources decode a path and some do not.
        forms = [form.encode(errors="surrogatepass") for form in (given, unquote(given))]
        accepted = [one.encode(errors="surrogatepass") for one in (self.current, self.previous) if one]
        return sum([compare_digest(form, one) for form in forms for one in accepted]) > 0
