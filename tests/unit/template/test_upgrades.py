"""No update of the stack replaces what holds state: topics with their subscriptions, above all."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.expanding import expand
from tests.support.template import RESOURCES, TEMPLATE
from tests.support.upgrades import LOST, RECORD, current, destroyed, record

Resources = dict[str, Any]
RECORDED = json.loads(RECORD.read_text("utf-8"))


def test_an_update_from_what_is_recorded_destroys_nothing() -> None:
    assert destroyed(RECORDED, current()) == []


def test_all_that_holds_state_is_recorded() -> None:
    """What is new has to be: python -m tests.support.upgrades."""
    assert current() == RECORDED
    assert {one["Type"] for one in RECORDED.values()} == set(LOST)


def test_whatever_outlives_the_stack_holds_state() -> None:
    kept = {name for name, one in RESOURCES.items() if one.get("DeletionPolicy") == "RetainExceptOnCreate"}

    assert kept - set(RECORDED) == {"PayloadBucketPolicy"}


def test_each_output_that_others_hold_on_to_names_what_is_recorded() -> None:
    outputs = {name: json.dumps(one["Value"]) for name, one in TEMPLATE["Outputs"].items()}
    held = (
        "CallbackUrl",
        "EventTableName",
        "PayloadBucketName",
        "NoticeQueueUrl",
        "NoticeDeadLetterQueueUrl",
    )

    assert [name for name in held if not any(resource in outputs[name] for resource in RECORDED)] == []


def change(name: str, **properties: Any) -> Callable[[Resources], None]:
    return lambda resources: resources[name]["Properties"].update(properties)


def rename(name: str) -> Callable[[Resources], None]:
    return lambda resources: resources.update({f"{name}2": resources.pop(name)})


@pytest.mark.parametrize(
    ("changing", "said"),
    [
        (change("AppUpdateTopic", TopicName="x"), "AppUpdateTopic .*TopicName.* every subscription"),
        (rename("AppUpdateTopic"), "AppUpdateTopic .*no longer.* every subscription"),
        (
            change("CallbackTokenSecret", GenerateSecretString={}),
            "CallbackTokenSecret .*every registered callback address",
        ),
        (change("EventTable", KeySchema=[]), "EventTable .*KeySchema.* every event"),
        (change("PayloadBucket", BucketName="x"), "PayloadBucket .*BucketName.*too large"),
        (change("NoticeQueue", FifoQueue=True), "NoticeQueue .*FifoQueue.*every notice"),
        (rename("CallbackApi"), "CallbackApi .*every registered callback address"),
    ],
)
def test_what_an_update_would_destroy_is_said(changing: Callable[[Resources], None], said: str) -> None:
    resources = copy.deepcopy(expand())
    changing(resources)

    (sentence,) = destroyed(RECORDED, record(resources))
    assert re.search(said, sentence)


def test_what_is_changed_in_place_is_none_of_it() -> None:
    resources = expand(code="s3://bucket/changed", layer="s3://bucket/changed")
    change("EventTable", BillingMode="PROVISIONED")(resources)
    change("NoticeQueue", VisibilityTimeout=1)(resources)

    assert destroyed(RECORDED, record(resources)) == []
