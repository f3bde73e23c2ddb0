"""Stands in for aws, sam, make, python and mozi-relay: checks a command line as they would; that is all.

Run as `stub_command.py FOLDER PROGRAM ARGUMENT…`. Every call is a line of FOLDER/calls, with its exit status.
Options and names are those of botocore, SAM, the Makefile and our own commands; a parameter of `sam deploy`,
an output of the stack and a file of the repository must be there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "layers"), str(ROOT / "functions")]
# What template.yaml has, by section: read once by who sets up the folder.
NAMES = "template.json"
REGION, ACCOUNT = "cn-north-1", "123456789012"
TOPIC_PREFIX = f"arn:aws-cn:sns:{REGION}:{ACCOUNT}:mozi-relay-event-"
API_ARN = f"arn:aws-cn:apigateway:{REGION}::/restapis/a1b2c3d4e5/stages/relay"
WEB_ACL_ARN = f"arn:aws-cn:wafv2:{REGION}:{ACCOUNT}:regional/webacl/YOUR-WEB-ACL/1"
QUEUE_ARNS = f"arn:aws-cn:sqs:{REGION}:{ACCOUNT}:"
QUEUE_URLS = f"https://sqs.{REGION}.amazonaws.com.cn/{ACCOUNT}/"
# What `make` need not bring up to date, since nothing is run.
INSTALLED = (".venv/.installed", ".sandbox/venv/.installed")


def aws(arguments: list[str]) -> None:
    from tests.support.aws_command import parsed

    call = parsed(arguments)
    for name, value in call.parameters.items():
        if value == "":
            refuse(f"{call.operation}: {name} is empty")
    call.show(_answers(call.operation, call.parameters))


def _answers(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """The answer of AWS, for the calls whose answer is used."""
    if operation == "DescribeStacks":
        known = {"EventTopicArnPrefix": TOPIC_PREFIX, "CallbackApiArn": API_ARN}
        values = {name: f"the-{name}" for name in _names("Outputs")} | known
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in values.items()]
        return {"Stacks": [{"Outputs": outputs}]}
    answers: dict[str, dict[str, Any]] = {
        "ListWebACLs": {"WebACLs": [{"Name": "YOUR-WEB-ACL", "ARN": WEB_ACL_ARN}]},
        "CreateQueue": {"QueueUrl": f"{QUEUE_URLS}{given.get('QueueName')}"},
        "GetQueueAttributes": {
            "Attributes": {"QueueArn": QUEUE_ARNS + given.get("QueueUrl", "").removeprefix(QUEUE_URLS)}
        },
        "GetAlias": {"FunctionVersion": "2"},
        "ListVersionsByFunction": {"Versions": [{"Version": version} for version in ("$LATEST", "1", "2")]},
    }
    return answers.get(operation, {})


def sam(arguments: list[str]) -> None:
    from samcli.cli.main import cli

    given = _parsed(cli, "sam", arguments)
    if unknown := set(given.get("parameter_overrides") or {}) - _names("Parameters"):
        refuse(f"the template has no parameter {', '.join(unknown)}")
    if (function := given.get("function_logical_id")) and function not in _names("Resources"):
        refuse(f"the template has no function {function}")


def make(arguments: list[str]) -> None:
    """The real make says what it would run; that is run by a shell in which every program is a stub."""
    skipped = [word for path in INSTALLED for word in ("-o", path)]
    recipe = _run([os.environ["REAL_MAKE"], "-s", "-n", *skipped, *arguments])
    for line in recipe.splitlines():
        _run([os.environ["REAL_BASH"], "-c", line])


def python(arguments: list[str]) -> None:
    match arguments:
        case ["-c", *_]:
            sys.stdout.write(_run([sys.executable, *arguments]))
        case ["-m", "sandbox", "local-invoke", *words]:
            sam(["local", "invoke", *words])
        case ["-m", "sandbox" | "benchmarks", *_]:
            search = os.pathsep.join(sys.path[:3])
            _run([sys.executable, *arguments, "--help"], env=os.environ | {"PYTHONPATH": search})
        case ["-m", "pytest", *_]:
            pass
        case _:
            refuse(f"nothing is known of python {' '.join(arguments)}")


def mozi_relay(arguments: list[str]) -> None:
    from operate.cli import cli
    from operate.options import PROGRAM

    given = _parsed(cli, PROGRAM, arguments)
    if saved := given.get("save"):
        Path(saved).write_text("{}\n", "utf-8")


def _parsed(group: Any, name: str, arguments: list[str]) -> dict[str, Any]:
    """The options of the innermost command. Raises ClickException for what it would refuse."""
    context = group.make_context(name, list(arguments))
    while hasattr(context.command, "resolve_command"):
        words = [*context.protected_args, *context.args]
        name, command, rest = context.command.resolve_command(context, words)
        context = command.make_context(name, rest, parent=context)
    found: dict[str, Any] = context.params
    return found


def nothing(_: list[str]) -> None:
    """Checks nothing more than the files that are named."""


PROGRAMS: dict[str, Callable[[list[str]], None]]
PROGRAMS = {"aws": aws, "sam": sam, "make": make, "python": python, "python3": python}
PROGRAMS |= {"mozi-relay": mozi_relay, "ruff": nothing, "mypy": nothing}


def _names(section: str) -> set[str]:
    return set(json.loads(Path(sys.argv[1], NAMES).read_text("utf-8"))[section])


def refuse(reason: str) -> None:
    raise SystemExit(reason)


def _run(command: Sequence[str], env: Any = None) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    if done.returncode:
        refuse(f"{command}: {done.stdout}{done.stderr}")
    return done.stdout


def _check_files(arguments: list[str]) -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for one in arguments:
        if one.partition("/")[0] in folders and "/" in one and not Path(one).exists():
            refuse(f"there is no {one}")


def main(folder: str, program: str, arguments: list[str]) -> int:
    status = 0
    try:
        _check_files(arguments)
        PROGRAMS[program](arguments)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 2
        if isinstance(ended.code, str):
            sys.stderr.write(f"{program}: {ended.code}\n")
    except Exception as error:  # noqa: BLE001 - SAM and click have many, and each of them is a refusal
        sys.stderr.write(f"{program}: {type(error).__name__}: {error}\n")
        status = 2
    with Path(folder, "calls").open("a", encoding="utf-8") as calls:
        line = {"program": program, "arguments": arguments, "status": status}
        calls.write(json.dumps(line, ensure_ascii=False) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
