"""`mozi-relay replay` follows a replay to its end, and says how to go on when it did not get there."""

import json
import shlex
from datetime import datetime
from typing import Any

import pytest

from operate.errors import UnfinishedError
from operate.replay.run import MOST_AT_ONCE
from operate.stack import Stack
from relay.api.recovery import MOST_REFUSED
from relay.catalog import slug_of
from tests.support.command_line import Ran, ran
from tests.support.recovery_stub import RecoveryStub

LEAVERS = [("employee-leave", f"a{number:x}") for number in range(1203)]
OTHERS = [("account-frozen", f"b{number:x}") for number in range(30)]


def run(stub: RecoveryStub, *arguments: str) -> Ran:
    stack = Stack("relay", {"RecoveryFunctionName": "the-recovery"}, {"lambda": stub}.__getitem__)
    return ran("replay", "--stack", "relay", *arguments, connect=lambda *_: stack)


def resumed(stub: RecoveryStub, earlier: Ran) -> Ran:
    """Run the command that an earlier run told its person to go on with."""
    words = shlex.split(earlier.stderr.rpartition("Go on with:\n")[2])
    assert words[:4] == ["mozi-relay", "replay", "--stack", "relay"]
    return run(stub, *words[4:])


def facts(result: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("count", [0, 1, MOST_AT_ONCE, MOST_AT_ONCE + 1, 1203])
def test_every_event_is_replayed_once_over_as_many_calls_as_it_takes(count: int) -> None:
    stub = RecoveryStub(LEAVERS[:count])
    result = run(stub, "--tag", "employee-leave")

    assert result.status == 0
    assert stub.published == [name for _, name in LEAVERS[:count]]
    assert f"{count:,} event{'' if count == 1 else 's'} replayed in" in result.stdout
    assert result.stderr == ""


def test_it_is_counted_first_without_publishing() -> None:
    stub = RecoveryStub(LEAVERS)
    run(stub, "--all")

    assert [request["dryRun"] for request in stub.requests] == [True, False, False, False]


def test_a_dry_run_publishes_nothing_and_says_what_each_topic_would_get() -> None:
    stub = RecoveryStub(LEAVERS + OTHERS)
    result = run(
        stub, "--tag", "employee-leave", "--tag", "account-frozen", "--from", "2026-11-01", "--dry-run"
    )
    lines = [line.split() for line in result.stdout.splitlines()]

    assert result.status == 0
    assert stub.published == []
    assert lines == [
        ["1,233", "events", "would", "be", "replayed"],
        ["employee-leave", "1,203"],
        ["account-frozen", "30"],
    ]


def test_a_program_gets_json_and_nothing_else_on_the_output() -> None:
    result = run(RecoveryStub(LEAVERS + OTHERS), "--all", "--json")
    found = facts(result)

    assert found.pop("seconds") >= 0
    assert found == {
        "dryRun": False,
        "counts": {
            "matched": 1233,
            "replayed": 1233,
            "gone": 0,
            "repeated": 0,
            "unchanged": 0,
            "expired": 0,
            "noEvent": 0,
            "refused": 0,
        },
        "topics": {"employee-leave": 1203, "account-frozen": 30},
        "notFound": [],
        "expired": [],
        "refused": [],
        "left": [],
        "cursor": None,
        "stopped": "",
    }


@pytest.mark.parametrize(
    ("fate", "said", "status"),
    [
        ("Publish: Throttled", "stopped: Publish: Throttled", 1),
        ({"errorType": "Sandbox.Timedout", "errorMessage": "too long"}, "Sandbox.Timedout: too long", 1),
        (UnfinishedError("AWS cannot be reached"), "stopped: AWS cannot be reached", 1),
        (KeyboardInterrupt(), "stopped: interrupted", 130),
    ],
)
def test_what_ends_it_early_is_said_and_the_shown_command_goes_on_there(
    fate: Any, said: str, status: int
) -> None:
    # The first call counts.
    stub = RecoveryStub(LEAVERS, {3: fate})
    words = [
        "--tag",
        "employee-leave",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-03T08:00+08:00",
        "--rate",
        "500",
    ]
    result = run(stub, *words, "--json")

    assert result.status == status
    assert said in result.stderr
    assert facts(result)["counts"]["replayed"] == len(stub.published) == MOST_AT_ONCE
    assert facts(result)["cursor"] == "500"

    second = resumed(stub, result)

    assert second.status == 0
    assert stub.published == [name for _, name in LEAVERS]
    same = ("eventTags", "from", "to", "eventsPerSecond")
    first_asked, last_asked = stub.requests[1], stub.requests[-1]
    assert [first_asked[name] for name in same] == [last_asked[name] for name in same]


def test_an_interrupted_count_has_done_nothing_and_is_begun_anew() -> None:
    stub = RecoveryStub(LEAVERS, {1: KeyboardInterrupt()})
    result = run(stub, "--all")

    assert result.status == 130
    assert stub.published == []
    assert "still publishes" not in result.stderr
    assert resumed(stub, result).status == 0
    assert len(stub.published) == len(LEAVERS)


def test_a_count_that_stops_short_replays_nothing() -> None:
    stub = RecoveryStub(LEAVERS, {1: "Query: Throttled"})
    result = run(stub, "--all")

    assert result.status == 1
    assert "Query: Throttled" in result.stderr
    assert stub.published == []


def test_a_function_that_comes_no_further_is_not_asked_for_ever() -> None:
    stub = StandingStill(LEAVERS)
    result = run(stub, "--all", "--cursor", "7")

    assert result.status == 1
    assert "came no further" in result.stderr
    assert len(stub.requests) == 2


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_ids_are_asked_for_by_the_hundred(count: int) -> None:
    stub = RecoveryStub(LEAVERS)
    ids = [name for _, name in LEAVERS[:count]]
    result = run(stub, *(word for name in ids for word in ("--id", name)))

    assert result.status == 0
    assert stub.published == ids
    assert max(len(request["ids"]) for request in stub.requests) == min(count, 100)


def test_ids_that_were_not_come_to_are_gone_on_with() -> None:
    stub = RecoveryStub(LEAVERS, {4: "Publish: Throttled"})
    ids = [name for _, name in LEAVERS[:150]]
    result = run(stub, *(word for name in ids for word in ("--id", name)))

    assert result.status == 1
    assert stub.published == ids[:100]
    assert resumed(stub, result).status == 0
    assert stub.published == ids


def test_an_id_that_is_not_kept_is_named_and_the_rest_replayed() -> None:
    stub = RecoveryStub(LEAVERS)
    result = run(stub, "--id", "a1", "--id", "ffff-ffff")

    assert result.status == 1
    assert stub.published == ["a1"]
    assert "not found: ffff-ffff" in result.stdout


@pytest.mark.parametrize("words", [["--all"], [word for _, name in LEAVERS[:5] for word in ("--id", name)]])
def test_what_sns_refuses_is_named_and_the_rest_replayed(words: list[str]) -> None:
    stub = RecoveryStub(LEAVERS[:5], refused=frozenset({"a1", "a3"}))
    result = run(stub, *words)

    assert (result.status, result.stderr) == (1, "")
    assert stub.published == ["a0", "a2", "a4"]
    assert result.stdout.splitlines()[2:] == [
        "  not published, for SNS refuses it: a1",
        "  not published, for SNS refuses it: a3",
    ]
    told = facts(run(stub, *words, "--json"))
    assert (told["refused"], told["counts"]["refused"], told["counts"]["matched"]) == (["a1", "a3"], 2, 5)


def test_what_sns_refuses_beyond_those_that_are_named_is_counted() -> None:
    stub = RecoveryStub(LEAVERS, refused=frozenset(name for _, name in LEAVERS))
    result = run(stub, "--all")

    lines = result.stdout.splitlines()
    unnamed = len(LEAVERS) - 3 * MOST_REFUSED
    assert lines[-1] == f"  not published, for SNS refuses them, and not named: {unnamed}"
    assert (result.status, len(lines)) == (1, 1 + 3 * MOST_REFUSED + 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--tag"),
        (["--tag", "employee-left"], "'employee-left' is neither"),
        (["--id", "a1", "--tag", "employee-leave"], "--id stands alone"),
        (["--id", "a1", "--cursor", "1"], "--id stands alone"),
        (["--all", "--tag", "employee-leave"], "--all is every event"),
        (["--all", "--id", "a1"], "--all is every event"),
        (["--from", "2130-01-01"], "is in the future"),
        (["--tag", "real_time_trace"], "are on the topic unclassified: --tag unclassified"),
        (["--tag", "EMPLOYEE_LEAVE"], "did you mean employee-leave"),
        (["--all", "--as", "Employee Leave"], "did you mean employee-leave"),
        (["--all", "--rate", "0"], "--rate"),
        (["--from", "yesterday"], "'yesterday' is neither a date"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "is before --from, 2026-11-02 00:00:00"),
    ],
)
def test_what_cannot_be_meant_is_named_and_nothing_is_done(words: list[str], said: str) -> None:
    stub = RecoveryStub(LEAVERS)
    result = run(stub, *words)

    assert result.status == 2
    assert said in result.stderr
    assert stub.published == []


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2026-11-01", "2026-11-01T00:00:00", "2026-11-01T23:59:59.999999"),
        ("2026-11-01T08:00", "2026-11-01T08:00:00", "2026-11-01T08:00:00"),
        ("2026-11-01T08:00Z", "2026-11-01T08:00:00+00:00", "2026-11-01T08:00:00+00:00"),
    ],
)
def test_a_date_means_its_whole_day_and_a_time_without_offset_is_this_machines(
    given: str, first: str, last: str
) -> None:
    stub = RecoveryStub([])
    run(stub, "--from", given, "--to", given, "--dry-run")
    asked = stub.requests[0]

    for name, moment in (("from", first), ("to", last)):
        assert datetime.fromisoformat(asked[name]) == datetime.fromisoformat(moment).astimezone()


