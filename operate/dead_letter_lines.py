"""Dead letters as lines of a file that a person mends, and those lines read and checked."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operate.dead_letter_queue import Letter
from relay import sqs
from relay.json_text import Json, NotAnObject, decoder, take_apart
from relay.notices.record import DECODER, MESSAGES, InvalidRecord, read_record
from relay.notices.sending import check


class InvalidLine(Exception):
    """The line cannot be redriven: mend it. The text names the field, and holds nothing of what is in it."""


@dataclass(frozen=True)
class LineFault:
    """Why a line, counted from 1, cannot be redriven."""

    line: int
    reason: str


@dataclass(frozen=True)
class Line:
    """One mended letter: whose place it takes, and what goes to the notice queue."""

    number: int
    letter: str
    body: str
    org_id: str
    notices: tuple[object, ...]


def line_of(letter: Letter) -> str:
    """The letter as JSON on one line, its notice in the text that was sent; else its body as a string."""
    told = {"deadLetter": letter.id}
    told |= {name: letter.attributes.get(name, "") for name in ("errorCode", "errorMessage")}
    parts = {name: json.dumps(value, ensure_ascii=False) for name, value in told.items()}
    parts |= _one_notice(letter.body) or {"body": json.dumps(letter.body, ensure_ascii=False)}
    return "{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}"


def _one_notice(body: str) -> dict[str, str] | None:
    """Texts of a record's orgId and of its one notice, if it holds these and nothing else."""
    try:
        members, found = take_apart(body, decoder(), elements_of=MESSAGES)
    except NotAnObject:
        return None
    if members.keys() != {"orgId"} or len(found) != 1:
        return None
    # A line break can only stand between the parts of a JSON text.
    texts = {"orgId": members["orgId"].text, "notice": found[0].text}
    return {name: text.replace("\r", " ").replace("\n", " ") for name, text in texts.items()}


def read_lines(text: str, largest: int) -> tuple[list[Line], list[LineFault]]:
    """The lines whose every notice the relay would take, in at most `largest` bytes; and what is wrong."""
    lines: list[Line] = []
    faults: list[LineFault] = []
    seen: dict[str, int] = {}
    for number, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            line = _read(number, written, largest)
            earlier = seen.setdefault(line.letter, number)
            if earlier != number:
                raise InvalidLine(f"deadLetter: the same as on line {earlier}")
            lines.append(line)
        except InvalidLine as error:
            faults.append(LineFault(number, str(error)))
    faults += _wrong_notices(lines)
    wrong = {fault.line for fault in faults}
    return [line for line in lines if line.number not in wrong], sorted(faults, key=lambda one: one.line)


def _read(number: int, written: str, largest: int) -> Line:
    try:
        members = take_apart(written.strip(), DECODER)[0]
    except NotAnObject as error:
        raise InvalidLine(f"not a JSON object: {error.__cause__}") from error
    letter = members["deadLetter"].value if "deadLetter" in members else None
    if not isinstance(letter, str) or not letter:
        raise InvalidLine("deadLetter: required, the id of the letter in whose place this is sent")
    body = _body(members)
    org_id, notices = _record(body)
    # Outside of a string none of the characters that SQS does not take is JSON.
    body = body.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    if not sqs.takes(body):
        raise InvalidLine("it holds a character that SQS does not take")
    if len(body.encode()) > largest:
        raise InvalidLine(f"larger than the {largest:,} bytes that the notice queue takes")
    return Line(number, letter, body, org_id, notices)


def _body(members: dict[str, Json]) -> str:
    if ("notice" in members) == ("body" in members):
        raise InvalidLine("notice: required, with orgId; or in their place a body")
    if "notice" in members:
        org_id = members["orgId"].text if "orgId" in members else "null"
        return f'{{"orgId":{org_id},"{MESSAGES}":[{members["notice"].text}]}}'
    body = members["body"].value
    if not isinstance(body, str):
        raise InvalidLine("body: a string")
    return body


def _record(body: str) -> tuple[str, tuple[object, ...]]:
    """Organisation and notices, by the rules of the function that takes them from the queue."""
    try:
        org_id, found = read_record(body)
    except InvalidRecord as error:
        raise InvalidLine(str(error)) from error
    return org_id, tuple(one.value for one in found)


def _wrong_notices(lines: Sequence[Line]) -> Iterator[LineFault]:
    """What the relay would reject, and what only shows across the notices of an organisation."""
    by_org: defaultdict[str, list[tuple[int, str, object]]] = defaultdict(list)
    for line in lines:
        for n, notice in enumerate(line.notices):
            place = f"{MESSAGES}.{n}: " if len(line.notices) > 1 else ""
            by_org[line.org_id].append((line.number, place, notice))
    for found in by_org.values():
        for fault in check([notice for _, _, notice in found]):
            number, place, _ = found[fault.position]
            yield LineFault(number, place + fault.reason)
