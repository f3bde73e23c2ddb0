"""The outbound path without Lambda: records of the queue in, each of them settled."""

from dataclasses import dataclass

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.dispatch.ledger import Report
from notice.queue.outcome_events import PUBLISH_SECONDS
from notice.queue.records import Record, read_notices
from notice.queue.settlement import QUEUE_SECONDS, Settlement, Settler
from relay.settings import Clock

# Kept back for what follows the portal's calls.
SETTLE_SECONDS = PUBLISH_SECONDS + QUEUE_SECONDS


@dataclass(slots=True, eq=False, repr=False)
class Outbound:
    """Gives every notice of an SQS event its outcome."""

    dispatcher: Dispatcher
    settler: Settler
    clock: Clock
    timer: Clock
    """Measures what is left of an invocation, which no change of the time of day may stretch."""

    def deliver(self, event: object, seconds: float) -> tuple[Report, Settlement]:
        """Returns what became of the event's notices and records, within so many seconds."""
        end = Deadline.after(seconds, self.timer)
        records: list[Record] = []
        notices = read_notices(event, self.clock(), records)
        sent = self.dispatcher.dispatch(notices, end.sooner(SETTLE_SECONDS))
        return sent, self.settler.settle(records, sent.outcomes, self.clock(), end)
