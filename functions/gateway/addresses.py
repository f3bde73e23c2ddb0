"""Callback addresses: building one for a tag, knowing our own again, and showing one without its token."""

import re
from dataclasses import dataclass, field

from relay.callback_token import CallbackToken
from relay.masking import MASK, mask_addresses

_RELAY = re.compile(r"(?P<base>https?://\S+/callback)/(?P<token>[^/?#\s]+)(/(?P<slug>[^/?#\s]+))?")
_IN_TEXT = re.compile(r"""(?P<before>(/|%2F)callback(/|%2F))((?!%2F)[^/?#&\s"'<>\\,;)])+""", re.IGNORECASE)

LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Addresses:
    """The callback addresses of the relay that has this token; `hidden` are other secrets to be masked."""

    token: CallbackToken
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def of(self, base: str, slug: str) -> str:
        """Returns where a tag's deliveries go: `base` is the address up to /callback."""
        return f"{base}/{self.token.current}/{slug}"

    def base(self, address: str) -> str:
        """Returns the part up to /callback of an address of this relay."""
        parts = _RELAY.fullmatch(address)
        return parts["base"] if parts else ""

    def is_ours(self, address: str, base: str | None = None) -> bool:
        """Returns whether it leads to this relay: by its token on any host, or by `base` with any token."""
        parts = _RELAY.fullmatch(address)
        return bool(parts and (parts["token"] in self._tokens() or parts["base"] == base))

    def is_current(self, address: str) -> bool:
        """Returns whether it leads here by the current token."""
        parts = _RELAY.fullmatch(address)
        return bool(parts and parts["token"] == self.token.current)

    def shown(self, address: str) -> str:
        """Returns the address without its token; of one that is no relay's callback only where it leads."""
        if _RELAY.fullmatch(address):
            return self.masked(address)
        parts = address.split("/", 3)
        return self.masked("/".join([*parts[:3], "…"]) if len(parts) > 3 else address)

    def masked(self, text: str) -> str:
        """Returns the text without secrets: ours, what could be another relay's token, and in addresses.

        What is longer than any answer of the vendor's is cut, and "…" stands for the rest.
        """
        whole = self._tokens() | {*self.hidden} - {""}
        for token in sorted(whole, key=len, reverse=True):
            text = text.replace(token, MASK)
        text = mask_addresses(_IN_TEXT.sub(rf"\g<before>{MASK}", text))
        return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"

    def _tokens(self) -> set[str]:
        return {self.token.current, self.token.previous} - {""}
