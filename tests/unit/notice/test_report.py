"""The lines that name notices: how many, how long, and what is never in them."""

from typing import Any

import pytest

from notice.outcomes import Accepted, Deferred, Outcome, Reason, Rejected
from notice.queue.records import Place, Record
from notice.queue.settlement import RecordOutcome
from notice.report import REJECTED_LINES, name_notices


class Lines:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def info(self, message: str, **facts: Any) -> None:
        self.said.append((message, facts))


def end(*outcomes: Outcome, org: str | None = "o-1", first: int = 0) -> RecordOutcome:
    """A record of notices n-`first`, n-…, which ended so."""
    names = [f"n-{first + number}" for number in range(len(outcomes))]
    entries = tuple(Place("", Rejected("", ""), name) for name in names)
    return RecordOutcome(Record("r", "", 1, 0.0, org, entries), list(outcomes))


def said(*ends: RecordOutcome) -> list[tuple[str, dict[str, Any]]]:
    lines: Any = Lines()
    name_notices(ends, lines)
    found: list[tuple[str, dict[str, Any]]] = lines.said
    return found


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1])])
@pytest.mark.parametrize(
    ("outcome", "message"),
    [(Accepted(), "notices accepted"), (Deferred(Reason.OUT_OF_TIME), "notices deferred")],
)
def test_a_line_names_a_hundred_notices_at_most(
    outcome: Outcome, message: str, count: int, sizes: list[int]
) -> None:
    lines = said(*(end(outcome, first=number) for number in range(count)))

    assert [(text, facts["notices"], len(facts["message_ids"])) for text, facts in lines] == [
        (message, size, size) for size in sizes
    ]
    named = [name for _, facts in lines for name in facts["message_ids"]]
    assert named == [f"n-{number}" for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, REJECTED_LINES, REJECTED_LINES + 1])
def test_rejected_notices_have_a_line_each_up_to_a_limit(count: int) -> None:
    lines = said(end(*[Rejected("400", "u-1 is nobody")] * count))

    assert lines == [
        ("notice rejected", {"org_id": "o-1", "error_code": "400", "message_id": f"n-{number}"})
        for number in range(min(count, REJECTED_LINES))
    ]


def test_organisations_and_reasons_have_lines_of_their_own() -> None:
    lines = said(
        end(Deferred(Reason.UNAVAILABLE, "503 u-1 is tired")),
        end(Deferred(Reason.UNAVAILABLE, "500 broken"), first=1),
        end(Deferred(Reason.OUT_OF_TIME), first=2),
        end(Deferred(Reason.OUT_OF_TIME), org="o-2", first=3),
    )

    assert [(facts["org_id"], facts["reason"], facts["message_ids"]) for _, facts in lines] == [
        ("o-1", "unavailable", ("n-0", "n-1")),
        ("o-1", "no time left", ("n-2",)),
        ("o-2", "no time left", ("n-3",)),
    ]


def test_what_is_decided_in_a_record_that_stays_waits_with_it() -> None:
    lines = said(end(Accepted(), Rejected("400", ""), Deferred(Reason.OUT_OF_TIME)))

    assert [(text, facts["reason"], facts["message_ids"]) for text, facts in lines] == [
        ("notices deferred", "another notice of its record waits", ("n-0", "n-1")),
        ("notices deferred", "no time left", ("n-2",)),
    ]


def test_a_record_that_could_not_be_read_is_named_by_its_code_alone() -> None:
    ((_, facts),) = said(
        RecordOutcome(
            Record("r", "", 1, 0.0, None, (Place("?", Rejected("", "")),)), [Rejected("InvalidNotice", "?")]
        )
    )

    assert facts == {"org_id": "", "error_code": "InvalidNotice", "message_id": ""}


@pytest.mark.parametrize(("length", "named"), [(256, 256), (257, 256)])
def test_a_long_message_id_is_cut(length: int, named: int) -> None:
    entry = Place("", Rejected("", ""), "n" * length)

    ((_, facts),) = said(RecordOutcome(Record("r", "", 1, 0.0, "o-1", (entry,)), [Accepted()]))

    assert len(facts["message_ids"][0]) == named
