"""What became of a burst's events is counted by the table and by what the subscribers got."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.burst_events import BurstEvent, Outcome, events, outcome
from benchmarks.portal_server import NotAsClaimedError
from relay.events import Content, Event, envelope
from relay.table import item_of
from sandbox.samples import SAMPLES

COUNT = len(SAMPLES) + 1
SENT = events(COUNT)
FIRST = SENT[0]
PENDING = {"pendingShard": {"S": "pending#1"}}
PUBLISHED = {"publishedAt": {"S": "2026-01-01T00:00:00.000Z"}}


def seen(event: BurstEvent, **changed: Any) -> dict[str, Any]:
    given = {"type": event.sample.event_tag, "data": event.message["content"]}
    return {"sourcemessageid": event.id, **given, **changed}


def received(*more: tuple[str, dict[str, Any]], without: BurstEvent | None = None) -> dict[str, list[Any]]:
    topics: dict[str, list[Any]] = {sample.slug: [] for sample in SAMPLES}
    for slug, one in [*((event.slug, seen(event)) for event in SENT if event != without), *more]:
        topics[slug].append(one)
    return topics


def item(event: BurstEvent, standing: Mapping[str, Any] = PUBLISHED) -> dict[str, Any]:
    text = envelope({"sourcemessageid": event.id}, Content("{}"))
    kept = item_of(Event(f"{event.id}-x", event.sample.event_tag, event.slug, "2026-01-01", text))
    del kept["pendingShard"]
    return kept | dict(standing)


KEPT = [item(event) for event in SENT]


def test_a_burst_is_of_every_tag_and_no_two_of_its_events_are_alike() -> None:
    assert {event.slug for event in SENT} == {sample.slug for sample in SAMPLES}
    for name in ("sourceMessageId", "callbackMessageId", "content"):
        assert len({str(event.message[name]) for event in SENT}) == COUNT
    assert len({(event.slug, event.message["dispatchId"]) for event in SENT}) == len(SAMPLES)


def test_events_that_are_kept_published_and_seen_once_are_well() -> None:
    found = outcome(SENT, received(), KEPT)

    assert found == Outcome()
    found.expect_none()


@pytest.mark.parametrize(
    ("topics", "wanted"),
    [
        (received(without=FIRST), Outcome(lost=1)),
        (received((FIRST.slug, seen(FIRST))), Outcome(doubled=1)),
        (received((FIRST.slug, seen(FIRST)), (FIRST.slug, seen(FIRST))), Outcome(doubled=1)),
        (received((SENT[1].slug, seen(FIRST)), without=FIRST), Outcome(altered=1)),
        (received((FIRST.slug, seen(FIRST, data={})), without=FIRST), Outcome(altered=1)),
        (received((FIRST.slug, seen(FIRST, type="other")), without=FIRST), Outcome(altered=1)),
        (received((FIRST.slug, {"sourcemessageid": "of another", "type": "any"})), Outcome()),
    ],
)
def test_what_the_subscribers_did_not_see_just_once_and_as_sent_is_counted(
    topics: dict[str, list[Any]], wanted: Outcome
) -> None:
    assert outcome(SENT, topics, KEPT) == wanted


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        (KEPT[1:], Outcome(not_kept=1)),
        ([*KEPT, KEPT[0]], Outcome(kept_twice=1)),
        ([item(FIRST, PENDING), *KEPT[1:]], Outcome(pending=1)),
        ([item(FIRST, {}), *KEPT[1:]], Outcome(pending=1)),
        ([item(FIRST, PENDING | PUBLISHED), *KEPT[1:]], Outcome(pending=1)),
        ([*KEPT, item(events(1)[0], PENDING)], Outcome()),
    ],
)
def test_what_is_not_kept_just_once_and_as_published_is_counted(
    kept: list[dict[str, Any]], wanted: Outcome
) -> None:
    assert outcome(SENT, received(), kept) == wanted


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Outcome)])
def test_an_event_that_went_wrong_in_any_way_is_an_error(name: str) -> None:
    with pytest.raises(NotAsClaimedError, match=f"^{name.replace('_', ' ')}: 1$"):
        Outcome(**{name: 1}).expect_none()
