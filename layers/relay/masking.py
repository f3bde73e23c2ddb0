"""Masks what gives access in the addresses that somebody else wrote."""

import re

MASK = "***"
# What follows the scheme of an address as it is, in JSON (`https:\/\/`), or percent-encoded, up to a quote or
# a blank.
_ADDRESS = re.compile(
    r"(?P<begin>(?:\\u003a|%3A|:)(?:\\u002f|%2F|\\?/){2})(?P<rest>[^\s\"'<>]*)", re.IGNORECASE
)
_QUERY = re.compile(r"(?P<mark>\\u003f|\\u0023|%3F|%23|[?#]).*", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:(?!\\u002f|%2F|\\?/|\\u003f|\\u0023|%3F|%23|[?#]).)*", re.IGNORECASE)
_USER = re.compile(r".*(?P<at>\\u0040|%40|@)", re.IGNORECASE)
# What was cut before its @ shows a user and a password as a host and a port that is no number.
_CUT = re.compile(r"(?P<colon>\\u003a|%3A|:)(?!\d{0,5}$).*", re.IGNORECASE)


def mask_addresses(text: str) -> str:
    """Returns the text with what gives access in each address masked: user, password, query, fragment.

    An address may be cut, or escaped as in JSON or in another address.
    """
    return _ADDRESS.sub(_masked, text)


def _masked(address: re.Match[str]) -> str:
    rest = address["rest"]
    authority = _AUTHORITY.match(rest)
    end = authority.end() if authority else 0
    host, named = _USER.subn(rf"{MASK}\g<at>", rest[:end])
    if not named and not host.startswith("["):
        host = _CUT.sub(rf"\g<colon>{MASK}", host)
    return address["begin"] + host + _QUERY.sub(rf"\g<mark>{MASK}", rest[end:])
