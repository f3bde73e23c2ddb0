"""Bodies that are sent packed: gzip and deflate, as the header says or as the bytes show."""

import zlib
from contextlib import suppress

# What Lambda would take of a body that is not packed: packed or not, none is larger.
UNPACKED_LIMIT = 6 * 1024 * 1024
# A body is packed once, and maybe once more by a proxy.
_TIMES = 4
# A gzip file may be several, one after the other; each is a copy of what follows it.
_MEMBERS = 64
_GZIP = b"\x1f\x8b\x08"
# By coding, as zlib numbers its formats: 47 is a frame of gzip or of zlib, which are taken for one another.
# Deflate is to come in a frame of zlib's, and often comes without.
_FORMATS = {"gzip": (47,), "x-gzip": (47,), "deflate": (47, -15)}
# What may stand behind a packed body: the rest of a buffer, or the end of a line.
_BEHIND = b"\0\r\n"


class _NotPackedError(ValueError):
    """It is not packed so, is not whole, or is too large unpacked: take the body as it is."""


def unpacked(body: bytes, content_encoding: str | None = None) -> bytes:
    """Returns a body unpacked: by the codings that its header names, and by the mark of gzip in any case.

    What cannot be unpacked, or only to more than UNPACKED_LIMIT, is returned as it is.
    """
    named = [
        coding.partition(";")[0].strip(" \t\"'").lower() for coding in (content_encoding or "").split(",")
    ]
    codings = [coding for coding in reversed(named) if coding not in ("", "identity")]
    with suppress(_NotPackedError):
        body = _by_codings(body, codings)
    with suppress(_NotPackedError):
        for _ in range(_TIMES):
            body = _by_codings(body, ["gzip"] if body.startswith(_GZIP) else [])
    return body


def _by_codings(body: bytes, codings: list[str]) -> bytes:
    if len(codings) > _TIMES:
        raise _NotPackedError(f"packed over {_TIMES} times")
    for coding in codings:
        body = _by_coding(body, coding)
    return body


def _by_coding(body: bytes, coding: str) -> bytes:
    for wbits in _FORMATS.get(coding, ()):
        try:
            return _inflated(body, wbits)
        except zlib.error:
            continue
    raise _NotPackedError(coding)


def _inflated(body: bytes, wbits: int) -> bytes:
    parts, left = [], UNPACKED_LIMIT
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(wbits)
        parts.append(member.decompress(body, left + 1))
        left -= len(parts[-1])
        body = member.unused_data
        if left < 0 or not member.eof:
            raise _NotPackedError("too large, or not whole")
        if not body.strip(_BEHIND):
            return b"".join(parts)
    raise _NotPackedError("more follows it")
