"""What the portal keeps: the messages of each organisation, and who received them how often."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.vendors.notice_rules import Notice, application, fault_in_new, fault_in_shape


@dataclass
class Organisation:
    """One OU. `received` counts, per user, how often each messageId was shown to them."""

    users: frozenset[str]
    messages: dict[str, Notice] = field(default_factory=dict)
    received: dict[str, Counter[str]] = field(default_factory=dict)
    names: dict[tuple[str, str], object] = field(default_factory=dict)

    def fault(self, notices: list[Notice]) -> tuple[str, str] | None:
        """The first notice at fault and what is wrong with it; None if all of them can be produced."""
        names = dict(self.names)
        made: set[str] = set()
        for position, notice in enumerate(notices):
            if fault := fault_in_shape(notice):
                return f"messages[{position}]", fault
            message_id = notice["messageId"]
            if message_id in self.messages or message_id in made:
                continue
            if fault := fault_in_new(notice) or _fault_in_name(notice, names):
                return message_id, fault
            made.add(message_id)
        return None

    def produce(self, notices: Iterable[Notice]) -> None:
        """Create what is new, then send each to those of its users who have not had it."""
        for notice in notices:
            kept = self.messages.setdefault(notice["messageId"], notice)
            if kept.get("appName"):
                self.names.setdefault(application(kept), kept["appName"])
            for user in self._targets(kept, notice):
                seen = self.received.setdefault(user, Counter())
                if not seen[kept["messageId"]]:
                    seen[kept["messageId"]] += 1

    def _targets(self, kept: Notice, notice: Notice) -> frozenset[str]:
        if kept["targetType"] == 0:
            return self.users
        return self.users & set(notice.get("targets") or kept["targets"])


def _fault_in_name(notice: Notice, names: dict[tuple[str, str], object]) -> str | None:
    """appName has to be identical in every message of one application."""
    if name := notice.get("appName"):
        known = names.setdefault(application(notice), name)
        return None if known == name else "appName differs from that of the application's other messages"
    return None
