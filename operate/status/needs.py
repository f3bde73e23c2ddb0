"""What of a relay's state needs a person, and what that person does next."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from operate.output import many, plain
from operate.rotate_token.command import REPEATS
from operate.status import causes, facts
from relay.api.gateway import RegistrationState
from relay.api.recovery import PendingEvents, SetAsideEvents

# As the alarms of template.yaml: PendingAlarm, NoticeQueueAgeAlarm.
PENDING_SECONDS, QUEUE_SECONDS = 900, 21_600


class Command(Protocol):
    """Returns what to type to call a command for the same stack."""

    def __call__(self, name: str, *words: str) -> str: ...


def needs(status: facts.RelayState, command: Command, addresses: Sequence[str]) -> list[str]:
    """Returns a line for each thing, in the order of the ways in and out.

    The address to register is that of the other tags, else the first of the stack's `addresses`.
    """
    address = status.registered_at or next(iter(addresses), "")
    url = ("--url", address) if address and list(addresses) != [address] else ()
    return [
        *_secrets(status),
        *_registrations(status, command("register", *url), command("rotate-token")),
        *_rotation(status, command("rotate-token", "--finish")),
        *_inbound(status, command),
        *_subscriptions(status),
        *_outbound(status, command("dead-letters")),
        *_alarms(status),
        *_unknown(status),
    ]


def _secrets(status: facts.RelayState) -> Iterator[str]:
    for name, secret in status.secrets.items():
        if isinstance(secret, facts.Secret) and not secret.filled:
            yield f"{facts.SECRETS[name][1]} not filled: docs/deploy.md says how, under Put in the secrets"


def _registrations(status: facts.RelayState, register: str, rotate: str) -> Iterator[str]:
    known = [one.registration for one in status.topics if isinstance(one.registration, facts.Registration)]
    states = [one.state for one in known] + [one.state for one in status.other_tags]
    if missing := states.count(RegistrationState.NOT_REGISTERED):
        yield f"{many(missing, 'eventTag')} not registered: {register}"
    if old := states.count(RegistrationState.OUTDATED):
        yield f"{many(old, 'eventTag')} registered with an older token: {rotate}"
    if elsewhere := states.count(RegistrationState.OTHER):
        yield f"{many(elsewhere, 'eventTag')} registered with another address: {register} --take-over"


def _rotation(status: facts.RelayState, finish: str) -> Iterator[str]:
    """A rotation that nobody finished; while a registration has the old token, that comes first."""
    secret = status.secrets["callbackToken"]
    since = secret.changed_at if isinstance(secret, facts.Secret) else None
    over = since is None or status.seconds_since(since) > REPEATS.total_seconds()
    old = facts.Registration(RegistrationState.OUTDATED)
    if status.rotating and over and all(one.registration != old for one in status.topics):
        yield f"the old callback token is still let in: {finish}"


def _inbound(status: facts.RelayState, command: Command) -> Iterator[str]:
    log = f"the log /aws/lambda/{status.stack}-recovery says why"
    pending, callbacks, aside = status.pending, status.failed_callbacks, status.set_aside
    waited = status.seconds_since(pending.oldest or status.at) if isinstance(pending, PendingEvents) else 0
    if isinstance(pending, PendingEvents) and waited > PENDING_SECONDS:
        yield f"{many(pending.count, 'event')} not published: {log}"
    if isinstance(callbacks, facts.FailedCallbacks) and callbacks.unreadable:
        listed = command("failed")
        yield f"{many(callbacks.unreadable, 'failed callback')} that cannot be retried: {listed}"
    if isinstance(aside, SetAsideEvents) and aside.count:
        # A shell's line of ten ids can still be read.
        replay = command("replay", *(word for one in aside.events[:10] for word in ("--id", one.id)))
        yield f"{many(aside.count, 'event')} set aside, for SNS refuses them: {log}; then {replay}"


def _subscriptions(status: facts.RelayState) -> Iterator[str]:
    """What is published and cannot get anywhere, or may not."""
    every = [one for topic in status.topics for one in topic.subscribed]
    if waiting := sum(not one.confirmed for one in every):
        yield f"{many(waiting, 'subscription')} not confirmed: SNS delivers nothing to it until it is"
    if lossy := sum(one.dead_letter_queue is False for one in every):
        yield f"{many(lossy, 'subscription')} without a dead-letter queue: docs/subscribe.md says how"
    heard = [one for one in status.topics if isinstance(one.subscriptions, facts.Unknown) or one.subscribed]
    came = [one for one in status.topics if isinstance(one.last, facts.Received) and one.last.at]
    if unheard := [one.slug for one in came if one not in heard]:
        yield f"events came that nobody subscribes to ({', '.join(unheard)}): docs/subscribe.md"


def _outbound(status: facts.RelayState, dead_letters: str) -> Iterator[str]:
    log = f"the log /aws/lambda/{status.stack}-notice says why"
    if isinstance(status.dead_letters, facts.Depth) and status.dead_letters.total:
        yield f"{many(status.dead_letters.total, 'dead letter')}: {dead_letters}"
    age = status.oldest_notice
    if isinstance(age, facts.Age) and age.seconds is not None and age.seconds > QUEUE_SECONDS:
        yield f"notices are left in the queue: {log}"
    errors = status.portal_errors
    if isinstance(errors, facts.Unknown):
        return
    yield from causes.faults(errors.faults, log)
    last, waiting = errors.last, status.queue.total if isinstance(status.queue, facts.Depth) else 0
    if not last or last.said != facts.UNAVAILABLE or not waiting:
        return
    if status.seconds_since(last.at) <= facts.FAULT_SECONDS:
        yield f"{causes.outage(last.code)}: {many(waiting, 'record', 'wait')} until it is back"


def _alarms(status: facts.RelayState) -> Iterator[str]:
    for alarm in () if isinstance(status.alarms, facts.Unknown) else status.alarms:
        yield f"{alarm.name} is on: {plain(alarm.meaning)}"


def _unknown(status: facts.RelayState) -> Iterator[str]:
    """What was not answered may be what needs somebody."""
    reasons: dict[str, list[str]] = {}
    for name, fact in status.named().items():
        if isinstance(fact, facts.Unknown) and fact.unknown != facts.NOT_FILLED:
            reasons.setdefault(fact.unknown, []).append(name)
    for reason, names in reasons.items():
        yield f"unknown: {', '.join(names)} ({plain(reason)})"
