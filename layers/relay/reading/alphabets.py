"""Whether a text of characters that have two bytes in UTF-8 is one that somebody may have written."""

import re

_SIGNS = "\u00a0-\u00bf\u00d7\u00f7"
# Without those that stand beside digits: not-sign, fractions, division.
_SIGNS_OF_WORDS = "\u00a0-\u00ab\u00ad-\u00bb\u00bf\u00d7"
_MARKS = "\u0300-\u0362"
_SCRIPTS = (
    # Signs, and letters of Europe's living alphabets and its neighbours': they may stand side by side.
    f"{_SIGNS}\u00c0-\u017f\u0384-\u03ce\u0400-\u045f\u0531-\u058a\u05be\u05d0-\u05f4\u0600-\u06ff",
    # Others have company of their own script alone. Latin, with the Greek letters of the phonetic alphabet:
    f"{_SIGNS_OF_WORDS}{_MARKS}\u00c0-\u00f6\u00f8-\u02ee\u03b2\u03b8\u03c7",
    # Greek, with Coptic.
    f"{_SIGNS_OF_WORDS}{_MARKS}\u0370-\u03ff",
    # Cyrillic: of all times; with the letters of Asia; and of small peoples.
    f"{_SIGNS_OF_WORDS}{_MARKS}\u0400-\u0489",
    f"{_SIGNS}{_MARKS}\u0400-\u045f\u048a-\u04ff",
    f"{_SIGNS_OF_WORDS}\u0400-\u045f\u0500-\u052f",
    # Hebrew with its points; Syriac and Arabic; Thaana; N'Ko.
    f"{_SIGNS_OF_WORDS}\u0591-\u05f4",
    f"{_SIGNS_OF_WORDS}\u0600-\u077f",
    f"{_SIGNS_OF_WORDS}\u0780-\u07bf",
    f"{_SIGNS_OF_WORDS}\u07c0-\u07ff",
)
_WRITTEN = re.compile("|".join(f"[{script}]+" for script in _SCRIPTS))
_ISLAND = re.compile("[^\0-\x7f]{2,}")
# Marks with no letter to stand on.
_MARK_ALONE = re.compile("(?<![A-Za-z])[\u0300-\u036f\u0591-\u05bd]")
# So many characters tell: of more that could be Chinese by chance there is none.
_MOST = 16_384


def is_written(text: str) -> bool:
    """Returns whether letters that stand side by side are such as do: a letter by itself always may.

    The name 薛霞 in GBK is `Ѧϼ` in UTF-8: a letter of Old Slavonic, and one of Greek mathematics.
    """
    return all(
        _WRITTEN.fullmatch(found[0]) and not _MARK_ALONE.match(text, found.start())
        for found in _ISLAND.finditer(text[:_MOST])
    )
