"""The lines of a file in which a person fixed dead letters, read and checked."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relay import sqs
from relay.json_text import Json, NotAnObjectError, take_apart
from relay.notices.record import DECODER, MESSAGES, NOT_AFTER, OUTCOME, InvalidRecordError, read_record
from relay.notices.sending import check

# Also in a line that is no JSON.
_NAMES_LETTER = re.compile(r'"deadLetter"\s*:\s*"([^"]+)"')


class InvalidLineError(Exception):
    """The line cannot be redriven: fix it. The text names the field, and holds nothing of what is in it."""


@dataclass(frozen=True)
class LineFault:
    """Why a line, counted from 1, cannot be redriven."""

    line: int
    reason: str


@dataclass(frozen=True)
class Line:
    """A fixed letter, or a part of it: whose place it takes, and what goes to the notice queue.

    One that holds an outcome has no notices.
    """

    number: int
    letter: str
    body: str
    org_id: str
    notices: Sequence[object]


def read_lines(text: str, largest: int) -> tuple[list[Line], list[LineFault]]:
    """The lines whose every notice the relay would take, in at most `largest` bytes; and what is wrong.

    Several lines may share a letter: all of them are returned, or none.
    """
    lines: list[Line] = []
    faults: list[LineFault] = []
    wrong: dict[str, int] = {}
    for number, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        try:
            lines.append(_line(number, written, largest))
        except (InvalidLineError, InvalidRecordError) as error:
            faults.append(LineFault(number, str(error)))
            if named := _NAMES_LETTER.search(written):
                wrong.setdefault(named[1], number)
    faults += _wrong_notices(lines)
    faults += _kept_back(lines, {fault.line for fault in faults}, wrong)
    at_fault = {fault.line for fault in faults}
    return [line for line in lines if line.number not in at_fault], sorted(faults, key=lambda one: one.line)


def _kept_back(lines: Sequence[Line], at_fault: set[int], wrong: dict[str, int]) -> list[LineFault]:
    """The other lines of a letter that has a wrong one: sent without it, they would have it deleted.

    `wrong` has such a line for each letter that an unreadable line names.
    """
    wrong = {line.letter: line.number for line in lines if line.number in at_fault} | wrong
    return [
        LineFault(
            line.number, f"deadLetter: kept back, for line {wrong[line.letter]} of the same letter is wrong"
        )
        for line in lines
        if line.letter in wrong and line.number not in at_fault
    ]


def _line(number: int, written: str, largest: int) -> Line:
    try:
        members = take_apart(written.strip(), DECODER)[0]
    except NotAnObjectError as error:
        raise InvalidLineError(f"not a JSON object: {error.__cause__}") from error
    letter = members["deadLetter"].value if "deadLetter" in members else None
    if not isinstance(letter, str) or not letter:
        raise InvalidLineError("deadLetter: required, the id of the letter in whose place this is sent")
    body = _body(members)
    org_id, notices = "", []
    if OUTCOME not in members:
        # By the rules of the function that takes them from the queue.
        org_id, found, _ = read_record(body)
        notices = [one.value for one in found]
    # Outside of a string none of the characters that SQS does not take is JSON.
    body = body.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    if not sqs.takes(body):
        raise InvalidLineError("it holds a character that SQS does not take")
    if len(body.encode()) > largest:
        way_out = "shorten it" if len(notices) == 1 else "put its notices on several lines"
        raise InvalidLineError(f"larger than the {largest:,} bytes that the notice queue takes: {way_out}")
    return Line(number, letter, body, org_id, notices)


def _body(members: dict[str, Json]) -> str:
    if len(members.keys() & {"notice", "body", OUTCOME}) != 1:
        raise InvalidLineError("notice: required, with orgId; or in their place a body or an outcome")
    if OUTCOME in members:
        if not isinstance(members[OUTCOME].value, dict):
            raise InvalidLineError(f"{OUTCOME}: an object, as it was saved")
        return f'{{"{OUTCOME}":{members[OUTCOME].text}}}'
    if "notice" in members:
        org_id = members["orgId"].text if "orgId" in members else "null"
        limit = f',"{NOT_AFTER}":{members[NOT_AFTER].text}' if NOT_AFTER in members else ""
        return f'{{"orgId":{org_id},"{MESSAGES}":[{members["notice"].text}]{limit}}}'
    body = members["body"].value
    if not isinstance(body, str):
        raise InvalidLineError("body: a string")
    return body


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
