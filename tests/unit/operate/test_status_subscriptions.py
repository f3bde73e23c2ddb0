"""`mozi-relay status` lists who is subscribed, and names what an event would be lost by."""

from typing import Any

import pytest

from relay.catalog import SLUGS
from tests.support.relay_stub import (
    OUTCOME_TOPIC,
    OUTPUTS,
    RelayStub,
    ago,
    iso,
    refused,
    standing,
    subscription,
)
from tests.support.status_command import facts, needs, run

LEAVE, OUTCOMES = "employee-leave", "notice-outcome"
OTHERS = {"Owner": "210987654321", "endpoint": "arn:aws-cn:sqs:cn-north-1:210987654321:theirs"}
WITHOUT = {"PendingConfirmation": "false"}
PENDING = {"SubscriptionArn": "PendingConfirmation", "protocol": "https", "endpoint": "https://x.example/e"}


def stub(*subscriptions: dict[str, Any], **facts: Any) -> RelayStub:
    """A relay that is well but for the subscriptions to one topic."""
    relay = RelayStub(**facts)
    relay.subscriptions[LEAVE] = list(subscriptions)
    return relay


def with_outcomes(found: list[dict[str, Any]] | Exception) -> RelayStub:
    """A relay that publishes outcomes, and is well but for the subscriptions to them."""
    relay = RelayStub(outputs=OUTPUTS | {"NoticeOutcomeTopicArn": OUTCOME_TOPIC})
    relay.subscriptions[OUTCOME_TOPIC] = found
    return relay


def shown(relay: RelayStub) -> str:
    """The row of that topic's one subscription."""
    rows = run(relay, "--tag", LEAVE).stdout.splitlines()
    (row,) = [row for row in rows if row.startswith(LEAVE) and ("sqs " in row or "https " in row)]
    return row


@pytest.mark.parametrize(
    ("found", "said", "needed"),
    [
        (subscription(), "sqs 123456789012:q       yes", None),
        (
            subscription(attributes=WITHOUT),
            "sqs 123456789012:q       none",
            "1 subscription without a dead-letter queue: docs/subscribe.md says how",
        ),
        (
            subscription(**PENDING),
            "https https://x.example/e  not confirmed",
            "1 subscription not confirmed: SNS delivers nothing to it until it is",
        ),
        (
            subscription(attributes={"PendingConfirmation": "true"}),
            "sqs 123456789012:q       not confirmed",
            "1 subscription not confirmed: SNS delivers nothing to it until it is",
        ),
        (
            subscription(**OTHERS, attributes=WITHOUT),
            "sqs 210987654321:theirs  none",
            "1 subscription without",
        ),
        (subscription(**OTHERS, attributes=refused("Get", "AuthorizationError")), "  ?", None),
        (subscription(**OTHERS, attributes=refused("Get", "AccessDenied")), "  ?", None),
    ],
)
def test_a_subscription_is_shown_with_what_keeps_the_events_that_it_cannot_take(
    found: dict[str, Any], said: str, needed: str | None
) -> None:
    relay = stub(found)

    assert " ".join(said.split()) in " ".join(shown(relay).split())
    assert [need[: len(needed or "")] for need in needs(relay)] == ([needed] if needed else [])


def test_that_of_another_account_is_told_apart_from_what_nobody_may_ask() -> None:
    """One's own subscription that cannot be read is a right that is missing."""
    refusal = refused("GetSubscriptionAttributes", "AuthorizationError")
    (topic,) = facts(stub(subscription(attributes=refusal)), "--tag", LEAVE)["topics"]

    assert topic["subscriptions"] == {"unknown": "GetSubscriptionAttributes: AuthorizationError: because"}
    assert needs(stub(subscription(attributes=refusal)), "--tag", LEAVE) == [
        "unknown: subscriptions (GetSubscriptionAttributes: AuthorizationError: because)"
    ]


