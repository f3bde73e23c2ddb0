"""Packed bodies are unpacked, whatever names the coding, and left alone where that is not possible."""

import gzip
import os
import zlib

import pytest

from relay.reading.compression import UNPACKED_LIMIT, unpacked

BODY = '{"content":{"name":"杭州"}}'.encode() * 20


def gzipped(body: bytes) -> bytes:
    """The same bytes at any time."""
    return gzip.compress(body, mtime=0)


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("packed", "coding"),
    [
        (gzipped(BODY), "gzip"),
        (gzipped(BODY), "X-GZIP"),
        (gzipped(BODY), " gzip , identity"),
        (gzipped(BODY), None),
        (gzipped(BODY), "identity"),
        (zlib.compress(BODY), "deflate"),
        (raw_deflate(BODY), "Deflate"),
        (gzipped(zlib.compress(BODY)), "deflate, gzip"),
        (zlib.compress(gzipped(BODY)), "gzip,deflate"),
        (gzipped(gzipped(BODY)), "gzip"),
        (gzipped(BODY[:50]) + gzipped(BODY[50:]), "gzip"),
        (gzipped(BODY) + b"\0" * 512, None),
        (gzipped(BODY), "br"),
        (gzipped(BODY), "UTF-8"),
        (gzipped(BODY), '"gzip"'),
        (gzipped(BODY), "gzip;q=1"),
        (gzipped(BODY), "deflate"),
        (gzipped(BODY), "gzip, gzip"),
        (gzipped(BODY), "gzip, deflate"),
        (gzipped(BODY), ", ".join(["gzip"] * 9)),
        (gzipped(BODY) + b"\r\n", None),
        (gzipped(BODY) + b"\r\n", "gzip"),
        (zlib.compress(BODY), "gzip"),
        (zlib.compress(BODY), "'deflate' ; q=0.5"),
        (zlib.compress(BODY) + b"\n", "deflate"),
        (BODY, None),
        (BODY, "identity"),
    ],
)
def test_a_body_is_unpacked(packed: bytes, coding: str | None) -> None:
    assert unpacked(packed, coding) == BODY


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (BODY, "gzip"),
        (BODY, "deflate"),
        (BODY, "br"),
        (zlib.compress(BODY), None),
        (zlib.compress(BODY), "br, deflate, compress"),
        (gzipped(BODY)[:-1], "gzip"),
        (gzipped(BODY)[:12], None),
        (gzipped(BODY) + b"more", "gzip"),
        (zlib.compress(BODY) + b"more", "deflate"),
        (b"\x1f\x8b\x08", None),
        (b"", "gzip"),
        (zlib.compress(BODY), "deflate," * 5),
    ],
)
def test_what_cannot_be_unpacked_stays_as_it_came(body: bytes, coding: str | None) -> None:
    assert unpacked(body, coding) == body


def test_half_of_the_codings_are_none() -> None:
    packed = zlib.compress(b"no gzip")

    assert unpacked(packed, "gzip, deflate") == packed


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("members", [1, 3])
def test_no_body_is_unpacked_to_more_than_a_plain_one_may_have(more: int, members: int) -> None:
    sizes = [UNPACKED_LIMIT // members] * (members - 1)
    sizes.append(UNPACKED_LIMIT - sum(sizes) + more)
    packed = b"".join(gzipped(b"0" * size) for size in sizes)

    assert unpacked(packed, "gzip") == (packed if more else b"0" * UNPACKED_LIMIT)


def test_bodies_that_would_take_long_stay_as_they_came() -> None:
    for body in (
        gzipped(b"") * 220_000,
        gzipped(b"\0" * 100_000_000),
        gzipped(os.urandom(4_400_000))[:-1],
        b"\x1f\x8b\x08" * 1_400_000,
    ):
        assert unpacked(body, "gzip, gzip") == body
