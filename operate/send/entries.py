"""A file of notices: which notice stands where, and which lines hold none; JSON keeps the text it has."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from relay import json_text
from relay.json_text import Json
from relay.notices.record import (
    DECODER,
    MESSAGES,
    NOT_AFTER,
    InvalidRecordError,
    read_not_after,
    read_org_id,
)

type Given = Json | dict[str, Any]
NULL = Json(None, "null")
BLANK = BOM_UTF8 + b" \t\r\n"
"""The bytes that a file may begin with before anything is in it."""


class NoNoticeError(ValueError):
    """A line holds nothing that could be sent; `message_id` if it names one."""

    def __init__(self, reason: str, message_id: str = "") -> None:
        super().__init__(reason)
        self.message_id = message_id


class Mistake(NamedTuple):
    """What keeps a notice from being sent, or did so: the reason names the field at fault."""

    line: int
    message_id: str
    reason: str


class Entry(NamedTuple):
    """A notice, its organisation, the line it begins on, and its position if that line holds `messages`.

    `not_after` is its last moment, as it was written.
    """

    line: int
    org_id: str
    notice: Given
    position: int | None = None
    not_after: str | None = None

    @property
    def value(self) -> object:
        return self.notice.value if isinstance(self.notice, Json) else self.notice

    @property
    def message_id(self) -> str:
        return _message_id(self.notice)

    @property
    def place(self) -> str:
        """Where in its line it is; "" if it has that for itself."""
        return "" if self.position is None else f"{MESSAGES}.{self.position}"

    def mistake(self, reason: str) -> Mistake:
        return Mistake(self.line, self.message_id, f"{self.place}: {reason}" if self.place else reason)


def unmarked(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines without the byte-order mark that may stand before the first."""
    rest = iter(lines)
    return chain([next(rest, b"").removeprefix(BOM_UTF8)], rest)


def json_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, str | NoNoticeError]]:
    """The number and text of each line of JSON Lines that is not blank."""
    for number, line in enumerate(unmarked(lines), 1):
        try:
            if line.strip():
                yield number, line.decode()
        except UnicodeDecodeError:
            yield number, NoNoticeError("not UTF-8")


def entries_of(
    found: Iterable[tuple[int, str | dict[str, Any] | NoNoticeError]],
    org_id: str | None,
    not_after: str | None = None,
) -> Iterator[Entry | Mistake]:
    """Every notice of lines of JSON, or of rows of cells: one each, or as the queue takes them.

    `org_id` is the organisation, `not_after` the last moment of those that name none.
    """
    for line, value in found:
        try:
            for own, notice, position in _notices(value):
                try:
                    named = organisation(own.org_id, org_id)
                    moment = not_after if own.not_after is None else last_moment(own.not_after)
                    yield Entry(line, named, notice, position, moment)
                except NoNoticeError as error:
                    yield Mistake(line, _message_id(notice), str(error))
        except NoNoticeError as error:
            yield Mistake(line, error.message_id, str(error))


def organisation(own: object, asked: str | None = None) -> str:
    """The organisation of a notice that names `own`. Raises NoNoticeError."""
    if own is None and asked is None:
        raise NoNoticeError("orgId: missing, and there is no --org")
    try:
        given = read_org_id(asked if own is None else own)
    except InvalidRecordError as error:
        raise NoNoticeError(str(error)) from error
    if asked is not None and given != asked:
        raise NoNoticeError("orgId: not the one that --org gives")
    return given


def last_moment(given: object) -> str:
    """Returns a `notAfter` as it was written. Raises NoNoticeError."""
    try:
        read_not_after(given)
    except InvalidRecordError as error:
        raise NoNoticeError(str(error)) from error
    return str(given)


class _Own(NamedTuple):
    """What a line says of the notices in it, if anything."""

    org_id: object
    not_after: object


def _notices(value: str | dict[str, Any] | NoNoticeError) -> Iterator[tuple[_Own, Given, int | None]]:
    """Each notice of a line: what the line says of it; itself; its position in `messages`."""
    if isinstance(value, NoNoticeError):
        raise value
    if isinstance(value, dict):
        yield _Own(value.pop("orgId", None), value.pop(NOT_AFTER, None)), value, None
        return
    members = _taken_apart(value)[0]
    own = _Own(members.pop("orgId", NULL).value, members.pop(NOT_AFTER, NULL).value)
    if not isinstance(members.get(MESSAGES, NULL).value, list):
        written = ",".join(
            f"{json.dumps(name, ensure_ascii=False)}:{part.text}" for name, part in members.items()
        )
        yield own, Json({name: part.value for name, part in members.items()}, f"{{{written}}}"), None
        return
    if len(members) > 1:
        raise NoNoticeError(f"{MESSAGES}: only orgId and {NOT_AFTER} may stand beside it")
    elements = _taken_apart(value, elements_of=MESSAGES)[1]
    if not elements:
        raise NoNoticeError(f"{MESSAGES}: must not be empty")
    for position, notice in enumerate(elements):
        yield own, notice, position


def _taken_apart(text: str, elements_of: str | None = None) -> tuple[dict[str, Json], list[Json]]:
    try:
        return json_text.take_apart(text, DECODER, elements_of=elements_of)
    except json_text.NotAnObjectError as error:
        cause = error.__cause__
        why = f"{cause.msg}, character {cause.pos + 1}" if isinstance(cause, json.JSONDecodeError) else cause
        raise NoNoticeError(f"not a JSON object on a line of its own ({why})") from error


def _message_id(notice: Given) -> str:
    value = notice.value if isinstance(notice, Json) else notice
    named = value.get("messageId", value.get("MessageId")) if isinstance(value, dict) else None
    return named if isinstance(named, str) else ""
