"""Runs the local cloud: started by the interpreter that has ministack and nothing else.

ministack starts Lambda functions with `sys.executable` and so with all that is installed for itself.
Here they get a bare interpreter without site-packages: what a function imports must be its own or its
layer's, as on Lambda.
"""

import importlib
import os
import re
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from sandbox.cloud.guard import App, Call, Key, OwnHosts, guarded


def bare_interpreter(folder: Path) -> Path:
    """A Python command that sees the standard library only."""
    script = folder / "lambda-python"
    base = shlex.quote(getattr(sys, "_base_executable", sys.executable))
    script.write_text(f'#!/bin/sh\nexec {base} -I -S "$@"\n', "utf-8")
    script.chmod(0o755)
    return script


def behind_tls(app: App) -> App:
    """The cloud as behind a proxy that ends TLS: AWS is, and the template refuses what comes without."""

    async def secure(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await app(scope, receive, send)

    return secure


def hurry_waits(queues: Any, scale: float) -> None:
    """Let a record that a function hides from itself come back after that part of the time it asked for."""
    hide = queues._HANDLERS["ChangeMessageVisibilityBatch"]

    def hurried(data: dict[str, Any], url: str) -> Any:
        answer, now = hide(data, url), time.time()
        hidden = {entry["ReceiptHandle"] for entry in data["Entries"]}
        for message in queues._get_q(data["QueueUrl"])["messages"]:
            if message["receipt_handle"] in hidden:
                message["visible_at"] = now + max(0.0, message["visible_at"] - now) * scale
        return answer

    queues._HANDLERS["ChangeMessageVisibilityBatch"] = hurried


# IAM has no names of their own for these calls: AWS asks for the single one, ministack for the call's name.
SINGLE_CALLS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sns:PublishBatch": "sns:Publish",
}


def allow_batch_calls(iam: Any) -> None:
    """Let whoever may do one do several, on the same resources and on no other."""
    named = iam.extract_iam_action

    def single(*given: Any, **options: Any) -> Any:
        action = named(*given, **options)
        return SINGLE_CALLS.get(action, action)

    iam.extract_iam_action = single


def take_sums(provisioners: Any) -> None:
    """Let an alarm look at several metrics, as AWS does; ministack would refuse it. Here it has the first."""
    make = provisioners._cw_metric_alarm_record

    def taken(name: str, properties: dict[str, Any]) -> Any:
        looked_at = [one["MetricStat"] for one in properties.get("Metrics") or () if "MetricStat" in one]
        if not looked_at:
            return make(name, properties)
        one, others = looked_at[0], {key: given for key, given in properties.items() if key != "Metrics"}
        return make(name, others | one["Metric"] | {"Statistic": one["Stat"], "Period": one["Period"]})

    provisioners._cw_metric_alarm_record = taken


BINARY_TYPES = "x-amazon-apigateway-binary-media-types"


def keep_bytes(apis: Any) -> None:
    """Let a REST API hand on bytes as AWS does: ministack overlooks what a description says of binary types.

    AWS takes a body without a type for JSON.
    """
    describe, matches = apis._import_rest_api, apis._media_type_matches

    def described(spec: dict[str, Any], data: dict[str, Any]) -> Any:
        return describe(spec, {**data, "binaryMediaTypes": spec.get(BINARY_TYPES, [])})

    apis._import_rest_api = described
    apis._media_type_matches = lambda given, types: matches(given or "application/json", types)


def name_errors(functions: Any) -> None:
    """Let a failed invocation say its error's class, as on Lambda; ministack has that in the log alone."""
    run = functions._execute_function_warm

    def named(*given: Any) -> Any:
        answer = run(*given)
        body = answer.get("body")
        if answer.get("error") and body.get("errorType") == "Runtime.HandlerError":
            message = re.escape(str(body["errorMessage"]).partition("\n")[0])
            if found := re.search(rf"^(?:\w+\.)*(\w+): {message}", answer.get("log", ""), re.MULTILINE):
                body["errorType"] = found[1]
        return answer

    functions._execute_function_warm = named


def signed_with_known_key(key: Key, iam: Any, sigv4: Any) -> Callable[[Call], bool]:
    """Whether a call's headers are signed, rightly and timely, with the key of this start or a function's.

    ministack checks none of its root's, for which it takes `test`, every account's number and no key at all
    too; here these have no secret.
    """

    def secret_of(key_id: str) -> str:
        if key_id == key.id:
            return key.secret
        if iam.is_root_access_key(key_id):
            return ""
        found = iam.resolve_credential(key_id, iam.find_iam_access_key_account(key_id))
        return str(getattr(found, "secret_access_key", ""))

    def is_signed(call: Call) -> bool:
        authorization = call.headers.get("authorization", "")
        # One key alone, so that ministack too reads this one.
        if not authorization.startswith("AWS4-HMAC-SHA256 ") or authorization.count("Credential=") != 1:
            return False
        found = sigv4.parse_header_signature(call.headers)
        secret = "" if isinstance(found, tuple) else secret_of(found.access_key_id)
        if not secret or not found.signature.isascii() or sigv4.request_time_failure(found):
            return False
        query = parse_qs(call.query, keep_blank_values=True)
        request = (found, secret, call.method, call.path, query, call.headers, call.body)
        return _has_its_digest(call) and sigv4.header_signature_failure(*request) is None

    return is_signed


def _has_its_digest(call: Call) -> bool:
    """Whether the body is that whose digest this header gives: the digest is signed in the body's place."""
    given = call.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    return (
        given == "UNSIGNED-PAYLOAD"
        or given.startswith("STREAMING-")
        or given == sha256(call.body).hexdigest()
    )


def keep_keys_secret(salt: str) -> None:
    """Let nobody work out a function's key: ministack makes it of the function's and the role's names.

    It reads a role's name from the last part of its ARN, so that what stands before goes into the key only.
    """
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    service: Any = importlib.import_module("ministack.services.lambda_svc")
    make = runtime.execution_credentials

    def salted(config: dict[str, Any]) -> dict[str, str]:
        given: dict[str, str] = make({**config, "Role": f"{salt}/{config.get('Role', '')}"})
        return given

    runtime.execution_credentials = service.execution_credentials = salted


def _end_with_starter() -> None:
    """End the whole process group once the starter is gone: its end of our standard input closes."""
    while os.read(0, 1):
        pass
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    if sys.version_info[:2] != (3, 13):
        sys.exit(f"the sandbox runs the functions on Python 3.13, not {sys.version.split()[0]}")
    app: Any = importlib.import_module("ministack.app")
    key = Key(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    own = OwnHosts(int(os.environ["GATEWAY_PORT"]), key.host)
    iam, sigv4 = (importlib.import_module(f"ministack.core.{name}") for name in ("iam_evaluator", "sigv4"))
    app.app = guarded(behind_tls(app.app), own, signed_with_known_key(key, iam, sigv4))
    keep_keys_secret(key.secret)
    allow_batch_calls(importlib.import_module("ministack.core.iam_actions"))
    take_sums(importlib.import_module("ministack.services.cloudformation.provisioners"))
    name_errors(importlib.import_module("ministack.services.lambda_svc"))
    keep_bytes(importlib.import_module("ministack.services.apigateway_v1"))
    hurry_waits(importlib.import_module("ministack.services.sqs"), float(os.environ["WAIT_SCALE"]))
    sys.executable = str(bare_interpreter(Path(os.environ["TMPDIR"])))
    threading.Thread(target=_end_with_starter, daemon=True).start()
    app.main()
