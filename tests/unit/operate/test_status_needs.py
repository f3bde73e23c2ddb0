"""`mozi-relay status` names each thing that needs a person, and nothing else."""

from typing import Any

import pytest

from operate.status.facts import FAULT_SECONDS
from operate.status.needs import PENDING_SECONDS, QUEUE_SECONDS
from relay.api.gateway import ListedTag
from relay.api.recovery import SetAsideEvent, SetAsideEvents
from relay.catalog import slug_of
from tests.support.relay_stub import (
    LETTERS,
    NAME,
    OUTPUTS,
    QUEUE,
    RelayStub,
    ago,
    depth,
    failed_list,
    iso,
    listed,
    standing,
)
from tests.support.status_command import aged, alarm, facts, needs, run, waiting
from tests.support.template import RESOURCES


@pytest.mark.parametrize(
    ("state", "shown", "needed"),
    [
        ("current", "yes", None),
        ("outdated", "older token", "1 eventTag registered with an older token: "),
        ("other", "elsewhere", "1 eventTag registered with another address: "),
        ("notRegistered", "no", "1 eventTag not registered: "),
    ],
)
def test_a_tag_that_does_not_lead_here_needs_a_person(state: str, shown: str, needed: str | None) -> None:
    stub = RelayStub()
    stub.gateway["list"] = listed(app_update=state)
    result = run(stub, "--tag", "app-update", "--region", "cn-north-1")

    assert f"app-update  {shown}" in result.stdout
    assert result.status == (1 if needed else 0)
    if needed:
        word = "rotate-token" if state == "outdated" else "register"
        command = f"mozi-relay {word} --stack {NAME} --region cn-north-1"
        command += " --take-over" if state == "other" else ""
        assert needed + command in " ".join(result.stdout.split())


@pytest.mark.parametrize(("state", "shown", "lines"), [("current", "yes", 0), ("outdated", "older token", 1)])
def test_a_tag_outside_the_catalogue_that_leads_here_is_shown_and_may_need_a_person(
    state: str, shown: str, lines: int
) -> None:
    stub, every = RelayStub(), listed()
    other = ListedTag(event_tag="real_time_trace", slug=slug_of("real_time_trace"), state=state)
    stub.gateway["list"] = every.model_copy(update={"tags": [*every.tags, other]})

    assert f"other tags           real_time_trace: {shown}" in run(stub).stdout
    assert facts(stub)["otherTags"] == [{"eventTag": "real_time_trace", "state": state}]
    assert len(needs(stub)) == lines
    assert needs(stub, "--tag", "employee-leave") == []


def test_tags_that_are_not_named_are_nobodys_concern() -> None:
    stub = RelayStub()
    stub.gateway["list"] = listed(app_update="notRegistered")

    assert run(stub).status == 1
    assert run(stub, "--tag", "employee-leave", "--tag", "unclassified").status == 0


@pytest.mark.parametrize(("ids", "more"), [([], False), (["a1"], False), (["a1", "b2"], True)])
def test_what_sns_refuses_needs_a_person_who_replays_it_when_it_is_fixed(ids: list[str], more: bool) -> None:
    events = [SetAsideEvent(id=one, slug="app-update", received_at=iso(ago(days=1))) for one in ids]
    stub = RelayStub(recovery=standing(set_aside=SetAsideEvents(count=len(events), more=more, events=events)))
    found = needs(stub)

    assert len(found) == bool(ids)
    for line in found:
        replay = f"mozi-relay replay --stack {NAME}" + "".join(f" --id {one}" for one in ids)
        assert line.startswith(f"{len(ids)} event")
        assert line.endswith(replay)


@pytest.mark.parametrize(
    ("state", "base", "hinted"),
    [
        ("current", "http://127.0.0.1:4566/restapis/a/relay/_user_request_/callback", True),
        ("outdated", "http://192.0.2.10:8090/callback", True),
        ("current", OUTPUTS["CallbackUrl"], False),
        # Somebody else's.
        ("other", "http://192.0.2.99/callback", False),
    ],
)
def test_a_tag_is_to_be_registered_where_the_others_are(state: str, base: str, hinted: bool) -> None:
    found = listed(app_update="notRegistered", employee_leave=state)
    at = [
        tag.model_copy(update={"callback_url": f"{base}/***/{tag.slug}"})
        if tag.slug == "employee-leave"
        else tag
        for tag in found.tags
    ]
    stub = RelayStub()
    stub.gateway["list"] = found.model_copy(update={"tags": at})
    (hint,) = [one for one in needs(stub) if " not registered: " in one]

    url = f" --url {base}" if hinted else ""
    assert hint == f"1 eventTag not registered: mozi-relay register --stack {NAME}{url}"


