"""The whole of the outbound path: what its clocks are for."""

from typing import Any

from notice.inquiry import Inquiry
from notice.outbound import Outbound
from notice.outcomes import Deferred, Reason
from sandbox.vendors.loopback import Request
from tests.support.in_process_portal import InProcessPortal
from tests.support.outbound import NOW, TopicStub, event, message, new_dispatcher, record, settler


class Queue:
    """SQS, which does all that it is asked."""

    def change_message_visibility_batch(self, **_: object) -> dict[str, Any]:
        return {}

    def send_message_batch(self, **_: object) -> dict[str, Any]:
        return {}


def test_a_time_of_day_that_is_set_back_makes_no_invocation_longer() -> None:
    clock, timer = [NOW], [0.0]
    portal = InProcessPortal()

    def an_hour_back(_: Request) -> None:
        clock[0] -= 3600
        timer[0] += 60

    portal.break_down(reply=an_hour_back)
    dispatcher = new_dispatcher(portal, workers=1, clock=lambda: clock[0])
    outbound = Outbound(
        dispatcher, Inquiry(portal), settler(Queue(), TopicStub()), lambda: clock[0], lambda: timer[0]
    )

    full = record(*(message(f"n-{number}") for number in range(100)))
    sent, _ = outbound.deliver(event(full, record(message("late"))), 59)

    late = [outcome for one, outcome in sent.outcomes.items() if one.message_id == "late"]
    assert late == [Deferred(Reason.OUT_OF_TIME)]
    assert len(portal.calls) == 1
