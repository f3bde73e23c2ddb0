"""JSON that is no JSON Lines: an array, or values over several lines, read bit by bit."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator

from operate.errors import NothingDoneError
from operate.send.entries import NoNoticeError

_BLANKS = re.compile(r"[ \t\r\n]*")


def _number(_: str) -> int:
    return 0


# Finds where a value ends, whatever its numbers are: those are judged with the notice.
_SCANNER = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_number)


def is_document(line: bytes) -> bool:
    """Whether JSON whose first line this is, or the beginning of it, is no JSON Lines.

    It is an array, or an object that goes on after its line.
    """
    text = line.decode(errors="replace").strip("\ufeff \t\r\n")
    try:
        _SCANNER.raw_decode(text)
    except json.JSONDecodeError as error:
        return text.startswith("[") or (line.endswith(b"\n") and error.pos == len(text))
    except RecursionError:
        pass
    return text.startswith("[")


def json_values(chunks: Iterable[bytes]) -> Iterator[tuple[int, str | NoNoticeError]]:
    """The line and the text of each object, in an array or one after the other; one at a time is in memory.

    Raises NothingDoneError where the text breaks off or is no JSON: the rest cannot be told apart.
    """
    text = _Text(chunks)
    try:
        if text.next() != "[":
            while text.next():
                yield text.value()
            return
        text.skip()
        yield from _elements(text)
        if text.next():
            raise NothingDoneError(f"line {text.line}: something follows the array. Nothing was sent.")
    except json.JSONDecodeError as error:
        line = text.line + error.doc.count("\n", text.at, error.pos)
        raise NothingDoneError(f"line {line}: not JSON: {error.msg}. Nothing was sent.") from error
    except RecursionError as error:
        raise NothingDoneError(f"line {text.line}: nested too deeply. Nothing was sent.") from error
    except UnicodeDecodeError as error:
        raise NothingDoneError(f"after line {text.line}: not UTF-8. Nothing was sent.") from error


def _elements(text: "_Text") -> Iterator[tuple[int, str | NoNoticeError]]:
    if text.next() == "]":
        text.skip()
        return
    while True:
        yield text.value()
        mark = text.next()
        if mark not in ("]", ","):
            raise text.error("Expecting ',' or ']'")
        text.skip()
        if mark == "]":
            return


class _Text:
    """The text of a file, of which memory holds what was read and not taken yet."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._held, self._ended = "", False
        self.at, self.line = 0, 1

    def next(self) -> str:
        """Returns the next character that is not blank, "" at the end."""
        while True:
            found = _BLANKS.match(self._held, self.at)
            self._take(found.end() if found else self.at)
            if self.at < len(self._held):
                return self._held[self.at]
            if not self._more():
                return ""

    def skip(self) -> None:
        self.at += 1

    def value(self) -> tuple[int, str | NoNoticeError]:
        """Returns the value that comes next, with its line. Raises json.JSONDecodeError."""
        self.next()
        while True:
            try:
                end = _SCANNER.raw_decode(self._held, self.at)[1]
            except json.JSONDecodeError:
                if self._more():
                    continue
                raise
            # A number may go on.
            if end < len(self._held) or not self._more():
                break
        line, text = self.line, self._held[self.at : end]
        self._take(end)
        return line, text if text.startswith("{") else NoNoticeError("not a JSON object")

    def error(self, message: str) -> json.JSONDecodeError:
        return json.JSONDecodeError(message, self._held, self.at)

    def _take(self, end: int) -> None:
        self.line += self._held.count("\n", self.at, end)
        self.at = end

    def _more(self) -> bool:
        """Read on, as much again as is held: so a long value is tried a few times. Whether there was more."""
        held = len(self._held) - self.at
        more: list[str] = []
        while not self._ended and sum(map(len, more)) <= held:
            chunk = next(self._chunks, b"")
            more.append(self._decoder.decode(chunk, final=not chunk))
            self._ended = not chunk
        if not any(more):
            return False
        self._held, self.at = self._held[self.at :] + "".join(more), 0
        return True
