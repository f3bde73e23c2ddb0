"""One piece of work through each function, prepared on the suite's own fakes: what it runs can be watched."""

from collections.abc import Callable
from typing import Any

from notice.outbound import Outbound
from notice.queue.dead_letters import DeadLetters
from notice.queue.settlement import Settler
from notice.queue.visibility import VisibilityTimeouts
from tests.support.outbound import NOW, FakePortal, event, message, new_dispatcher, record


def notice() -> Callable[[], object]:
    """One fresh notice, read, accepted and settled."""
    sqs: Any = None
    settler = Settler(DeadLetters("dead", lambda: sqs), VisibilityTimeouts("queue", lambda: sqs))
    outbound = Outbound(new_dispatcher(FakePortal(), workers=1), settler, lambda: NOW)
    given = event(record(message()))
    return lambda: outbound.deliver(given, 50)
