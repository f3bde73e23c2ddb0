"""What the cost pages count is what the functions do."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from benchmarks.cost.counting import HANDSHAKE, SAMPLES, counted, delivery
from benchmarks.cost.counts import COUNTED
from benchmarks.cost.deployed import Deployed, deployed
from benchmarks.cost.units import item_bytes
from tests.support.inbound import sample
from tests.support.template import EVENT_TABLE

EVENT = "callback-contacts-change"
DEFLATED_BYTES = 4


@pytest.fixture
def functions() -> Iterator[Deployed]:
    with deployed() as found:
        yield found


def entries(index: str) -> list[dict[str, object]]:
    found = boto3.client("dynamodb").scan(TableName=EVENT_TABLE, IndexName=index)["Items"]
    return [dict(one) for one in found]


def test_counted_json_is_what_the_functions_do_now() -> None:
    known = json.loads(COUNTED.read_text("utf-8"))

    assert list(differences(counted(), known)) == [], "count anew: python -m benchmarks.cost --count"


def differences(found: Any, known: Any, place: str = "") -> Iterator[str]:
    """Where the two are not equal, but for what the time of the day does to the length of a deflated text."""
    if isinstance(found, dict) and isinstance(known, dict):
        for name in found.keys() | known.keys():
            yield from differences(found.get(name), known.get(name), f"{place}/{name}")
    elif isinstance(found, int) and isinstance(known, int):
        if abs(found - known) > (DEFLATED_BYTES if known > 100 else 0):
            yield f"{place}: {found}, not {known}"
    elif found != known:
        yield f"{place}: {found}, not {known}"


def test_an_event_is_three_calls_and_its_repeat_and_a_handshake_one_each(functions: Deployed) -> None:
    made = []
    for name in (EVENT, EVENT, HANDSHAKE):
        functions.invoke("callback", sample(name))
        made.append([call for call, _ in functions.calls])

    assert made == [["PutItem", "Publish", "UpdateItem"], ["PutItem"], ["UpdateItem"]]


@pytest.mark.parametrize("name", SAMPLES)
def test_an_item_has_the_size_of_what_was_sent_and_of_what_is_kept(functions: Deployed, name: str) -> None:
    found = delivery(functions, name)

    sent = next(params["Item"] for call, params in functions.calls if call == "PutItem")
    (kept,) = boto3.client("dynamodb").scan(TableName=EVENT_TABLE)["Items"]
    assert (found["pending_bytes"], found["published_bytes"]) == (item_bytes(sent), item_bytes(kept))
    assert found["published_bytes"] < found["pending_bytes"]


def test_an_entry_of_pending_events_comes_and_goes_and_one_by_tag_stays(functions: Deployed) -> None:
    functions.invoke("callback", sample(EVENT))

    sent = next(params["Item"] for call, params in functions.calls if call == "PutItem")
    assert {"pendingShard", "tagShard"} <= sent.keys()
    assert entries("pending") == []
    (kept,) = entries("by-tag")
    assert kept["tagShard"] == sent["tagShard"]


def test_looking_at_nothing_reads_each_shard_once(functions: Deployed) -> None:
    functions.invoke("recovery", {"action": "sweep"})

    assert [call for call, _ in functions.calls] == ["Query"] * 32
