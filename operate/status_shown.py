"""How a relay stands, as a person reads it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operate.page import many, moment, span
from operate.status_facts import Received, Registration, Status, Topic, Unknown
from operate.status_lines import lines

_STATES = {
    "current": ("yes", "green"),
    "outdated": ("older token", "yellow"),
    "other": ("elsewhere", "yellow"),
    "notRegistered": ("no", "red"),
}


def show(status: Status, needs: Sequence[str], out: Console) -> None:
    """The topics, the facts, and what needs a person."""
    out.print(Text(f"{status.stack}, {moment(status.at)}"))
    out.print()
    out.print(_topics(status))
    out.print()
    out.print(_facts(status))
    out.print()
    if needs:
        out.print(Text(f"{many(len(needs), 'thing')} for a person:", "bold red"))
        listed = Table.grid(padding=(0, 1))
        listed.add_column()
        listed.add_column(overflow="fold")
        for need in needs:
            listed.add_row("  -", Text(need))
        out.print(listed)
    else:
        out.print(Text("All is well.", "bold green"))


def _topics(status: Status) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("topic", no_wrap=True)
    table.add_column("registered", no_wrap=True)
    table.add_column("last event", no_wrap=True)
    table.add_column("ago", no_wrap=True, justify="right")
    for topic in status.topics:
        table.add_row(topic.slug, _registered(topic), *_last(topic, status))
    return table


def _registered(topic: Topic) -> Text:
    match topic.registration:
        case Registration(state):
            return Text(*_STATES[state])
        case Unknown():
            return Text("unknown", "yellow")
    return Text("-")


def _last(topic: Topic, status: Status) -> tuple[Text, str]:
    match topic.last:
        case Received(None):
            return Text("none kept"), ""
        case Received(at) if at:
            return Text(moment(at)), span((status.at - at).total_seconds())
    return Text("unknown", "yellow"), ""


def _facts(status: Status) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, said in lines(status).items():
        table.add_row(name, Text(said, "yellow" if said.startswith("unknown") else ""))
    return table
