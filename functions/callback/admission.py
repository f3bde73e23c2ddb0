"""Who is admitted: the token in a request's path against the secret, also just after a rotation."""

from collections import deque
from enum import Enum

from relay.callback_token import CallbackToken
from relay.secrets import SecretReader
from relay.settings import Clock

# Of the secret for unknown tokens, by one container: a rotation is seen at once, and guessing costs little.
READS_PER_SECOND = 2


class Admission(Enum):
    """What a token is worth."""

    ADMITTED = "the current or the previous one"
    REFUSED = "neither of them, by what the secret holds now"
    NOT_CHECKED = "neither of those that are kept, and the secret may not be read once more"


class TokenCheck:
    """Compares tokens with a secret that is kept, and refuses none before the secret was read for it."""

    def __init__(self, secret: SecretReader[CallbackToken], clock: Clock) -> None:
        self._secret, self._clock = secret, clock
        self._latest = deque[float](maxlen=READS_PER_SECOND)

    def prepare(self) -> None:
        """Builds the secret's client already; reads nothing."""
        self._secret.prepare()

    def admit(self, token: str) -> Admission:
        """Returns what becomes of a request with this token. Raises SecretUnavailableError."""
        reads = self._secret.reads
        if self._secret.get().matches(token):
            return Admission.ADMITTED
        if self._secret.reads == reads:
            if not self._may_read():
                return Admission.NOT_CHECKED
            if self._secret.get(max_age=0).matches(token):
                return Admission.ADMITTED
        return Admission.REFUSED

    def _may_read(self) -> bool:
        """Returns whether the allowance has a read left, and takes it."""
        now = self._clock()
        if len(self._latest) == READS_PER_SECOND and 0 <= now - self._latest[0] < 1:
            return False
        self._latest.append(now)
        return True
