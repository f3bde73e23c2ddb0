"""Markdown tables of the fields of a JSON Schema."""

from typing import Any

from operate.reference.texts import TEXTS, Both, Fields

_SAID = TEXTS.page


class Table:
    """Rows under a head."""

    def __init__(self, head: list[str]) -> None:
        self._rows = [head, ["---"] * len(head)]

    def add(self, *cells: str) -> None:
        self._rows.append(list(cells))

    def text(self) -> str:
        return "\n".join("|".join(["", *map(_cell, row), ""]) for row in self._rows)


def fields(schema: dict[str, Any], texts: Fields, language: str, *, first: Both = _SAID.field) -> str:
    """A row for each property: name, type, whether it must be there, meaning."""
    head = (first, _SAID.type, _SAID.required, _SAID.meaning)
    table = Table([said.get(language) for said in head])
    for name, node in schema["properties"].items():
        required = _SAID.yes if name in schema.get("required", ()) else _SAID.no
        table.add(code(name), _type(node, language), required.get(language), texts[name].get(language))
    return table.text()


def code(text: str) -> str:
    return f"`{text}`"


def _cell(text: str) -> str:
    """A bar would end the cell, in code too."""
    escaped = text.replace("|", "\\|")
    return f" {escaped} " if text else " "


def _type(node: dict[str, Any], language: str) -> str:
    names = list(dict.fromkeys(_types(node, language)))
    return _SAID.any_of.get(language).join(names)


def _types(node: dict[str, Any], language: str) -> list[str]:
    """Names of the types that a node allows; null goes without saying for a field that may be missing."""
    if "anyOf" in node:
        return [name for one in node["anyOf"] for name in _types(one, language)]
    if "const" in node or "enum" in node:
        return [code(str(value)) for value in node.get("enum", [node.get("const")])]
    if "$ref" in node:
        return [_named(node["$ref"].rpartition("/")[2], language)]
    kinds = node.get("type", "any")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [_one(kind, node, language) for kind in kinds if kind != "null"]


def _one(kind: str, node: dict[str, Any], language: str) -> str:
    if kind == "array" and "items" in node:
        return _SAID.list_of.get(language) % _type(node["items"], language)
    return _named(kind, language)


def _named(kind: str, language: str) -> str:
    return _SAID.types[kind].get(language)
