"""JSON Lines of notices, each of which keeps the text it was written in."""

import json
from collections.abc import Iterable, Iterator

from operate.send.file.utf8 import NoNoticeError
from relay import json_text
from relay.json_text import Json
from relay.notices.record import DECODER, MESSAGES


def objects(lines: Iterable[bytes]) -> Iterator[tuple[int, str | NoNoticeError]]:
    """The number and text of each line that is not blank."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, line.decode()
        except UnicodeDecodeError:
            yield number, NoNoticeError("not UTF-8")


def notices(text: str) -> Iterator[tuple[object, Json, int | None]]:
    """Each notice of a line: what names its organisation, if anything; itself; its position in `messages`.

    Raises NoNoticeError.
    """
    members = _taken_apart(text)[0]
    own = members.pop("orgId", Json(None, "null")).value
    if not isinstance(members.get(MESSAGES, Json(None, "null")).value, list):
        written = ",".join(f"{_quoted(name)}:{part.text}" for name, part in members.items())
        yield own, Json({name: part.value for name, part in members.items()}, f"{{{written}}}"), None
        return
    if len(members) > 1:
        raise NoNoticeError(f"{MESSAGES}: only orgId may stand beside it")
    found = _taken_apart(text, elements_of=MESSAGES)[1]
    if not found:
        raise NoNoticeError(f"{MESSAGES}: must not be empty")
    for position, notice in enumerate(found):
        yield own, notice, position


def _taken_apart(text: str, elements_of: str | None = None) -> tuple[dict[str, Json], list[Json]]:
    try:
        return json_text.take_apart(text, DECODER, elements_of=elements_of)
    except json_text.NotAnObjectError as error:
        cause = error.__cause__
        why = f"{cause.msg}, character {cause.pos + 1}" if isinstance(cause, json.JSONDecodeError) else cause
        raise NoNoticeError(f"not a JSON object on a line of its own ({why})") from error


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
