"""JSON taken apart so that each part keeps the very text it was written in."""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, Never

_BLANK = re.compile(r"[ \t\n\r]*")


class Json(NamedTuple):
    """A JSON value beside the text it was written in."""

    value: Any
    text: str


class NotAnObjectError(ValueError):
    """The text is not a JSON object by the decoder that was given."""


def decoder(*, parse_float: Callable[[str], float] = float) -> json.JSONDecoder:
    """A decoder that refuses NaN and Infinity, and what `parse_float` raises a ValueError about."""
    return json.JSONDecoder(parse_constant=_no_constant, parse_float=parse_float)


def take_apart(
    text: str, decoder: json.JSONDecoder, *, elements_of: str | None = None
) -> tuple[dict[str, Json], list[Json]]:
    """Members of the JSON object `text`, and each element of its member `elements_of` if that is a list.

    That member is not among the others, so nothing of it is held twice. A member that comes twice counts as
    it came last, as in any JSON reader. Raises NotAnObjectError.
    """
    parts = _Parts(text, decoder, elements_of)
    parts.read()
    return dict(parts.members), parts.elements


def members(text: str, decoder: json.JSONDecoder, *, most: int | None = None) -> list[tuple[str, Json]]:
    """Members of the JSON object `text` in their order; one that comes twice is there twice.

    Raises NotAnObjectError, about more than `most` members too.
    """
    parts = _Parts(text, decoder, most=most)
    parts.read()
    return parts.members


class _Parts:
    """The parts of one text, taken from its beginning to its end."""

    def __init__(
        self, text: str, decoder: json.JSONDecoder, elements_of: str | None = None, most: int | None = None
    ) -> None:
        self._text, self._decoder, self._elements_of, self._most = text, decoder, elements_of, most
        self.members: list[tuple[str, Json]] = []
        self.elements: list[Json] = []

    def read(self) -> None:
        """Raises NotAnObjectError."""
        try:
            end = self._each(self._mark(self._gap(0), "{"), "}", self._member)
            if self._gap(end) != len(self._text):
                raise ValueError("something follows the JSON object")
        except (ValueError, RecursionError) as error:
            raise NotAnObjectError("not a JSON object") from error

    def _member(self, at: int) -> int:
        name, end = self._decoder.raw_decode(self._text, at)
        if not isinstance(name, str):
            raise ValueError("a member without a name")
        at = self._gap(self._mark(self._gap(end), ":"))
        if name != self._elements_of:
            member, end = self._value(at)
            self.members.append((name, member))
            if self._most is not None and len(self.members) > self._most:
                raise ValueError("too many members")
            return end
        self.elements.clear()
        if self._text[at : at + 1] == "[":
            return self._each(at + 1, "]", self._element)
        return self._decoder.raw_decode(self._text, at)[1]

    def _element(self, at: int) -> int:
        element, end = self._value(at)
        self.elements.append(element)
        return end

    def _value(self, at: int) -> tuple[Json, int]:
        value, end = self._decoder.raw_decode(self._text, at)
        return Json(value, self._text[at:end]), end

    def _each(self, at: int, close: str, take: Callable[[int], int]) -> int:
        """Take comma-separated parts up to `close`; where the text goes on after it."""
        at = self._gap(at)
        if self._text[at : at + 1] == close:
            return at + 1
        while True:
            at = self._gap(take(at))
            if self._text[at : at + 1] == close:
                return at + 1
            at = self._gap(self._mark(at, ","))

    def _gap(self, at: int) -> int:
        found = _BLANK.match(self._text, at)
        return found.end() if found else at

    def _mark(self, at: int, mark: str) -> int:
        if self._text[at : at + 1] != mark:
            raise ValueError(f"expected {mark}")
        return at + 1


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")
