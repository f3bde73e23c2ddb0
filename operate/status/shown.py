"""How a relay stands, as a person reads it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from operate.output import many, moment, plain, span
from operate.status.facts import Received, Registration, RelayState, Subscription, Topic, Unknown
from operate.status.lines import lines
from relay.api.gateway import RegistrationState

_STATES: dict[str, tuple[str, str]] = {
    RegistrationState.CURRENT: ("yes", "green"),
    RegistrationState.OUTDATED: ("older token", "yellow"),
    RegistrationState.OTHER: ("elsewhere", "yellow"),
    RegistrationState.NOT_REGISTERED: ("no", "red"),
}


def show(status: RelayState, needs: Sequence[str], out: Console) -> None:
    """The topics, the facts, and what needs a person."""
    out.print(Text(f"{status.stack}, {moment(status.at)}"))
    out.print()
    out.print(_topics(status))
    out.print()
    if any(_subscribed(topic) for topic in status.topics):
        out.print(_subscriptions(status))
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


def _topics(status: RelayState) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("topic", no_wrap=True)
    table.add_column("registered", no_wrap=True)
    table.add_column("last event", no_wrap=True)
    table.add_column("ago", no_wrap=True, justify="right")
    table.add_column("subscribers", no_wrap=True)
    for topic in status.topics:
        table.add_row(topic.slug, _registered(topic), *_last(topic, status), _count(topic))
    return table


def _count(topic: Topic) -> Text:
    if isinstance(topic.subscriptions, Unknown):
        return Text("unknown", "yellow")
    return Text(f"{len(topic.subscriptions):,}") if topic.subscriptions else Text("none", "yellow")


def _subscribed(topic: Topic) -> Sequence[Subscription]:
    return () if isinstance(topic.subscriptions, Unknown) else topic.subscriptions


def _subscriptions(status: RelayState) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("topic", no_wrap=True)
    table.add_column("subscriber", overflow="fold")
    table.add_column("dead-letter queue", no_wrap=True)
    for topic in status.topics:
        for one in _subscribed(topic):
            table.add_row(topic.slug, plain(f"{one.protocol} {_endpoint(one)}"), _kept(one))
    return table


def _endpoint(subscription: Subscription) -> str:
    """Of an ARN the account and the name; else the address as it is."""
    parts = subscription.endpoint.split(":", 4)
    return parts[4] if parts[0] == "arn" and len(parts) > 4 else subscription.endpoint


def _kept(subscription: Subscription) -> Text:
    if not subscription.confirmed:
        return Text("not confirmed", "yellow")
    match subscription.dead_letter_queue:
        case True:
            return Text("yes", "green")
        case False:
            return Text("none", "red")
    return Text("?")


def _registered(topic: Topic) -> Text:
    match topic.registration:
        case Registration(state):
            return Text(*_STATES[state])
        case Unknown():
            return Text("unknown", "yellow")
    return Text("-")


def _last(topic: Topic, status: RelayState) -> tuple[Text, str]:
    match topic.last:
        case Received(None):
            return Text("none kept"), ""
        case Received(at) if at:
            return Text(moment(at)), span((status.at - at).total_seconds())
    return Text("unknown", "yellow"), ""


def _facts(status: RelayState) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, said in lines(status).items():
        table.add_row(name, Text(said, "yellow" if said.startswith(("unknown", "everyone")) else ""))
    return table
