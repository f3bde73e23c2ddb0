"""Asks the portal which notices it holds, before they are given up: an earlier call may have reached it."""

import json
from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto
from typing import Protocol

from notice.deadline import START_SECONDS, Deadline, run_parallel
from notice.dispatch.ledger import Report
from notice.portal.errors import (
    NotAllowedError,
    NotFoundError,
    OrganisationNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceTurnedAwayError,
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

    def ask(
        self, notices: Iterable[QueuedNotice], report: Report, deadline: Deadline
    ) -> dict[QueuedNotice, Held]:
        """Returns whether the portal has each; those are left out that no time was left to ask about.

        What keeps it from saying goes into `report`, each kind once, beside what the sending met.

        Once it is unavailable, or does not let such calls in, it is asked no more; where it does not let an
        organisation in, no more about that one. Of a notice without content it cannot be asked: that it has
        one of this messageId is what such a notice relies on.
        """
        asked = list(dict.fromkeys(notices))
        calls = _SharedCalls(self._portal, deadline)
        found = run_parallel(calls.ask, asked, workers=self._workers, deadline=deadline)
        report.faults |= calls.faults()
        report.outages |= Counter(calls.outages.copy())
        return {notice: held for notice, held in zip(asked, found, strict=True) if held}


class _SharedCalls:
    """The calls of one invocation, shared by its threads."""

    def __init__(self, portal: Holder, deadline: Deadline) -> None:
        self._portal, self._deadline = portal, deadline
        # Organisations about which no more calls are made; "" stands for all.
        self._silent: set[str] = set()
        self._answered, self._refused = False, 0
        self._faults = set[tuple[str, str]]()
        self._turned_away = set[tuple[str, str]]()
        self.outages = set[str]()
        """Codes of answers that were none."""

    def faults(self) -> Counter[tuple[str, str]]:
        """Returns what configuration is at fault for, by organisation ("" for all) and code.

        What a firewall turned away is its notice's matter once anything else came through.
        """
        found = self._faults.copy()
        return Counter(found if self._answered else found | self._turned_away)

    def ask(self, notice: QueuedNotice) -> Held | None:
        if self._silent & {"", notice.org_id} or not CONTENT_NAMES.intersection(json.loads(notice.wire)):
            return Held.UNKNOWN
        if self._deadline.left() < START_SECONDS:
            return None
        try:
            held = Held.YES if self._holds(notice) else Held.NO
        except ProduceError as error:
            self._learn(notice.org_id, error)
            return Held.UNKNOWN
        self._answered = True
        return held

    def _learn(self, org_id: str, error: ProduceError) -> None:
        match error:
            case OrganisationNotAllowedError():
                self._silent.add(org_id)
                self._faults.add((org_id, error.code))
            case NotFoundError():
                # Older portals do not have the call: no fault of the configuration, as it is of produce.
                self._count_refusal()
                self.outages.add(error.code)
            case NotAllowedError():
                self._silent.add("")
                self._faults.add(("", error.code))
            case PortalUnavailableError():
                self._silent.add("")
                self.outages.add(error.code)
            case ProduceTurnedAwayError():
                self._count_refusal()
                self._turned_away.add(("", error.code))
            case _:
                self._count_refusal()
                self.outages.add(error.code)

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
