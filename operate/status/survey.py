"""Asks a deployed relay, and AWS about it, how things stand; what cannot be had does not end the asking."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from operate.errors import OperatorError, operator_errors
from operate.stack import FunctionFailedError, Stack
from operate.status import facts
from operate.status.causes import gateway_trouble, secret_trouble
from operate.status.log import portal_errors
from operate.status.services import alarms, depth, oldest_notice, secret, subscriptions
from relay import catalog
from relay.api.gateway import Failed, FailedAnswer, List, ListAnswer, RegistrationState
from relay.api.recovery import PENDING, SET_ASIDE, SetAsideEvents, Status, StatusAnswer
from relay.masking import mask_addresses

# And one for each topic.
QUESTIONS = 11
# Best first: a tag may be registered several times.
_STATES: list[str] = list(RegistrationState)


def survey(
    stack: Stack, slugs: tuple[str, ...], now: datetime, show_done: Callable[[int], None]
) -> facts.RelayState:
    """How things stand with those topics and all else; `show_done` gets how many questions were asked."""
    done = 0

    def ask[Fact, **Given](
        question: Callable[Given, Fact], *given: Given.args, **named: Given.kwargs
    ) -> Fact | facts.Unknown:
        nonlocal done
        try:
            with operator_errors():
                return question(*given, **named)
        except FunctionFailedError as fault:
            return facts.Unknown(gateway_trouble(fault.error_type, fault.said) or fault.message)
        except OperatorError as fault:
            return facts.Unknown(fault.message)
        finally:
            done += 1
            show_done(done)

    secrets = {name: ask(secret, stack, output) for name, (output, _) in facts.SECRETS.items()}
    registered: Mapping[str, str] | facts.Unknown = facts.Unknown(facts.NOT_FILLED)
    failed: facts.FailedCallbacks | facts.Unknown = facts.Unknown(facts.NOT_FILLED)
    rotating, registered_at = None, ""
    credentials = secrets["gatewayCredentials"]
    # Asked without credentials the function would end in an error, and so in an alarm.
    if isinstance(credentials, facts.Unknown) or credentials.filled:
        listed = ask(stack.gateway, List(), ListAnswer)
        registered = listed if isinstance(listed, facts.Unknown) else _states(listed)
        if not isinstance(listed, facts.Unknown):
            rotating, registered_at = listed.rotating, _registered_at(listed)
        failed = ask(_failed, stack)
    inbound = ask(stack.recovery, Status(), StatusAnswer)
    errors = ask(portal_errors, stack, now)

    def topic(slug: str) -> facts.Topic:
        if slug == facts.OUTCOMES:
            return facts.Topic(slug, None, None, None, ask(subscriptions, stack, slug))
        tag = catalog.tag_of(slug)
        if isinstance(registered, facts.Unknown):
            state: facts.Registration | facts.Unknown = registered
        else:
            state = facts.Registration(registered.get(slug, _STATES[-1]))
        last = _known(inbound, slug, lambda found: facts.Received(_time(found.tags.get(slug))))
        return facts.Topic(slug, tag, state if tag else None, last, ask(subscriptions, stack, slug))

    return facts.RelayState(
        stack.name,
        now,
        topics=[topic(slug) for slug in slugs],
        other_tags=_others(registered) if set(slugs) >= set(catalog.SLUGS) else [],
        callers=_callers(stack),
        pending=_known(inbound, PENDING, lambda found: found.pending),
        set_aside=_known(inbound, SET_ASIDE, _set_aside),
        failed_callbacks=failed,
        queue=ask(depth, stack, "NoticeQueueUrl"),
        oldest_notice=ask(oldest_notice, stack, now),
        dead_letters=ask(depth, stack, "NoticeDeadLetterQueueUrl"),
        portal_errors=errors,
        addresses=_addresses(stack),
        secrets={**secrets, "enosCredentials": _with_trouble(secrets["enosCredentials"], errors)},
        alarms=ask(alarms, stack),
        registered_at=registered_at,
        rotating=rotating,
    )


def _states(listed: ListAnswer) -> Mapping[str, str]:
    """The registrations' states by slug."""
    tags = sorted(listed.tags, key=lambda one: -_STATES.index(one.state))
    return {tag.slug: tag.state for tag in tags}


def _registered_at(listed: ListAnswer) -> str:
    bases = Counter(
        tag.callback_url.rpartition("/callback/")[0]
        for tag in listed.tags
        if tag.state in (RegistrationState.CURRENT, RegistrationState.OUTDATED)
    )
    del bases[""]
    return f"{bases.most_common(1)[0][0]}/callback" if bases else ""


def _others(registered: Mapping[str, str] | facts.Unknown) -> list[facts.OtherTag]:
    states = {} if isinstance(registered, facts.Unknown) else registered
    others = ((catalog.tag_of(slug), state) for slug, state in states.items() if slug not in catalog.SLUGS)
    return [facts.OtherTag(tag, state) for tag, state in others if tag]


def _failed(stack: Stack) -> facts.FailedCallbacks:
    counts = stack.gateway(Failed(limit=1), FailedAnswer).counts
    return facts.FailedCallbacks(counts.failed, counts.unreadable)


def _callers(stack: Stack) -> facts.Callers | facts.Unknown:
    """Known from the stack's parameters, without a question."""
    given = stack.parameters.get("AllowedSourceCidrs")
    if given is None:
        return facts.Unknown(f"stack {stack.name} has no parameter AllowedSourceCidrs")
    ranges = given.split(",")
    return facts.Callers(ranges, everyone=any(one.endswith("/0") for one in ranges))


def _addresses(stack: Stack) -> Mapping[str, facts.Address]:
    """Known from the stack's parameters, without a question."""
    given = {name: stack.parameters.get(parameter, "") for name, parameter in facts.ADDRESSES.items()}
    return {name: facts.Address(mask_addresses(url), _is_exposed(url)) for name, url in given.items() if url}


def _is_exposed(url: str) -> bool:
    """Whether calls go over a network as they are."""
    split = urlsplit(url)
    try:
        return split.scheme == "http" and not ip_address(split.hostname or "").is_loopback
    except ValueError:  # A name.
        return split.scheme == "http" and split.hostname != "localhost"


def _with_trouble(
    secret: facts.Secret | facts.Unknown, errors: facts.PortalErrors | facts.Unknown
) -> facts.Secret | facts.Unknown:
    """The EnOS secret, and what the function that uses it found wrong with it since it was changed."""
    if isinstance(secret, facts.Unknown) or isinstance(errors, facts.Unknown):
        return secret
    since = [one for one in errors.faults if not secret.changed_at or one.at > secret.changed_at]
    return replace(secret, trouble=next(filter(None, (secret_trouble(one.code) for one in since)), ""))


def _known[Fact](
    inbound: StatusAnswer | facts.Unknown, name: str, fact: Callable[[StatusAnswer], Fact]
) -> Fact | facts.Unknown:
    """What recovery says of a name, unless it could not find that out."""
    if isinstance(inbound, facts.Unknown):
        return inbound
    reason = inbound.unknown.get(name)
    return fact(inbound) if reason is None else facts.Unknown(reason)


def _set_aside(inbound: StatusAnswer) -> SetAsideEvents:
    return inbound.set_aside or SetAsideEvents(count=0, more=False, events=[])


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
