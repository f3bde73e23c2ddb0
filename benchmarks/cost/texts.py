"""The sentences of the pages, in both languages, as texts.toml has them."""

import tomllib
from pathlib import Path
from typing import Literal

type Language = Literal["en", "zh"]
type Sentences = dict[str, dict[Language, str]]

_TEXTS: dict[str, Sentences] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))
LINES, PARTS, PAGE = _TEXTS["lines"], _TEXTS["parts"], _TEXTS["page"]