@pytest.mark.parametrize(("rate", "limit"), [("1", 5), ("10", 50), ("100", 500), ("1000", 500)])
def test_a_slow_replay_asks_for_a_few_at_a_time_so_that_progress_is_seen(rate: str, limit: int) -> None:
    stub = RecoveryStub([])
    run(stub, "--all", "--rate", rate)

    assert (stub.requests[-1]["eventsPerSecond"], stub.requests[-1]["limit"]) == (int(rate), limit)


ANEW = {"a1": "repeated", "a2": "unchanged", "a3": "expired", "a4": "noEvent"}


def test_the_function_names_a_field_and_the_command_its_option() -> None:
    said = "cursor: belongs to a replay of other eventTags, from, to or as"
    told = {"errorType": "InvalidRequest", "errorMessage": said}
    result = run(RecoveryStub(LEAVERS, before={1: told}), "--all", "--cursor", "abc")

    assert (result.status, result.stdout) == (2, "")
    assert ": --cursor: belongs to a replay of other eventTags, from, to or as" in result.stderr


def test_what_is_read_anew_is_shown_by_what_became_of_it_and_what_is_gone_by_name() -> None:
    stub = RecoveryStub(LEAVERS[:7], anew=ANEW)
    result = run(stub, "--tag", "unclassified", "--tag", "employee-leave", "--as", "account-frozen")
    first, *rest = result.stdout.splitlines()

    assert result.status == 1
    assert {request["as"] for request in stub.requests} == {"account-frozen"}
    assert stub.published == ["a0", "a5", "a6"]
    assert first.startswith("3 events read anew in ")
    assert [line.split() for line in rest[:1]] == [["account-frozen", "3"]]
    assert rest[1:] == [
        "  not published, published by an earlier reading: 1",
        "  not published, reading them under account-frozen changes nothing: 1",
        "  not published, read under account-frozen they are handshakes: 1",
        "  not read, for its body is not kept any more: a3",
    ]
    assert "Go on with" not in result.stderr


