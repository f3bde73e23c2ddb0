"""Repairs JSON that differs from strict JSON in a way that leaves one meaning."""

import json
import re

# Each has its own step here. A text with more of them was not written by mistake.
MOST_REPAIRED = 100_000

_CONTROL = re.compile("[\0-\x1f]")
_AFTER_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*+\\[\0-\x1f]")
# Between strings too these three may stand; the others nowhere.
_BLANKS = "\t\n\r"
_ELSEWHERE = "".join(map(chr, range(32))).translate(dict.fromkeys(map(ord, _BLANKS)))
# All up to a string with one of them, and that string. Nothing is ever tried twice.
_UP_TO_CONTROL = re.compile(
    r"""((?:[^"]++|"[^"\\\t\n\r]*+(?:\\.[^"\\\t\n\r]*+)*+")*+)("[^"\\]*+(?:\\.[^"\\]*+)*+")""", re.DOTALL
)


def repair(text: str) -> str:
    """Returns strict JSON: control characters in strings as escapes, NULs and one comma at the end dropped.

    Raises ValueError if there is nothing that it can repair.
    """
    found = text.rstrip("\0 \t\r\n").removesuffix(",")
    if _CONTROL.search(found):
        if _AFTER_BACKSLASH.search(found):
            raise ValueError("an escape of no character")
        found = _with_escaped_blanks(_escaped(found, _ELSEWHERE))
    if found == text:
        raise ValueError("nothing to repair")
    return found


def _with_escaped_blanks(text: str) -> str:
    parts: list[str] = []
    at = 0
    while len(parts) < 2 * MOST_REPAIRED and (found := _UP_TO_CONTROL.match(text, at)):
        parts += found[1], _escaped(found[2], _BLANKS)
        at = found.end()
    return "".join((*parts, text[at:]))


def _escaped(text: str, controls: str) -> str:
    for control in controls:
        text = text.replace(control, json.dumps(control)[1:-1])
    return text
