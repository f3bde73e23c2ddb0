"""The JSON text of a record, taken apart so that each notice keeps the very text it was sent as."""

import json
import math
import re
from collections.abc import Callable
from typing import Any, Never

MESSAGES = "messages"

_GAP = re.compile(r"[ \t\r\n]*")


def _no_number(_name: str) -> Never:
    raise ValueError("NaN and Infinity are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large to be sent on")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)


class UnreadableBody(Exception):
    """The text is not a JSON object that can be passed on: reject the record whole."""


def take_apart(text: str) -> tuple[dict[str, Any], list[tuple[Any, str]]]:
    """Members of the JSON object `text`, and each element of its list `messages` with its own text.

    A member that comes twice counts as it came last, as in any JSON reader. Raises UnreadableBody.
    """
    try:
        return _take_apart(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableBody("not a JSON object that can be sent on") from error


def _take_apart(text: str) -> tuple[dict[str, Any], list[tuple[Any, str]]]:
    members: dict[str, Any] = {}
    elements: list[tuple[Any, str]] = []

    def element(at: int) -> int:
        value, end = _DECODER.raw_decode(text, at)
        elements.append((value, text[at:end]))
        return end

    def member(at: int) -> int:
        name, end = _DECODER.raw_decode(text, at)
        if not isinstance(name, str):
            raise ValueError("a member without a name")
        at = _gap(text, _mark(text, _gap(text, end), ":"))
        if name != MESSAGES:
            members[name], end = _DECODER.raw_decode(text, at)
            return end
        elements.clear()
        if text[at : at + 1] == "[":
            return _each(text, at + 1, "]", element)
        return _DECODER.raw_decode(text, at)[1]

    end = _each(text, _mark(text, _gap(text, 0), "{"), "}", member)
    if _gap(text, end) != len(text):
        raise ValueError("something follows the JSON object")
    return members, elements


def _each(text: str, at: int, close: str, take: Callable[[int], int]) -> int:
    """Take comma-separated parts up to `close`; where the text goes on after it."""
    at = _gap(text, at)
    if text[at : at + 1] == close:
        return at + 1
    while True:
        at = _gap(text, take(at))
        if text[at : at + 1] == close:
            return at + 1
        at = _gap(text, _mark(text, at, ","))


def _gap(text: str, at: int) -> int:
    found = _GAP.match(text, at)
    return found.end() if found else at


def _mark(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise ValueError(f"expected {mark}")
    return at + 1
