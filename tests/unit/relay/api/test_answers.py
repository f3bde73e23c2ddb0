"""The answers of `gateway` and `recovery`, read back by who invoked the function."""

from typing import Any

import pytest
from pydantic import ValidationError

from relay.api.base import ActionAnswer
from relay.api.gateway import (
    Change,
    ChangeAnswer,
    FailedAnswer,
    ListAnswer,
    RegistrationState,
    RemoveAnswer,
    RetryAnswer,
)
from relay.api.recovery import ReplayAnswer, StatusAnswer, SweepAnswer

TAG = {"eventTag": "a|b", "slug": "x"}
ANSWERS: list[tuple[type[ActionAnswer], dict[str, Any]]] = [
    (
        ChangeAnswer,
        {"action": "update", "counts": {"notRegistered": 1}, "tags": [{**TAG, "change": "notRegistered"}]},
    ),
    (
        ListAnswer,
        {
            "action": "list",
            "counts": {"current": 1, "unknown": 1},
            "tags": [{**TAG, "state": "current", "id": "1", "callbackUrl": "http://h/callback/***/x"}],
            "unknown": [{"id": 7, "nested": [None, {"half\ud800": "\ud800", "a": 1.5}]}],
        },
    ),
    (
        FailedAnswer,
        {
            "action": "failed",
            "counts": {"failed": 2, "unreadable": 1},
            "rows": [
                {"id": "7", "eventTag": None, "time": None, "callbackUrl": ""},
                {"unreadable": [{"no": None}]},
            ],
            "left": 0,
        },
    ),
    (
        RetryAnswer,
        {
            "action": "retry-failed",
            "counts": {"failed": 1, "unreadable": 0, "retried": 0, "refused": 1, "left": 0},
            "errors": [{"id": "7", "error": "no"}],
            "stopped": "",
            "unreadable": [],
        },
    ),
    (
        RemoveAnswer,
        {
            "action": "remove-failed",
            "counts": {"removed": 1, "refused": 0, "left": 1},
            "errors": [],
            "stopped": "no time was left",
        },
    ),
    (
        SweepAnswer,
        {
            "action": "sweep",
            "counts": {"recovered": 1, "settled": 0, "setAside": 1, "failed": 1, "left": 0},
            "oldest": None,
            "faults": {"Publish: NotFound": 1},
        },
    ),
    (
        ReplayAnswer,
        {
            "action": "replay",
            "dryRun": False,
            "counts": {"matched": 2, "replayed": 1, "gone": 1, "notFound": 1, "left": 1},
            "topics": {"app-update": 1},
            "cursor": None,
            "notFound": ["f"],
            "left": ["e"],
            "stopped": "Publish: Throttling",
        },
    ),
    (
        StatusAnswer,
        {
            "action": "status",
            "tags": {"app-update": "2026-11-22T04:00:00.000Z", "unclassified": None},
            "pending": {"count": 0, "more": False, "oldest": None},
            "setAside": {
                "count": 1,
                "more": False,
                "events": [{"id": "f", "slug": "app-update", "receivedAt": "2026-11-22T04:00:00.000Z"}],
            },
            "unknown": {"pending": "Query: Throttling"},
        },
    ),
]
each = pytest.mark.parametrize(
    ("model", "payload"), ANSWERS, ids=[str(payload["action"]) for _, payload in ANSWERS]
)


@each
def test_an_answer_is_read_as_it_was_given(model: type[ActionAnswer], payload: dict[str, Any]) -> None:
    assert model.model_validate(payload).payload() == payload


@each
def test_what_a_later_release_adds_is_kept(model: type[ActionAnswer], payload: dict[str, Any]) -> None:
    part = next(name for name in ("counts", "pending") if name in payload)
    later = payload | {"newField": {"a": [1]}, part: payload[part] | {"another": 1}}

    assert model.model_validate(later).payload() == later


@each
def test_the_answer_to_something_else_is_none(model: type[ActionAnswer], payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(payload | {"action": "another"})


def test_what_is_read_compares_with_the_names_of_the_layer() -> None:
    changed = ChangeAnswer.model_validate(ANSWERS[0][1])
    listed = ListAnswer.model_validate(ANSWERS[1][1])

    assert changed.tags[0].change == Change.NOT_REGISTERED
    assert (changed.counts.not_registered, changed.counts.taken) == (1, 0)
    assert listed.tags[0].state == RegistrationState.CURRENT