def test_a_subscription_that_is_gone_is_not_counted() -> None:
    relay = stub(subscription(SubscriptionArn="Deleted"), subscription(), subscription())

    assert len(facts(relay, "--tag", LEAVE)["topics"][0]["subscriptions"]) == 2


@pytest.mark.parametrize("came", [False, True])
def test_a_topic_that_nobody_subscribes_to_needs_a_person_once_events_came(came: bool) -> None:
    tags = dict.fromkeys(SLUGS) | ({LEAVE: iso(ago(hours=1))} if came else {})
    relay = stub(recovery=standing(tags=tags))

    assert run(relay, "--tag", LEAVE).stdout.splitlines()[3].split()[-1] == "none"
    needed = f"events came that nobody subscribes to ({LEAVE}): docs/subscribe.md"
    assert needs(relay) == ([needed] if came else [])


def test_what_a_subscriber_calls_itself_commands_no_terminal() -> None:
    relay = stub(subscription(protocol="https", endpoint="https://x.example/\x1b[2J" + "e" * 200))

    assert "\x1b[2J" not in run(relay, "--tag", LEAVE).stdout


def test_a_password_or_a_token_in_an_endpoint_is_not_shown() -> None:
    endpoint = "https://user:s3cret@hooks.example/mozi?token=s3cret"
    relay = stub(subscription(protocol="https", endpoint=endpoint))

    for words in ([], ["--json"]):
        result = run(relay, *words)
        assert "hooks.example" in result.stdout
        assert "s3cret" not in result.stdout + result.stderr


@pytest.mark.parametrize("words", [[], ["--tag", OUTCOMES]])
@pytest.mark.parametrize(
    ("found", "kept", "needed"),
    [
        (subscription(), "yes", []),
        (
            subscription(attributes=WITHOUT),
            "none",
            ["1 subscription without a dead-letter queue: docs/subscribe.md says how"],
        ),
        (
            subscription(**PENDING),
            "not confirmed",
            ["1 subscription not confirmed: SNS delivers nothing to it until it is"],
        ),
    ],
)
def test_who_hears_what_became_of_notices_is_shown_as_who_gets_events(
    found: dict[str, Any], kept: str, needed: list[str], words: list[str]
) -> None:
    relay = with_outcomes([found])
    topic, subscribed = (
        row.split() for row in run(relay, *words).stdout.splitlines() if row.startswith(OUTCOMES)
    )

    assert topic[1:] == ["-", "-", "1"]
    assert " ".join(subscribed).endswith(kept)
    assert needs(relay, *words) == needed
    of_outcomes = facts(relay, *words)["topics"][-1]
    assert (of_outcomes["slug"], of_outcomes["last"], len(of_outcomes["subscriptions"])) == (
        OUTCOMES,
        None,
        1,
    )


def test_nobody_has_to_hear_what_became_of_notices() -> None:
    result = run(with_outcomes([]))

    assert [row.split() for row in result.stdout.splitlines() if row.startswith(OUTCOMES)] == [
        [OUTCOMES, "-", "-", "none"]
    ]
    assert "All is well." in result.stdout


def test_an_older_relay_has_no_topic_of_outcomes_and_says_so_who_asks_for_it() -> None:
    assert OUTCOMES not in run(RelayStub()).stdout
    (need,) = needs(RelayStub(), "--tag", OUTCOMES)
    assert need.startswith("unknown: subscriptions (Stack mozi-relay has no output NoticeOutcomeTopicArn")


def test_who_hears_outcomes_is_unknown_where_nobody_may_ask() -> None:
    relay = with_outcomes(refused("ListSubscriptionsByTopic"))

    assert needs(relay) == ["unknown: subscriptions (ListSubscriptionsByTopic: AccessDenied: because)"]


def test_only_the_topics_that_are_named_are_shown() -> None:
    assert OUTCOMES not in run(with_outcomes([subscription(attributes=WITHOUT)]), "--tag", LEAVE).stdout
