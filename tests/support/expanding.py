"""What CloudFormation gets: template.yaml as SAM expands it."""

import copy
import os
from typing import Any

from samtranslator.translator.transform import transform

from tests.support.template import TEMPLATE


class ManagedPolicies:
    """Stands in for the list that SAM asks IAM for; no function of ours uses a policy by its name."""

    def load(self) -> dict[str, str]:
        return {}


def expand(*, code: str = "s3://bucket/code", layer: str = "s3://bucket/layer") -> dict[str, Any]:
    """The resources, by logical id, with every parameter at its default and the artefacts uploaded."""
    environ, os.environ["AWS_DEFAULT_REGION"] = dict(os.environ), "cn-north-1"
    try:
        template = copy.deepcopy(TEMPLATE)
        template["Resources"]["RelayLayer"]["Properties"]["ContentUri"] = layer
        template["Globals"]["Function"]["CodeUri"] = code
        made: dict[str, Any] = transform(template, {"EnosBaseUrl": "https://e.example"}, ManagedPolicies())
    finally:
        os.environ.clear()
        os.environ.update(environ)
    resources: dict[str, Any] = made["Resources"]
    return resources
