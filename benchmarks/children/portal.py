"""The portal of the outbound measurements: the sandbox's, without rules, until stdin ends.

It stands in a process of its own, and reads what came when it is asked. It also is the Secrets Manager that
the credentials come from. Prints its address and the token that it takes as a line of JSON.
"""

import json
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from time import process_time

sys.path.append(str(Path(__file__).parents[2]))

from sandbox.loopback import Answer, Request
from sandbox.portal import Portal
from sandbox.portal_faults import AnswerForm

KEY, SECRET = "key", "secret"
KEPT = {"ARN": "arn", "Name": "enos", "SecretString": json.dumps({"appKey": KEY, "appSecret": SECRET})}
# No token has to be replaced while something is measured.
LIFE_SECONDS = 30 * 86_400


class MeasuredPortal(Portal):
    """Can be told how to behave, and asked what it saw, over HTTP too."""

    cpu = 0.0

    def answer(self, request: Request) -> Answer:
        if request.path == "/behave":
            return self._behave(request)
        if request.path == "/seen":
            return Answer(200, self._seen(json.loads(request.body)))
        if request.headers.get("x-amz-target") == "secretsmanager.GetSecretValue":
            return Answer(200, KEPT)
        return super().answer(request)

    def _behave(self, request: Request) -> Answer:
        """Forget what came; `latency` in seconds, `refuse` messageIds, `status` to fail with."""
        given = json.loads(request.body)
        self.mend()
        self.break_down(
            delay=given["latency"],
            refuse=dict.fromkeys(given["refuse"], "as it was told"),
            status=given["status"],
        )
        self.forget_calls()
        self.cpu = process_time()
        return Answer(200, {})

    def _seen(self, target: str) -> dict[str, object]:
        """Calls of a target, what they brought, a digest of that, and the CPU that all this took."""
        cpu = process_time() - self.cpu
        calls = [call for call in self.calls if call.request.target == target and call.status != 401]
        bodies = sorted(call.body for call in calls if call.ok)
        names = Counter(one["messageId"] for body in bodies for one in json.loads(body)["messages"])
        return {
            "calls": len(calls),
            "notices": len(names),
            "times": sorted(set(names.values())),
            "digest": sha256(b"\n".join(bodies)).hexdigest(),
            "cpu": cpu,
        }


with MeasuredPortal(
    app_key=KEY, app_secret=SECRET, form=AnswerForm(refusal_status=400), rules=False
) as portal:
    portal.tokens.life = LIFE_SECONDS
    print(json.dumps({"url": portal.url, "token": portal.tokens.issue()}), flush=True)
    sys.stdin.read()
