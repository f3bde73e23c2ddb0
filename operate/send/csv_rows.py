"""A table of notices, whose columns are named for the fields."""

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, iterdecode
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from operate.errors import NothingDoneError
from operate.send.entries import NoNoticeError, unmarked
from relay.notices.model import field_names
from relay.notices.record import NOT_AFTER
from relay.notices.targets import is_shortened

TEXTS = {"header", "body", "appName"}
LISTS = {"targets", "tags", "features"}
NUMBERS = {"messageType", "targetType"}
NAMES = {"orgId", NOT_AFTER, *field_names()} - TEXTS - LISTS - NUMBERS
_IDS = {"orgId", "messageId", "appId"}
FIELDS = TEXTS | LISTS | NUMBERS | NAMES
# A Chinese keyboard writes the wide ones. A text may hold a comma, a user does not: a comma parts users too.
_SEPARATOR = re.compile("[;；]")
_USERS_SEPARATOR = re.compile("[;；，、\\t\\r\\n]")
_DELIMITERS = ",;\t"
# Excel's own first line, which says what parts the cells.
_SAYS_DELIMITER = re.compile(rb'"?sep=([,;:|\t])"?[,;\t]*\s*', re.IGNORECASE)
# Excel's way to keep a text that looks like a number.
_KEPT_TEXT = re.compile(r'\s*="([^"]*)"\s*')
_LOCALE = re.compile("[a-z]{2,3}_[A-Z]{2}")


def csv_rows(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any] | NoNoticeError]]:
    """Each row's first line and what its cells give; empty rows are left out. Raises NothingDoneError.

    The cells are apart by comma, semicolon or tab, as Excel's first line says or as the header row has them.
    A table that breaks off in the middle of a cell is wrong as a whole: that cell may hold many of its rows.
    """
    # Too large a notice is a mistake of its own row.
    csv.field_size_limit(2**31 - 1)
    delimiter, lines = _delimiter(unmarked(_in_utf8(lines)))
    reader = csv.reader((line.decode() for line in lines), delimiter=delimiter, strict=True)
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
                yield line, _row(columns, cells, delimiter)
    except csv.Error as error:
        raise NothingDoneError(f"line {first}: not CSV: {error}. Nothing was sent.") from error
    except UnicodeDecodeError as error:
        raise NothingDoneError(
            f"line {reader.line_num + 1}: not UTF-8. Save the table as CSV in UTF-8. Nothing was sent."
        ) from error


def _in_utf8(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as they are, or in UTF-8 if they are UTF-16: so Excel writes its Unicode text."""
    rest = iter(lines)
    first = next(rest, b"")
    every = chain([first], rest)
    if not first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        yield from every
        return
    held = ""
    # A line of bytes ends with half a character.
    for text in iterdecode(every, "utf-16"):
        *whole, held = (held + text).split("\n")
        yield from (f"{line}\n".encode() for line in whole)
    yield held.encode()


def _delimiter(lines: Iterable[bytes]) -> tuple[str, Iterable[bytes]]:
    """What parts the cells, by the first line that is not blank, and all the lines."""
    rest, first = iter(lines), list[bytes]()
    while not (first and first[-1].strip()) and (line := next(rest, b"")):
        first.append(line)
    header = first[-1] if first else b""
    if said := _SAYS_DELIMITER.fullmatch(header):
        # An empty line keeps the numbers of the others.
        return said[1].decode(), chain([*first[:-1], b"\n"], rest)
    return max(_DELIMITERS, key=lambda one: header.count(one.encode())), chain(first, rest)


def _columns(header: Sequence[str]) -> list[str]:
    """Names of the columns in the spelling of the vendor's sample. Raises NothingDoneError."""
    columns: list[str] = []
    for number, given in enumerate(header, 1):
        name, dot, locale = given.strip().partition(".")
        name = name[:1].lower() + name[1:]
        name = "tags" if name == "tag" else name
        known = name in TEXTS and _LOCALE.fullmatch(locale) if dot else name in FIELDS
        if not known:
            raise NothingDoneError(
                f"column {number} is {given!r}, which is no field of a notice. Nothing was sent."
            )
        columns.append(name + dot + locale)
        if columns.count(columns[-1]) > 1:
            raise NothingDoneError(f"column {number}, {given!r}, is there twice. Nothing was sent.")
    return columns


def _row(columns: Sequence[str], cells: Sequence[str], delimiter: str) -> dict[str, Any] | NoNoticeError:
    """What the cells give; an empty one counts as not given."""
    given = {
        column: text
        for column, cell in zip(columns, cells, strict=False)
        if (text := _unwrapped(cell)).strip()
    }
    if len(cells) != len(columns):
        mark = "a tab" if delimiter == "\t" else delimiter
        quotes = f': put a cell that holds {mark} in quotes, "…"' if len(cells) > len(columns) else ""
        said = f"{len(cells)} cells under {len(columns)} columns{quotes}"
        return NoNoticeError(said, given.get("messageId", ""))
    row: dict[str, Any] = {}
    for column, cell in given.items():
        name, _, locale = column.partition(".")
        if locale:
            row.setdefault(name, {}).setdefault("i18nValue", {})[locale] = cell
        elif name in TEXTS:
            row.setdefault(name, {})["defaultValue"] = cell
        elif name in LISTS:
            row[name] = _parts(name, cell)
        elif name in _IDS and is_shortened(cell):
            said = f'{name}: "{cell.strip()}" is a number that a spreadsheet shortened'
            return NoNoticeError(said, given.get("messageId", ""))
        else:
            row[name] = int(cell) if name in NUMBERS and re.fullmatch("[0-9]", cell) else cell
    return row


def _parts(name: str, cell: str) -> list[str]:
    """What a cell lists; a number that a spreadsheet shortened may have a comma, and is one user."""
    parts: Iterable[str] = _SEPARATOR.split(cell)
    if name == "targets":
        users = _USERS_SEPARATOR.split(cell)
        parts = chain.from_iterable([one] if is_shortened(one) else one.split(",") for one in users)
    return [part for one in parts if (part := _unwrapped(one).strip())]


def _unwrapped(cell: str) -> str:
    found = _KEPT_TEXT.fullmatch(cell)
    return found[1] if found else cell