def test_of_several_registrations_of_a_tag_the_best_counts() -> None:
    stub, again = (
        RelayStub(),
        next(one for one in listed(app_update="other").tags if one.slug == "app-update"),
    )
    every = listed()
    stub.gateway["list"] = every.model_copy(update={"tags": [again, *every.tags, again]})

    assert needs(stub) == []


@pytest.mark.parametrize(
    ("seconds", "unwell"), [(30, False), (PENDING_SECONDS - 5, False), (PENDING_SECONDS + 5, True)]
)
def test_events_that_stay_pending_need_a_person(seconds: float, unwell: bool) -> None:
    stub = RelayStub(recovery=waiting(seconds))

    assert facts(stub)["pending"]["count"] == 12
    assert "pending events       12, the oldest for" in run(stub).stdout
    assert (f"12 events not published: the log /aws/lambda/{NAME}-recovery says why" in needs(stub)) is unwell


@pytest.mark.parametrize(
    ("visible", "invisible", "said"),
    [(0, 0, None), (1, 0, "1 dead letter"), (0, 1, "1 dead letter"), (7, 5, "12 dead letters")],
)
def test_dead_letters_need_a_person(visible: int, invisible: int, said: str | None) -> None:
    stub = RelayStub(queues={QUEUE: depth(3, 2, 1), LETTERS: depth(visible, invisible)})

    assert "3 to be taken, 2 at work or waiting, 1 delayed" in run(stub).stdout
    assert needs(stub) == ([f"{said}: mozi-relay dead-letters --stack {NAME}"] if said else [])


@pytest.mark.parametrize(
    ("found", "seconds", "unwell"),
    [
        (aged(), None, False),
        (aged(0), 0, False),
        (aged(QUEUE_SECONDS), QUEUE_SECONDS, False),
        (aged(QUEUE_SECONDS + 1), QUEUE_SECONDS + 1, True),
        (aged(5, QUEUE_SECONDS + 1), 5, False),
        ({"Datapoints": aged(5, 9)["Datapoints"][::-1]}, 5, False),
    ],
)
def test_the_newest_age_of_the_queue_counts(found: Any, seconds: float | None, unwell: bool) -> None:
    stub = RelayStub(datapoints=found)

    assert facts(stub)["oldestNotice"] == {"seconds": seconds}
    assert any(need.startswith("notices are left in the queue") for need in needs(stub)) is unwell


@pytest.mark.parametrize(("left", "waiting", "seconds"), [(4, 4000, 4000), (4000, 4, 4000), (0, 0, 0)])
def test_the_age_is_that_of_what_waits_for_the_portal_too(left: int, waiting: int, seconds: int) -> None:
    """SQS leaves out of its own what was received three times."""
    stub = RelayStub(datapoints=aged(left), deferred=aged(waiting))

    assert facts(stub)["oldestNotice"] == {"seconds": seconds}


def test_that_cloudwatch_has_no_number_is_no_trouble() -> None:
    assert "its oldest notice    CloudWatch has no number" in run(RelayStub()).stdout


def test_the_limits_are_those_of_the_alarms() -> None:
    def limit(name: str) -> int:
        found: int = RESOURCES[name]["Properties"]["Threshold"]
        return found

    faults = RESOURCES["NotAllowedAlarm"]["Properties"]
    assert (limit("PendingAlarm"), limit("NoticeQueueAgeAlarm")) == (PENDING_SECONDS, QUEUE_SECONDS)
    assert faults["Period"] * faults["EvaluationPeriods"] == FAULT_SECONDS
    assert "LogGroupName" in RESOURCES["NoticeLogGroup"]["Properties"]


