"""The callback's address as a person gives it."""

import re
from urllib.parse import urlsplit


def callback_base(address: str) -> str:
    """The address up to /callback, without a closing slash. Raises ValueError, which does not repeat it."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\\]", address):
        raise ValueError("must be an address that starts with http:// or https:// and a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must have no user, query or fragment")
    base = address.rstrip("/")
    if not base.endswith("/callback"):
        raise ValueError("must end with /callback; the token and the slug are appended here")
    return base
