"""The portal and the AWS of all measurements: the sandbox's portal, without rules, until stdin ends.

Answers as DynamoDB, SNS, S3 and Secrets Manager do when all is well, and keeps nothing. Prints its address
and the portal's token as a line of JSON.
"""

import json
import sys
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

sys.path.append(str(Path(__file__).parents[2]))

from sandbox.vendors.loopback import Answer, Request
from sandbox.vendors.portal import Portal
from sandbox.vendors.portal_faults import AnswerForm

KEY, SECRET = "key", "secret"
SECRETS = {"token": {"current": "TOKEN" * 6, "previous": ""}, "enos": {"appKey": KEY, "appSecret": SECRET}}
_SNS = "http://sns.amazonaws.com/doc/2010-03-31/"
PUBLISHED = {
    "Publish": (
        f'<PublishResponse xmlns="{_SNS}"><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0'
        "</MessageId></PublishResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0"
        "</RequestId></ResponseMetadata></PublishResponse>"
    ).encode(),
    "PublishBatch": (
        f'<PublishBatchResponse xmlns="{_SNS}"><PublishBatchResult><Failed/><Successful/>'
        "</PublishBatchResult><ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata>"
        "</PublishBatchResponse>"
    ).encode(),
}


class MeasuredPortal(Portal):
    """Can be told how to behave, and asked what it saw, over HTTP too."""

    def answer(self, request: Request) -> Answer:
        if request.path == "/behave":
            self.fix()
            given = json.loads(request.body)
            self.break_down(
                **{name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
            )
            self.forget_calls()
            return Answer(200, {})
        if request.path == "/seen":
            return Answer(200, self._seen())
        if "authorization" in request.headers:
            return aws(request)
        return super().answer(request)

    def _seen(self) -> dict[str, object]:
        """By organisation the calls, and how many notices each took; how often those came, and a digest."""
        calls: defaultdict[str, list[int]] = defaultdict(list)
        taken: defaultdict[str, list[Any]] = defaultdict(list)
        for call in self.calls:
            notices = json.loads(call.body)["messages"] if call.ok else []
            calls[call.org_id].append(len(notices))
            taken[call.org_id] += notices
        return {
            org: {"calls": len(took), "took": took, **contents(taken[org])} for org, took in calls.items()
        }


def contents(notices: list[Any]) -> dict[str, object]:
    times = Counter(str(one["messageId"]) for one in notices)
    digest = sha256("\n".join(sorted(json.dumps(one) for one in notices)).encode()).hexdigest()
    return {"notices": len(times), "times": sorted(set(times.values())), "digest": digest}


def aws(request: Request) -> Answer:
    """What AWS says to a signed request."""
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    if operation == "GetSecretValue":
        name = json.loads(request.body)["SecretId"].rpartition(":")[2]
        return Answer(200, {"ARN": "arn", "Name": name, "SecretString": json.dumps(SECRETS[name])})
    if operation in ("PutItem", "UpdateItem", "GetItem"):
        return Answer(200, {})
    if request.method == "PUT":
        return Answer(200, b"", {"ETag": '"0"'})
    action = parse_qs(request.body.decode()).get("Action", [""])[0]
    if action in PUBLISHED:
        return Answer(200, PUBLISHED[action])
    return Answer(501, {})


with MeasuredPortal(
    app_key=KEY, app_secret=SECRET, form=AnswerForm(refusal_status=400), rules=False
) as portal:
    # No token has to be replaced while something is measured.
    portal.tokens.life = 30 * 86_400
    print(json.dumps({"url": portal.url, "token": portal.tokens.issue()}), flush=True)
    sys.stdin.read()