def test_a_program_gets_what_became_of_each_that_was_read_anew() -> None:
    told = facts(run(RecoveryStub(LEAVERS[:7], anew=ANEW), "--all", "--as", "app-update", "--json"))

    became = {name: told["counts"][name] for name in ("matched", "replayed", *ANEW.values())}
    assert became == {"matched": 7, "replayed": 3, "repeated": 1, "unchanged": 1, "expired": 1, "noEvent": 1}
    assert told["expired"] == ["a3"]


def test_a_dry_run_counts_what_would_be_read_anew() -> None:
    stub = RecoveryStub(LEAVERS[:7], anew=ANEW)
    result = run(stub, "--id", "a1", "--id", "a5", "--as", "account-frozen", "--dry-run")

    assert (result.status, stub.published) == (0, [])
    assert result.stdout.splitlines()[0] == "2 events would be read anew"


def test_reading_anew_goes_on_under_the_same_tag() -> None:
    stub = RecoveryStub(LEAVERS, {3: "Publish: Throttled"})
    result = run(stub, "--all", "--as", "app-update")

    assert result.status == 1
    assert resumed(stub, result).status == 0
    assert stub.published == [name for _, name in LEAVERS]
    assert {request["as"] for request in stub.requests} == {"app-update"}


def test_what_is_outside_the_catalogue_is_read_anew_by_its_slug() -> None:
    stub, slug = RecoveryStub(LEAVERS[:1]), slug_of("real_time_trace")

    assert run(stub, "--all", "--as", slug).status == 0
    assert {request["as"] for request in stub.requests} == {slug}
    assert f"it is named {slug}" in run(stub, "--all", "--as", "real_time_trace").stderr


@pytest.mark.parametrize("tag", ["unclassified", "employee-left"])
def test_nothing_is_read_anew_under_what_is_no_tag(tag: str) -> None:
    stub = RecoveryStub(LEAVERS)
    result = run(stub, "--all", "--as", tag)

    assert (result.status, stub.requests) == (2, [])
    assert f"'{tag}' is neither" in result.stderr


class StandingStill(RecoveryStub):
    """Answers each replay with the cursor that it was given."""

    def _by_time(self, request: Any, stopped: str | None) -> dict[str, Any]:
        cursor = None if request.dry_run else request.cursor
        return self._answer(request, [], cursor=cursor)


@pytest.mark.parametrize("name", ["nosuch", "ab\ncd", "", "a" * 101])
def test_what_can_be_no_events_id_is_refused_before_any_call(name: str) -> None:
    stub = RecoveryStub(LEAVERS[:1])

    result = run(stub, "--id", name)

    assert result.status == 2
    assert "--id" in result.stderr
    assert stub.requests == []
