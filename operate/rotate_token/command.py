"""`rotate-token`: a new token in the callback address, without a delivery's being refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

import click

from operate.errors import ExitStatus, NothingDoneError, OperatorError, UnfinishedError
from operate.options import call_again, json_option, same_stack, with_stack
from operate.output import many, moment, plain, write_json
from operate.register.command import show_changes
from operate.rotate_token.callback_secret import CallbackSecret, SecretVersion
from operate.stack import Stack
from relay.api.gateway import (
    ChangeAnswer,
    Failed,
    FailedAnswer,
    FailedRow,
    List,
    ListAnswer,
    RegistrationState,
    Update,
)

# The gateway repeats a delivery for about so long, to the address that was registered when it began.
REPEATS = timedelta(hours=4)
_TOKEN_BYTES = 32
_ROWS_AT_ONCE = 500
_NONE = "There is no old token in the callback secret."
_OURS = {RegistrationState.CURRENT, RegistrationState.OUTDATED}


@click.command("rotate-token")
@with_stack
@click.option("--finish", is_flag=True, help="Drop the old token, once nothing uses it any more.")
@click.option("--force", is_flag=True, help="With --finish: although something may still use it.")
@json_option
def rotate_token(stack: Stack, finish: bool, force: bool, as_json: bool) -> None:
    """Put a new token into the callback secret, and move every registration of this stack to it.

    The old token is let in as well until --finish drops it, 4 hours later or more: the gateway repeats
    deliveries to the address that they began with. Called again it goes on with the same two tokens, whatever
    cut it short. No token is ever shown.

    Exit status: 0 all is moved, or the old token is dropped; 1 something is left, and calling again goes on;
    2 nothing was done; 130 interrupted.
    """
    if force and not finish:
        raise click.UsageError("--force is about --finish.")
    secret = CallbackSecret(stack)
    if finish:
        _finish(stack, secret, secret.read(), force=force, as_json=as_json)
    else:
        _rotate(stack, secret, secret.read(), as_json=as_json)


def _rotate(stack: Stack, secret: CallbackSecret, version: SecretVersion, *, as_json: bool) -> None:
    # Asked first: where the gateway cannot be asked nothing is begun.
    listed = stack.gateway(List(), ListAnswer)
    ours = [tag.slug for tag in listed.tags if tag.state in _OURS]
    moving, made = not version.is_rotating or bool(_outdated(listed)), False
    if not version.is_rotating:
        old, new = version.value["current"], token_urlsafe(_TOKEN_BYTES)
        version, made = secret.replace(version, current=new, previous=old)
    if not version.is_rotating:
        raise UnfinishedError("Somebody else changed the callback secret meanwhile: call again.")
    with _goes_on():
        if moving and not made:
            # What moves now was registered until now, however long ago the token was made.
            version, _ = secret.replace(version)
        changes = stack.gateway(Update(), ChangeAnswer) if ours else None
        after = stack.gateway(List(), ListAnswer)
    current = {tag.slug for tag in after.tags if tag.state == RegistrationState.CURRENT}
    left = list(dict.fromkeys([*(slug for slug in ours if slug not in current), *_outdated(after)]))
    if as_json:
        tags = changes.payload()["tags"] if changes else []
        write_json({"tags": tags, "left": left, "finishFrom": _finish_from(version).isoformat()})
    elif changes:
        show_changes(changes)
    if strays := _strays(after, stack):
        click.echo(f"{strays}; whether by the old token is not known.", err=True)
    ctx = click.get_current_context()
    if left:
        said = f"{many(len(left), 'registration', 'are')} not known to lead here by the new token"
        again = call_again(ctx)
        click.echo(f"{said}: {', '.join(map(plain, left))}. Go on with:\n  {again}", err=True)
        raise SystemExit(ExitStatus.UNFINISHED)
    said = f"{many(len(ours), 'registration', 'lead')} here by the new token; the old one is let in as well."
    click.echo(f"{said} From {moment(_finish_from(version))} on:\n  {call_again(ctx, finish=True)}", err=True)


def _finish(
    stack: Stack, secret: CallbackSecret, version: SecretVersion, *, force: bool, as_json: bool
) -> None:
    dropped = version.is_rotating
    if dropped:
        reasons = [*_too_early(version), *_still_used(stack)]
        if reasons and not force:
            said = "The old token may still be used (--force drops it all the same):"
            raise NothingDoneError("\n  - ".join([said, *reasons]))
        for reason in reasons:
            click.echo(f"dropped all the same: {reason}", err=True)
        after, _ = secret.replace(version, previous="")
        if after.is_rotating:
            raise UnfinishedError("Somebody else changed the callback secret meanwhile: call again.")
    if as_json:
        write_json({"dropped": dropped})
    else:
        click.echo("The old token is dropped: what comes by its address is refused." if dropped else _NONE)


@contextmanager
def _goes_on() -> Iterator[None]:
    """What fails in here has maybe changed the secret: the same command goes on."""
    again = call_again(click.get_current_context())
    try:
        yield
    except OperatorError as fault:
        raise UnfinishedError(f"{fault.message}\nGo on with the same tokens:\n  {again}") from fault
    except KeyboardInterrupt as stop:
        said = "; ".join([*map(str, stop.args), f"go on with the same tokens:\n  {again}"])
        raise KeyboardInterrupt(said) from None


def _finish_from(version: SecretVersion) -> datetime:
    return version.created_at + REPEATS


def _too_early(version: SecretVersion) -> Iterator[str]:
    if datetime.now(UTC) < _finish_from(version):
        yield f"the gateway may repeat deliveries to the old address until {moment(_finish_from(version))}"


def _still_used(stack: Stack) -> Iterator[str]:
    """Why the gateway may still use the old token's address, or that it cannot be asked."""
    ctx = click.get_current_context()
    try:
        listed = stack.gateway(List(), ListAnswer)
        if old := _outdated(listed):
            rotate = same_stack(ctx, "rotate-token")
            yield f"{many(len(old), 'registration', 'lead')} here by the old token: {rotate}"
        if strays := _strays(listed, stack):
            yield f"{strays}, maybe by the old token"
        if failed := sum(_may_be_old(row) for row in _failed_rows(stack)):
            retry = same_stack(ctx, "failed", "--retry")
            yield f"{many(failed, 'failed callback')} by the old address, or one that is not known: {retry}"
    except OperatorError as fault:
        yield f"the gateway cannot be asked: {fault.message}"


def _failed_rows(stack: Stack) -> Iterator[FailedRow]:
    """The rows of the failed list that can be delivered again."""
    offset, left = 0, 1
    while left:
        answer = stack.gateway(Failed(limit=_ROWS_AT_ONCE, offset=offset), FailedAnswer)
        yield from (row for row in answer.rows if row.id is not None)
        offset, left = offset + _ROWS_AT_ONCE, answer.left


def _may_be_old(row: FailedRow) -> bool:
    return row.state in ("", RegistrationState.OUTDATED) or not row.callback_url


def _outdated(listed: ListAnswer) -> list[str]:
    return [tag.slug for tag in listed.tags if tag.state == RegistrationState.OUTDATED]


def _strays(listed: ListAnswer, stack: Stack) -> str:
    """What is registered at this stack's addresses and is in no list of tags, in words; "" for nothing."""
    rows = [str(row) for row in listed.unknown]
    found = sum(any(f"{address}/" in row for address in stack.callback_addresses) for row in rows)
    said = f"{many(found, 'registration', 'lead')} here under a tag or an address that is not known"
    return said if found else ""
