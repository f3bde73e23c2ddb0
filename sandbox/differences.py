"""Where ministack 1.5.33 differs from AWS so that a right template would not run on it.

What can be is made the same here, on the deployed stack; the template stays as AWS wants it.
"""

import json
from typing import Any

from sandbox.cloud import Cloud

# IAM has no names of their own for these calls: AWS asks for the single one, ministack for the call's name.
_BATCH_CALLS = {
    "sqs:SendMessage": "sqs:SendMessageBatch",
    "sqs:DeleteMessage": "sqs:DeleteMessageBatch",
    "sqs:ChangeMessageVisibility": "sqs:ChangeMessageVisibilityBatch",
    "sns:Publish": "sns:PublishBatch",
}


def mend_differences(cloud: Cloud, stack: str) -> None:
    _number_concurrency(cloud)
    _allow_batch_calls(cloud, stack)


def _number_concurrency(cloud: Cloud) -> None:
    """A MaximumConcurrency that comes from a parameter stays text, and the mapping then polls nothing."""
    functions = cloud.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
            scaling = {"MaximumConcurrency": int(limit)}
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)


def _allow_batch_calls(cloud: Cloud, stack: str) -> None:
    """Who may do one may do several, on the same resources and on no other."""
    iam = cloud.client("iam")
    listed = cloud.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    for role in [
        entry["PhysicalResourceId"] for entry in listed if entry["ResourceType"] == "AWS::IAM::Role"
    ]:
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                statement["Action"] = _with_batch_calls(statement["Action"])
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def _with_batch_calls(actions: Any) -> list[str]:
    given = [actions] if isinstance(actions, str) else list(actions)
    return given + [_BATCH_CALLS[action] for action in given if action in _BATCH_CALLS]
