"""What of a relay's state needs a person, and what that person does next."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from operate.output import many, plain
from operate.status.facts import (
    Age,
    Depth,
    EventsPending,
    EventsSetAside,
    FailedCallbacks,
    PortalErrors,
    Received,
    Registration,
    RelayState,
    Secret,
    Topic,
    Unknown,
)
from operate.status.survey import NOT_FILLED
from relay.api.gateway import RegistrationState

# As the alarms of template.yaml: PendingAlarm, NoticeQueueAgeAlarm, NotAllowedAlarm.
PENDING_SECONDS, QUEUE_SECONDS, FAULT_SECONDS = 900, 21_600, 2100
_SECRETS = {
    "callbackToken": "callback token",
    "enosCredentials": "EnOS credentials",
    "gatewayCredentials": "gateway credentials",
}


class Command(Protocol):
    """Returns what to type to call a command for the same stack."""

    def __call__(self, name: str, *words: str) -> str: ...


def needs(status: RelayState, command: Command, addresses: Sequence[str]) -> list[str]:
    """Returns a line for each thing, in the order of the ways in and out.

    Where the stack has several `addresses`, the first is the one to register.
    """
    url = ("--url", addresses[0]) if len(addresses) > 1 else ()
    return [
        *_secrets(status),
        *_registrations(status, command("register", *url)),
        *_inbound(status, command("failed")),
        *_set_aside(status, command),
        *_subscriptions(status),
        *_outbound(status, command("dead-letters")),
        *_alarms(status),
        *_unknown(status),
    ]


def _secrets(status: RelayState) -> Iterator[str]:
    for name, secret in status.secrets.items():
        if isinstance(secret, Secret) and not secret.filled:
            yield f"{_SECRETS[name]} not filled: docs/deploy.md says how, under Put in the secrets"


def _registrations(status: RelayState, register: str) -> Iterator[str]:
    states = [one.registration.state for one in status.topics if isinstance(one.registration, Registration)]
    if missing := states.count(RegistrationState.NOT_REGISTERED):
        yield f"{many(missing, 'eventTag')} not registered: {register}"
    if old := states.count(RegistrationState.OUTDATED):
        yield f"{many(old, 'eventTag')} registered with an older token: {register}"
    if elsewhere := states.count(RegistrationState.OTHER):
        yield f"{many(elsewhere, 'eventTag')} registered with another address: {register} --take-over"


def _inbound(status: RelayState, failed: str) -> Iterator[str]:
    callbacks, log = status.failed_callbacks, f"/aws/lambda/{status.stack}-recovery"
    match status.pending:
        case EventsPending(count, _, oldest) if oldest and _since(oldest, status) > PENDING_SECONDS:
            yield f"{many(count, 'event')} not published: the log {log} says why"
    if isinstance(callbacks, FailedCallbacks) and callbacks.unreadable:
        yield f"{many(callbacks.unreadable, 'failed callback')} that cannot be retried: {failed}"


def _set_aside(status: RelayState, command: Command) -> Iterator[str]:
    aside = status.set_aside
    if isinstance(aside, EventsSetAside) and aside.count:
        # A shell's line of ten ids can still be read.
        ids = [word for one in aside.ids[:10] for word in ("--id", one)]
        log = f"the log /aws/lambda/{status.stack}-recovery says why"
        replay = command("replay", *ids)
        yield f"{many(aside.count, 'event')} set aside, for SNS refuses them: {log}; then {replay}"


def _subscriptions(status: RelayState) -> Iterator[str]:
    """What is published and cannot get anywhere, or may not."""
    known = [(one, one.subscriptions) for one in status.topics if not isinstance(one.subscriptions, Unknown)]
    every = [one for _, listed in known for one in listed]
    unheard = [topic.slug for topic, listed in known if not listed and _got_events(topic)]
    if waiting := sum(not one.confirmed for one in every):
        yield f"{many(waiting, 'subscription')} not confirmed: SNS delivers nothing to it until it is"
    if lossy := sum(one.dead_letter_queue is False for one in every):
        yield f"{many(lossy, 'subscription')} without a dead-letter queue: docs/subscribe.md says how"
    if unheard:
        yield f"events came that nobody subscribes to ({', '.join(unheard)}): docs/subscribe.md"


def _got_events(topic: Topic) -> bool:
    return isinstance(topic.last, Received) and topic.last.at is not None


def _outbound(status: RelayState, dead_letters: str) -> Iterator[str]:
    log = f"the log /aws/lambda/{status.stack}-notice says why"
    if isinstance(status.dead_letters, Depth) and status.dead_letters.total:
        yield f"{many(status.dead_letters.total, 'dead letter')}: {dead_letters}"
    age = status.oldest_notice
    if isinstance(age, Age) and age.seconds is not None and age.seconds > QUEUE_SECONDS:
        yield f"notices are left in the queue: {log}"
    last = status.portal_errors.last if isinstance(status.portal_errors, PortalErrors) else None
    waiting = status.queue.total if isinstance(status.queue, Depth) else 0
    if waiting and last and last.said == "portal unavailable" and _since(last.at, status) <= FAULT_SECONDS:
        wait = "1 record waits" if waiting == 1 else f"{waiting:,} records wait"
        yield f"the portal is unavailable ({plain(last.code)}): {wait} until it is back"
    if last and last.said == "configuration at fault" and _since(last.at, status) <= FAULT_SECONDS:
        who = f"organisation {plain(last.org_id)}" if last.org_id != "any" else "this relay"
        yield f"the portal does not let {who} send ({plain(last.code)}): {log}"


def _alarms(status: RelayState) -> Iterator[str]:
    for alarm in () if isinstance(status.alarms, Unknown) else status.alarms:
        yield f"{alarm.name} is on: {plain(alarm.meaning)}"


def _unknown(status: RelayState) -> Iterator[str]:
    """What was not answered may be what needs somebody."""
    facts = {
        "registrations": next((one.registration for one in status.topics if one.event_tag), None),
        "last events": next((one.last for one in status.topics if isinstance(one.last, Unknown)), None),
        "subscriptions": next(filter(_is_unknown, (one.subscriptions for one in status.topics)), None),
        "who may call": status.callers,
        "pending events": status.pending,
        "set aside": status.set_aside,
        "failed callbacks": status.failed_callbacks,
        "notice queue": status.queue,
        "oldest notice": status.oldest_notice,
        "dead letters": status.dead_letters,
        "portal errors": status.portal_errors,
        "alarms": status.alarms,
        **{_SECRETS[name]: secret for name, secret in status.secrets.items()},
    }
    reasons: dict[str, list[str]] = {}
    for name, fact in facts.items():
        if isinstance(fact, Unknown) and fact.reason != NOT_FILLED:
            reasons.setdefault(fact.reason, []).append(name)
    for reason, names in reasons.items():
        yield f"unknown: {', '.join(names)} ({plain(reason)})"


def _is_unknown(fact: object) -> bool:
    return isinstance(fact, Unknown)


def _since(at: datetime, status: RelayState) -> float:
    return (status.at - at).total_seconds()
