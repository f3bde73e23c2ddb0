"""The good notices of a file, kept in a temporary file until all of it is checked."""

import json
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from operate.errors import NothingDoneError
from operate.send.entries import Entry
from relay.json_text import Json
from relay.notices.sending import Packed, packed

_IN_MEMORY = 1_048_576


@contextmanager
def keeping() -> Iterator["Spool"]:
    """Keep notices as long as the context lasts."""
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        yield Spool(file)


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = f"The temporary file for what was checked: {error.strerror}. Nothing was sent."
        raise NothingDoneError(said) from error


class Spool:
    """Notices by organisation and last moment, in the order in which they came. In memory are
    numbers, and each organisation and moment once.

    What is sent is thereby what was checked, whatever becomes of the file that it was read from.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._ends = array("Q", [0])
        """Where each text ends, after the end of the one before it."""
        self._texts = array("I", [0])
        """How many texts there are up to each notice."""
        self._lines, self._positions, self._left = array("I"), array("i"), array("I")
        self._groups: dict[tuple[str, str | None], array[int]] = {}
        """Numbers of the notices by organisation and last moment, which a message has one of each."""

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, entry: Entry, texts: Sequence[str]) -> None:
        """Keep the texts in which a notice is sent. Raises NothingDoneError."""
        for text in texts:
            data = text.encode()
            with _written():
                self._file.write(data)
            self._ends.append(self._ends[-1] + len(data))
        self._groups.setdefault((entry.org_id, entry.not_after), array("I")).append(len(self))
        self._texts.append(len(self._ends) - 1)
        self._lines.append(entry.line)
        self._positions.append(-1 if entry.position is None else entry.position)
        self._left.append(len(texts))

    def complete(self) -> None:
        """Have all of it in the file before any of it is sent. Raises NothingDoneError."""
        with _written():
            self._file.flush()

    def entry(self, number: int) -> Entry:
        """Returns a notice by its number, with the first part of its targets."""
        text = self._text(self._texts[number])
        position = self._positions[number]
        notice = Json(json.loads(text), text)
        return Entry(self._lines[number], "", notice, None if position < 0 else position)

    def messages(self) -> Iterator[Packed]:
        """Yields the SQS messages of all notices, with their numbers as positions."""
        for (org_id, not_after), numbers in self._groups.items():
            texts = (
                (number, self._text(which))
                for number in numbers
                for which in range(self._texts[number], self._texts[number + 1])
            )
            yield from packed(org_id, texts, not_after)

    def count_taken(self, message: Packed) -> None:
        """Note that a message is on the queue."""
        for number in message.positions:
            self._left[number] -= 1

    def on_queue(self) -> Counter[str]:
        """Returns how many notices of each organisation are on the queue with all of their parts."""
        counts = Counter[str]()
        for (org_id, _), numbers in self._groups.items():
            counts[org_id] += sum(not self._left[number] for number in numbers)
        return +counts

    def by_organisation(self) -> Counter[str]:
        counts = Counter[str]()
        for (org_id, _), numbers in self._groups.items():
            counts[org_id] += len(numbers)
        return counts

    def not_on_queue(self) -> Iterator[int]:
        """Yields the numbers of the notices of which a part is not known to be on the queue."""
        return (number for number, left in enumerate(self._left) if left)

    def _text(self, which: int) -> str:
        begin, end = self._ends[which], self._ends[which + 1]
        if self._file.tell() != begin:
            self._file.seek(begin)
        return self._file.read(end - begin).decode()
