"""Asks a deployed relay, and AWS about it, how things stand; what cannot be had does not end the asking."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from operate.errors import OperatorError, operator_errors
from operate.stack import Stack
from operate.status.facts import (
    Callers,
    EventsPending,
    EventsSetAside,
    FailedCallbacks,
    PortalErrors,
    Received,
    Registration,
    RelayState,
    Secret,
    Subscription,
    Topic,
    Unknown,
)
from operate.status.log import last_portal_error
from operate.status.services import alarms, depth, oldest_notice, secret
from operate.status.subscriptions import subscriptions
from relay import catalog
from relay.api.gateway import Failed, FailedAnswer, List, ListAnswer, RegistrationState
from relay.api.recovery import PENDING, SET_ASIDE, Status, StatusAnswer

# And one for each topic.
QUESTIONS = 11
NOT_FILLED = "the gateway's credentials are not filled"
# Best first: a tag may be registered several times.
_STATES = (
    RegistrationState.CURRENT,
    RegistrationState.OUTDATED,
    RegistrationState.OTHER,
    RegistrationState.NOT_REGISTERED,
)
_SECRETS = {
    "callbackToken": "CallbackTokenSecretArn",
    "enosCredentials": "EnosCredentialsSecretArn",
    "gatewayCredentials": "GatewayCredentialsSecretArn",
}


class Ask(Protocol):
    """The answer to a question, or why there is none."""

    def __call__[Fact](self, question: Callable[[], Fact]) -> Fact | Unknown: ...


def survey(
    stack: Stack, slugs: tuple[str, ...], now: datetime, show_done: Callable[[int], None]
) -> RelayState:
    """How things stand with those topics and all else; `show_done` gets how many questions were asked."""
    done = 0

    def ask[Fact](question: Callable[[], Fact]) -> Fact | Unknown:
        nonlocal done
        try:
            with operator_errors():
                return question()
        except OperatorError as fault:
            return Unknown(fault.message)
        finally:
            done += 1
            show_done(done)

    secrets = {name: ask(partial(secret, stack, output)) for name, output in _SECRETS.items()}
    registered, failed = _at_the_gateway(stack, secrets["gatewayCredentials"], ask)
    inbound = ask(lambda: stack.recovery(Status(), StatusAnswer))
    return RelayState(
        stack.name,
        now,
        topics=[
            _topic(slug, registered, inbound, ask(partial(subscriptions, stack, slug))) for slug in slugs
        ],
        callers=_callers(stack),
        pending=_pending(inbound),
        set_aside=_set_aside(inbound),
        failed_callbacks=failed,
        queue=ask(partial(depth, stack, "NoticeQueueUrl")),
        oldest_notice=ask(partial(oldest_notice, stack, now)),
        dead_letters=ask(partial(depth, stack, "NoticeDeadLetterQueueUrl")),
        portal_errors=ask(lambda: PortalErrors(last_portal_error(stack, now))),
        secrets=secrets,
        alarms=ask(partial(alarms, stack)),
    )


def _at_the_gateway(
    stack: Stack, credentials: Secret | Unknown, ask: Ask
) -> tuple[Mapping[str, str] | Unknown, FailedCallbacks | Unknown]:
    """The registrations' states by slug, and the failed list.

    Not asked for without credentials: the function would end in an error, and so in an alarm.
    """
    if isinstance(credentials, Secret) and not credentials.filled:
        return Unknown(NOT_FILLED), Unknown(NOT_FILLED)
    return ask(partial(_registered, stack)), ask(partial(_failed, stack))


def _registered(stack: Stack) -> Mapping[str, str]:
    answer = stack.gateway(List(), ListAnswer)
    states: dict[str, str] = {}
    for tag in sorted(answer.tags, key=lambda tag: _STATES.index(RegistrationState(tag.state)), reverse=True):
        states[tag.slug] = tag.state
    return states


def _failed(stack: Stack) -> FailedCallbacks:
    counts = stack.gateway(Failed(limit=1), FailedAnswer).counts
    return FailedCallbacks(counts.failed, counts.unreadable)


def _topic(
    slug: str,
    registered: Mapping[str, str] | Unknown,
    inbound: StatusAnswer | Unknown,
    subscribed: Sequence[Subscription] | Unknown,
) -> Topic:
    tag = catalog.tag_of(slug)
    state = registered if isinstance(registered, Unknown) else Registration(registered.get(slug, _STATES[-1]))
    if isinstance(inbound, Unknown):
        return Topic(slug, tag, state if tag else None, inbound, subscribed)
    reason = inbound.unknown.get(slug)
    came = Received(_time(inbound.tags.get(slug))) if reason is None else Unknown(reason)
    return Topic(slug, tag, state if tag else None, came, subscribed)


def _callers(stack: Stack) -> Callers | Unknown:
    """Known from the stack's parameters, without a question."""
    given = stack.parameters.get("AllowedSourceCidrs")
    if given is None:
        return Unknown(f"stack {stack.name} has no parameter AllowedSourceCidrs")
    ranges = given.split(",")
    return Callers(ranges, everyone=any(one.endswith("/0") for one in ranges))


def _pending(inbound: StatusAnswer | Unknown) -> EventsPending | Unknown:
    if isinstance(inbound, Unknown):
        return inbound
    if PENDING in inbound.unknown:
        return Unknown(inbound.unknown[PENDING])
    found = inbound.pending
    return EventsPending(found.count, found.more, _time(found.oldest))


def _set_aside(inbound: StatusAnswer | Unknown) -> EventsSetAside | Unknown:
    if isinstance(inbound, Unknown):
        return inbound
    if SET_ASIDE in inbound.unknown:
        return Unknown(inbound.unknown[SET_ASIDE])
    found = inbound.set_aside
    if found is None:
        return EventsSetAside(0, more=False, ids=())
    return EventsSetAside(found.count, found.more, [event.id for event in found.events])


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
