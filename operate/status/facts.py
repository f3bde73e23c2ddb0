"""What is known of a deployed relay; each part may be Unknown, and then says why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from relay.api.recovery import PendingEvents, SetAsideEvents

# As NotAllowedAlarm of template.yaml: a fault that lasts is reported again within this time.
FAULT_SECONDS = 2100
OUTCOMES, OUTCOME_TOPIC = "notice-outcome", "NoticeOutcomeTopicArn"
"""The topic of what became of notices as a person calls it, and the output that names it."""
NOT_FILLED = "the gateway's credentials are not filled"
SECRETS = {
    "callbackToken": ("CallbackTokenSecretArn", "callback token"),
    "enosCredentials": ("EnosCredentialsSecretArn", "EnOS credentials"),
    "gatewayCredentials": ("GatewayCredentialsSecretArn", "gateway credentials"),
}
"""The output that names each secret, and what a person calls it."""
ADDRESSES = {"portal": "EnosBaseUrl", "gateway": "GatewayBaseUrl"}
"""The parameter that holds each vendor's address."""
UNAVAILABLE, FAULT, REJECTED = "portal unavailable", "configuration at fault", "notices rejected"
"""The lines of the notice function's log that are about the portal."""
EVERYBODY = "any"
"""What the log has in place of an organisation where a fault is everybody's."""


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be had."""

    unknown: str


@dataclass(frozen=True)
class Registration:
    """Where a tag leads: `state` is a RegistrationState."""

    state: str


@dataclass(frozen=True)
class OtherTag:
    """A tag outside the catalogue that leads here; of those that lead elsewhere nothing is known."""

    event_tag: str
    state: str


@dataclass(frozen=True)
class Received:
    """When an event last came; None for never, as far as events are kept."""

    at: datetime | None


@dataclass(frozen=True)
class Subscription:
    """Who gets a topic's events; whether it has a dead-letter queue is None where that cannot be read.

    Of one that is not confirmed, and often of another account's, it cannot.
    """

    protocol: str
    endpoint: str
    confirmed: bool
    dead_letter_queue: bool | None = None


@dataclass(frozen=True)
class Topic:
    """One of the topics; that of no tag has no registration, and of outcomes no last one is known."""

    slug: str
    event_tag: str | None
    registration: Registration | Unknown | None
    last: Received | Unknown | None
    subscriptions: Sequence[Subscription] | Unknown

    @property
    def subscribed(self) -> Sequence[Subscription]:
        """Those of its subscriptions that are known."""
        return () if isinstance(self.subscriptions, Unknown) else self.subscriptions


@dataclass(frozen=True)
class Callers:
    """The ranges of addresses that may call the callback, and whether those are all there are."""

    ranges: Sequence[str]
    everyone: bool


@dataclass(frozen=True)
class FailedCallbacks:
    """The gateway's list of deliveries that it gave up on."""

    count: int
    unreadable: int


@dataclass(frozen=True)
class Depth:
    """About how many records a queue has: to be taken, at work or waiting for another try, not yet due."""

    visible: int
    invisible: int
    delayed: int

    @property
    def total(self) -> int:
        return self.visible + self.invisible + self.delayed


@dataclass(frozen=True)
class Age:
    """Seconds that the oldest record has waited; None if CloudWatch has no number, as of an unused queue."""

    seconds: float | None


@dataclass(frozen=True)
class PortalError:
    """The last line of the notice function's log that tells of one."""

    at: datetime
    said: str
    code: str
    org_id: str

    @property
    def everybody(self) -> bool:
        """Whether it is about every organisation."""
        return self.org_id in ("", EVERYBODY)


@dataclass(frozen=True)
class PortalErrors:
    """The last error within a day, if there was any, and the faults of the configuration that last.

    Of those one for each organisation and code, the last one told, if nothing was accepted since.
    """

    last: PortalError | None
    faults: Sequence[PortalError] = ()


@dataclass(frozen=True)
class Secret:
    """Whether a secret has a value; `trouble` is what was found wrong with this one when it was used."""

    filled: bool
    changed_at: datetime | None
    trouble: str = ""


@dataclass(frozen=True)
class Address:
    """A vendor's address; one that is `exposed` is called over a network without encryption."""

    url: str
    exposed: bool


@dataclass(frozen=True)
class Alarm:
    name: str
    since: datetime | None
    meaning: str


@dataclass(frozen=True)
class RelayState:
    """How a deployed relay stands at a moment."""

    stack: str
    at: datetime
    topics: Sequence[Topic]
    other_tags: Sequence[OtherTag]
    callers: Callers | Unknown
    pending: PendingEvents | Unknown
    set_aside: SetAsideEvents | Unknown
    failed_callbacks: FailedCallbacks | Unknown
    queue: Depth | Unknown
    oldest_notice: Age | Unknown
    dead_letters: Depth | Unknown
    portal_errors: PortalErrors | Unknown
    addresses: Mapping[str, Address]
    secrets: Mapping[str, Secret | Unknown]
    alarms: Sequence[Alarm] | Unknown
    registered_at: str
    """The address up to /callback by which most of the tags lead here; empty if none does."""
    rotating: bool | None
    """Whether the callback lets the token before the current one in as well; None where that is not known."""

    def seconds_since(self, at: datetime | str) -> float:
        """Returns how long ago that was, as a time or as `relay.events.timestamp` writes it."""
        then = datetime.fromisoformat(at) if isinstance(at, str) else at
        return (self.at - then).total_seconds()

    def named(self) -> dict[str, object]:
        """Returns each fact by the name that a person sees; of the topics', the first that is unknown."""
        of_topics: dict[str, Iterable[object]] = {
            "registrations": (one.registration for one in self.topics),
            "last events": (one.last for one in self.topics),
            "subscriptions": (one.subscriptions for one in self.topics),
        }
        unknown = {
            name: next((one for one in facts if isinstance(one, Unknown)), None)
            for name, facts in of_topics.items()
        }
        return {
            **{name: fact for name, fact in unknown.items() if fact},
            **({"other tags": self.other_tags} if self.other_tags else {}),
            "who may call": self.callers,
            "pending events": self.pending,
            "set aside": self.set_aside,
            "failed callbacks": self.failed_callbacks,
            "notice queue": self.queue,
            "its oldest notice": self.oldest_notice,
            "dead letters": self.dead_letters,
            "last portal error": self.portal_errors,
            **{f"{name}'s address": address for name, address in self.addresses.items()},
            **{SECRETS[name][1]: secret for name, secret in self.secrets.items()},
            "alarms that are on": self.alarms,
        }
