"""Bytes of a body as text: the charsets that they may be in are weighed, and the lightest is taken.

A charset weighs as many bits as its text would need if common characters had short names: what stands at the
front of the Chinese standard has twelve, what few people have ever written has twice as many, and so has a
control character. A place where the charset does not fit costs as well: little if it looks as if a character
had been cut, much if no cut leaves such bytes. UTF-8 is weighed as it is, the others with a handicap, since
the gateway says UTF-8; a charset that was declared weighs half. What is longer as the lightest of these texts
than as plain bytes is no text.
"""

import re
from collections import Counter
from dataclasses import dataclass

_DECLARED = re.compile(r"charset\s*=\s*[\"']?([^\s;\"',]+)", re.IGNORECASE)


class UnreadableError(ValueError):
    """The body is in no charset or form that is known: deliver it as it is."""


# By declared name; of the codecs that Python has, those that are charsets of text in use on the web. ASCII is
# not among them: true or false, it says nothing.
_CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8",
    "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "cp936": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs",
    "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-32": "utf-32",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252",
    "shift_jis": "shift_jis", "euc-jp": "euc_jp", "euc-kr": "euc_kr",
}  # fmt: skip
# The marks of UTF-32 first: that of UTF-16 is the beginning of one.
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

# So many bytes are weighed of a body, of those that are not printable ASCII, each with its neighbours.
_WEIGHED = 16_384
# Bits that a charset must be better than UTF-8 to be believed undeclared. The western one fits all that is
# UTF-8, and servers declare it unasked: it is no candidate beside clean UTF-8.
_WESTERN = "cp1252"
_HANDICAPS = {"utf-8": 0, "gb18030": 16, _WESTERN: 3, "big5hkscs": 30}
# Bits by which no text may be longer than its bytes: a name of two characters that is cut is a text.
_ALLOWANCE = 24
_CONTROLS = rb"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_ISLAND = re.compile(rb"[\x00-\x7f]?[\x80-\xff%s]{1,256}[\x00-\x7f]{0,2}" % _CONTROLS)
# In clean UTF-8 each is the first of two bytes: letters with accents and other alphabets, or a GBK name.
_FIRST_OF_TWO = re.compile(b"[\xc2-\xdf]")
# What a cut leaves of Chinese in UTF-8 is none of these.
_UNCUT = re.compile(
    rb"[\xc0\xc1\xf5-\xff]|[\xc2-\xdf](?![\x80-\xbf])"
    rb"|[\xe0\xe1\xea-\xee](?![\x80-\xbf]{2})|[\xf0-\xf4](?![\x80-\xbf]{3})"
)
_UNCUT_BITS = 20
_ALONE = re.compile("[\x80-\u07ff]")
_DAMAGE = re.compile("\ufffd+")
# Letters that stand where one expects them: accents beside plain letters, an alphabet in company.
_LETTERS = re.compile(
    "(?<=[A-Za-z])[À-ÖØ-öø-ɏ]|[À-ÖØ-öø-ɏ](?=[A-Za-z])"
    "|[\u0386-\u03ce]{2,}|[\u0401-\u0451]{2,}|[\u05d0-\u05ea]{2,}|[\u0621-\u064a]{2,}"
)
_LETTER_BITS = 10
# Characters by their place in GB18030, or in Big5 for what is read as that: the common ones are in front.
_RANKS = (
    rb"(?P<plain>[\t\n\r\x20-\x7e])|(?P<control>[\x00-\x7f])|(?P<common>%s)|(?P<second>%s)"
    rb"|(?P<mark>\xa1[\xa1-\xc0\xc3-\xfe]|[\xa2\xa3][\xa1-\xfe])|(?P<rare>%s)|(?P<strange>[\x81-\xfe][0-9]..|..)"
)
_GB_RANKS = re.compile(
    _RANKS
    % (
        rb"[\xb0-\xd7][\xa1-\xfe]",
        rb"[\xd8-\xf7][\xa1-\xfe]",
        rb"[\x81-\xa0][\x40-\xfe]|[\xaa-\xfe][\x40-\xa0]",
    ),
    re.DOTALL,
)
_BIG5_RANKS = re.compile(
    _RANKS % (rb"[\xa4-\xc6][\x40-\xfe]", rb"[\xc9-\xf9][\x40-\xfe]", rb"[\x81-\xa0][\x40-\xfe]"), re.DOTALL
)
_BITS = {"plain": 6, "control": 24, "common": 12, "second": 16, "mark": 14, "rare": 24, "strange": 28}


@dataclass(frozen=True, slots=True)
class Charset:
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


