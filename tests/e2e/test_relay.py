"""The deployed bundle relays real input both ways, and keeps what only a deployed one can promise."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from samcli.yamlhelper import yaml_parse

from relay.catalog import tag_of
from sandbox.cloud.local_invoke import ENV_FILE, TEMPLATE_FILE, write_local_invoke
from sandbox.cloud.ministack import REGION, ROOT
from sandbox.demo.demo import STEPS
from sandbox.demo.scene import ANSWER, Check, Checks, Scene, kept_and_pending
from sandbox.demo.stage import Stage
from sandbox.demo.up import commands
from sandbox.vendors.callbacks import post
from tests.support.stub_shell import place

BASH = shutil.which("bash") or "/bin/sh"
EVENT = b'{"dispatchId": "d-1", "sourceMessageId": "s-1", "content": {"tenantId": "196729"}}'


def disagreeing(checks: Iterable[Check]) -> list[str]:
    return [str(check) for check in checks if not check.ok]


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.__name__)
def test_each_step_of_the_demo_agrees(scene: Scene, step: Callable[[Scene], Checks]) -> None:
    checks = list(step(scene))

    assert checks
    assert disagreeing(checks) == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/wrong-token", EVENT, 403),
        ("/wrong-token/employee-leave", EVENT, 403),
        ("/{token}", b"", 400),
        ("/{token}/employee-leave", b"", 400),
    ],
)
def test_what_is_not_taken_is_answered_with_an_errcode_and_not_kept(
    running: Stage, path: str, body: bytes, status: int
) -> None:
    stack = running.stack
    before = kept_and_pending(stack)
    answer = post(stack.callback_url + path.format(token=stack.token()), body, 20)

    assert answer.status == status
    assert answer.headers["content-type"].startswith("application/json")
    assert json.loads(answer.body)["errcode"] not in ("", "0")
    assert kept_and_pending(stack) == before


def test_the_functions_are_held_to_their_roles(running: Stage) -> None:
    """As the gateway function: it may read its own secret, and not the portal's."""
    outputs = running.stack.outputs
    described = running.cloud.client("lambda").get_function_configuration(
        FunctionName=outputs["GatewayFunctionName"]
    )
    session = {"RoleArn": described["Role"], "RoleSessionName": "test"}
    given = running.cloud.client("sts").assume_role(**session)["Credentials"]
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=running.cloud.url,
        region_name=REGION,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )

    assert secrets.get_secret_value(SecretId=outputs["GatewayCredentialsSecretArn"])["SecretString"]
    with pytest.raises(ClientError, match="AccessDenied"):
        secrets.get_secret_value(SecretId=outputs["EnosCredentialsSecretArn"])


@pytest.mark.parametrize("program", ["curl", "aws"])
def test_the_commands_that_up_prints_work_as_printed(scene: Scene, program: str, tmp_path: Path) -> None:
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    if not installed(program):
        stand_in(program, tmp_path)
    export, *printed = commands(scene.stage, scene.subscribers)

    for command in (one for one in printed if one.text.startswith(program)):
        script = f"{export.text}; {command.text}"
        environ = os.environ | {"PATH": path}
        done = subprocess.run([BASH, "-c", script], env=environ, capture_output=True, text=True, timeout=60)

        assert (done.returncode, done.stderr) == (0, ""), command.title
        assert done.stdout.strip() == ANSWER if program == "curl" else done.stdout, command.title


def test_the_operators_commands_that_up_prints_work_as_printed(scene: Scene) -> None:
    export, *printed = commands(scene.stage, scene.subscribers)
    ends = {}
    for command in (one for one in printed if one.text.startswith("mozi-relay ")):
        script = f"{export.text}; {command.text}"
        done = subprocess.run([BASH, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
        ends[command.text.split()[1]] = done.returncode
        assert done.stdout, done.stderr

    # That something needs a person, after what other tests did, is told by a status of 1.
    assert ends.pop("status") in (0, 1)
    assert ends == dict.fromkeys(("send", "dead-letters", "redrive", "register", "failed"), 0)


def test_a_hint_of_status_works_as_printed(scene: Scene) -> None:
    export, *_ = commands(scene.stage, scene.subscribers)

    def typed(command: str) -> subprocess.CompletedProcess[str]:
        script = f"{export.text}; {command}"
        return subprocess.run([BASH, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)

    slugs = [define.url.rpartition("/")[2] for define in scene.stage.gateway.defines.values()]
    others = len(list(filter(tag_of, slugs))) - 1
    assert typed("mozi-relay unregister --yes --tag app-update").returncode == 0
    needs = json.loads(typed("mozi-relay status --json").stdout)["needs"]
    (hint,) = [need.partition(": ")[2] for need in needs if "not registered: " in need]
    registered = typed(hint)

    assert (registered.returncode, registered.stderr) == (0, "")
    assert f": {others} unchanged, 1 registered\n" in registered.stdout


def installed(program: str) -> bool:
    """Whether the program runs here; a version manager's shim may lead to nothing."""
    found = shutil.which(program)
    return bool(found) and subprocess.run([found or "", "--version"], capture_output=True).returncode == 0


def stand_in(program: str, folder: Path) -> None:
    """Put a command of that name there which does the same with what is installed for the tests."""
    place(program, [sys.executable, ROOT / "tests" / "support" / f"{program}_command.py"], folder)


def test_local_invoke_hands_everything_on_to_sam(running: Stage) -> None:
    write_local_invoke(running.stack)
    command = [sys.executable, "-m", "sandbox", "local-invoke", "CallbackFunction", "-e", "-", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert (done.returncode, done.stderr) == (0, "")
    assert "sam local invoke [OPTIONS]" in done.stdout


def test_the_files_for_sam_local_invoke_name_what_is_deployed(running: Stage) -> None:
    write_local_invoke(running.stack)
    variables = json.loads(ENV_FILE.read_text("utf-8"))
    template = yaml_parse(TEMPLATE_FILE.read_text("utf-8"))

    assert {file.stat().st_mode & 0o777 for file in (ENV_FILE, TEMPLATE_FILE)} == {0o600}
    assert variables["CallbackFunction"]["EVENT_TABLE"] == running.stack.outputs["EventTableName"]
    for name, given in variables.items():
        properties = template["Resources"][name]["Properties"]
        assert given["AWS_ENDPOINT_URL"] == f"http://{running.cloud.key.host}:{running.cloud.port}"
        assert given["AWS_SECRET_ACCESS_KEY"] == running.cloud.key.secret
        assert "127.0.0.1" not in str(given)
        assert properties["Environment"]["Variables"] == given
        assert (Path(properties["CodeUri"]) / properties["Handler"].split(".")[0]).is_dir()
