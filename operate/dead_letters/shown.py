"""Dead letters as a person reads them, and as lines of a file that a person fixes."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from operate.dead_letters.choice import short_ids
from operate.dead_letters.held import Letter
from operate.output import many, moment, page, plain, print_rows, printable
from relay.json_text import NotAnObjectError, decoder, take_apart
from relay.notices.record import MESSAGES, NOT_AFTER, OUTCOME


def show_letters(letters: Sequence[Letter]) -> None:
    """How many of each code, then each letter with its reason."""
    out = page()
    out.print(many(len(letters), "dead letter"))
    if letters:
        codes = by_code(letters).most_common()
        print_rows(out, [(f"  {_shown(code):<26}", f"{count:,}") for code, count in codes], folded=0)
        out.print()
        print_rows(out, list(_rows(letters)))


def by_code(letters: Sequence[Letter]) -> Counter[str]:
    return Counter(one.code for one in letters)


def _rows(letters: Sequence[Letter]) -> Iterator[tuple[str, str]]:
    ids = short_ids(letters)
    for one in letters:
        when = moment(one.rejected_at) if one.rejected_at else "-"
        name = one.attributes.get("messageId") or ("an outcome, no notice" if outcome_in(one.body) else "")
        names = (one.code, one.org_id, name)
        yield ids[one.id], "  ".join([when, *map(_shown, names)])
        yield "", _shown(one.attributes.get("errorMessage", ""))


def _shown(text: str) -> str:
    return plain(text) or "-"


def line_of(letter: Letter) -> str:
    """The letter as JSON on one line, its notice or outcome as it was sent; else its body as a string."""
    facts = {"deadLetter": letter.id}
    facts |= {name: letter.attributes.get(name, "") for name in ("errorCode", "errorMessage")}
    parts = {name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()}
    whole = {"body": json.dumps(letter.body, ensure_ascii=False)}
    parts |= outcome_in(letter.body) or _one_notice(letter.body) or whole
    line = "{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}"
    # What is no text may stand in a string alone, or be a tab between two parts.
    return printable(line)


def _one_notice(body: str) -> dict[str, str] | None:
    """Texts of a record's one notice and of what stands beside it, if it holds nothing else."""
    try:
        members, found = take_apart(body, decoder(), elements_of=MESSAGES)
    except NotAnObjectError:
        return None
    if members.keys() - {NOT_AFTER} != {"orgId"} or len(found) != 1:
        return None
    texts = {"orgId": members["orgId"].text, "notice": found[0].text}
    if NOT_AFTER in members:
        texts[NOT_AFTER] = members[NOT_AFTER].text
    return {name: _on_one_line(text) for name, text in texts.items()}


def outcome_in(body: str) -> dict[str, str] | None:
    """Returns the text of the outcome in a record that holds one and no notice."""
    try:
        members, _ = take_apart(body, decoder())
    except NotAnObjectError:
        return None
    if members.keys() != {OUTCOME} or not isinstance(members[OUTCOME].value, dict):
        return None
    return {OUTCOME: _on_one_line(members[OUTCOME].text)}


def _on_one_line(text: str) -> str:
    """A line break can only stand between the parts of a JSON text."""
    return text.replace("\r", " ").replace("\n", " ")