def decode(raw: bytes, declared: str | None = None) -> str:
    """Returns bytes as text, in the charset that `weigh` finds. Raises UnreadableError."""
    return weigh(raw, declared).decode(raw)


def weigh(raw: bytes, declared: str | None = None) -> Charset:
    """Returns the charset of a text: by its byte-order mark, else the one that weighs least.

    Raises UnreadableError if the bytes are in none.
    """
    named = _CHARSETS.get((declared or "").lower())
    if codec := _marked(raw) or _plain_utf_16(raw):
        sure = codec == named or bool(_marked(raw))
        return _accepted(raw, codec, _wide_bits(raw, codec), 8 * len(raw[:_WEIGHED]), sure=sure)
    clean = _fits(raw, "utf-8")
    if clean and not _FIRST_OF_TWO.search(raw):
        return Charset("utf-8")
    sample = _sample(raw)
    candidates = {named, *_HANDICAPS} - {None, _WESTERN if clean else None}
    bits = {codec: _bits(raw, sample, codec) for codec in sorted(filter(None, candidates))}
    # Of two that weigh the same the declared one, else UTF-8.
    codec = min(bits, key=lambda one: (_weight(bits[one], one, named), one != named, one != "utf-8"))
    return _accepted(raw, codec, bits[codec], 8 * len(sample), sure=codec in ("utf-8", named))


def _weight(bits: int, codec: str, declared: str | None) -> float:
    return bits / 2 if codec == declared != "utf-8" else bits + _HANDICAPS[codec]


def _marked(raw: bytes) -> str | None:
    return next((codec for mark, codec in _BYTE_ORDER_MARKS if raw.startswith(mark)), None)


def _plain_utf_16(raw: bytes) -> str | None:
    """Returns UTF-16 if every fourth character at least is ASCII, by the zeros on one side of the pairs."""
    if b"\0" not in raw or len(raw) % 2:
        return None
    first, second = raw[::2].count(0), raw[1::2].count(0)
    if min(first, second) or max(first, second) < max(2, len(raw) / 8):
        return None
    return "utf-16-be" if first else "utf-16-le"


def _accepted(raw: bytes, codec: str, bits: int, raw_bits: int, *, sure: bool) -> Charset:
    """Returns the charset unless the bytes are no text. Clean UTF-8 is one, and what somebody vouches for."""
    fits = _fits(raw, codec)
    clean = fits and (codec in ("utf-8", "utf-8-sig") or (sure and not re.search(b"[%s]" % _CONTROLS, raw)))
    if not clean and bits > raw_bits + _ALLOWANCE:
        raise UnreadableError("no charset fits")
    return Charset(codec, repaired=not (fits and sure))


def _fits(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _sample(raw: bytes) -> bytes:
    parts, size = [], 0
    # Zeros at the end are what is left of a buffer.
    for found in _ISLAND.finditer(raw.rstrip(b"\0")):
        parts.append(found[0])
        size += len(found[0])
        if size >= _WEIGHED:
            break
    return b"".join(parts)


def _wide_bits(raw: bytes, codec: str) -> int:
    return _text_bits(raw[:_WEIGHED].decode(codec, "replace").removeprefix("\ufeff"), codec)


def _bits(raw: bytes, sample: bytes, codec: str) -> int:
    if codec.startswith("utf-") and codec != "utf-8":
        return _wide_bits(raw, codec)
    text = sample.decode(codec, "replace")
    if codec != "utf-8" or "\ufffd" not in text:
        return _text_bits(text, codec)
    foreign = len(_UNCUT.findall(sample)) + len(_ALONE.findall(_LETTERS.sub("", text)))
    return _text_bits(text, codec) + foreign * _UNCUT_BITS


def _text_bits(text: str, codec: str) -> int:
    damage = sum(_damage_bits(len(run)) for run in _DAMAGE.findall(text))
    text = _DAMAGE.sub("", text)
    letters = sum(map(len, _LETTERS.findall(text)))
    text = _LETTERS.sub("", text)
    known, ranks = ("big5hkscs", _BIG5_RANKS) if codec == "big5hkscs" else ("gb18030", _GB_RANKS)
    found = Counter(one.lastgroup for one in ranks.finditer(text.encode(known, "replace")))
    return damage + letters * _LETTER_BITS + sum(_BITS[rank or ""] * count for rank, count in found.items())


def _damage_bits(length: int) -> int:
    """One or two bytes that were cut leave two U+FFFD in one place, not more."""
    return 4 + 10 * length + 10 * max(0, length - 2)
