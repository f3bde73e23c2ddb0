"""What the recovery function can be asked for."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from relay.api.base import InvalidRequestError
from relay.api.recovery import Replay, Status, Sweep, read_request
from tests.support.template import ROOT

ID = "0f4d2c0b9f1f4f0e8c7b6a5948372615-44136fa355b3678a1146ad16f7e8649e"
NOON, ONE = "2026-11-22T12:00:00+08:00", "2026-11-22T13:00:00+08:00"


def replay(**fields: Any) -> Replay:
    request = read_request({"action": "replay", **fields})
    assert isinstance(request, Replay)
    return request


def test_a_sweep_needs_nothing_else() -> None:
    assert read_request({"action": "sweep"}) == Sweep(action="sweep")


def test_the_status_needs_nothing_else_and_takes_nothing() -> None:
    assert read_request({"action": "status"}) == Status(action="status")
    with pytest.raises(InvalidRequestError, match="limit"):
        read_request({"action": "status", "limit": 1})


def test_a_replay_of_everything_is_asked_for_by_saying_nothing_else() -> None:
    request = replay()

    assert (request.slugs, request.since, request.until, request.ids) == (None, None, None, None)
    assert (request.dry_run, request.limit, request.events_per_second) == (False, 1000, None)


def test_topics_are_named_by_tag_or_slug_and_count_once() -> None:
    named = ["MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE", "employee-leave", "unclassified"]

    assert replay(eventTags=named).slugs == ("employee-leave", "unclassified")


def test_times_are_those_of_any_zone() -> None:
    assert replay(**{"from": NOON}).since == datetime(2026, 11, 22, 4, tzinfo=UTC)


def test_a_time_may_be_a_moment() -> None:
    assert replay(**{"from": NOON, "to": NOON}).until == datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"eventTags": []}, "eventTags"),
        ({"eventTags": ["employee-leave", "no-such"]}, "eventTags.1"),
        ({"from": "2026-11-22T12:00:00"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": ONE, "to": NOON}, "to"),
        ({"ids": []}, "ids"),
        ({"ids": [ID] * 2 + ["x#y"]}, "ids.2"),
        ({"ids": [f"{number:x}" for number in range(101)]}, "ids"),
        ({"ids": [ID], "eventTags": ["employee-leave"]}, "ids"),
        ({"ids": [ID], "from": NOON}, "ids"),
        ({"ids": [ID], "to": NOON}, "ids"),
        ({"ids": [ID], "cursor": "c"}, "ids"),
        ({"limit": 0}, "limit"),
        ({"limit": 10_001}, "limit"),
        ({"eventsPerSecond": 0}, "eventsPerSecond"),
        ({"eventsPerSecond": 1001}, "eventsPerSecond"),
        ({"dryRun": "perhaps"}, "dryRun"),
        ({"dryrun": True}, "dryrun"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        replay(**fields)

    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize("event", [None, {}, {"action": "resend"}, {"action": 1}])
def test_an_unknown_action_is_answered_with_the_known_ones(event: Any) -> None:
    with pytest.raises(InvalidRequestError, match="action: must be one of sweep, replay, status"):
        read_request(event)


@pytest.mark.parametrize("many", [1, 100])
def test_so_many_ids_are_taken(many: int) -> None:
    ids = [f"{number:x}" for number in range(many)]

    assert replay(ids=ids).ids == tuple(ids)


@pytest.mark.parametrize(
    "sample", sorted((ROOT / "events").glob("recovery-*.json")), ids=lambda path: path.stem
)
def test_the_sample_events_are_requests_of_the_action_they_are_named_for(sample: Path) -> None:
    request = read_request(json.loads(sample.read_text("utf-8")))

    assert sample.stem.startswith(f"recovery-{request.action}")
