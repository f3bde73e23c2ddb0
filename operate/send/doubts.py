"""What is sent from a file and may not be meant."""

from collections.abc import Iterable, Iterator

from operate.send.file.entries import Entry, Mistake
from relay.json_text import Json
from relay.notices import Notice
from relay.notices.model import unknown_fields


def differing(entries: Iterable[Entry]) -> Iterator[Mistake]:
    """Notices of one organisation that differ from an earlier one of the same messageId."""
    first: dict[str, Entry] = {}
    for entry in entries:
        earlier = first.setdefault(entry.message_id, entry)
        if earlier.notice != entry.notice and _wire(earlier) != _wire(entry):
            where = f"{earlier.line}, {earlier.place}" if earlier.place else f"{earlier.line}"
            yield entry.mistake(f"differs from line {where}, of the same messageId")


def unknown(entries: Iterable[Entry]) -> dict[str, list[int]]:
    """Lines by the name of a field that the vendor's page does not have, maybe a misspelt one."""
    found: dict[str, list[int]] = {}
    for entry in entries:
        for name in unknown_fields(_value(entry)):
            lines = found.setdefault(name, [])
            if lines[-1:] != [entry.line]:
                lines.append(entry.line)
    return found


def _wire(entry: Entry) -> bytes:
    return Notice.read(_value(entry)).wire()


def _value(entry: Entry) -> object:
    return entry.notice.value if isinstance(entry.notice, Json) else entry.notice
