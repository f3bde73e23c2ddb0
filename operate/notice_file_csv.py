"""A table of notices, whose columns are named for the fields."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from operate.faults import Wrong
from operate.notice_file_lines import NoNotice

TEXTS = {"header", "body", "appName"}
LISTS = {"targets", "tags", "features"}
NUMBERS = {"messageType", "targetType"}
NAMES = {"orgId", "messageId", "appId", "url", "linkedAppId", "linkedMenuCode", "linkedStates"}
# A Chinese keyboard writes the wide one.
_SEPARATOR = re.compile("[;；]")
_LOCALE = re.compile("[a-z]{2,3}_[A-Z]{2}")


def rows(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | NoNotice]]:
    """Each row's first line and what its cells give; empty rows are left out. Raises Wrong.

    A table that breaks off in the middle of a cell is wrong as a whole: nobody knows which rows it swallowed.
    """
    # Too large a notice is a mistake of its own row.
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader((line.decode() for line in lines), strict=True)
    columns: list[str] = []
    first = 1
    try:
        for cells in reader:
            line, first = first, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells)
            else:
                yield line, _row(columns, cells)
    except csv.Error as error:
        raise Wrong(f"line {first}: not CSV: {error}. Nothing was sent.") from error
    except UnicodeDecodeError as error:
        raise Wrong(
            f"line {reader.line_num + 1}: not UTF-8. Save the table as CSV in UTF-8. Nothing was sent."
        ) from error


def _columns(header: Sequence[str]) -> list[str]:
    """Names of the columns in the spelling of the vendor's sample. Raises Wrong."""
    columns: list[str] = []
    for number, given in enumerate(header, 1):
        name, dot, locale = given.strip().partition(".")
        name = name[:1].lower() + name[1:]
        name = "tags" if name == "tag" else name
        known = name in TEXTS and _LOCALE.fullmatch(locale) if dot else name in _FIELDS
        if not known:
            raise Wrong(f"column {number} is {given!r}, which is no field of a notice. Nothing was sent.")
        columns.append(name + dot + locale)
        if columns.count(columns[-1]) > 1:
            raise Wrong(f"column {number}, {given!r}, is there twice. Nothing was sent.")
    return columns


def _row(columns: Sequence[str], cells: Sequence[str]) -> dict[str, Any] | NoNotice:
    """What the cells give; an empty one counts as not given."""
    given = {column: cell for column, cell in zip(columns, cells, strict=False) if cell.strip()}
    if len(cells) != len(columns):
        return NoNotice(f"{len(cells)} cells under {len(columns)} columns", given.get("messageId", ""))
    row: dict[str, Any] = {}
    for column, cell in given.items():
        name, _, locale = column.partition(".")
        if locale:
            row.setdefault(name, {}).setdefault("i18nValue", {})[locale] = cell
        elif name in TEXTS:
            row.setdefault(name, {})["defaultValue"] = cell
        elif name in LISTS:
            row[name] = [part.strip() for part in _SEPARATOR.split(cell) if part.strip()]
        else:
            row[name] = int(cell) if name in NUMBERS and re.fullmatch("[0-9]", cell) else cell
    return row


_FIELDS = TEXTS | LISTS | NUMBERS | NAMES
