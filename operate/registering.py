"""What became of each eventTag's registration, for a person and as an exit status."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from operate.options import command_line
from operate.page import many, page, plain
from operate.stack import Stack

INTERRUPTED = 130
# The function's words, and what a person reads.
_SHOWN = {"notRegistered": "not registered", "taken": "left alone", "left": "not come to"}
_STYLES = {"failed": "red", "taken": "yellow", "left": "yellow"}
_AGAIN = {"failed", "left"}


def ask(stack: Stack, request: Mapping[str, Any]) -> dict[str, Any]:
    """The gateway function's answer. Raises Fault, and SystemExit when a person interrupts."""
    try:
        return stack.invoke("GatewayFunctionName", request)
    except KeyboardInterrupt:
        click.echo("stopped: interrupted; the call under way goes on, and doing it again is safe", err=True)
        raise SystemExit(INTERRUPTED) from None


def show(answer: Mapping[str, Any]) -> None:
    """How many of each, then each tag, with the gateway's words where it has some."""
    out, tags = page(), answer["tags"]
    counts = Counter(_shown(tag["change"]) for tag in tags)
    ends = ", ".join(f"{count:,} {change}" for change, count in counts.most_common())
    out.print(f"{many(len(tags), 'registration')}: {ends}" if tags else "no registrations")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for tag in tags:
        change = Text(_shown(tag["change"]), _STYLES.get(tag["change"], ""))
        table.add_row(f"  {tag['slug']}", change, Text(_said(tag)))
    out.print(table)


def tell_how_to_go_on(answer: Mapping[str, Any]) -> None:
    """On the error output, so that a program's JSON stays alone."""
    if any(tag["change"] in _AGAIN for tag in answer["tags"]):
        again = command_line(click.get_current_context())
        click.echo(f"What is done stays done. For the rest mend what is said, then:\n  {again}", err=True)


def _shown(change: str) -> str:
    return _SHOWN.get(change, change)


def _said(tag: Mapping[str, str]) -> str:
    if tag["change"] == "taken":
        return f"leads to {plain(tag.get('callbackUrl', ''))}; --take-over if it is to be changed"
    if "error" in tag:
        return plain(tag["error"])
    return f"was {plain(tag['was'])}" if "was" in tag else ""
