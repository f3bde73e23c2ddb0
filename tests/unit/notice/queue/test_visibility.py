"""Template and notice function fit each other."""

import pytest

from notice.dispatch.quarantine import OVERDUE_RECEIVES
from notice.queue.visibility import (
    EXPIRY_SECONDS,
    FIRST_SECONDS,
    JITTER,
    LONGEST_ASKED_SECONDS,
    LONGEST_SECONDS,
    backoff_seconds,
)
from notice.queue.visibility import RETENTION_SECONDS as RETENTION
from tests.support.template import RESOURCES, ROOT, TEMPLATE

FUNCTION = RESOURCES["NoticeFunction"]["Properties"]
MAPPING = FUNCTION["Events"]["Notices"]["Properties"]
QUEUE = RESOURCES["NoticeQueue"]["Properties"]
WINDOW = TEMPLATE["Parameters"]["NoticeBatchWindowSeconds"]


def test_the_handler_is_there() -> None:
    module, _, name = FUNCTION["Handler"].rpartition(".")
    source = (ROOT / "functions" / f"{module.replace('.', '/')}.py").read_text("utf-8")

    assert f"def {name}(" in source


def test_a_record_stays_hidden_longer_than_any_invocation_can_need_it() -> None:
    assert QUEUE["VisibilityTimeout"] >= 6 * FUNCTION["Timeout"] + WINDOW["MaxValue"]


def test_large_batches_have_a_window() -> None:
    assert MAPPING["BatchSize"] <= 10 or WINDOW["MinValue"] >= 1
    assert MAPPING["MaximumBatchingWindowInSeconds"] == {"Ref": "NoticeBatchWindowSeconds"}
    assert MAPPING["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_function_knows_how_long_the_queue_keeps_a_record() -> None:
    assert QUEUE["MessageRetentionPeriod"] == RETENTION


def test_a_record_deferred_for_all_of_its_life_is_not_moved_away_by_the_queue() -> None:
    shortest, receives = 0.0, 0
    while shortest < RETENTION:
        receives += 1
        shortest += backoff_seconds(receives, None, RETENTION, chance=lambda: 1.0)

    assert receives < 0.9 * QUEUE["RedrivePolicy"]["maxReceiveCount"]


def test_a_quarantined_notice_has_a_day_and_not_much_more_before_it_is_rejected() -> None:
    def until_overdue(chance: float) -> int:
        receives = range(1, OVERDUE_RECEIVES)
        return sum(backoff_seconds(each, None, RETENTION, chance=lambda: chance) for each in receives)

    assert until_overdue(1.0) >= 24 * 3600
    assert until_overdue(0.0) <= 30 * 3600


@pytest.mark.parametrize("receives", [1, 2, 3, 6, 7, 8, 999])
def test_the_wait_doubles_up_to_the_longest(receives: int) -> None:
    seconds = min(FIRST_SECONDS * 2 ** (receives - 1), LONGEST_SECONDS)

    assert backoff_seconds(receives, None, RETENTION, chance=lambda: 0.0) == seconds
    assert seconds * (1 - JITTER) - 1 <= backoff_seconds(receives, None, RETENTION) <= seconds


@pytest.mark.parametrize("asked", [31.0, 3600.0, LONGEST_ASKED_SECONDS])
def test_a_wait_that_is_asked_for_is_kept(asked: float) -> None:
    assert asked <= backoff_seconds(1, asked, RETENTION) <= asked * (1 + JITTER)
    assert backoff_seconds(1, 1.0, RETENTION, chance=lambda: 0.0) == FIRST_SECONDS


def test_a_wait_that_is_asked_for_never_passes_what_sqs_allows() -> None:
    assert backoff_seconds(1, 1e9, RETENTION, chance=lambda: 1.0) < 43_200 - FUNCTION["Timeout"]


@pytest.mark.parametrize("left", [7200.0, 3600.0, 1801.0, 60.0, -5.0])
def test_a_record_comes_back_while_it_can_still_be_given_up(left: float) -> None:
    wait = backoff_seconds(999, 1e9, left)

    assert 1 <= wait <= max(1, left - EXPIRY_SECONDS / 2)
