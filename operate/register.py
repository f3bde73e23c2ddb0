"""`register` and `unregister`: where the Mozi gateway delivers events."""

import json
from typing import Any

import click

from operate.faults import Wrong
from operate.options import with_stack
from operate.registering import ask, show, tell_how_to_go_on
from operate.stack import Stack
from operate.tags import Tag
from relay.api.gateway import callback_base

_REGISTERED = {"registered", "updated", "unchanged"}
_GONE = {"unregistered", "notRegistered"}
_tags = click.option(
    "--tag", "tags", multiple=True, type=Tag(), metavar="SLUG", help="An eventTag or its slug; repeatable."
)
_json = click.option("--json", "as_json", is_flag=True, help="For programs: the function's answer as JSON.")


def _url(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        return value if value is None else callback_base(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command()
@with_stack
@_tags
@click.option(
    "--url", callback=_url, metavar="URL", help="The address up to /callback.  [default: output CallbackUrl]"
)
@click.option("--take-over", is_flag=True, help="Also move tags that lead to somebody else's address.")
@_json
def register(stack: Stack, tags: tuple[str, ...], url: str | None, take_over: bool, as_json: bool) -> None:
    """Have the gateway deliver events to this stack: of all 18 eventTags, or of those that --tag names.

    Doing it again changes nothing that is right, and moves what has an older address or token. A stack with
    fixed IP addresses (output StaticCallbackUrls) has several addresses: then --url says which.

    Exit status: 0 all of them are registered; 1 one is not, and why is shown; 2 nothing was done;
    130 interrupted.
    """
    request = _request("register", tags, take_over) | {"callbackUrl": url or _only_address(stack)}
    answer = ask(stack, request)
    _tell(answer, as_json=as_json)
    raise SystemExit(0 if {tag["change"] for tag in answer["tags"]} <= _REGISTERED else 1)


@click.command()
@with_stack
@_tags
@click.option("--take-over", is_flag=True, help="Also remove what leads to somebody else's address.")
@click.option("--yes", is_flag=True, help="Without asking.")
@_json
def unregister(stack: Stack, tags: tuple[str, ...], take_over: bool, yes: bool, as_json: bool) -> None:
    """Have the gateway deliver no more events to this stack: of any eventTag, or of those that --tag names.

    Exit status: 0 none of them is registered with this stack; 1 one still is, or was named and leads
    elsewhere; 2 nothing was done; 130 interrupted.
    """
    if not (yes or _confirmed(tags)):
        click.echo("Nothing was unregistered.", err=True)
        raise SystemExit(2)
    answer = ask(stack, _request("unregister", tags, take_over))
    _tell(answer, as_json=as_json)
    well = _GONE if tags else {*_GONE, "taken"}
    raise SystemExit(0 if {tag["change"] for tag in answer["tags"]} <= well else 1)


def _request(action: str, tags: tuple[str, ...], take_over: bool) -> dict[str, Any]:
    named = {"eventTags": list(tags)} if tags else {}
    return {"action": action, "takeOver": take_over, **named}


def _only_address(stack: Stack) -> str:
    """The stack's address. Raises Wrong if it has several, for the gateway takes one."""
    if "StaticCallbackUrls" not in stack.outputs:
        return stack.output("CallbackUrl")
    addresses = [*stack.outputs["StaticCallbackUrls"].split(","), stack.output("CallbackUrl")]
    raise Wrong("\n  ".join(["Which address? Give one of them with --url:", *addresses]))


def _confirmed(tags: tuple[str, ...]) -> bool:
    which = ", ".join(tags) or "all eventTags"
    try:
        return click.confirm(f"Deliver no more events of {which}?", err=True)
    except click.Abort:
        return False


def _tell(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        show(answer)
    tell_how_to_go_on(answer)
