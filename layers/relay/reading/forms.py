"""The fields of a form: names that repeat, and names that say where in a structure their value stands."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from relay.reading.charsets import UnreadableError, weigh

# Each field is some work: so many take a quarter of a second. A thousand employees in `infos` are 9,000.
MOST_FIELDS = 10_000
# Steps of a name, each a call and a place of its own: `infos[0].a[0]` has three.
DEEPEST_NAME = 6

_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# In the content a dot leads on too; elsewhere it may belong to a name.
_NAMES = (
    re.compile(r"(content|infos)((?:\.[^.\[\]]+|\[[^\[\]]*\])+)"),
    re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)"),
)
_STEP = re.compile(r"\.([^.\[\]]+)|\[([^\[\]]*)\]")

type Value = str | list[Value] | dict[str, Value]
# What is put together of names: under each step what follows it, at the end the values of one name.
type _Tree = dict[str, _Tree | list[str]]


class _ContradictionError(ValueError):
    """Two names put different things at one place: leave them as they are."""


class Unquoted(NamedTuple):
    """A form with its escapes read; those of `%`, `&` and `=` stay, for `literal`."""

    text: str
    repaired: bool
    """As `relay.reading.charsets.Charset` has it."""


def unquoted(text: str, declared: str | None) -> Unquoted:
    """Returns a form, its escapes read in one charset: the one that weighs least for all of them.

    Raises UnreadableError.
    """
    spaced = text.replace("+", " ")
    escaped, stray = _NO_ESCAPE.subn("%25", spaced, count=MOST_FIELDS)
    if stray == MOST_FIELDS:
        raise UnreadableError("percent signs without end")
    for escape in ("%25", "%26", "%3D", "%3d"):
        escaped = escaped.replace(escape, f"%25{escape[1:]}")
    try:
        raw = unquote_to_bytes(escaped)
    except UnicodeEncodeError:
        raise UnreadableError("half a character") from None
    # What was not percent-encoded is decoded already, and is UTF-8 again here.
    charset = weigh(raw, declared if text.isascii() else None)
    return Unquoted(charset.decode(raw), charset.repaired)


def literal(text: str) -> str:
    """Returns a piece of what `unquoted` has returned, with its last escapes read."""
    return text.replace("%26", "&").replace("%3D", "=").replace("%3d", "=").replace("%25", "%")


def values_by_name(form: str) -> dict[str, list[str]]:
    """Returns the values of each name, in their order. Raises UnreadableError."""
    if form.count("&") >= MOST_FIELDS:
        raise UnreadableError("fields without end")
    fields: dict[str, list[str]] = {}
    for field in form.split("&"):
        name, _, value = field.partition("=")
        fields.setdefault(literal(name), []).append(literal(value))
    return fields


def unfolded(fields: Mapping[str, list[str]]) -> dict[str, Value]:
    """Returns what the names stand for: of `a[b]` an object, of `a[]`, `a[0]` or a repeated `a` a list.

    Names that begin alike and contradict each other stay as they are written, each with its own values: a
    value and a structure at one place, an object and a list, or a list whose numbers do not count from 0 in
    their order.
    """
    alike: dict[str, dict[str, list[str]]] = {}
    for name in fields:
        first, *steps = _steps(name)
        alike.setdefault(first, {})[name] = steps
    found: dict[str, Value] = {}
    for first, names in alike.items():
        try:
            tree: _Tree = {}
            for name, steps in names.items():
                _put(tree, [first, *steps], fields[name])
            found[first] = _folded(tree[first])
        except _ContradictionError:
            found |= {name: _folded(fields[name]) for name in names}
    return found


def _steps(name: str) -> list[str]:
    if "[" in name or "." in name:
        if name.count("[") + name.count(".") > DEEPEST_NAME:
            return [name]
        for pattern in _NAMES:
            if found := pattern.fullmatch(name):
                return [found[1], *(dotted or bracketed for dotted, bracketed in _STEP.findall(found[2]))]
    return [name]


def _put(tree: _Tree, steps: list[str], values: list[str]) -> None:
    for step in steps[:-1]:
        place = tree.setdefault(step, {})
        if isinstance(place, list):
            raise _ContradictionError
        tree = place
    if tree.setdefault(steps[-1], values) is not values:
        raise _ContradictionError


def _folded(tree: _Tree | list[str]) -> Value:
    if isinstance(tree, list):
        return tree[0] if len(tree) == 1 else [*tree]
    if "" in tree:
        if len(tree) > 1 or isinstance(tree[""], dict):
            raise _ContradictionError
        return [*tree[""]]
    if not any(step.isdecimal() for step in tree):
        return {step: _folded(place) for step, place in tree.items()}
    if [*tree] != [str(number) for number in range(len(tree))]:
        raise _ContradictionError
    return [_folded(place) for place in tree.values()]
