"""`register` and `unregister`: where the Mozi gateway delivers events."""

from collections import Counter
from collections.abc import Callable

import click
from rich.text import Text

from operate.errors import ExitStatus, NothingDoneError
from operate.options import Word, call_again, confirm, json_option, tag_slug, tags_option, with_stack
from operate.output import many, page, plain, print_rows, write_json
from operate.stack import Stack
from relay import catalog
from relay.api.base import alike, did_you_mean, other_tag
from relay.api.gateway import Change, ChangeAnswer, ChangedTag, Register, Unregister, callback_base

_REGISTERED = {Change.REGISTERED, Change.UPDATED, Change.UNCHANGED}
_GONE = {Change.UNREGISTERED, Change.NOT_REGISTERED}
_AGAIN = {Change.FAILED, Change.LEFT}
_SHOWN: dict[str, str] = {
    Change.NOT_REGISTERED: "not registered",
    Change.TAKEN: "left alone",
    Change.LEFT: "not come to",
}
_STYLES: dict[str, str] = {Change.FAILED: "red", Change.TAKEN: "yellow", Change.LEFT: "yellow"}


def _catalogued(name: str) -> str:
    try:
        return tag_slug(name)
    except ValueError as error:
        if alike(name):
            raise
        raise ValueError(f"{error}; a tag outside of it is named with --other-tag") from error


def _outside(name: str) -> str:
    """Returns a tag to register; one that looks like a catalogued one is taken by its slug alone."""
    tag = other_tag(name)
    if tag == name and alike(name):
        raise ValueError(f"{did_you_mean(name)} If not, the tag is named {catalog.slug_of(tag)}")
    return tag


_OTHER = "A tag outside the catalogue; repeatable."
_tags = tags_option(_catalogued)


def _other_tags[Command: Callable[..., object]](tag_of: Callable[[str], str]) -> Callable[[Command], Command]:
    kind = Word(tag_of)
    return click.option("--other-tag", "others", multiple=True, type=kind, metavar="TAG", help=_OTHER)


@click.command()
@with_stack
@_tags
@_other_tags(_outside)
@click.option(
    "--url",
    type=Word(callback_base),
    envvar="RELAY_CALLBACK_URL",
    show_envvar=True,
    metavar="URL",
    help="The address up to /callback.  [default: output CallbackUrl]",
)
@click.option("--take-over", is_flag=True, help="Also move tags that lead to somebody else's address.")
@json_option
def register(
    stack: Stack,
    tags: tuple[str, ...],
    others: tuple[str, ...],
    url: str | None,
    take_over: bool,
    as_json: bool,
) -> None:
    """Have the gateway deliver events to this stack: of all eventTags, or of those that are named.

    Doing it again changes nothing that is right, and moves what has an older address or token. A stack with
    fixed IP addresses (output StaticCallbackUrls) has several addresses: then --url says which.

    Exit status: 0 all of them are registered; 1 one is not, and why is shown; 2 nothing was done;
    130 interrupted.
    """
    address = url or _only_address(stack)
    request = Register(callback_url=address, take_over=take_over, **_named(tags, others))
    _end(stack.gateway(request, ChangeAnswer), _REGISTERED, as_json=as_json)


@click.command()
@with_stack
@_tags
@_other_tags(other_tag)
@click.option("--take-over", is_flag=True, help="Also remove what leads to somebody else's address.")
@click.option("--yes", is_flag=True, help="Without asking.")
@json_option
def unregister(
    stack: Stack,
    tags: tuple[str, ...],
    others: tuple[str, ...],
    take_over: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Have the gateway deliver no more events to this stack: of any eventTag, or of those that are named.

    Exit status: 0 none of them is registered with this stack; 1 one still is, or was named and leads
    elsewhere; 2 nothing was done; 130 interrupted.
    """
    if not (yes or _confirmed(*tags, *others)):
        raise NothingDoneError("Nothing was unregistered.")
    answer = stack.gateway(Unregister(take_over=take_over, **_named(tags, others)), ChangeAnswer)
    _end(answer, _GONE if tags or others else {*_GONE, Change.TAKEN}, as_json=as_json)


def _named(tags: tuple[str, ...], others: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Returns the fields of the tags that are named; without them a request is about all."""
    given = {"event_tags": tags, "other_tags": others}
    return {name: named for name, named in given.items() if named}


def _only_address(stack: Stack) -> str:
    """Returns the stack's address. Raises NothingDoneError if it has several, for the gateway takes one."""
    if len(stack.callback_addresses) > 1:
        raise NothingDoneError(
            "\n  ".join(["Which address? Give one of them with --url:", *stack.callback_addresses])
        )
    return stack.output("CallbackUrl")


def _confirmed(*tags: str) -> bool:
    return confirm(f"Deliver no more events of {', '.join(tags) or 'all eventTags'}?")


def _end(answer: ChangeAnswer, well: set[Change], *, as_json: bool) -> None:
    """Show the outcome, and end; how to go on stands on the error output, beside a program's JSON."""
    if as_json:
        write_json(answer.payload())
    else:
        show_changes(answer)
    _show_rest(answer)
    done = {tag.change for tag in answer.tags} <= well
    raise SystemExit(ExitStatus.DONE if done else ExitStatus.UNFINISHED)


def _show_rest(answer: ChangeAnswer) -> None:
    """Show how to go on, if there is a rest; where nothing was taken, the address itself may be at fault."""
    ctx, changes = click.get_current_context(), {tag.change for tag in answer.tags}
    if Change.FAILED in changes and "url" in ctx.params and changes <= _AGAIN:
        again = call_again(ctx, url=None)
        other = "for an address that is not taken add --url (in the sandbox the one that `make up` prints)"
        click.echo(f"Nothing was registered. Fix what is said; {other}:\n  {again}", err=True)
    elif changes & _AGAIN:
        again = call_again(ctx)
        click.echo(f"What is done stays done. For the rest fix what is said, then:\n  {again}", err=True)


def show_changes(answer: ChangeAnswer) -> None:
    """Show how many of each change there are, then each tag, with the gateway's words where it has some."""
    out, tags = page(), answer.tags
    counts = Counter(_shown(tag.change) for tag in tags)
    ends = ", ".join(f"{count:,} {change}" for change, count in counts.most_common())
    out.print(Text(f"{many(len(tags), 'registration')}: {ends}" if tags else "no registrations"))
    print_rows(out, [(f"  {_name(tag)}", _change(tag), _details(tag)) for tag in tags])


def _name(tag: ChangedTag) -> str:
    return tag.slug if tag.slug in catalog.SLUGS else plain(tag.event_tag)


def _change(tag: ChangedTag) -> Text:
    return Text(_shown(tag.change), _STYLES.get(tag.change, ""))


def _shown(change: str) -> str:
    return _SHOWN.get(change, plain(change))


def _details(tag: ChangedTag) -> str:
    if tag.change == Change.TAKEN:
        return f"leads to {plain(tag.callback_url)}; --take-over if it is to be changed"
    if tag.error:
        return plain(tag.error)
    # Of two addresses that differ in the token alone both are shown without it.
    return f"was {plain(tag.was)}" if tag.was not in ("", tag.callback_url) else ""
