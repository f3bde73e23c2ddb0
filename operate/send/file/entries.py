"""A file of notices, read line by line: which notice stands where, and which lines hold none."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from operate.send.file import csv_rows, json_lines
from operate.send.file.utf8 import NoNoticeError, unmarked
from relay.json_text import Json
from relay.notices.record import MESSAGES, InvalidRecordError, read_org_id

type Given = Json | dict[str, Any]


class Mistake(NamedTuple):
    """What keeps a notice from being sent, or did so: the reason names the field at fault."""

    line: int
    message_id: str
    reason: str


class Entry(NamedTuple):
    """A notice, its organisation, the line it begins on, and its position if that line holds `messages`."""

    line: int
    org_id: str
    notice: Given
    position: int | None = None

    @property
    def message_id(self) -> str:
        return _message_id(self.notice)

    @property
    def place(self) -> str:
        """Where in its line it is; "" if it has that for itself."""
        return "" if self.position is None else f"{MESSAGES}.{self.position}"

    def mistake(self, reason: str) -> Mistake:
        return Mistake(self.line, self.message_id, f"{self.place}: {reason}" if self.place else reason)


def read(lines: Iterable[bytes], *, csv: bool, org_id: str | None) -> Iterator[Entry | Mistake]:
    """Every notice of a file in UTF-8: a row or a line each, or as the queue takes them.

    `org_id` is the organisation of those that name none. Raises NothingDoneError about a table
    that cannot be read.
    """
    found = csv_rows.rows(unmarked(lines)) if csv else json_lines.objects(unmarked(lines))
    for line, value in found:
        try:
            for own, notice, position in _notices(value):
                yield _entry(line, own, org_id, notice, position)
        except NoNoticeError as error:
            yield Mistake(line, error.message_id, str(error))


def organisation(own: object, asked: str | None) -> str:
    """The organisation of a notice that names `own`. Raises NoNoticeError."""
    if own is None and asked is None:
        raise NoNoticeError("orgId: missing, and there is no --org")
    given = asked if own is None else own
    try:
        given = read_org_id(given)
    except InvalidRecordError as error:
        raise NoNoticeError(str(error)) from error
    if asked is not None and given != asked:
        raise NoNoticeError("orgId: not the one that --org gives")
    return given


def _notices(value: str | dict[str, Any] | NoNoticeError) -> Iterator[tuple[object, Given, int | None]]:
    if isinstance(value, NoNoticeError):
        raise value
    if isinstance(value, str):
        yield from json_lines.notices(value)
    else:
        yield value.pop("orgId", None), value, None


def _entry(line: int, own: object, asked: str | None, notice: Given, position: int | None) -> Entry | Mistake:
    try:
        return Entry(line, organisation(own, asked), notice, position)
    except NoNoticeError as error:
        return Mistake(line, _message_id(notice), str(error))


def _message_id(notice: Given) -> str:
    value = notice.value if isinstance(notice, Json) else notice
    named = value.get("messageId", value.get("MessageId")) if isinstance(value, dict) else None
    return named if isinstance(named, str) else ""
