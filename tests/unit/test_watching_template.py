"""The alarms, their topic and the dashboard of template.yaml."""

import re
from typing import Any

import pytest

from notice.visibility import LONGEST_SECONDS, RETENTION_SECONDS
from tests.template import RESOURCES, TEMPLATE, of_type
from tests.watching import STACK, Metric, alarms, ours, shown, widgets

ALARMS = {name: alarm["Properties"] for name, alarm in of_type("AWS::CloudWatch::Alarm").items()}
FUNCTIONS = sorted(of_type("AWS::Serverless::Function"))
QUEUES = {"NoticeQueue.QueueName", "NoticeDeadLetterQueue.QueueName"}


def aws(service: str, name: str, **dimensions: str) -> Metric:
    return Metric(f"AWS/{service}", name, frozenset(dimensions.items()))


API = {"ApiName": f"{STACK}-callback", "Stage": "relay"}
WATCHED = {
    "dead letters": aws(
        "SQS", "ApproximateNumberOfMessagesVisible", QueueName="NoticeDeadLetterQueue.QueueName"
    ),
    "oldest pending": ours("PendingAge", "recovery"),
    "unclassified": ours("Unclassified", "callback"),
    "not allowed": ours("ConfigurationFault", "notice"),
    "queue age": aws("SQS", "ApproximateAgeOfOldestMessage", QueueName="NoticeQueue.QueueName"),
    "waiting in an outage": ours("DeferredAge", "notice"),
    "5xx": aws("ApiGateway", "5XXError", **API),
    "503 of the callback itself": ours("Failed", "callback"),
    "failed list": ours("FailedCallbacks", "gateway"),
} | {
    f"{name} of {function}": aws("Lambda", name, FunctionName=function)
    for name in ("Errors", "Throttles")
    for function in FUNCTIONS
}


@pytest.mark.parametrize("what", WATCHED)
def test_there_is_one_alarm_for_each_thing_to_watch(what: str) -> None:
    assert [*alarms().values()].count(WATCHED[what]) == 1


def test_there_is_no_other_alarm() -> None:
    assert set(alarms().values()) == set(WATCHED.values())


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_notifies_the_topic_and_says_what_to_do(name: str) -> None:
    alarm = ALARMS[name]
    topic = {"Fn::If": ["MakesAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]}

    assert alarm["AlarmActions"] == [topic]
    # That an event was unclassified is over as soon as it is said: nothing is well again.
    assert alarm.get("OKActions") == (None if name == "UnclassifiedAlarm" else [topic])
    what, _, remedy = alarm["AlarmDescription"].partition(": ")
    assert what
    assert remedy.endswith(".")
    assert "\n" not in alarm["AlarmDescription"]


@pytest.mark.parametrize("name", ALARMS)
def test_nothing_happening_alarms_for_recovery_alone(name: str) -> None:
    assert (ALARMS[name]["TreatMissingData"] == "breaching") is (name == "PendingAlarm")
    assert ALARMS[name]["TreatMissingData"] in ("breaching", "notBreaching")


def test_the_alarm_of_what_is_not_allowed_stays_on_as_long_as_the_fault() -> None:
    alarm = ALARMS["NotAllowedAlarm"]

    assert alarm["DatapointsToAlarm"] == 1
    # Less one period, which may begin at any time before the next receive.
    assert alarm["Period"] * (alarm["EvaluationPeriods"] - 1) >= LONGEST_SECONDS


@pytest.mark.parametrize("name", ["DeferredAgeAlarm", "NoticeQueueAgeAlarm"])
def test_an_outage_of_hours_raises_no_alarm_and_one_of_days_does(name: str) -> None:
    assert 6 * 3600 <= ALARMS[name]["Threshold"] <= RETENTION_SECONDS / 10


def test_a_deferred_record_says_its_age_in_every_period() -> None:
    assert ALARMS["DeferredAgeAlarm"]["Period"] > LONGEST_SECONDS


def test_the_stack_makes_the_alarms_topic_unless_it_is_given_one() -> None:
    made = ("AlarmTopic", "AlarmTopicPolicy")

    assert TEMPLATE["Parameters"]["AlarmTopicArn"]["Default"] == ""
    assert TEMPLATE["Conditions"]["MakesAlarmTopic"] == {"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}
    assert {RESOURCES[name]["Condition"] for name in made} == {"MakesAlarmTopic"}
    assert TEMPLATE["Outputs"]["AlarmTopicArn"]["Value"] == {
        "Fn::If": ["MakesAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]
    }


def test_cloudwatch_can_publish_on_the_alarms_topic_and_no_function_may() -> None:
    """A topic under the account's default key would refuse CloudWatch."""
    topic = RESOURCES["AlarmTopic"]["Properties"]
    statements = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert topic == {"TopicName": {"Fn::Sub": "${AWS::StackName}-alarms"}}
    allowed: list[Any] = [one for one in statements if one["Effect"] == "Allow"]
    assert [one["Principal"] for one in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert allowed[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    prefix = TEMPLATE["Outputs"]["EventTopicArnPrefix"]["Value"]["Fn::Sub"].rpartition(":")[2]
    assert not topic["TopicName"]["Fn::Sub"].startswith(prefix)


def test_the_dashboard_shows_each_direction_in_a_row_of_its_own() -> None:
    rows: dict[int, set[str]] = {}
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    for y, title in re.findall(r'"x": \d+, "y": (\d+), .+ "properties": \{\s+"title": "([^"]+)"', body):
        rows.setdefault(int(y), set()).add(title)

    assert [len(titles) for _, titles in sorted(rows.items())] == [1, 4, 4, 4, 2]
    assert {widget["region"] for kind in ("metric", "log") for widget in widgets(kind)} == {"cn-north-1"}


def test_the_dashboard_s_name_is_of_its_region_too() -> None:
    name = RESOURCES["Dashboard"]["Properties"]["DashboardName"]

    assert name == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}


def test_the_dashboard_shows_every_alarm() -> None:
    (widget,) = widgets("alarm")

    assert sorted(widget["alarms"]) == sorted(f"{name}.Arn" for name in ALARMS)


def test_what_the_dashboard_shows_of_aws_is_there() -> None:
    dimensions = {
        frozenset(one.dimensions)
        for one in (*shown(), *alarms().values())
        if one.namespace.startswith("AWS/")
    }

    assert dimensions == {
        frozenset(API.items()),
        *(frozenset({("QueueName", queue)}) for queue in QUEUES),
        *(frozenset({("FunctionName", function)}) for function in FUNCTIONS),
    }
    api = RESOURCES["CallbackApi"]["Properties"]
    assert (api["Name"]["Fn::Sub"], api["StageName"]) == ("${AWS::StackName}-callback", API["Stage"])


def test_every_function_knows_the_name_of_its_stack() -> None:
    for function in FUNCTIONS:
        variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
        assert variables["STACK_NAME"] == {"Ref": "AWS::StackName"}


def test_every_service_named_by_an_alarm_is_a_function() -> None:
    services = {value for one in alarms().values() for name, value in one.dimensions if name == "service"}

    assert services <= {function.removesuffix("Function").lower() for function in FUNCTIONS}
