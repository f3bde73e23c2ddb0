"""`register` and `unregister`: where the Mozi gateway delivers events."""

import click

from operate.errors import ExitStatus, NothingDoneError
from operate.options import Tag, call_again, json_option, with_stack
from operate.output import write_json
from operate.register.outcome import show
from operate.stack import Stack
from relay.api.gateway import Change, ChangeAnswer, Register, Unregister, callback_base

_REGISTERED = {Change.REGISTERED, Change.UPDATED, Change.UNCHANGED}
_GONE = {Change.UNREGISTERED, Change.NOT_REGISTERED}
_AGAIN = {Change.FAILED, Change.LEFT}
_tags = click.option(
    "--tag", "tags", multiple=True, type=Tag(), metavar="SLUG", help="An eventTag or its slug; repeatable."
)


def _url(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        return value if value is None else callback_base(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from error


@click.command()
@with_stack
@_tags
@click.option(
    "--url",
    callback=_url,
    envvar="RELAY_CALLBACK_URL",
    show_envvar=True,
    metavar="URL",
    help="The address up to /callback.  [default: output CallbackUrl]",
)
@click.option("--take-over", is_flag=True, help="Also move tags that lead to somebody else's address.")
@json_option
def register(stack: Stack, tags: tuple[str, ...], url: str | None, take_over: bool, as_json: bool) -> None:
    """Have the gateway deliver events to this stack: of all eventTags, or of those that --tag names.

    Doing it again changes nothing that is right, and moves what has an older address or token. A stack with
    fixed IP addresses (output StaticCallbackUrls) has several addresses: then --url says which.

    Exit status: 0 all of them are registered; 1 one is not, and why is shown; 2 nothing was done;
    130 interrupted.
    """
    address = url or _only_address(stack)
    request = Register(callback_url=address, take_over=take_over, **_named(tags))
    answer = stack.gateway(request, ChangeAnswer)
    _report(answer, as_json=as_json)
    _end({tag.change for tag in answer.tags} <= _REGISTERED)


@click.command()
@with_stack
@_tags
@click.option("--take-over", is_flag=True, help="Also remove what leads to somebody else's address.")
@click.option("--yes", is_flag=True, help="Without asking.")
@json_option
def unregister(stack: Stack, tags: tuple[str, ...], take_over: bool, yes: bool, as_json: bool) -> None:
    """Have the gateway deliver no more events to this stack: of any eventTag, or of those that --tag names.

    Exit status: 0 none of them is registered with this stack; 1 one still is, or was named and leads
    elsewhere; 2 nothing was done; 130 interrupted.
    """
    if not (yes or _confirmed(tags)):
        click.echo("Nothing was unregistered.", err=True)
        raise SystemExit(ExitStatus.NOTHING_DONE)
    answer = stack.gateway(Unregister(take_over=take_over, **_named(tags)), ChangeAnswer)
    _report(answer, as_json=as_json)
    _end({tag.change for tag in answer.tags} <= (_GONE if tags else {*_GONE, Change.TAKEN}))


def _named(tags: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Returns the field of the tags that are named; without it a request is about all."""
    return {"event_tags": tags} if tags else {}


def _only_address(stack: Stack) -> str:
    """Returns the stack's address. Raises NothingDoneError if it has several, for the gateway takes one."""
    if len(stack.callback_addresses) > 1:
        raise NothingDoneError(
            "\n  ".join(["Which address? Give one of them with --url:", *stack.callback_addresses])
        )
    return stack.output("CallbackUrl")


def _confirmed(tags: tuple[str, ...]) -> bool:
    which = ", ".join(tags) or "all eventTags"
    try:
        return click.confirm(f"Deliver no more events of {which}?", err=True)
    except click.Abort:
        return False


def _report(answer: ChangeAnswer, *, as_json: bool) -> None:
    """Show the outcome; how to go on stands on the error output, so that a program's JSON stays alone."""
    if as_json:
        write_json(answer.payload())
    else:
        show(answer)
    if any(tag.change in _AGAIN for tag in answer.tags):
        again = call_again(click.get_current_context())
        click.echo(f"What is done stays done. For the rest fix what is said, then:\n  {again}", err=True)


def _end(well: bool) -> None:
    raise SystemExit(ExitStatus.DONE if well else ExitStatus.UNFINISHED)
