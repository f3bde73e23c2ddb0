"""Users as targets of a notice: which text can be none, and a notice parted into several by its targets."""

import json
import re
from collections.abc import Iterator, Sequence
from unicodedata import normalize

from relay.json_text import take_apart
from relay.notices.model import InvalidNoticeError
from relay.notices.record import DECODER

_NAMES = ("targets", "Targets")
# What a spreadsheet makes of a long number has a sign or a fraction: 7e12 may be a user.
_SHORTENED = re.compile(r"[+-]?[0-9]+([.,][0-9]+[eE][+-]?|[eE][+-])[0-9]+")
# What Unicode counts as printable, and nobody sees: fillers, a blank of Braille, variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# With less room for targets than this part of a limit, the rest of the notice would be sent too often.
_PARTS = 8
_SHOWN = 40


class NoUserError(InvalidNoticeError):
    """A target can be no user, and the portal would drop it without a word: the text names and shows it."""


def is_shortened(text: str) -> bool:
    """Whether the text is a number as a spreadsheet shortens it: 1.2E+11, in wide characters too."""
    return _SHORTENED.fullmatch(normalize("NFKC", text).strip()) is not None


def check_users(users: Sequence[str]) -> None:
    """Raises NoUserError."""
    found = [(user, fault) for user in users if (fault := _fault(user))]
    if found:
        (user, fault), more = found[0], len(found) - 1
        raise NoUserError(f'targets: "{_shown(user)}" {fault}' + (f"; and {more:,} more" if more else ""))


def _fault(user: str) -> str:
    if is_shortened(user):
        return "is a number that a spreadsheet shortened"
    if user.isprintable() and " " not in user and not _UNSEEN.search(user):
        return ""
    return f"holds a {'blank' if any(map(str.isspace, user)) else 'character that cannot be seen'}"


def _is_seen(one: str) -> bool:
    return one.isprintable() and not _UNSEEN.match(one)


def _shown(user: str) -> str:
    """The user with each character that cannot be seen as its number."""
    seen = "".join(one if _is_seen(one) else f"\\u{ord(one):04x}" for one in user[: _SHOWN + 1])
    return seen if len(seen) <= _SHOWN else f"{seen[: _SHOWN - 1]}…"


def parted(text: str, limits: Sequence[int]) -> list[str]:
    """Returns a notice's JSON as notices of some of its targets each, which else are as it is.

    Each has at most as many bytes as the first of the `limits` of which all but the targets leaves an eighth,
    else as the last; none when that has no room for the longest target. A notice without targets is none.
    """
    members = take_apart(text, DECODER)[0]
    name = next((one for one in _NAMES if one in members and members[one].value), None)
    if name is None:
        return []
    users = [one.text for one in take_apart(text, DECODER, elements_of=name)[1]]
    rest = [f"{json.dumps(one)}:{part.text}" for one, part in members.items() if one not in _NAMES]
    before, after = f"{{{''.join(f'{one},' for one in rest)}{json.dumps(name)}:[", "]}"
    around = len((before + after).encode())
    longest = max(len(user.encode()) for user in users)
    rooms = (limit - around for limit in limits if limit - around >= max(longest, limit / _PARTS))
    room = next(rooms, limits[-1] - around)
    return [] if room < longest else [before + ",".join(some) + after for some in _filled(users, room)]


def _filled(users: Sequence[str], room: int) -> Iterator[list[str]]:
    some: list[str] = []
    size = -1
    for user in users:
        more = len(user.encode()) + 1
        if some and size + more > room:
            yield some
            some, size = [], -1
        some.append(user)
        size += more
    yield some
