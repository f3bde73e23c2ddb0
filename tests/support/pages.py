"""A page of documentation as blocks, and what a translation of it must keep."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest
from typing import NamedTuple

_FENCE = "```"
# A translation may lead to the translation of what the original leads to.
_CHINESE = ".zh-CN."
_HAN = re.compile(r"[一-鿿]")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)]+)\)")
_FIGURE = re.compile(r"(?<![\dA-Za-z._-])\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
_CAMEL = re.compile(r"[A-Za-z]*[a-z][A-Z][A-Za-z]*")
_COMMENT = re.compile(r"\s+# .*$")
_MERMAID_LABEL = re.compile(r"(?P<before>[\[({]+|(?:--|-\.) )(?P<text>.+?)(?P<after>[\])}]+| (?:-->|\.->))")


class Block(NamedTuple):
    """A heading, a table's row, a list item, a paragraph, or a fenced block.

    `parts` are a row's cells, a fenced block's lines up to what is translated in them, else the one text.
    """

    kind: str
    parts: tuple[str, ...]
    line: int


_NOTHING = Block("nothing", (), 0)


def differences(original: str, translation: str) -> list[str]:
    """The blocks that have no counterpart at their place in the other page."""
    pairs = zip_longest(blocks(original), blocks(translation), fillvalue=_NOTHING)
    return [
        f"line {one.line}, {one.kind}: {' | '.join(one.parts)[:80]} -- line {other.line}, {other.kind}: "
        f"{' | '.join(other.parts)[:80]}"
        for one, other in pairs
        if not _match(one, other)
    ]


def blocks(page: str) -> Iterator[Block]:
    lines, at = page.splitlines(), 0
    while at < len(lines):
        first, start = lines[at], at
        at += 1
        if first.startswith(_FENCE):
            while at < len(lines) and lines[at] != _FENCE:
                at += 1
            kind = first if at < len(lines) else f"open {first}"
            yield Block(kind, tuple(_code(first, line) for line in lines[start + 1 : at]), start + 1)
            at += 1
        elif first.startswith("#"):
            yield Block(first.partition(" ")[0], (first.lstrip("# "),), start + 1)
        elif first.startswith("|"):
            yield Block("row", tuple(cell.strip() for cell in first.split("|")[1:-1]), start + 1)
        elif first.strip():
            while at < len(lines) and lines[at].strip() and not re.match(r"#|\||- |```", lines[at]):
                at += 1
            kind = "item" if first.startswith("- ") else "text"
            yield Block(kind, (" ".join(lines[start:at]),), start + 1)


def _code(fence: str, line: str) -> str:
    """A line of code with its comment, or a diagram's labels, reduced to what no language changes."""
    if fence == "```mermaid":
        return _MERMAID_LABEL.sub(
            lambda label: label["before"] + _figures(label["text"]) + label["after"], line
        )
    return _COMMENT.sub(" #", line)


def _match(one: Block, other: Block) -> bool:
    if one.kind != other.kind or len(one.parts) != len(other.parts):
        return False
    if one.kind.startswith(_FENCE):
        return one.parts == other.parts
    if one.kind == "row" and not _words(other.parts[0]) <= _words(one.parts[0]):
        return False
    return all(map(_translates, one.parts, other.parts))


def _translates(text: str, translation: str) -> bool:
    """Whether identifiers, links and figures are the same.

    A text without a Chinese character is not translated, and so must be equal.
    """
    if not _HAN.search(translation):
        return text == translation
    return _kept(text) == _kept(translation)


@cache
def _kept(text: str) -> frozenset[str]:
    names = {name.removesuffix("s") for name in _CAMEL.findall(_prose(text))}
    links = [link.replace(_CHINESE, ".") for link in _LINK.findall(text)]
    return frozenset([*_CODE.findall(text), *links, *names, _figures(_prose(text))])


def _words(text: str) -> set[str]:
    return {word.lower().removesuffix("s") for word in _WORD.findall(_prose(text))}


def _figures(text: str) -> str:
    return " ".join(sorted(set(_FIGURE.findall(text))))


def _prose(text: str) -> str:
    return _LINK.sub("]", _CODE.sub("", text))
