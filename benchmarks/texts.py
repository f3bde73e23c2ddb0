"""The sentences of the pages in both languages, as texts.toml has them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.measuring import Row

type Language = Literal["en", "zh"]

TEXTS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Said:
    """Sentences in one language. What a row says in English stands in the code that measures it."""

    language: Language

    def __call__(self, sentence: str, **given: object) -> str:
        text: str = TEXTS["page"][sentence][self.language]
        return text.format(**given)

    def what(self, row: Row) -> str:
        return row.what if self.language == "en" else str(TEXTS["rows"][row.key])

    def reference(self, row: Row) -> str:
        return row.reference if self.language == "en" else str(TEXTS["references"].get(row.reference, ""))
