"""What the template promises: names, encryption, retention, least privilege, limits that fit each other."""

import ast
import json
import re
from typing import Any

import pytest

from recovery.pace import STEP_SECONDS
from relay.store import LEASE_SECONDS
from tests.support.template import RESOURCES, ROOT, TEMPLATE, event_topics, of_type, subscribed_topics

FUNCTIONS = of_type("AWS::Serverless::Function")
SERVICE_PRINCIPALS = {
    f"{name}.amazonaws.com"
    for name in ("apigateway", "cloudwatch", "elasticloadbalancing", "lambda", "scheduler")
}
LONGEST_TARGET_GROUP = 32
TEXT = (ROOT / "template.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("EnosBaseUrl", None),
        ("EnosProducePath", "/app-portal/api/v3/notice-message/produce"),
        ("GatewayBaseUrl", "https://openplatform.dg-work.cn"),
        ("AllowedSourceCidrs", "0.0.0.0/0,::/0"),
        ("EventRetentionDays", 90),
        ("IdentityIgnoresFields", ""),
        ("NoticeBatchWindowSeconds", 5),
        ("NoticeMaxConcurrency", 5),
    ],
)
def test_parameters_others_rely_on_keep_their_names_and_defaults(name: str, default: object) -> None:
    assert TEMPLATE["Parameters"][name].get("Default") == default


def test_outputs_others_rely_on_are_there() -> None:
    assert set(TEMPLATE["Outputs"]) >= {
        "CallbackUrl",
        "CallbackTokenSecretArn",
        "EnosCredentialsSecretArn",
        "GatewayCredentialsSecretArn",
        "EventTopicArnPrefix",
        "EventTableName",
        "PayloadBucketName",
        "NoticeQueueUrl",
        "NoticeDeadLetterQueueUrl",
        "CallbackFunctionName",
        "NoticeFunctionName",
        "RecoveryFunctionName",
        "GatewayFunctionName",
    }


