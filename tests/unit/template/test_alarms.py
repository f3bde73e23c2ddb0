"""The alarms, their topic and the dashboard of template.yaml."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from notice.queue.visibility import LONGEST_SECONDS, RETENTION_SECONDS
from relay.api.gateway import RetryFailed
from relay.api.gateway import read_request as read_retry
from relay.api.recovery import Sweep
from relay.api.recovery import read_request as read_sweep
from tests.support.template import RESOURCES, TEMPLATE, of_type, subscribed_topics
from tests.support.watching import STACK, Metric, alarms, ours, shown, watched, widgets

ALARMS = {name: alarm["Properties"] for name, alarm in of_type("AWS::CloudWatch::Alarm").items()}
FUNCTIONS = sorted(of_type("AWS::Serverless::Function"))
QUEUES = {"NoticeQueue.QueueName", "NoticeDeadLetterQueue.QueueName"}


def aws(service: str, name: str, **dimensions: str) -> Metric:
    return Metric(f"AWS/{service}", name, frozenset(dimensions.items()))


SCHEDULES: dict[str, tuple[int, Any]] = {
    "RecoveryFunction": (300, Sweep(action="sweep")),
    "GatewayFunction": (900, RetryFailed(action="retry-failed", unattended=True)),
}
READERS: dict[str, Any] = {"RecoveryFunction": read_sweep, "GatewayFunction": read_retry}
API = {"ApiName": f"{STACK}-callback", "Stage": "relay"}
WATCHED = {
    "dead letters": aws(
        "SQS", "ApproximateNumberOfMessagesVisible", QueueName="NoticeDeadLetterQueue.QueueName"
    ),
    "oldest pending": ours("PendingAge", "recovery"),
    "fields that move": ours("SameIdOtherContent", "callback"),
    "contents unlike the table": ours("ContentMismatch", "callback"),
    "set aside": ours("SetAside", "recovery"),
    "unclassified": ours("Unclassified", "callback"),
    "outcomes that nobody got": ours("OutcomesPutOff", "notice"),
    "not allowed": ours("ConfigurationFault", "notice"),
    "queue age": aws("SQS", "ApproximateAgeOfOldestMessage", QueueName="NoticeQueue.QueueName"),
    "waiting in an outage": ours("DeferredAge", "notice"),
    "503 of the callback itself": ours("Failed", "callback"),
    "5xx on the fixed addresses": aws(
        "ApplicationELB", "HTTPCode_ELB_5XX_Count", LoadBalancer="CallbackLoadBalancer.LoadBalancerFullName"
    ),
    "wrong tokens": ours("Forbidden", "callback"),
    "4xx, and 429 among them": aws("ApiGateway", "4XXError", **API),
    "nothing behind the fixed addresses": aws(
        "NetworkELB",
        "UnHealthyHostCount",
        TargetGroup="StaticIpTargets.TargetGroupFullName",
        LoadBalancer="StaticIpLoadBalancer.LoadBalancerFullName",
    ),
    "failed list": ours("FailedCallbacks", "gateway"),
} | {
    f"{name} of {function}": aws("Lambda", name, FunctionName=function)
    for name in ("Errors", "Throttles")
    for function in FUNCTIONS
}


# The API's answers, and those of the flood among them that are taken off.
SERVER_ERRORS = (aws("ApiGateway", "5XXError", **API), ours("TokenNotChecked", "callback"))
SUMS = ["UndeliveredDirectoryAlarm", "UndeliveredOthersAlarm"]


def undelivered(name: str) -> set[Metric]:
    """A metric of what SNS could not deliver, of every topic but that of the alarms."""
    return {aws("SNS", name, TopicName=f"{topic}.TopicName") for topic in subscribed_topics()}


@pytest.mark.parametrize("what", WATCHED)
def test_there_is_one_alarm_for_each_thing_to_watch(what: str) -> None:
    assert [*alarms().values()].count((WATCHED[what],)) == 1


def test_there_is_no_other_alarm() -> None:
    others = {*SERVER_ERRORS, *undelivered("NumberOfNotificationsFailed")}

    assert set(watched()) == set(WATCHED.values()) | others


def test_unknown_tokens_in_a_flood_are_taken_off_what_the_api_answers() -> None:
    (answer, *_) = ALARMS["ApiServerErrorAlarm"]["Metrics"]

    assert alarms()["ApiServerErrorAlarm"] == SERVER_ERRORS
    assert answer == {"Id": "other", "Expression": "FILL(answered, 0) - 1.02 * FILL(not_checked, 0)"}


def test_what_sns_could_not_deliver_alarms_whatever_topic_it_was_on() -> None:
    over_many = [alarms()[name] for name in SUMS]

    assert Counter(metric for metrics in over_many for metric in metrics) == Counter(
        undelivered("NumberOfNotificationsFailed")
    )
    # CloudWatch takes no more in one alarm.
    assert max(map(len, over_many)) <= 10


@pytest.mark.parametrize("name", SUMS)
def test_an_alarm_over_many_metrics_has_their_sum_whichever_of_them_is_silent(name: str) -> None:
    (answer, *summed) = ALARMS[name]["Metrics"]

    assert answer == {"Id": "failed", "Expression": "SUM(FILL(METRICS(), 0))"}
    assert {one["ReturnData"] for one in summed} == {False}
    # A late number is taken for 0 at first: the alarm must look back.
    assert ALARMS[name]["EvaluationPeriods"] > ALARMS[name]["DatapointsToAlarm"]


def test_the_dashboard_shows_what_sns_could_not_deliver_and_what_is_lost_of_it() -> None:
    names = ("NumberOfNotificationsFailed", "NumberOfNotificationsFailedToRedriveToDlq")

    assert {one for one in shown() if one.namespace == "AWS/SNS"} == {
        metric for name in names for metric in undelivered(name)
    }


SUM, MAXIMUM = "Sum", "Maximum"
# Statistic, threshold, seconds of a period, periods, and how many of them it takes.
SETTINGS = {
    "Unclassified": (SUM, 0, 3600, 1, 1),
    "SameIdOtherContent": (SUM, 5, 3600, 1, 1),
    "ContentMismatch": (SUM, 10, 3600, 1, 1),
    "SetAside": (SUM, 0, 3600, 1, 1),
    "Pending": (MAXIMUM, 900, 900, 1, 1),
    "CallbackFailed": (SUM, 0, 300, 3, 3),
    "ApiServerError": (SUM, 0, 300, 3, 3),
    "StaticIpServerError": (SUM, 0, 300, 3, 3),
    "Forbidden": (SUM, 100, 300, 1, 1),
    "ApiClientError": (SUM, 100, 300, 3, 3),
    "StaticIpUnhealthy": (MAXIMUM, 0, 60, 5, 5),
    "FailedCallbacks": (MAXIMUM, 0, 3600, 3, 3),
    "DeadLetters": (MAXIMUM, 0, 300, 1, 1),
    "NotAllowed": (SUM, 0, 300, 7, 1),
    "OutcomesPutOff": (SUM, 0, 300, 7, 2),
    "NoticeQueueAge": (MAXIMUM, 21_600, 300, 3, 3),
    "DeferredAge": (MAXIMUM, 43_200, 3600, 1, 1),
    "CallbackErrors": (SUM, 0, 300, 1, 1),
    "RecoveryErrors": (SUM, 0, 300, 1, 1),
    # Long enough to bridge the pauses in which nothing is tried: otherwise one fault would alarm all day.
    "NoticeErrors": (SUM, 0, 300, 3, 1),
    "GatewayErrors": (SUM, 0, 300, 4, 1),
    "UndeliveredDirectory": (SUM, 0, 300, 3, 1),
    "UndeliveredOthers": (SUM, 0, 300, 3, 1),
    **{f"{name}Throttles": (SUM, 0, 300, 3, 2) for name in ("Callback", "Notice", "Recovery", "Gateway")},
}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_goes_on_when_readme_says_so(name: str) -> None:
    alarm = ALARMS[name]
    taken = alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    rates = {(one["MetricStat"]["Stat"], one["MetricStat"]["Period"]) for one in alarm.get("Metrics", ())[1:]}
    ((statistic, period),) = rates or {(alarm["Statistic"], alarm["Period"])}
    found = (statistic, alarm["Threshold"], period, alarm["EvaluationPeriods"], taken)

    assert found == SETTINGS[name.removesuffix("Alarm")]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_an_alarm_bridges_the_pause_between_two_tries() -> None:
    def bridged(name: str) -> int:
        return int(ALARMS[name]["Period"] * ALARMS[name]["EvaluationPeriods"])

    assert bridged("GatewayErrorsAlarm") >= SCHEDULES["GatewayFunction"][0] + 300
    assert bridged("NoticeErrorsAlarm") >= RESOURCES["NoticeQueue"]["Properties"]["VisibilityTimeout"] + 300


@pytest.mark.parametrize("function", SCHEDULES)
def test_a_schedule_asks_for_what_the_function_knows_and_is_its_only_retry(function: str) -> None:
    every, asked = SCHEDULES[function]
    properties = RESOURCES[function]["Properties"]
    (schedule,) = [event["Properties"] for event in properties["Events"].values()]

    assert schedule["ScheduleExpression"] == f"rate({every // 60} minutes)"
    assert READERS[function](json.loads(schedule["Input"])) == asked
    assert schedule["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    assert properties["EventInvokeConfig"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 300}
    assert properties["Timeout"] < every


def test_payloads_are_kept_as_long_as_events() -> None:
    (rule,) = RESOURCES["PayloadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert rule["ExpirationInDays"] == {"Ref": "EventRetentionDays"}
    assert RESOURCES["PayloadBucketPolicy"]["DeletionPolicy"] == "RetainExceptOnCreate"


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


def test_a_fault_of_the_configuration_is_as_status_names_it_and_not_some_three_causes() -> None:
    said = ALARMS["NotAllowedAlarm"]["AlarmDescription"]

    assert "mozi-relay status names" in said
    assert "docs/watch.md" in said
    assert "EnosProducePath" not in said


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

    assert [len(titles) for _, titles in sorted(rows.items())] == [1, 4, 4, 4, 2, 2]
    assert {widget["region"] for kind in ("metric", "log") for widget in widgets(kind)} == {"cn-north-1"}


def test_the_dashboard_s_name_is_of_its_region_too() -> None:
    name = RESOURCES["Dashboard"]["Properties"]["DashboardName"]

    assert name == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}


def test_the_dashboard_shows_every_alarm() -> None:
    (widget,) = widgets("alarm")

    always = [name for name in ALARMS if "Condition" not in RESOURCES[name]]
    assert sorted(widget["alarms"]) == sorted(f"{name}.Arn" for name in always)


def test_what_the_dashboard_shows_of_aws_is_there() -> None:
    dimensions = {
        frozenset(one.dimensions)
        for one in (*shown(), *watched())
        if one.namespace.startswith("AWS/") and one.namespace not in ("AWS/ApplicationELB", "AWS/NetworkELB")
    }

    assert dimensions == {
        frozenset(API.items()),
        *(frozenset({("QueueName", queue)}) for queue in QUEUES),
        *(frozenset({("FunctionName", function)}) for function in FUNCTIONS),
        *(frozenset({("TopicName", f"{topic}.TopicName")}) for topic in subscribed_topics()),
    }
    api = RESOURCES["CallbackApi"]["Properties"]
    assert (api["Name"]["Fn::Sub"], api["StageName"]) == ("${AWS::StackName}-callback", API["Stage"])


def test_every_function_knows_the_name_of_its_stack() -> None:
    for function in FUNCTIONS:
        variables = RESOURCES[function]["Properties"]["Environment"]["Variables"]
        assert variables["STACK_NAME"] == {"Ref": "AWS::StackName"}


def test_every_service_named_by_an_alarm_is_a_function() -> None:
    services = {value for one in watched() for name, value in one.dimensions if name == "service"}

    assert services <= {function.removesuffix("Function").lower() for function in FUNCTIONS}
