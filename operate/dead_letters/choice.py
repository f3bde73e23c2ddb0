"""Which letters are meant: all, those of an organisation or a code, or those whose id begins so."""

from collections.abc import Sequence
from itertools import count

import click

from operate.dead_letters.held import DeadLetterQueue, Letter
from operate.errors import NothingDoneError
from operate.output import many
from operate.progress import bar

SHORTEST = 8


def letters_of(
    queue: DeadLetterQueue, *, code: str | None, org: str | None, limit: int | None
) -> list[Letter]:
    """The letters of a code and an organisation, at most `limit`, the oldest first. Raises OperatorError."""
    total, elsewhere = queue.counts()
    if elsewhere:
        click.echo(
            f"About {many(elsewhere, 'letter', 'are')} not seen here: somebody else is reading, or a command "
            "was killed. Visible again in a quarter of an hour at most.",
            err=True,
        )
    found: list[Letter] = []
    with bar("reading the dead letters", total) as show_done:
        for done, letter in enumerate(queue.walk(), 1):
            show_done(done)
            if code in (None, letter.code) and org in (None, letter.org_id):
                found.append(letter)
            if len(found) == limit:
                break
    return sorted(found, key=_when)


def _when(letter: Letter) -> tuple[float, str]:
    return letter.rejected_at.timestamp() if letter.rejected_at else 0.0, letter.id


def with_prefixes(letters: Sequence[Letter], prefixes: Sequence[str]) -> list[Letter]:
    """Returns the one letter for each beginning of an id, each once.

    Raises NothingDoneError, which names all that do not fit.
    """
    found: dict[str, Letter] = {}
    faults = []
    for prefix in prefixes:
        fitting = [one for one in letters if prefix and one.id.lower().startswith(prefix.lower())]
        if len(fitting) == 1:
            found[fitting[0].id] = fitting[0]
        elif fitting:
            faults.append(
                f"{prefix} is the beginning of {', '.join(one.id for one in fitting[:3])}, say more"
            )
        else:
            faults.append(f"{prefix or 'nothing'} is not the beginning of any letter's id")
    if faults:
        raise NothingDoneError("; ".join(faults) + ". Nothing was done.")
    return list(found.values())


def short_ids(letters: Sequence[Letter]) -> dict[str, str]:
    """How much of each id a person has to type: eight characters, or more where that would be ambiguous."""
    ids = [one.id for one in letters]
    length = next(n for n in count(SHORTEST) if len({one[:n] for one in ids}) == len(set(ids)))
    return {one: one[:length] for one in ids}
