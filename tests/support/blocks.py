"""The fenced blocks of the pages that people read, and the commands in them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.template import ROOT

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_PROMPT = "$ "


class Block(NamedTuple):
    """A fenced block: where it stands, the language that its fence names, and what is in it."""

    page: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def script(self) -> str:
        """What a person types: of a console what follows the prompts, and the lines that go on."""
        lines = [line.removeprefix(_PROMPT) for line in self.text.splitlines()]
        return "\n".join(lines) + "\n" if self.language == "console" else self.text


def pages() -> list[str]:
    """Every page of the repository's front and of docs/, as a path from its root."""
    found: Iterator[Path] = (path for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md"))
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def blocks(page: str) -> list[Block]:
    return blocks_in((ROOT / page).read_text("utf-8"), page)


def blocks_in(text: str, page: str = "page") -> list[Block]:
    """The blocks of a page's text. Raises AssertionError if a fence is left open."""
    found = [
        Block(page, text.count("\n", 0, match.start()) + 1, match["language"], match["text"])
        for match in _FENCE.finditer(text)
    ]
    assert 2 * len(found) == len(re.findall(r"^ *```", text, re.MULTILINE)), page
    return found
