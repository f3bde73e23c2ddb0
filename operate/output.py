"""The one way in which commands write: for a person within 100 columns, for a program as JSON.

What somebody else wrote stays text: it commands no terminal, on either way.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

import click
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 100
MOST_LISTED = 20


def write_all_text(*streams: TextIO) -> None:
    """Have streams write the number of what their encoding cannot hold: a command has acted by then."""
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def page() -> Console:
    """Returns the standard output; colours are up to the terminal and to NO_COLOR."""
    out = Console(highlight=False)
    out.width = min(out.width, WIDTH) if out.is_terminal else WIDTH
    return out


def print_rows(
    out: Console, rows: Sequence[Sequence[str | Text]], *, heads: Sequence[str] = (), folded: int = -1
) -> None:
    """Print rows in columns: only the one that is `folded` breaks a text, and no line ends in spaces."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(heads))
    for number, head in enumerate(heads or [""] * len(rows[0])):
        table.add_column(Text(head, "bold"), no_wrap=number != folded % len(rows[0]), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    with out.capture() as held:
        out.print(table)
    for line in held.get().splitlines():
        out.print(Text.from_ansi(line.rstrip()), soft_wrap=True)


def plain(text: str) -> str:
    """Returns what somebody else wrote, on one line and without what would command a terminal."""
    return safe(" ".join(text.split()))


def safe(text: str) -> str:
    """Returns the text without what would command a terminal, a line break included."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def write_json(facts: object) -> None:
    """Write the facts on the standard output, as one line of ASCII."""
    # DEL alone is ASCII and no text.
    click.echo(json.dumps(facts).replace("\x7f", "\\u007f"))


def facts_of(value: Any) -> Any:
    """Returns a fact as a program gets it: names in camelCase, times in ISO 8601."""
    match value:
        case datetime():
            return value.isoformat(timespec="milliseconds")
        case Mapping():
            return {name: facts_of(one) for name, one in value.items()}
        case list() | tuple():
            return [facts_of(one) for one in value]
        case BaseModel():
            return value.model_dump(by_alias=True)
    if is_dataclass(value):
        return {to_camel(one.name): facts_of(getattr(value, one.name)) for one in fields(value)}
    return value


def printable(written: str) -> str:
    """Returns JSON with the characters that are no text escaped, as they may stand within its strings."""
    return "".join(one if one.isprintable() or one in "\t\r\n" else _escaped(one) for one in written)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def write_new(path: Path, lines: Iterable[str]) -> None:
    """Write a new file that its owner alone may read. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def beginning(lines: Sequence[str], more: str = "more") -> Iterator[str]:
    """Returns the first of these lines, and one about the others; a program gets all."""
    yield from lines[:MOST_LISTED]
    if len(lines) > MOST_LISTED:
        yield f"  … and {len(lines) - MOST_LISTED:,} {more}"


def many(count: int, noun: str, verb: str = "") -> str:
    """Returns the number with its noun, and a verb where there is one: 1 event is, 1,200 events are."""
    said = f"{count:,} {noun}{'' if count == 1 else 's'}"
    return f"{said} {verb if count != 1 else {'are': 'is'}.get(verb, f'{verb}s')}" if verb else said


def per_second(count: int, seconds: float) -> str:
    """Returns how long something took, and how many that were a second."""
    return f"{seconds:,.1f} s ({count / max(seconds, 0.001):,.1f}/s)"


def moment(at: datetime) -> str:
    """Returns the time as this machine has it, with its offset; --from and --to take it so."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S%:z}"


def span(seconds: float) -> str:
    """Returns a length of time in its coarsest unit: 40 s, 12 min, 5 h, 3 days."""
    for size, unit, most in ((1, "s", 120), (60, "min", 7200), (3600, "h", 172_800)):
        if seconds < most:
            return f"{max(0, int(seconds // size))} {unit}"
    return f"{int(seconds // 86_400)} days"