@pytest.mark.parametrize(
    ("rotating", "hours", "registered", "needed"),
    [
        (True, 4.1, "current", True),
        (True, 3.9, "current", False),
        (False, 4.1, "current", False),
        # A function of a release that did not say.
        (None, 4.1, "current", False),
        # The registration comes first.
        (True, 4.1, "outdated", False),
    ],
)
def test_a_rotation_that_nobody_finished_needs_a_person(
    rotating: bool | None, hours: float, registered: str, needed: bool
) -> None:
    found = listed(app_update=registered).model_copy(update={"rotating": rotating})
    stub = RelayStub(gateway={"list": found, "failed": failed_list(0)})
    stub.secrets["arn:token"] = {"VersionIdsToStages": {"v": []}, "LastChangedDate": ago(hours=hours)}
    result = run(stub)

    finish = f"the old callback token is still let in: mozi-relay rotate-token --stack {NAME} --finish"
    assert (finish in " ".join(result.stdout.split())) is needed
    assert ("the token before it is let in as well" in result.stdout) is bool(rotating)


def test_secrets_are_shown_with_their_age_and_those_not_filled_need_a_person() -> None:
    stub = RelayStub(secrets={"arn:enos": {"LastChangedDate": ago(days=1)}})
    result = run(stub)

    assert "callback token       filled, changed 3 days ago" in result.stdout
    assert "EnOS credentials     not filled" in result.stdout
    assert needs(stub) == ["EnOS credentials not filled: docs/deploy.md says how, under Put in the secrets"]


def test_a_gateway_without_credentials_is_not_asked_so_that_no_alarm_comes_of_it() -> None:
    stub = RelayStub(secrets={"arn:gateway": {"LastChangedDate": ago(days=1)}})
    result = run(stub)

    assert [request["action"] for request in stub.requests] == ["status"]
    assert "registrations        unknown: the gateway's credentials are not filled" in result.stdout
    assert needs(stub) == [
        "gateway credentials not filled: docs/deploy.md says how, under Put in the secrets"
    ]


@pytest.mark.parametrize(
    ("unreadable", "said"), [(0, None), (1, "1 failed callback"), (2, "2 failed callbacks")]
)
def test_failed_callbacks_are_counted_and_those_without_an_id_need_a_person(
    unreadable: int, said: str | None
) -> None:
    stub = RelayStub()
    stub.gateway["failed"] = failed_list(3, unreadable)

    assert facts(stub)["failedCallbacks"] == {"count": 3, "unreadable": unreadable}
    needed = f"{said} that cannot be retried: mozi-relay failed --stack {NAME}"
    assert needs(stub) == ([needed] if said else [])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_stacks_own_alarms_that_are_on_need_a_person(count: int) -> None:
    others = [alarm(f"{NAME}-dev-PendingAlarm-1ABC"), alarm(f"{NAME}-by-some-hand"), alarm("x")]
    names = ["PendingAlarm", "DeadLettersAlarm", "NotAllowedAlarm"][:count]
    stub = RelayStub(alarms=[*(alarm(f"{NAME}-{name}-1ABC") for name in names), *others])

    assert needs(stub) == [f"{name} is on: Read the log." for name in names]
    assert [one["name"] for one in facts(stub)["alarms"]] == names


@pytest.mark.parametrize(
    ("ranges", "everyone", "said"),
    [
        ("0.0.0.0/0,::/0", True, "everyone: docs/deploy.md says how to name the gateway's"),
        ("203.0.113.0/24,::/0", True, "everyone: docs/deploy.md says how to name the gateway's"),
        ("203.0.113.0/24,198.51.100.7/32", False, "203.0.113.0/24, 198.51.100.7/32"),
    ],
)
def test_that_everyone_may_call_is_said_but_is_a_choice(ranges: str, everyone: bool, said: str) -> None:
    """Who does not know the gateway's addresses cannot change it: an exit status of 1 would hide the rest."""
    stub = RelayStub(parameters={"AllowedSourceCidrs": ranges})

    assert f"who may call         {said}" in run(stub).stdout
    assert facts(stub)["callers"] == {"ranges": ranges.split(","), "everyone": everyone}
    assert needs(stub) == []
