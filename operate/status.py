"""`status`: how a deployed relay stands, and what needs a person."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from operate.faults import Fault, Wrong
from operate.options import with_stack
from operate.page import page
from operate.registering import INTERRUPTED
from operate.screen import bar
from operate.stack import Stack
from operate.status_asking import QUESTIONS, survey
from operate.status_facts import Status, as_json
from operate.status_needs import needs
from operate.status_shown import show
from operate.tags import Tag
from relay import catalog


class _Asking(click.Command):
    """Nothing is changed here: a stack that cannot be asked leaves nothing half done."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Fault as fault:
            raise Wrong(fault.message) from fault
        except KeyboardInterrupt:
            click.echo("stopped: interrupted", err=True)
            raise SystemExit(INTERRUPTED) from None


@click.command(cls=_Asking)
@with_stack
@click.option(
    "--tag",
    "tags",
    multiple=True,
    type=Tag(unclassified=True),
    metavar="SLUG",
    help="Only these topics, in what is shown and in the exit status; repeatable.",
)
@click.option("--json", "in_json", is_flag=True, help="For programs: the facts as JSON.")
def status(stack: Stack, tags: tuple[str, ...], in_json: bool) -> None:
    """Show how the relay stands: registrations, last events, subscriptions, what waits, secrets, alarms.

    A fact that cannot be had is unknown, with the reason; a tag that is not to be registered is left out by
    naming the others with --tag.

    Exit status: 0 all is well; 1 something needs a person, and is named with what to do next; 2 the stack
    cannot be found or asked; 130 interrupted.
    """
    slugs = tuple(slug for slug in catalog.SLUGS if slug in (tags or catalog.SLUGS))
    with bar("asking", QUESTIONS + len(slugs)) as tell:
        found = survey(stack, slugs, datetime.now(UTC), tell)
    needed = needs(found, _stack_options(stack))
    if in_json:
        click.echo(json.dumps(_facts(found, needed), ensure_ascii=False))
    else:
        show(found, needed, page())
    raise SystemExit(1 if needed else 0)


def _stack_options(stack: Stack) -> list[str]:
    """What names the same stack to another command."""
    given = click.get_current_context().params
    words = ["--stack", stack.name]
    for name in ("region", "profile"):
        words += [f"--{name}", given[name]] if given.get(name) else []
    return words


def _facts(found: Status, needed: list[str]) -> dict[str, Any]:
    return {**as_json(found), "needs": needed}
