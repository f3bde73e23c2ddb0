"""Dispatching to the stand-in of the portal, which keeps the vendor's rules, over real sockets."""

from collections.abc import Iterator
from threading import Event
from time import time

import pytest

from notice.dispatch.dispatcher import Dispatcher
from notice.outcomes import Accepted, Deferred
from notice.queue.records import QueuedNotice
from relay.notices import Notice as Read
from sandbox.demo.inputs import notice as written
from sandbox.vendors.portal import Portal
from tests.support.outbound import deadline, kinds, portal_client
from tests.support.stand_ins import relays_portal

USERS = tuple(f"u-{number}" for number in range(7))


@pytest.fixture
def portal() -> Iterator[Portal]:
    with relays_portal(organisations={"o-1": USERS}) as running:
        yield running


def connected(portal: Portal) -> Dispatcher:
    return Dispatcher(portal_client(portal), clock=time)


def notices(count: int, receives: int = 1) -> list[QueuedNotice]:
    given = (written(number, f"n-{number}", USERS) for number in range(count))
    return [QueuedNotice("o-1", one["messageId"], Read.read(one).wire(), receives) for one in given]


@pytest.mark.parametrize("count", [1, 100, 101])
@pytest.mark.parametrize("fault", [{"cut": True}, {"down": True}])
def test_after_a_cut_or_an_outage_every_user_has_each_notice_once(
    portal: Portal, count: int, fault: dict[str, bool]
) -> None:
    sender = connected(portal)
    portal.break_down(**fault)
    first = sender.dispatch(notices(count), deadline())
    taken = len(portal.accepted("o-1"))
    portal.fix()

    report = sender.dispatch(notices(count, receives=2), deadline())

    assert kinds(first) == {Deferred: count}
    assert bool(taken) is fault.get("cut", False)
    assert kinds(report) == {Accepted: count}
    for user in USERS:
        due = [f"n-{number}" for number in range(count) if number % 10 == 0 or USERS[number % 7] == user]
        assert portal.received("o-1", user) == dict.fromkeys(due, 1)


def test_the_rate_of_calls_stays_under_a_limit_and_everything_gets_through(portal: Portal) -> None:
    sender = connected(portal)
    portal.break_down(per_second=3)
    given = notices(1000)
    refused: list[int] = []
    for receives in range(1, 10):
        Event().wait(1.1)  # Records come back later still: the limit is over by then.
        report = sender.dispatch([QueuedNotice(*vars_of(one), receives) for one in given], deadline())
        refused.append(sum(call.status == 429 for call in portal.calls) - sum(refused))
        given = [one for one in given if report.outcomes[one] != Accepted()]
        if not given:
            break

    assert not given
    assert len(portal.accepted("o-1")) == 1000
    assert max(refused) <= 4


def vars_of(one: QueuedNotice) -> tuple[str, str, bytes]:
    return one.org_id, one.message_id, one.wire
