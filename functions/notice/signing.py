"""EnOS request signing: what the token service and every signed call want to see.

Follows the vendor's pages on the token service and on signatures: SHA-256 over joined text, no HMAC.
"""

from collections.abc import Mapping
from hashlib import sha256


def encryption(app_key: str, timestamp: int, app_secret: str) -> str:
    """The proof that a token request carries."""
    return sha256(f"{app_key}{timestamp}{app_secret}".encode()).hexdigest()


def signature(token: str, query: Mapping[str, str], body: bytes, timestamp: int, app_secret: str) -> str:
    """The signature of a call; `query` holds decoded values and `body` the very bytes that are sent."""
    parameters = "".join(f"{name}{query[name]}" for name in sorted(query))
    joined = f"{token}{parameters}".encode() + body + f"{timestamp}{app_secret}".encode()
    return sha256(joined).hexdigest()
