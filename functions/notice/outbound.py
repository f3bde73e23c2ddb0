"""The outbound path without Lambda: records of the queue in, each of them settled."""

from dataclasses import dataclass

from notice.deadline import Deadline
from notice.dispatch.dispatcher import Dispatcher
from notice.dispatch.ledger import Report
from notice.inquiry import Inquiry
from notice.queue.outcome_events import PUBLISH_SECONDS
from notice.queue.records import Record, read_notices
from notice.queue.settlement import QUEUE_SECONDS, RecordOutcome, Settlement, Settler
from relay.settings import Clock

# Kept back for what follows the portal's calls.
SETTLE_SECONDS = PUBLISH_SECONDS + QUEUE_SECONDS


@dataclass(slots=True, eq=False, repr=False)
class Outbound:
    """Gives every notice of an SQS event its outcome."""

    dispatcher: Dispatcher
    inquiry: Inquiry
    settler: Settler
    clock: Clock
    timer: Clock
    """Measures what is left of an invocation, which no change of the time of day may stretch."""

    def deliver(self, event: object, seconds: float) -> tuple[Report, Settlement]:
        """Returns what became of the event's notices and records, within so many seconds."""
        end = Deadline.after(seconds, self.timer)
        records: list[Record] = []
        notices = read_notices(event, self.clock(), records)
        calls_end = end.sooner(SETTLE_SECONDS)
        sent = self.dispatcher.dispatch(notices, calls_end)
        now = self.clock()
        ends = [RecordOutcome.of(record, sent.outcomes) for record in records]
        doubtful = [notice for one in ends for notice in one.doubtful(now)]
        held = self.inquiry.ask(doubtful, sent, calls_end) if doubtful else {}
        return sent, self.settler.settle(ends, held, now, end)
