"""How a relay stands, as a person reads it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from operate.output import many, moment, plain, print_rows, span
from operate.status import facts
from relay.api.gateway import RegistrationState
from relay.api.recovery import PendingEvents, SetAsideEvents

_STATES: dict[str, tuple[str, str]] = {
    RegistrationState.CURRENT: ("yes", "green"),
    RegistrationState.OUTDATED: ("older token", "yellow"),
    RegistrationState.OTHER: ("elsewhere", "yellow"),
    RegistrationState.NOT_REGISTERED: ("no", "red"),
}


def show_state(status: facts.RelayState, needs: Sequence[str], out: Console) -> None:
    """The topics, the facts, and what needs a person."""
    out.print(Text(f"{status.stack}, {moment(status.at)}"), end="\n\n")
    topics = [(one.slug, _registered(one), *_last(one, status), _subscribers(one)) for one in status.topics]
    print_rows(out, topics, heads=("topic", "registered", "last event", "ago", "subscribers"))
    out.print()
    listed = [(topic.slug, _address(one), _kept(one)) for topic in status.topics for one in topic.subscribed]
    if listed:
        print_rows(out, listed, heads=("topic", "subscriber", "dead-letter queue"), folded=1)
        out.print()
    named = status.named().items()
    print_rows(out, [(name, Text(_line(name, fact, status), _style(fact))) for name, fact in named])
    out.print()
    if needs:
        out.print(Text(f"{many(len(needs), 'thing')} for a person:", "bold red"))
        print_rows(out, [("  -", need) for need in needs])
    else:
        out.print(Text("All is well.", "bold green"))


def _style(fact: object) -> str:
    """What is no fault of the relay's, and yet worth a look."""
    match fact:
        case facts.Unknown() | facts.Callers(_, True) | facts.Address(_, True):
            return "yellow"
        case facts.Secret(trouble=trouble) if trouble:
            return "yellow"
    return ""


def _registered(topic: facts.Topic) -> Text:
    match topic.registration:
        case facts.Registration(state):
            return Text(*_STATES[state])
        case facts.Unknown():
            return Text("unknown", "yellow")
    return Text("-")


def _last(topic: facts.Topic, status: facts.RelayState) -> tuple[Text, str]:
    match topic.last:
        case facts.Received(None):
            return Text("none kept"), ""
        case facts.Received(at) if at:
            return Text(moment(at)), span(status.seconds_since(at))
        case None:
            return Text("-"), ""
    return Text("unknown", "yellow"), ""


def _subscribers(topic: facts.Topic) -> Text:
    if isinstance(topic.subscriptions, facts.Unknown):
        return Text("unknown", "yellow")
    if topic.subscriptions:
        return Text(f"{len(topic.subscriptions):,}")
    return Text("none", "" if topic.slug == facts.OUTCOMES else "yellow")


def _address(subscription: facts.Subscription) -> str:
    """Of an ARN the account and the name; else the address as it is."""
    parts = subscription.endpoint.split(":", 4)
    short = parts[4] if parts[0] == "arn" and len(parts) > 4 else subscription.endpoint
    return plain(f"{subscription.protocol} {short}")


def _kept(subscription: facts.Subscription) -> Text:
    if not subscription.confirmed:
        return Text("not confirmed", "yellow")
    known = {True: Text("yes", "green"), False: Text("none", "red")}
    return Text("?") if subscription.dead_letter_queue is None else known[subscription.dead_letter_queue]


def _line(name: str, fact: object, status: facts.RelayState) -> str:
    """What is known of a fact, on one line however long."""
    match fact:
        case facts.Unknown(reason):
            return f"unknown: {plain(reason)}"
        case facts.Callers(_, True):
            return "everyone: docs/deploy.md says how to name the gateway's"
        case facts.Callers(ranges, _):
            return ", ".join(ranges)
        case PendingEvents(count=count, more=more, oldest=oldest):
            waited = f", the oldest for {span(status.seconds_since(oldest))}" if oldest else ""
            return f"{count:,}{' or more' if more else ''}{waited}"
        case SetAsideEvents(count=count, more=more):
            return f"{count:,}{' or more' if more else ''}"
        case facts.FailedCallbacks(count, unreadable):
            return f"{count:,}" + (f", {unreadable:,} of them without an id" if unreadable else "")
        case facts.Depth() if name == "dead letters":
            return f"{fact.total:,}"
        case facts.Depth(visible, invisible, delayed):
            return f"{visible:,} to be taken, {invisible:,} at work or waiting, {delayed:,} delayed"
        case facts.Age(seconds):
            return "CloudWatch has no number" if seconds is None else f"{span(seconds)} old"
        case facts.PortalErrors(None):
            return "none within a day"
        case facts.PortalErrors(last) if last:
            of = f" ({plain(last.org_id)})" if last.org_id else ""
            ago = span(status.seconds_since(last.at))
            return f"{moment(last.at)}, {ago} ago: {last.said} {plain(last.code)}{of}"
        case facts.Secret(False):
            return "not filled"
        case facts.Secret(_, since, trouble):
            old = status.rotating and name == facts.SECRETS["callbackToken"][1]
            changed = f", changed {span(status.seconds_since(since))} ago" if since else ""
            filled = f"filled{changed}" + (f", but it {trouble}" if trouble else "")
            return f"{filled}; the token before it is let in as well" if old else filled
        case facts.Address(url, exposed):
            return plain(url) + (": what is sent can be read on the way, docs/deploy.md" if exposed else "")
        case facts.OtherTag(tag, state):
            return f"{plain(tag)}: {_STATES[state][0]}"
        case [*several]:
            return ", ".join(_line(name, one, status) for one in several) or "none"
        case facts.Alarm(alarm, since):
            return f"{alarm} since {moment(since)}" if since else alarm
    raise AssertionError(fact)
