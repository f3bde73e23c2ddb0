"""`status`: how a deployed relay stands, and what needs a person."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import click

from operate.errors import ExitStatus, NothingDoneError, OperatorError
from operate.options import json_option, same_stack, tags_option, topic_slug, with_stack
from operate.output import facts_of, page, write_json
from operate.progress import bar
from operate.stack import Stack
from operate.status import facts
from operate.status.needs import needs
from operate.status.shown import show_state
from operate.status.survey import QUESTIONS, survey
from relay import catalog


class _Asking(click.Command):
    """Nothing is changed here: a stack that cannot be asked leaves nothing half done."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperatorError as fault:
            raise NothingDoneError(fault.message) from fault


def _topic(name: str) -> str:
    """Returns the slug of a topic of events, or that of outcomes. Raises ValueError."""
    return name if name == facts.OUTCOMES else topic_slug(name)


@click.command(cls=_Asking)
@with_stack
@tags_option(_topic, "Only these topics, in what is shown and in the exit status; repeatable.")
@json_option
def status(stack: Stack, tags: tuple[str, ...], as_json: bool) -> None:
    """Show how the relay stands: registrations, last events, subscriptions, what waits, secrets, alarms.

    A fact that cannot be had is unknown, with the reason; a tag that is not to be registered is left out by
    naming the others with --tag.

    Exit status: 0 all is well; 1 something needs a person, and is named with what to do next; 2 the stack
    cannot be found or asked; 130 interrupted.
    """
    # A relay of before outcomes were published has no topic of them.
    every = (*catalog.SLUGS, *([facts.OUTCOMES] if facts.OUTCOME_TOPIC in stack.outputs else []))
    slugs = tuple(slug for slug in (*catalog.SLUGS, facts.OUTCOMES) if slug in (tags or every))
    with bar("asking", QUESTIONS + len(slugs)) as show_done:
        found = survey(stack, slugs, datetime.now(UTC), show_done)
    needed = needs(found, partial(same_stack, click.get_current_context()), stack.callback_addresses)
    if as_json:
        write_json({**facts_of(found), "needs": needed})
    else:
        show_state(found, needed, page())
    raise SystemExit(ExitStatus.UNFINISHED if needed else ExitStatus.DONE)
