"""How many bits bytes have as the text of a charset: common characters have few, damage and oddities many.

What stands at the front of the Chinese standard has twelve bits, what few people have ever written has twice
as many, and so has a control character. A place where the charset does not fit has few bits if it looks as if
a character had been cut, and many if no cut leaves such bytes.
"""

import re
from collections import Counter

# So many bytes are weighed of a body, of those that are not printable ASCII, each with its neighbours.
_WEIGHED = 16_384
_CONTROLS = rb"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_ISLAND = re.compile(rb"[\x00-\x7f]?[\x80-\xff%s]{1,256}[\x00-\x7f]{0,2}" % _CONTROLS)
_CONTROL = re.compile(f"[{_CONTROLS.decode()}]")
# What a cut leaves of Chinese in UTF-8 is none of these. In b"\xcd\xf5", which is 王 in GBK, \xcd would begin
# a letter of two bytes, and Chinese has three; \xf5 begins nothing.
_UNCUT = re.compile(
    rb"[\xc0\xc1\xf5-\xff]|[\xc2-\xdf](?![\x80-\xbf])"
    rb"|[\xe0\xe1\xea-\xee](?![\x80-\xbf]{2})|[\xf0-\xf4](?![\x80-\xbf]{3})"
)
_UNCUT_BITS = 20
# Nor is a letter of two bytes right beside it: the Greek \xce\xb0 in b"\xcd\xf5\xce\xb0", 王伟 in GBK.
_BESIDE_DAMAGE = re.compile("\ufffd[\x80-\u07ff]|[\x80-\u07ff]\ufffd")
_DAMAGE = re.compile("\ufffd+")
# Letters and signs that stand where one expects them: accents beside plain letters, an alphabet in company,
# a unit's sign behind it.
_LETTERS = re.compile(
    "(?<=[A-Za-z])[À-ÖØ-öø-ɏ]|[À-ÖØ-öø-ɏ](?=[A-Za-z])"
    "|(?<=[A-Za-z0-9])[¡-¿×÷]|[¡-¿×÷](?=[A-Za-z0-9])"
    "|[\u0386-\u03ce]{2,}|[\u0401-\u0451]{2,}|[\u05d0-\u05ea]{2,}|[\u0621-\u064a]{2,}"
)
_LETTER_BITS = 10
# Others in use. In UTF-8 they have two bytes; in a charset of one byte they are what any bytes would be.
_IN_USE = re.compile("[¡-ſ\u0384-\u03ce\u0400-\u052f\u0531-\u058a\u05d0-\u05f4\u0621-\u06ff]")
_IN_USE_BITS = 12
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


class Sample:
    """What is weighed of a body: that which is no printable ASCII, with its neighbours.

    All of its beginning, if the codec is one in which a character has two bytes or four at least.
    """

    def __init__(self, raw: bytes) -> None:
        self._head, parts, size = raw[:_WEIGHED], [], 0
        # Zeros at the end are what is left of a buffer.
        for found in _ISLAND.finditer(raw.rstrip(b"\0")):
            parts.append(found[0])
            size += len(found[0])
            if size >= _WEIGHED:
                break
        self._islands = b"".join(parts)

    def bits(self, codec: str) -> int:
        """Returns how many bits it has as the text of a codec."""
        text = self._raw(codec).decode(codec, "replace").removeprefix("\ufeff")
        if codec != "utf-8" or "\ufffd" not in text:
            return _bits(text, codec)
        uncut = len(_UNCUT.findall(self._islands)) + len(_BESIDE_DAMAGE.findall(_LETTERS.sub("", text)))
        return _bits(text, codec) + uncut * _UNCUT_BITS

    def plain_bits(self, codec: str) -> int:
        """Returns how many bits the bytes have that are weighed for a codec."""
        return 8 * len(self._raw(codec))

    def _raw(self, codec: str) -> bytes:
        return self._head if codec.startswith(("utf-16", "utf-32")) else self._islands


def has_controls(text: str) -> bool:
    """Returns whether there are control characters other than those that part lines and columns."""
    return _CONTROL.search(text) is not None


def _bits(text: str, codec: str) -> int:
    damage = sum(map(_damage_bits, map(len, _DAMAGE.findall(text))))
    text = _DAMAGE.sub("", text)
    letters = _LETTER_BITS * sum(map(len, _LETTERS.findall(text)))
    text = _LETTERS.sub("", text)
    if codec == "utf-8":
        letters += _IN_USE_BITS * len(_IN_USE.findall(text))
        text = _IN_USE.sub("", text)
    known, ranks = ("big5hkscs", _BIG5_RANKS) if codec == "big5hkscs" else ("gb18030", _GB_RANKS)
    found = Counter(one.lastgroup for one in ranks.finditer(text.encode(known, "replace")))
    return damage + letters + sum(_BITS[rank or ""] * count for rank, count in found.items())


def _damage_bits(length: int) -> int:
    """One or two bytes that were cut leave at most two U+FFFD in one place."""
    return 4 + 10 * length + 10 * max(0, length - 2)
