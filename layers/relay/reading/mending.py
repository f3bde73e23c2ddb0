"""JSON with the slips that careless writers make, as the strict JSON they meant."""

import json
import re

# Each has its own step here. A text with more of them is no slip.
MOST_MENDED = 100_000

_CONTROL = re.compile("[\0-\x1f]")
_AFTER_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*+\\[\0-\x1f]")
# Between strings too these three may stand; the others nowhere.
_BLANKS = "\t\n\r"
_ELSEWHERE = "".join(map(chr, range(32))).translate(dict.fromkeys(map(ord, _BLANKS)))
# All up to a string with one of them, and that string. Nothing is ever tried twice.
_UP_TO_SLIP = re.compile(
    r"""((?:[^"]++|"[^"\\\t\n\r]*+(?:\\.[^"\\\t\n\r]*+)*+")*+)("[^"\\]*+(?:\\.[^"\\]*+)*+")""", re.DOTALL
)


def mended(text: str) -> str:
    """Returns JSON without what follows it by mistake, and with its strings' control characters as escapes.

    What follows are NULs, and one comma. Raises ValueError if there is nothing to mend.
    """
    found = text.rstrip("\0 \t\r\n").removesuffix(",")
    if _CONTROL.search(found):
        if _AFTER_BACKSLASH.search(found):
            raise ValueError("an escape of no character")
        found = _with_escaped_blanks(_escaped(found, _ELSEWHERE))
    if found == text:
        raise ValueError("nothing to mend")
    return found


def _with_escaped_blanks(text: str) -> str:
    parts: list[str] = []
    at = 0
    while len(parts) < 2 * MOST_MENDED and (found := _UP_TO_SLIP.match(text, at)):
        parts += found[1], _escaped(found[2], _BLANKS)
        at = found.end()
    return "".join((*parts, text[at:]))


def _escaped(text: str, controls: str) -> str:
    for control in controls:
        text = text.replace(control, json.dumps(control)[1:-1])
    return text
