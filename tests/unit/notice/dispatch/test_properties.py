"""Whatever the portal does, each notice has exactly one outcome, and an accepted one is in the portal."""

import json
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from notice.deadline import Deadline
from notice.dispatch.quarantine import OVERDUE_RECEIVES
from notice.outcomes import Accepted, Deferred, Rejected
from notice.portal.answer import check
from notice.portal.errors import (
    OrganisationNotAllowedError,
    PortalNotAllowedError,
    PortalUnavailableError,
    ProduceError,
    ProduceRefusedError,
    TokenTurnedDownError,
)
from notice.queue.records import QueuedNotice
from relay.transport import Response
from tests.support.outbound import BROKEN, FakePortal, deadline, new_dispatcher, notice

WHIMS = st.sampled_from(
    [
        None,
        None,
        None,
        "taken, but the answer was cut",
        BROKEN,
        PortalUnavailableError("429", retry_after=0.0),
        PortalUnavailableError("ReadTimeoutError"),
        ProduceRefusedError("400"),
        ProduceRefusedError("415"),
        TokenTurnedDownError("401"),
        PortalNotAllowedError("404"),
        OrganisationNotAllowedError("403"),
    ]
)
NOTICES = st.lists(
    st.builds(
        notice,
        st.integers(0, 30),
        org=st.sampled_from(["a", "b"]),
        receives=st.integers(1, 12) | st.integers(OVERDUE_RECEIVES - 1, OVERDUE_RECEIVES + 1),
        text=st.sampled_from(["", "", "other"]),
    ),
    max_size=60,
)
NAMES = st.sets(st.integers(0, 30).map("n-{}".format), max_size=6)


def whimsical(whims: list[object], bad: set[str], breaking: set[str]) -> FakePortal:
    """A portal that keeps its rules and, call by call, also does what `whims` say."""
    portal, turns = FakePortal(bad=bad, breaking=breaking), cycle(whims or [None])

    def meddle(org: str, names: list[str]) -> None:
        whim = next(turns)
        if isinstance(whim, Exception):
            raise whim
        if whim and not portal.bad & set(names):
            portal.take(org, [{"messageId": name, "targets": ["u-1"]} for name in names])
            raise PortalUnavailableError("ProtocolError")

    portal.meddle = meddle
    return portal


@settings(max_examples=300, deadline=None)
@given(NOTICES, st.lists(WHIMS, max_size=30), NAMES, NAMES, st.integers(1, 4), st.integers(0, 50))
def test_each_notice_has_one_outcome_and_the_accepted_are_in_the_portal(
    given_notices: list[QueuedNotice],
    whims: list[object],
    bad: set[str],
    breaking: set[str],
    workers: int,
    search_calls: int,
) -> None:
    portal = whimsical(whims, bad, breaking)
    dispatcher = new_dispatcher(portal, workers=workers, search_calls=search_calls)

    for _ in range(3):
        report = dispatcher.dispatch(given_notices, deadline())

        assert set(report.outcomes) == set(given_notices)
        for one, outcome in report.outcomes.items():
            assert isinstance(outcome, Accepted | Rejected | Deferred)
            if isinstance(outcome, Accepted):
                assert portal.has(one)
                assert one.message_id not in portal.bad | portal.breaking
            if isinstance(outcome, Rejected):
                assert (one.org_id, [one.message_id]) in portal.calls
        assert report.calls == len(portal.calls)
        portal.calls.clear()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CODES = st.sampled_from(
    [0, 200, 400, 401, 403, 404, 408, 413, 429, 432, 500, 503, 504, 512, 1203, 31400, "0"]
)
BODIES = st.one_of(
    st.binary(max_size=30),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {}, optional={"code": CODES | JSON, "status": CODES | JSON, "message": JSON, "data": JSON}
    ).map(lambda value: json.dumps(value).encode()),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": st.text(max_size=40)
        | st.integers().map(str)
        | st.sampled_from(["Sun, 22 Nov 2026 10:02:00 +99999999999999", "Sun, 22 Nov 2026 10:02:00 GMT"])
    },
)
STATUSES = st.integers(100, 599) | st.sampled_from([200, 200, 200, 400, 401, 403, 404, 408, 429, 500, 503])
ANSWERS = st.tuples(STATUSES, HEADERS, BODIES, st.booleans(), st.floats(0, 30))
"""Status, headers and body of any answer, whether the portal took the batch all the same, and its seconds."""


@settings(max_examples=400, deadline=None)
@given(NOTICES, st.lists(ANSWERS, min_size=1, max_size=20), st.integers(1, 4))
def test_any_answer_after_any_time_gives_each_notice_one_outcome(
    given_notices: list[QueuedNotice],
    answers: list[tuple[int, dict[str, str], bytes, bool, float]],
    workers: int,
) -> None:
    now, turns = [0.0], cycle(answers)
    portal = FakePortal()

    def answer(org: str, names: list[str]) -> None:
        status, headers, body, took_it, seconds = next(turns)
        now[0] += seconds
        portal.error = None
        try:
            check(Response(status, headers, body), now[0])
        except ProduceError:
            if took_it:
                portal.take(org, [{"messageId": name, "targets": ["u-1"]} for name in names])
            raise

    portal.meddle = answer
    dispatcher = new_dispatcher(portal, workers=workers, clock=lambda: now[0])

    report = dispatcher.dispatch(given_notices, Deadline(50, lambda: now[0]))

    assert set(report.outcomes) == set(given_notices)
    for one, outcome in report.outcomes.items():
        assert isinstance(outcome, Accepted | Rejected | Deferred)
        assert portal.has(one) or not isinstance(outcome, Accepted)
        assert (one.org_id, [one.message_id]) in portal.calls or not isinstance(outcome, Rejected)
    assert now[0] <= 50 + 30 * workers


@settings(max_examples=200, deadline=None)
@given(NOTICES, NAMES, st.integers(1, 4))
def test_a_portal_without_whims_decides_about_every_notice_but_in_doubt(
    given_notices: list[QueuedNotice], bad: set[str], workers: int
) -> None:
    report = new_dispatcher(FakePortal(bad=bad), workers=workers).dispatch(given_notices, deadline())

    for one, outcome in report.outcomes.items():
        expected = (Rejected, Deferred) if one.message_id in bad else (Accepted, Deferred)
        assert isinstance(outcome, expected)
        if isinstance(outcome, Deferred):
            assert (one.org_id, "400") in report.faults or one.receives > 1


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 99), st.integers(0, 99), st.integers(2, 12))
def test_two_notices_that_break_the_portal_never_take_others_with_them(
    first: int, second: int, receives: int
) -> None:
    portal = FakePortal(breaking={f"n-{first}", f"n-{second}"})

    report = new_dispatcher(portal, workers=1).dispatch(
        [notice(number, receives=receives) for number in range(100)], deadline()
    )

    rejected = {one.message_id for one, outcome in report.outcomes.items() if isinstance(outcome, Rejected)}
    assert rejected <= portal.breaking
    assert portal.breaking.isdisjoint(
        one.message_id for one, outcome in report.outcomes.items() if isinstance(outcome, Accepted)
    )
