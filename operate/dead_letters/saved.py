"""Dead letters as lines of a file that a person fixes."""

import json

from operate.dead_letters.held import Letter
from operate.output import printable
from relay.json_text import NotAnObjectError, decoder, take_apart
from relay.notices.record import MESSAGES


def line_of(letter: Letter) -> str:
    """The letter as JSON on one line, its notice in the text that was sent; else its body as a string."""
    facts = {"deadLetter": letter.id}
    facts |= {name: letter.attributes.get(name, "") for name in ("errorCode", "errorMessage")}
    parts = {name: json.dumps(value, ensure_ascii=False) for name, value in facts.items()}
    parts |= _one_notice(letter.body) or {"body": json.dumps(letter.body, ensure_ascii=False)}
    line = "{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}"
    # What is no text may stand in a string alone, or be a tab between two parts.
    return printable(line)


def _one_notice(body: str) -> dict[str, str] | None:
    """Texts of a record's orgId and of its one notice, if it holds these and nothing else."""
    try:
        members, found = take_apart(body, decoder(), elements_of=MESSAGES)
    except NotAnObjectError:
        return None
    if members.keys() != {"orgId"} or len(found) != 1:
        return None
    # A line break can only stand between the parts of a JSON text.
    texts = {"orgId": members["orgId"].text, "notice": found[0].text}
    return {name: text.replace("\r", " ").replace("\n", " ") for name, text in texts.items()}
