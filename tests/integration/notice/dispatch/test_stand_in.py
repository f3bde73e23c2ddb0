"""Dispatching to the stand-in of the portal, which keeps the vendor's rules, over real sockets."""

import json
from collections.abc import Iterator
from threading import Event
from time import time

import pytest

from notice.dispatch.dispatcher import Dispatcher
from notice.outcomes import Accepted, Deferred
from notice.queue.records import QueuedNotice, read_notices
from relay.notices import Notice as Read
from relay.notices.sending import pack
from sandbox.demo.inputs import notice as written
from sandbox.vendors.loopback import Answer
from sandbox.vendors.portal import Portal
from sandbox.vendors.portal_faults import RESET
from tests.support.outbound import deadline, event, kinds, message, portal_client, record
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


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("cut", [True, False])
def test_a_notice_that_was_parted_reaches_each_of_its_users_once(
    portal: Portal, together: bool, cut: bool
) -> None:
    many = [f"u-{number:06}" for number in range(50_000)]
    parts = pack("o-1", [message("a", targets=[*USERS[:4], *many, *USERS[4:]])])[0]
    bodies = [record(body=one.body, name=f"r-{number}") for number, one in enumerate(parts)]
    sender = connected(portal)
    if cut:
        portal.break_down(cut=True)

    for _ in range(3):
        for some in [bodies] if together else [[one] for one in reversed(bodies)]:
            sender.dispatch(read_notices(event(*some), 0, []), deadline())
            portal.fix()

    assert len(parts) == 3
    assert portal.accepted("o-1") == {"a"}
    assert all(portal.received("o-1", user) == {"a": 1} for user in USERS)
    assert max(len(call.ids) for call in portal.calls) == 1


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


def test_to_a_portal_on_a_slow_line_every_notice_gets_through_within_4_receives() -> None:
    """A batch of 100 notices takes twice as long as the answer may take."""
    portal = relays_portal(organisations={"o-1": USERS})
    portal.bytes_per_second = 60_000
    given = [QueuedNotice("o-1", f"n-{number}", wire_of(f"n-{number}", 3200)) for number in range(200)]
    with portal:
        sender = Dispatcher(portal_client(portal, read_seconds=3), clock=time)
        for receives in range(1, 5):
            report = sender.dispatch([QueuedNotice(*vars_of(one), receives) for one in given], deadline(20))
            given = [one for one in given if report.outcomes[one] != Accepted()]

    assert not given
    assert len(portal.accepted("o-1")) == 200


@pytest.mark.parametrize(
    "too_much",
    [
        Answer(502, b""),
        Answer(504, b""),
        Answer(500, b""),
        Answer(413, b""),
        RESET,
        Answer(0, b"", raw=b"", silence=1.2),
    ],
    ids=["502", "504", "500", "413", "reset", "silence"],
)
def test_a_portal_that_takes_50_gets_300_in_12_calls(portal: Portal, too_much: Answer) -> None:
    portal.break_down(largest=50, too_much=too_much)
    sender = Dispatcher(portal_client(portal, read_seconds=1), clock=time)

    report = sender.dispatch(notices(300), deadline())

    assert kinds(report) == {Accepted: 300}
    assert len(portal.calls) <= 12


def wire_of(name: str, size: int) -> bytes:
    """A notice of about so many bytes."""
    return json.dumps(message(name, header={"defaultValue": "x" * size})).encode()


def vars_of(one: QueuedNotice) -> tuple[str, str, bytes]:
    return one.org_id, one.message_id, one.wire