def test_a_topic_s_name_is_the_arn_prefix_and_its_slug() -> None:
    prefix = TEMPLATE["Outputs"]["EventTopicArnPrefix"]["Value"]["Fn::Sub"]

    assert prefix.endswith(":${AWS::StackName}-event-")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_handler_exists_as_named(function: str) -> None:
    module, _, name = FUNCTIONS[function]["Properties"]["Handler"].rpartition(".")
    source = (ROOT / "functions" / (module.replace(".", "/") + ".py")).read_text("utf-8")

    assigned = {
        node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    assert name in assigned


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_its_own_role_and_a_log_group_with_retention(function: str) -> None:
    properties = FUNCTIONS[function]["Properties"]
    log_group = RESOURCES[properties["LoggingConfig"]["LogGroup"]["Ref"]]

    assert [
        name for name, other in FUNCTIONS.items() if other["Properties"]["Role"] == properties["Role"]
    ] == [function]
    assert log_group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def statements() -> list[Any]:
    return [
        statement
        for role in of_type("AWS::IAM::Role").values()
        for policy in role["Properties"].get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_no_role_may_do_everything_or_anything_to_everything() -> None:
    for statement in statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        resources = (
            statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        )
        assert not [action for action in actions if "*" in action]
        assert "*" not in resources


def test_a_function_may_publish_on_the_topics_of_its_own_stack_alone() -> None:
    """One stack's name may be the beginning of another's, so what follows it must tell them apart."""
    prefix = TEMPLATE["Outputs"]["EventTopicArnPrefix"]["Value"]["Fn::Sub"]
    resources = [one["Resource"] for one in statements() if one["Action"] == "sns:Publish"]
    outcomes = {"Ref": "NoticeOutcomeTopic"}

    assert [one for one in resources if one != outcomes] == [{"Fn::Sub": f"{prefix}*"}] * 2
    assert resources.count(outcomes) == 1
    assert prefix.endswith("${AWS::StackName}-event-")


def test_every_arn_is_partition_neutral() -> None:
    assert "arn:aws:" not in TEXT
    assert set(re.findall(r"\S*amazonaws\.com\S*", TEXT)) <= SERVICE_PRINCIPALS


@pytest.mark.parametrize(
    "resource",
    [
        "EventTable",
        "PayloadBucket",
        "NoticeQueue",
        "NoticeDeadLetterQueue",
        # Of the proxy nothing is held that the parameter does not.
        *(name for name in of_type("AWS::SecretsManager::Secret") if name != "OutboundProxySecret"),
    ],
)
def test_what_holds_data_outlives_the_stack(resource: str) -> None:
    assert RESOURCES[resource]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[resource]["UpdateReplacePolicy"] == "Retain"


def test_everything_is_encrypted_at_rest() -> None:
    for topic in subscribed_topics().values():
        assert topic["Properties"]["KmsMasterKeyId"]
    for queue in of_type("AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
    for bucket in of_type("AWS::S3::Bucket").values():
        assert bucket["Properties"]["BucketEncryption"]
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["Properties"]["SSESpecification"]["SSEEnabled"] is True


def test_the_event_table_can_be_restored_to_a_point_in_time() -> None:
    recovery = RESOURCES["EventTable"]["Properties"]["PointInTimeRecoverySpecification"]

    assert recovery["PointInTimeRecoveryEnabled"] is True


def test_what_is_deleted_from_the_bucket_by_mistake_can_be_had_back_for_a_day() -> None:
    bucket = RESOURCES["PayloadBucket"]["Properties"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_the_table_and_the_bucket_are_under_keys_of_aws_own() -> None:
    """A key of the account's would have to be let in for every reader, and can be deleted."""
    (rule,) = RESOURCES["PayloadBucket"]["Properties"]["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]

    assert RESOURCES["EventTable"]["Properties"]["SSESpecification"] == {"SSEEnabled": True}
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_credentials_that_people_fill_in_have_no_value_a_deploy_could_put_back() -> None:
    for name in ("EnosCredentialsSecret", "GatewayCredentialsSecret"):
        assert not {"SecretString", "GenerateSecretString"} & set(RESOURCES[name]["Properties"])


def test_notices_stay_invisible_for_six_timeouts_and_the_window_and_are_kept_for_14_days() -> None:
    queue, function = RESOURCES["NoticeQueue"]["Properties"], FUNCTIONS["NoticeFunction"]["Properties"]
    longest_window = TEMPLATE["Parameters"]["NoticeBatchWindowSeconds"]["MaxValue"]

    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"] + longest_window
    assert queue["MessageRetentionPeriod"] == 14 * 86400


def test_a_large_batch_size_has_a_window_to_fill_it() -> None:
    source = FUNCTIONS["NoticeFunction"]["Properties"]["Events"]["Notices"]["Properties"]

    assert source["BatchSize"] > 10
    assert TEMPLATE["Parameters"]["NoticeBatchWindowSeconds"]["MinValue"] >= 1
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_topic_is_under_the_topic_policy() -> None:
    policy = RESOURCES["EventTopicPolicy"]["Properties"]

    assert {topic["Ref"] for topic in policy["Topics"]} == set(event_topics())


def test_outcomes_go_over_tls_alone() -> None:
    policy = RESOURCES["NoticeOutcomeTopicPolicy"]["Properties"]
    refused = [one for one in policy["PolicyDocument"]["Statement"] if one.get("Effect") == "Deny"]

    assert policy["Topics"] == [{"Ref": "NoticeOutcomeTopic"}]
    assert [one["Condition"] for one in refused] == [
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringEquals": {"sns:Protocol": "http"}},
    ]


def test_lambda_takes_an_outcome_that_is_put_off_for_no_loop() -> None:
    """One invocation may hold records whose outcomes it puts off, and outcomes that earlier ones put off."""
    assert FUNCTIONS["NoticeFunction"]["Properties"]["RecursiveLoop"] == "Allow"


def test_only_the_accounts_of_the_parameter_are_let_in_from_outside() -> None:
    statements = RESOURCES["EventTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [one["Fn::If"] for one in statements if "Fn::If" in one]

    assert {condition for condition, _, _ in allowed} == {"HasOutsideSubscribers"}
    assert all(then["Principal"] == {"AWS": {"Ref": "SubscriberAccountIds"}} for _, then, _ in allowed)
    assert all(otherwise == {"Ref": "AWS::NoValue"} for _, _, otherwise in allowed)
    assert all(one["Effect"] == "Deny" for one in statements if "Fn::If" not in one)


def outside(policy: str, condition: str) -> list[Any]:
    """What a policy allows others if the condition holds; all else in it is refused to everybody."""
    statements = RESOURCES[policy]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [one["Fn::If"] for one in statements if "Fn::If" in one]
    assert all(one["Effect"] == "Deny" for one in statements if "Fn::If" not in one)
    assert [[name, otherwise] for name, _, otherwise in allowed] == [
        [condition, {"Ref": "AWS::NoValue"}] for _ in allowed
    ]
    return [then for _, then, _ in allowed]


def test_senders_from_outside_send_and_get_no_dead_letter() -> None:
    (allowed,) = outside("NoticeQueuePolicy", "HasOutsideSenders")

    assert (allowed["Effect"], allowed["Principal"]) == ("Allow", {"AWS": {"Ref": "SenderAccountIds"}})
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Resource"] == {"Fn::GetAtt": ["NoticeQueue", "Arn"]}


def test_senders_from_outside_subscribe_to_outcomes_as_others_do_to_events() -> None:
    senders = outside("NoticeOutcomeTopicPolicy", "HasOutsideSenders")
    subscribers = outside("EventTopicPolicy", "HasOutsideSubscribers")

    assert {json.dumps(one["Principal"]) for one in senders} == {'{"AWS": {"Ref": "SenderAccountIds"}}'}
    assert [(one["Action"], one.get("Condition")) for one in senders] == [
        (one["Action"], one.get("Condition")) for one in subscribers
    ]


def test_of_the_bucket_other_accounts_read_what_events_refer_to_and_never_a_body() -> None:
    statements = RESOURCES["PayloadBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (allowed,) = [one["Fn::If"][1] for one in statements if "Fn::If" in one]
    (closed,) = [one for one in statements if one.get("Sid") == "BodiesStayHere"]

    assert allowed["Resource"] == {"Fn::Sub": "${PayloadBucket.Arn}/events/*"}
    assert (closed["Effect"], closed["Principal"], closed["Action"]) == ("Deny", "*", "s3:GetObject*")
    assert closed["Resource"] == {"Fn::Sub": "${PayloadBucket.Arn}/bodies/*"}
    assert closed["Condition"] == {
        "StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}},
        "Null": {"aws:PrincipalAccount": "false"},
    }


def test_what_is_kept_in_the_bucket_is_kept_as_long_as_the_events_whatever_its_name() -> None:
    (rule,) = RESOURCES["PayloadBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    assert rule["ExpirationInDays"] == {"Ref": "EventRetentionDays"}
    assert not {"Prefix", "TagFilters", "ObjectSizeGreaterThan"} & set(rule)


def test_other_accounts_subscribe_queues_functions_and_https_and_see_no_other_subscriber() -> None:
    """The list of a topic's subscriptions has everybody's endpoints, e-mail addresses among them."""
    statements = RESOURCES["EventTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [one["Fn::If"][1] for one in statements if "Fn::If" in one]

    protocols = {"StringEquals": {"sns:Protocol": ["sqs", "lambda", "https"]}}
    assert {one["Action"]: one.get("Condition") for one in allowed} == {
        "sns:Subscribe": protocols,
        "sns:GetTopicAttributes": None,
    }


def test_the_load_balancer_lets_in_the_allowed_ranges_alone() -> None:
    rule = RESOURCES["CallbackListenerRule"]["Properties"]["Conditions"]
    otherwise = RESOURCES["CallbackListener"]["Properties"]["DefaultActions"][0]

    ranges = {"Fn::Split": [",", {"Ref": "AllowedSourceCidrs"}]}
    assert rule == [{"Field": "source-ip", "SourceIpConfig": {"Values": ranges}}]
    assert otherwise["FixedResponseConfig"]["StatusCode"] == "403"


def test_each_rule_of_a_security_group_says_what_it_is_for() -> None:
    rules = [
        rule
        for group in of_type("AWS::EC2::SecurityGroup").values()
        for rule in group["Properties"]["SecurityGroupIngress"]
    ]

    assert [rule for rule in rules if not rule.get("Description")] == []


def test_the_access_log_has_no_path_for_the_token_is_in_it() -> None:
    setting = RESOURCES["CallbackApi"]["Properties"]["AccessLogSetting"]["Fn::If"][1]

    assert not re.search(r"path|resource|requestOverride|domain", setting["Format"], re.IGNORECASE)


def test_the_stage_is_throttled_as_a_whole() -> None:
    (setting,) = RESOURCES["CallbackApi"]["Properties"]["MethodSettings"]

    assert (setting["ResourcePath"], setting["HttpMethod"]) == ("/*", "*")
    assert setting["ThrottlingRateLimit"] == {"Ref": "CallbackRateLimit"}
    assert setting["ThrottlingBurstLimit"] == {"Ref": "CallbackBurstLimit"}


def test_fixed_addresses_are_off_unless_a_vpc_is_named_and_then_lead_to_the_same_function() -> None:
    balancing = of_type("AWS::EC2::EIP") | {
        name: one for name, one in RESOURCES.items() if one["Type"].startswith("AWS::ElasticLoadBalancingV2")
    }

    assert TEMPLATE["Parameters"]["StaticIpVpcId"]["Default"] == ""
    assert {one["Condition"] for one in balancing.values()} == {"HasStaticIp"}
    assert TEMPLATE["Outputs"]["StaticCallbackUrls"]["Condition"] == "HasStaticIp"
    assert RESOURCES["CallbackTargets"]["Properties"]["Targets"] == [
        {"Id": {"Ref": "CallbackFunction.Alias"}}
    ]


def test_only_the_load_balancer_s_own_targets_may_invoke_the_callback() -> None:
    """They are registered once the permission is there, which therefore knows them by their name."""
    name, parts = RESOURCES["CallbackTargets"]["Properties"]["Name"]["Fn::Sub"]
    source, same = RESOURCES["CallbackTargetsPermission"]["Properties"]["SourceArn"]["Fn::Sub"]

    assert source.endswith(f":targetgroup/{name}/*")
    assert parts == same
    assert len(name.replace("${StackNumber}", "0123456789ab")) <= LONGEST_TARGET_GROUP
    assert RESOURCES["CallbackTargets"]["DependsOn"] == "CallbackTargetsPermission"


@pytest.mark.parametrize(
    ("parameter", "value", "taken"),
    [
        ("StaticIpSubnetIds", "", True),
        ("StaticIpSubnetIds", "subnet-0a1b2c3d", False),
        ("StaticIpSubnetIds", "subnet-0a1b2c3d,subnet-0a1b2c3e", True),
        ("StaticIpSubnetIds", "subnet-0a1b2c3d,subnet-0a1b2c3e,subnet-0a1b2c3f", False),
        ("StaticIpSubnetIds", "subnet-0a1b2c3d, subnet-0a1b2c3e", False),
        ("OutboundSubnetIds", "", True),
        ("OutboundSubnetIds", ",".join(["subnet-0a1b2c3d4e5f6a7b8"] * 16), True),
        ("OutboundSubnetIds", ",".join(["subnet-0a1b2c3d4e5f6a7b8"] * 17), False),
        ("OutboundSubnetIds", "subnet-0a1b2c3d, subnet-0a1b2c3e", False),
        ("OutboundSecurityGroupIds", "", True),
        ("OutboundSecurityGroupIds", ",".join(["sg-0a1b2c3d4e5f6a7b8"] * 5), True),
        ("OutboundSecurityGroupIds", ",".join(["sg-0a1b2c3d4e5f6a7b8"] * 6), False),
        ("AllowedSourceCidrs", ",".join(["203.0.113.0/24"] * 5), True),
        ("AllowedSourceCidrs", ",".join(["203.0.113.0/24"] * 6), False),
        ("AllowedSourceCidrs", "", False),
    ],
)
def test_subnets_groups_and_ranges_are_counted_before_anything_is_made(
    parameter: str, value: str, taken: bool
) -> None:
    """A load balancer's rule takes no more, and CloudFormation's Rules cannot count."""
    declared = TEMPLATE["Parameters"][parameter]

    assert bool(re.fullmatch(declared["AllowedPattern"], value)) is taken
    assert not taken or len(value) <= declared.get("MaxLength", len(value))


@pytest.mark.parametrize("parameter", ["EnosBaseUrl", "GatewayBaseUrl"])
@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://ag-cn5.envisioniot.com", True),
        ("http://10.0.0.7:8080", True),
        ("https://[2001:db8::7]:65535", True),
        ("https://portal", True),
        ("https://portal:0", False),
        ("https://portal:65536", False),
        ("https://portal:99999", False),
        ("https://portal:", False),
        ("https://portal/", False),
        ("https://por tal", False),
        ("https://portal ", False),
        ("https://user:pass@portal", False),
        ("https://<host>", False),
        ("ftp://portal", False),
        ("portal", False),
    ],
)
def test_the_address_of_a_vendor_is_a_host_and_a_port(parameter: str, address: str, taken: bool) -> None:
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, address)) is taken


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("StaticIpSubnets", "StaticIpVpcId", "StaticIpSubnetIds"),
        ("StaticIpVpc", "StaticIpSubnetIds", "StaticIpVpcId"),
        ("OutboundSubnets", "OutboundSubnetIds", "OutboundSecurityGroupIds"),
        ("OutboundSecurityGroups", "OutboundSecurityGroupIds", "OutboundSubnetIds"),
    ],
)
def test_what_goes_together_is_refused_by_itself_before_anything_is_made(
    name: str, given: str, wanted: str
) -> None:
    rule = TEMPLATE["Rules"][name]

    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": given}, ""]}]}
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": wanted}, ""]}]}


def test_a_lease_is_longer_than_a_callback_or_a_step_of_recovery_can_take() -> None:
    assert FUNCTIONS["CallbackFunction"]["Properties"]["Timeout"] < LEASE_SECONDS
    assert STEP_SECONDS < LEASE_SECONDS
