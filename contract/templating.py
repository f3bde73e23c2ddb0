"""Fills in the templates: the pages, asyncapi.yaml and the schemas look like what stands in templates/."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contract.wording import Fields, Language

type Node = dict[str, Any]


def rendered(name: str, **values: object) -> str:
    """Returns the text of a template; whatever it names and is not given raises."""
    return _ENVIRONMENT.get_template(f"{name}.jinja").render(**values)


def listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _cell(text: str) -> str:
    """A bar would end the cell, in code too."""
    escaped = text.replace("|", "\\|")
    return f"{escaped} " if text else ""


def _types(node: Node, words: Fields, language: Language) -> str:
    """The types that a node allows, in words; null goes without saying for a field that may be missing."""

    def word(name: str) -> str:
        return words[name].get(language)

    def named(one: Node) -> Iterator[str]:
        if "anyOf" in one:
            for option in one["anyOf"]:
                yield from named(option)
        elif "const" in one or "enum" in one:
            yield from (f"`{value}`" for value in one.get("enum", [one.get("const")]))
        elif "$ref" in one:
            yield word(one["$ref"].rpartition("/")[2])
        elif "items" in one:
            yield word("listOf") % _types(one["items"], words, language)
        else:
            yield from (word(kind) for kind in listed(one.get("type", "any")) if kind != "null")

    return word("or").join(dict.fromkeys(named(node)))


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters |= {"json": _json, "parsed": json.loads, "cell": _cell, "types": _types}
