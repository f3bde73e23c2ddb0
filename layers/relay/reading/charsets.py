"""Bytes of a body as text, by what they show and by what was declared."""

import re

_DECLARED = re.compile(r"charset\s*=\s*[\"']?([^\s;\"',]+)", re.IGNORECASE)


class UnreadableError(ValueError):
    """The body is in no charset or form that is known: deliver it as text."""


_WESTERN = {"latin-1", "cp1252"}
# By declared name; of the codecs that Python has, those that are charsets of text in use on the web.
_CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "latin-1", "ascii": "latin-1",
    "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-32": "utf-32",
    "iso-8859-1": "latin-1", "latin1": "latin-1", "windows-1252": "cp1252",
    "shift_jis": "shift_jis", "euc-jp": "euc_jp", "euc-kr": "euc_kr",
}  # fmt: skip
# The marks of UTF-32 first: that of UTF-16 is the beginning of one.
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def declared_charset(content_type: str | None) -> str | None:
    """Returns the charset that a content type names, as it is written there."""
    declared = _DECLARED.search(content_type or "")
    return declared[1] if declared else None


def decode(raw: bytes, charset: str | None = None) -> str:
    """Returns bytes as text: by byte-order mark, by the charset that was declared, as UTF-8, as GB18030.

    Raises UnreadableError. A declared western charset comes after UTF-8: servers declare it unasked.
    """
    for name in _charsets(raw, _CHARSETS.get((charset or "").lower())):
        try:
            return raw.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise UnreadableError("no charset fits")


def _charsets(raw: bytes, declared: str | None) -> tuple[str, ...]:
    for mark, name in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return (name,)
    if declared is None:
        return ("utf-8", "gb18030")
    return ("utf-8", declared) if declared in _WESTERN else (declared, "utf-8", "gb18030")
