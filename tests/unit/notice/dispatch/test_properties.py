"""Whatever the portal does, each notice has exactly one outcome, and an accepted one is in the portal."""

import json
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from notice.deadline import Deadline
from notice.dispatch.quarantine import OVERDUE_RECEIVES
from notice.outcomes import Accepted, Deferred, Rejected
from notice.portal.answer import check
from notice.portal.errors import PortalUnavailableError, ProduceError
from notice.queue.records import QueuedNotice
from relay.transport import Response
from sandbox.vendors.loopback import Answer, Request
from tests.support.in_process_portal import (
    FAILED,
    FORBIDDEN,
    TOKEN_TURNED_DOWN,
    WRONG_ADDRESS,
    InProcessPortal,
    raising,
    refusal,
    too_many,
)
from tests.support.outbound import deadline, new_dispatcher, notice

ORGANISATIONS = ["a", "b"]
TAKEN_BUT_CUT = Answer(200, b"", cut=True)
WHIMS = st.sampled_from(
    [
        None,
        None,
        None,
        TAKEN_BUT_CUT,
        FAILED,
        too_many("0"),
        raising(PortalUnavailableError("ReadTimeoutError")),
        refusal(code=400),
        refusal(code=415),
        TOKEN_TURNED_DOWN,
        WRONG_ADDRESS,
        FORBIDDEN,
    ]
)
NOTICES = st.lists(
    st.builds(
        notice,
        st.integers(0, 30),
        org=st.sampled_from(ORGANISATIONS),
        receives=st.integers(1, 12) | st.integers(OVERDUE_RECEIVES - 1, OVERDUE_RECEIVES + 1),
        text=st.sampled_from(["", "", "other"]),
    ),
    max_size=60,
)
NAMES = st.sets(st.integers(0, 30).map("n-{}".format), max_size=6)


def whimsical(whims: list[Answer | None], refuses: set[str], fails_on: set[str]) -> InProcessPortal:
    """A portal that keeps its rules and, call by call, also does what `whims` say."""
    portal = InProcessPortal(refuses=refuses, fails_on=fails_on, organisations=ORGANISATIONS)
    turns = cycle(whims or [None])

    def reply(request: Request) -> Answer | None:
        whim = next(turns)
        return None if whim is TAKEN_BUT_CUT and not portal.take(request) else whim

    portal.break_down(reply=reply)
    return portal


@settings(max_examples=300, deadline=None)
@given(NOTICES, st.lists(WHIMS, max_size=30), NAMES, NAMES, st.integers(1, 4), st.integers(0, 50))
def test_each_notice_has_one_outcome_and_the_accepted_are_in_the_portal(
    given_notices: list[QueuedNotice],
    whims: list[Answer | None],
    refuses: set[str],
    fails_on: set[str],
    workers: int,
    search_calls: int,
) -> None:
    portal = whimsical(whims, refuses, fails_on)
    dispatcher = new_dispatcher(portal, workers=workers, search_calls=search_calls)

    for _ in range(3):
        report = dispatcher.dispatch(given_notices, deadline())

        assert set(report.outcomes) == set(given_notices)
        for one, outcome in report.outcomes.items():
            assert isinstance(outcome, Accepted | Rejected | Deferred)
            if isinstance(outcome, Accepted):
                assert one.message_id in portal.accepted(one.org_id)
                assert one.message_id not in refuses | fails_on
            if isinstance(outcome, Rejected):
                assert [one.message_id] in portal.batches(one.org_id)
        assert report.calls == len(portal.calls)
        portal.forget_calls()


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


def says_yes(answer: Response, now: float) -> bool:
    try:
        check(answer, now)
    except ProduceError:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(NOTICES, st.lists(ANSWERS, min_size=1, max_size=20), st.integers(1, 4))
def test_any_answer_after_any_time_gives_each_notice_one_outcome(
    given_notices: list[QueuedNotice],
    answers: list[tuple[int, dict[str, str], bytes, bool, float]],
    workers: int,
) -> None:
    now, turns = [0.0], cycle(answers)
    portal = InProcessPortal(organisations=ORGANISATIONS, clock=lambda: now[0])

    def reply(request: Request) -> Answer:
        status, headers, body, took_it, seconds = next(turns)
        now[0] += seconds
        if took_it or says_yes(Response(status, headers, body), now[0]):
            portal.take(request)
        return Answer(status, body, headers)

    portal.break_down(reply=reply)
    dispatcher = new_dispatcher(portal, workers=workers, clock=lambda: now[0])

    report = dispatcher.dispatch(given_notices, Deadline(50, lambda: now[0]))

    assert set(report.outcomes) == set(given_notices)
    for one, outcome in report.outcomes.items():
        assert isinstance(outcome, Accepted | Rejected | Deferred)
        assert one.message_id in portal.accepted(one.org_id) or not isinstance(outcome, Accepted)
        assert [one.message_id] in portal.batches(one.org_id) or not isinstance(outcome, Rejected)
    assert now[0] <= 50 + 30 * workers


@settings(max_examples=200, deadline=None)
@given(NOTICES, NAMES, st.integers(1, 4))
def test_a_portal_without_whims_decides_about_every_notice_but_in_quarantine(
    given_notices: list[QueuedNotice], refuses: set[str], workers: int
) -> None:
    portal = InProcessPortal(refuses=refuses, organisations=ORGANISATIONS)

    report = new_dispatcher(portal, workers=workers).dispatch(given_notices, deadline())

    for one, outcome in report.outcomes.items():
        expected = (Rejected, Deferred) if one.message_id in refuses else (Accepted, Deferred)
        assert isinstance(outcome, expected)
        if isinstance(outcome, Deferred):
            assert (one.org_id, "400") in report.faults or one.receives > 1


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 99), st.integers(0, 99), st.integers(2, 12))
def test_two_notices_on_which_the_portal_fails_never_take_others_with_them(
    first: int, second: int, receives: int
) -> None:
    poison = {f"n-{first}", f"n-{second}"}

    report = new_dispatcher(InProcessPortal(fails_on=poison), workers=1).dispatch(
        [notice(number, receives=receives) for number in range(100)], deadline()
    )

    rejected = {one.message_id for one, outcome in report.outcomes.items() if isinstance(outcome, Rejected)}
    assert rejected <= poison
    assert poison.isdisjoint(
        one.message_id for one, outcome in report.outcomes.items() if isinstance(outcome, Accepted)
    )
