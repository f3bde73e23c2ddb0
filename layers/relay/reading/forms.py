"""The fields of a form: names that repeat, and names that say where in a structure their value stands."""

import re
from collections.abc import Mapping
from typing import NamedTuple, Self
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


class _ContradictionError(ValueError):
    """Two names put different things at one place: leave them as they are written."""


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

    Names that contradict each other stay as they are written from where they part, each with its own values:
    a value and a structure at one place, an object and a list, or a list whose numbers have gaps.
    """
    try:
        return _object([_Name.of(name, values) for name, values in fields.items()], 0)
    except _ContradictionError:
        return {name: _of_one_name(values) for name, values in fields.items()}


class _Name(NamedTuple):
    """A name as its steps, the text that follows each of them, and the values that it has."""

    steps: list[str]
    endings: list[str]
    values: list[str]

    @classmethod
    def of(cls, name: str, values: list[str]) -> Self:
        if name.count("[") + name.count(".") <= DEEPEST_NAME:
            for pattern in _NAMES:
                if found := pattern.fullmatch(name):
                    steps = [*_STEP.finditer(name, found.end(1))]
                    names = [found[1], *(step[1] or step[2] for step in steps)]
                    return cls(names, [name[found.end(1) :], *(name[step.end() :] for step in steps)], values)
        return cls([name], [""], values)


def _object(names: list[_Name], depth: int) -> dict[str, Value]:
    members: dict[str, list[_Name]] = {}
    for name in names:
        members.setdefault(name.steps[depth], []).append(name)
    found: list[tuple[str, Value]] = []
    for step, alike in members.items():
        try:
            found.append((step, _value(alike, depth + 1)))
        except _ContradictionError:
            found += [(step + name.endings[depth], _of_one_name(name.values)) for name in alike]
    together = dict(found)
    if len(together) < len(found):
        raise _ContradictionError
    return together


def _value(names: list[_Name], depth: int) -> Value:
    """Returns what stands where these names have led so far."""
    if len(names) == 1 and len(names[0].steps) == depth:
        return _of_one_name(names[0].values)
    if any(len(name.steps) == depth for name in names):
        raise _ContradictionError
    steps = {name.steps[depth] for name in names}
    if "" in steps:
        if len(names) > 1 or len(names[0].steps) > depth + 1:
            raise _ContradictionError
        return [*names[0].values]
    if not any(step.isdecimal() for step in steps):
        return _object(names, depth)
    if steps != {str(number) for number in range(len(steps))}:
        raise _ContradictionError
    elements: list[list[_Name]] = [[] for _ in steps]
    for name in names:
        elements[int(name.steps[depth])].append(name)
    return [_value(element, depth + 1) for element in elements]


def _of_one_name(values: list[str]) -> Value:
    return values[0] if len(values) == 1 else [*values]
