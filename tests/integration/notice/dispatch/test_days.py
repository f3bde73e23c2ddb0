"""Days on real connections: those that die at rest, and a certificate that nobody vouches for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.vendors.portal import Portal
from tests.support.certificates import self_signed, served_with
from tests.support.days import DAY, HOUR, MINUTE, Simulation
from tests.support.outbound import message, portal_client
from tests.support.stand_ins import relays_portal


@pytest.fixture
def portal() -> Iterator[Portal]:
    with relays_portal(clock=lambda: 0.0) as running:
        yield running


@pytest.mark.parametrize("by_reset", [True, False], ids=["RST", "silence"])
@pytest.mark.parametrize("forget_after", [31, MINUTE])
def test_connections_that_die_at_rest_cost_no_notice_a_wait_and_no_call(
    portal: Portal, by_reset: bool, forget_after: float
) -> None:
    """Silence would cost a call its time: that is one outage, and each notice in it a wait."""
    days = clocked(portal)
    portal.break_down(forget_after=forget_after, forget_by_reset=by_reset)
    for number in range(24 * 6):
        days.put(f"r-{number}", message(f"n-{number}"))
        days.run(10 * MINUTE)
        assert not days.queue

    assert len(portal.accepted("o-1")) == len(portal.calls) == 24 * 6
    assert (days.outages, days.faults, days.dead) == ({}, {}, [])


def test_a_day_without_a_certificate_is_named_as_that_and_loses_nothing(tmp_path: Path) -> None:
    portal = relays_portal()
    portal.tls = served_with(self_signed(tmp_path))
    with portal:
        days = clocked(portal)
        for number in range(300):
            days.put(f"r-{number}", message(f"n-{number}"))
        days.run(MINUTE)
        first = portal.connections
        days.run(DAY)

    assert days.faults.keys() == {("", "CERTIFICATE_VERIFY_FAILED: self-signed certificate")}
    assert first == 1
    assert portal.connections <= len(days.calls_each)
    assert portal.connections <= 13 * DAY / HOUR
    assert (len(days.queue), days.dead, days.outages) == (300, [], {})


def clocked(portal: Portal) -> Simulation[Portal]:
    """A day at a portal that is served; all of it has the day's time."""
    client = portal_client(portal, clock=lambda: days.now, read_seconds=0.3)
    days = Simulation(portal, client)
    portal.clock = lambda: days.now
    return days
