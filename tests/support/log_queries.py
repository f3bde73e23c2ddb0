"""The Logs Insights queries of docs/watch.md, run over lines as the functions print them.

Knows what these queries use: `fields`, `filter` with comparisons that `or` joins, `stats … by`, `sort`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from tests.support.watching import PAGE

_FENCED = re.compile(r"```text\n((?:fields|filter) .+?)```", re.DOTALL)
_EQUAL = re.compile(r'(?P<field>\w+) = (?P<value>"[^"]*"|\d+)')
_LIKE = re.compile(r"@message like /(?P<pattern>[^/]+)/")

type Line = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """One query, its commands in their order."""

    commands: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Query":
        return cls(tuple(command.strip() for command in text.split("|")))

    def about(self, **names: str) -> "Query":
        """The query with what the page calls X or Y replaced."""
        text = " | ".join(self.commands)
        for placeholder, name in names.items():
            text = text.replace(f'"{placeholder}"', f'"{name}"')
        return Query.of(text)

    def matching(self, lines: list[str]) -> list[Line]:
        """Those of the printed lines that every filter lets through."""
        filters = [command.removeprefix("filter ") for command in self.commands if command[:7] == "filter "]
        assert filters
        return [json.loads(line) for line in lines if all(_passes(text, line) for text in filters)]

    @property
    def fields(self) -> set[str]:
        """Names that must stand in lines; what begins with @ is CloudWatch's own."""
        found: set[str] = set()
        for command in self.commands:
            kind, _, rest = command.partition(" ")
            if kind == "fields":
                found |= set(re.split(r",\s*", rest))
            elif kind == "filter":
                found |= {match["field"] for match in _EQUAL.finditer(rest)}
            elif kind == "stats":
                counted, _, groups = rest.partition(" by ")
                found |= set(re.findall(r"\((@?\w+)\)", counted)) | set(re.split(r",\s*", groups))
            else:
                assert kind == "sort", command
        return {name for name in found if not name.startswith("@")}


def documented_queries() -> list[Query]:
    """The queries in the order of the page: event X, notice Y, answered 503, not allowed."""
    return [Query.of(text) for text in _FENCED.findall(PAGE)]


def _passes(text: str, line: str) -> bool:
    return any(_holds(term.strip(), line) for term in text.split(" or "))


def _holds(term: str, line: str) -> bool:
    if like := _LIKE.fullmatch(term):
        return re.search(like["pattern"], line) is not None
    equal = _EQUAL.fullmatch(term)
    assert equal, term
    return bool(json.loads(line).get(equal["field"]) == json.loads(equal["value"]))
