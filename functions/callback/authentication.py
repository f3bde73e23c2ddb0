"""Who may call: the token in the address is the callback's only control."""

from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import unquote

from relay.secrets import CallbackToken, SecretReader

# A wrong token is compared once more with a secret no older than this, so that a rotation refuses nobody and
# guessing costs one read of the secret in so many seconds.
FRESH_SECONDS = 3


@dataclass(frozen=True)
class Authenticator:
    """Admits the current token and the previous one."""

    secret: SecretReader[CallbackToken]

    def admits(self, given: str) -> bool:
        """Returns whether a token is right, in the time that a wrong one takes.

        Raises SecretUnavailableError.
        """
        return _match(given, self.secret.get()) or _match(given, self.secret.get(max_age=FRESH_SECONDS))


def _match(given: str, token: CallbackToken) -> bool:
    # Some event sources decode a path and some do not.
    forms = [form.encode(errors="surrogatepass") for form in (given, unquote(given))]
    accepted = [one.encode(errors="surrogatepass") for one in (token.current, token.previous) if one]
    return sum(compare_digest(form, one) for form in forms for one in accepted) > 0
