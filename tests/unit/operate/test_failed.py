"""`mozi-relay failed` shows the gateway's failed list, whatever its rows look like, and retries it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from rich.cells import cell_len

from operate.output import WIDTH
from relay.api.base import ActionAnswer
from relay.api.gateway import CallError, FailedAnswer, FailedCounts, FailedRow, RetryAnswer, RetryCounts
from tests.support.command_line import Ran, ran
from tests.support.relay_stub import RelayStub

TAG = "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"


def row(number: int, event_tag: str | None = TAG, time: str | None = "1795374566463") -> FailedRow:
    return FailedRow(id=str(number), event_tag=event_tag, time=time, callback_url="http://h/…")


def shown(*rows: FailedRow, left: int = 0) -> RelayStub:
    unreadable = sum(one.id is None for one in rows)
    counts = FailedCounts(failed=len(rows) + left, unreadable=unreadable)
    return RelayStub(
        gateway={"failed": FailedAnswer(action="failed", counts=counts, rows=list(rows), left=left)}
    )


def retried(
    retried: int = 0,
    *,
    errors: Sequence[CallError] = (),
    unreadable: Sequence[object] = (),
    left: int = 0,
    stopped: str = "",
) -> RelayStub:
    counts = {"retried": retried, "refused": len(errors), "left": left, "unreadable": len(unreadable)}
    answer = RetryAnswer(
        action="retry-failed",
        counts=RetryCounts(failed=sum(counts.values()), **counts),
        errors=list(errors),
        unreadable=list(unreadable),
        stopped=stopped,
    )
    return RelayStub(gateway={"retry-failed": answer})


def run(stub: RelayStub, *words: str) -> Ran:
    return ran("failed", "--stack", "mozi-relay", *words, connect=stub.stack)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_each_row_is_shown_and_nothing_is_retried(count: int) -> None:
    stub = shown(*map(row, range(count)))
    result = run(stub)

    assert (result.status, result.stderr) == (0, "")
    assert stub.requests == [{"action": "failed", "limit": 100}]
    assert result.stdout.splitlines()[0] == f"{count} failed callback{'' if count == 1 else 's'}"
    assert result.stdout.count("employee-leave") == count


@pytest.mark.parametrize("raw", [{"no": "id", "名": "张三"}, "?", None, ["x"], {"a": "字" * 300}])
def test_a_row_that_cannot_be_understood_is_shown_as_it_came(raw: Any) -> None:
    result = run(shown(row(1), FailedRow(unreadable=raw)))

    assert result.stdout.splitlines()[0] == "2 failed callbacks, 1 of them without an id"
    as_it_came = json.dumps(raw, ensure_ascii=False).replace(" ", "")
    assert as_it_came in result.stdout.replace("\n", "").replace(" ", "")
    assert max(map(cell_len, result.stdout.splitlines())) <= WIDTH


@pytest.mark.parametrize(("tag", "word"), [(None, "-"), ("new|tag", "new|tag"), ("\x1b[2J", "�[2J")])
def test_a_row_of_another_tag_or_none_is_shown_too(tag: str | None, word: str) -> None:
    result = run(shown(row(7, tag, None)))

    assert result.stdout.splitlines()[1].split() == ["7", "-", word]


def test_rows_beyond_the_limit_are_counted() -> None:
    stub = shown(row(1), left=11)
    result = run(stub, "--limit", "1")

    assert stub.requests[0]["limit"] == 1
    assert "12 failed callbacks" in result.stdout
    assert "11 more" in result.stdout


@pytest.mark.parametrize(
    ("stub", "status", "said"),
    [
        (retried(), 0, "0 failed callbacks: 0 retried"),
        (retried(3), 0, "3 failed callbacks: 3 retried, 0 refused, 0 left"),
        (retried(2, left=1, stopped="no time was left"), 1, "stopped: no time was left"),
        (retried(2, errors=[CallError(id="7", error="已被删除 [code]")]), 1, "7  已被删除 [code]"),
        (retried(2, unreadable=[{"no": "id"}]), 1, '{"no": "id"}'),
    ],
)
def test_a_retry_tells_what_stays(stub: RelayStub, status: int, said: str) -> None:
    result = run(stub, "--retry", "--limit", "500")

    assert (result.status, said in result.stdout) == (status, True)
    assert stub.requests == [{"action": "retry-failed", "limit": 500}]


@pytest.mark.parametrize(("stub", "words"), [(shown(row(1)), []), (retried(1), ["--retry"])])
def test_a_program_gets_the_functions_answer(stub: RelayStub, words: list[str]) -> None:
    (answer,) = stub.gateway.values()
    assert isinstance(answer, ActionAnswer)
    assert json.loads(run(stub, "--json", *words).stdout) == answer.payload()


@pytest.mark.parametrize("limit", ["0", "501", "x"])
def test_a_limit_that_the_function_does_not_take_is_not_asked_for(limit: str) -> None:
    stub = shown()

    assert (run(stub, "--limit", limit).status, stub.requests) == (2, [])


def test_a_list_that_cannot_be_had_is_told_with_the_gateways_reason() -> None:
    error = {"errorType": "GatewayUnavailable", "errorMessage": "HTTP status 502"}
    result = run(RelayStub(gateway={"failed": error}))

    assert (result.status, "HTTP status 502" in result.stderr) == (1, True)
