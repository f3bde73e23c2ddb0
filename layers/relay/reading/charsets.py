"""Bytes of a body as text: the charsets that they may be in are weighed, and the lightest is taken.

The gateway says UTF-8, so what fits that is UTF-8, unless another charset is declared and lighter, or it
would be text in no language. Else the weight of a charset is the number of bits that `relay.reading.weights`
gives the text that it makes of the bytes: few if the characters are common ones and every byte fits. Every
charset but UTF-8 has a handicap; the weight of a declared one is halved. If even the lightest text has more
bits than the bytes themselves, they are no text.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from relay.reading.weights import Sample

_DECLARED = re.compile(r"charset\s*=\s*[\"']?([^\s;\"',]+)", re.IGNORECASE)


class UnreadableError(ValueError):
    """The body is in no charset or form that is known: deliver it as it is."""


# By declared name, in small letters and with hyphens; of the codecs that Python has, those that are charsets
# of text in use on the web. ASCII is not among them: true or false, it says nothing.
_CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8",
    "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030",
    "gb-2312-80": "gb18030", "euc-cn": "gb18030", "windows-936": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "cn-big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-32": "utf-32",
    "shift-jis": "shift_jis", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "cp932": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "euc_kr", "ks-c-5601-1987": "cp949", "ksc5601": "cp949", "cp949": "cp949",
    "windows-949": "cp949",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
    "iso-8859-15": "iso8859-15", "iso-8859-2": "iso8859-2", "windows-1250": "cp1250",
    "windows-1251": "cp1251", "cp1251": "cp1251", "koi8-r": "koi8-r", "koi8-u": "koi8-u",
    "iso-8859-5": "iso8859-5",
}  # fmt: skip
_WIDE = ("utf-16-le", "utf-16-be", "utf-32")
# The marks of UTF-32 first: that of UTF-16 is the beginning of one.
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# Bits that a charset must be better than UTF-8 to be believed undeclared.
_WESTERN = "cp1252"
_HANDICAPS = {"utf-8": 0, "gb18030": 16, _WESTERN: 3, "big5hkscs": 30}
# Where UTF-8 does not fit everywhere, one that does not either is a bad explanation.
_NO_FIT_BITS = 40
# What has a character for each byte fits all that is UTF-8, and servers declare it unasked: it is no
# candidate beside clean UTF-8.
_FIT_ALL = {_WESTERN, "iso8859-15", "iso8859-2", "cp1250", "cp1251", "koi8-r", "koi8-u", "iso8859-5"}
# Bits by which no text may be longer than its bytes: a name of two characters that is cut is a text.
_ALLOWANCE = 24
# Characters of two bytes alone: what fits UTF-8 so may as well be in a charset of Asia. No name of theirs
# looks like one of three.
_TWO_BYTES = re.compile(rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf])*+")
# Of these, what is a character of the Chinese standard in GBK too, each of them.
_ALL_CHINESE = re.compile(rb"(?:[\x00-\x7f]|[\xc2-\xdf][\xa1-\xbf])*+")


class Charset(NamedTuple):
    """The charset of a body."""

    codec: str
    repaired: bool = False
    """It does not fit everywhere, or is guessed: neither clean UTF-8, nor marked, nor declared."""

    def decode(self, raw: bytes) -> str:
        """Returns bytes as text, with U+FFFD where the charset does not fit."""
        return raw.decode(self.codec, "replace")


def declared_charset(content_type: str | None) -> str | None:
    """Returns the charset that a content type names, as it is written there."""
    declared = _DECLARED.search(content_type or "")
    return declared[1] if declared else None


def weigh(raw: bytes, declared: str | None = None) -> Charset:
    """Returns the charset of a text: by its byte-order mark, else the one that weighs least.

    Raises UnreadableError if the bytes are in none.
    """
    named = _CHARSETS.get((declared or "").lower().replace("_", "-"))
    marked = _marked(raw)
    if codec := marked or _plain_utf_16(raw, named):
        return _accepted(raw, codec, None, sure=codec in (marked, named))
    if not _fits(raw, "utf-8"):
        codec, sample = _lightest(raw, named, {*_HANDICAPS})
        return _accepted(raw, codec, sample, sure=codec in ("utf-8", named))
    if raw.isascii() or not _TWO_BYTES.fullmatch(raw):
        return Charset("utf-8")
    if named not in {None, "utf-8", *_FIT_ALL}:
        codec, sample = _lightest(raw, named, {"utf-8"})
        if codec == named and _fits(raw, codec) and _is_text(codec, sample):
            return Charset(codec)
    return Charset("gb18030", repaired=True) if _is_gbk(raw) else Charset("utf-8")


def _is_gbk(raw: bytes) -> bool:
    """Returns whether clean UTF-8 is Chinese all the same: it would be letters that nobody writes so."""
    if not _ALL_CHINESE.fullmatch(raw):
        return False
    from relay.reading.alphabets import is_written

    return not is_written(raw.decode())


def _lightest(raw: bytes, declared: str | None, candidates: set[str]) -> "tuple[str, Sample]":
    # Loaded at first use: most bodies are UTF-8, which shows without it.
    from relay.reading.weights import Sample

    def weight(codec: str) -> tuple[float, bool, bool]:
        bits = sample.bits(codec)
        weighed = bits / 2 if codec == declared != "utf-8" else bits + _HANDICAPS[codec]
        if codec != "utf-8" and not _fits(raw, codec):
            weighed += _NO_FIT_BITS
        # Of two that weigh the same the declared one, else UTF-8.
        return weighed, codec != declared, codec != "utf-8"

    sample = Sample(raw)
    return min(candidates | ({declared} if declared else set()), key=weight), sample


def _marked(raw: bytes) -> str | None:
    return next((codec for mark, codec in _BYTE_ORDER_MARKS if raw.startswith(mark)), None)


def _plain_utf_16(raw: bytes, declared: str | None) -> str | None:
    """Returns UTF-16 if every fourth character at least is ASCII: the zeros are on one side of the pairs."""
    if b"\0" not in raw or len(raw) % 2:
        return None
    first, second = raw[::2].count(0), raw[1::2].count(0)
    # On the other side there are those of a few Chinese characters.
    if max(first, second) < max(2, len(raw) / 8, 4 * min(first, second)):
        return declared if declared in _WIDE and _fits(raw, declared) else None
    return "utf-16-be" if first > second else "utf-16-le"


def _accepted(raw: bytes, codec: str, sample: "Sample | None", *, sure: bool) -> Charset:
    """Returns the charset unless the bytes are no text in it: what fits and is vouched for is one."""
    from relay.reading.weights import Sample, has_controls

    fits = _fits(raw, codec)
    vouched = fits and sure and not has_controls(raw.decode(codec))
    # A declared one that fits weighs half, as in the choice.
    half = fits and sure and sample is not None and codec != "utf-8"
    if not vouched and not _is_text(codec, sample or Sample(raw), 0.5 if half else 1):
        raise UnreadableError("no charset fits")
    return Charset(codec, repaired=not (fits and sure))


def _is_text(codec: str, sample: "Sample", share: float = 1) -> bool:
    return sample.bits(codec) * share <= sample.plain_bits(codec) + _ALLOWANCE


def _fits(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
