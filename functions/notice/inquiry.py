"""Asks the portal which notices it holds, before they are given up: an earlier call may have reached it."""

import json
from collections.abc import Iterable
from enum import Enum, auto
from typing import Protocol

from notice.deadline import START_SECONDS, Deadline, run_parallel
from notice.portal.errors import (
    NotAllowedError,
    NotFoundError,
    OrganisationNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    TokenTurnedDownError,
)
from notice.queue.records import QueuedNotice
from relay.notices import CONTENT_NAMES

WORKERS = 4
# So many refusals before any answer: the portal does not have the call, as older ones do not.
REFUSALS = 4


class Held(Enum):
    """Whether the portal has a notice."""

    YES = auto()
    NO = auto()
    UNKNOWN = auto()
    """It does not say: no answer, or none that can be used."""


class Holder(Protocol):
    """Says whether it has a notice or raises ProduceError: see `notice.portal.client.PortalClient.holds`."""

    def holds(self, org_id: str, message_id: str, deadline: Deadline) -> bool: ...


class Inquiry:
    """Asks about notices, one call each and several at once."""

    def __init__(self, portal: Holder, *, workers: int = WORKERS) -> None:
        self._portal, self._workers = portal, workers

    def ask(self, notices: Iterable[QueuedNotice], deadline: Deadline) -> dict[QueuedNotice, Held]:
        """Returns whether the portal has each; those are left out that no time was left to ask about.

        Once it is unavailable, or does not let such calls in, it is asked no more; where it does not let an
        organisation in, no more about that one. Of a notice without content it cannot be asked: that it has
        one of this messageId is what such a notice relies on.
        """
        asked = list(dict.fromkeys(notices))
        calls = _SharedCalls(self._portal, deadline)
        found = run_parallel(calls.ask, asked, workers=self._workers, deadline=deadline)
        return {notice: held for notice, held in zip(asked, found, strict=True) if held}


class _SharedCalls:
    """The calls of one invocation, shared by its threads."""

    def __init__(self, portal: Holder, deadline: Deadline) -> None:
        self._portal, self._deadline = portal, deadline
        # Organisations about which no more calls are made; "" stands for all.
        self._silent: set[str] = set()
        self._answered, self._refused = False, 0

    def ask(self, notice: QueuedNotice) -> Held | None:
        if self._silent & {"", notice.org_id} or not CONTENT_NAMES.intersection(json.loads(notice.wire)):
            return Held.UNKNOWN
        if self._deadline.left() < START_SECONDS:
            return None
        try:
            held = Held.YES if self._holds(notice) else Held.NO
        except OrganisationNotAllowedError:
            self._silent.add(notice.org_id)
        except NotFoundError:
            self._count_refusal()
        except (PortalUnavailableError, NotAllowedError):
            self._silent.add("")
        except ProduceError:
            self._count_refusal()
        else:
            self._answered = True
            return held
        return Held.UNKNOWN

    def _count_refusal(self) -> None:
        self._refused += 1
        if not self._answered and self._refused >= REFUSALS:
            self._silent.add("")

    def _holds(self, notice: QueuedNotice) -> bool:
        """One call, or a second if the token is turned down."""
        try:
            return self._portal.holds(notice.org_id, notice.message_id, self._deadline)
        except TokenTurnedDownError:
            return self._portal.holds(notice.org_id, notice.message_id, self._deadline)
