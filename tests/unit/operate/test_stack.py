"""A stack is found by its name and its functions by its outputs; what is in the way is said in one line."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from rich.console import Console

from operate.errors import NothingDoneError, UnfinishedError
from operate.progress import bar
from operate.stack import stack_of
from relay.api.recovery import Status, StatusAnswer
from tests.support.command_line import ran
from tests.support.relay_stub import standing

OUTPUTS = [{"OutputKey": "RecoveryFunctionName", "OutputValue": "the-recovery"}]


@pytest.fixture
def stubs() -> Iterator[tuple[Stubber, Stubber]]:
    """CloudFormation and Lambda, which answer what they are told to."""
    session: Any = boto3.session.Session("id", "key", region_name="cn-north-1")
    with Stubber(session.client("cloudformation")) as stacks, Stubber(session.client("lambda")) as functions:
        yield stacks, functions


def found(stubs: tuple[Stubber, Stubber]) -> Any:
    clients = {"cloudformation": stubs[0].client, "lambda": stubs[1].client}
    return stack_of("relay", clients.__getitem__)


def described(stubs: tuple[Stubber, Stubber], outputs: list[dict[str, str]]) -> Any:
    stack = {
        "StackName": "relay",
        "CreationTime": 0,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": outputs,
        "Parameters": [{"ParameterKey": "LogLevel", "ParameterValue": "INFO"}],
    }
    stubs[0].add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "relay"})
    return found(stubs)


def test_a_function_is_called_by_the_output_that_names_it(stubs: tuple[Stubber, Stubber]) -> None:
    asked = {"FunctionName": "the-recovery", "Payload": '{"action": "status"}'}
    payload = json.dumps(standing().payload()).encode()
    stubs[1].add_response("invoke", {"Payload": io.BytesIO(payload)}, asked)

    assert described(stubs, OUTPUTS).recovery(Status(), StatusAnswer) == standing()


@pytest.mark.parametrize(
    ("payload", "named"), [({"action": "status"}, "tags, pending, unknown"), (7, "the whole")]
)
def test_an_answer_of_another_release_is_named_by_its_fields(
    stubs: tuple[Stubber, Stubber], payload: object, named: str
) -> None:
    stubs[1].add_response("invoke", {"Payload": io.BytesIO(json.dumps(payload).encode())})

    with pytest.raises(UnfinishedError, match=named):
        described(stubs, OUTPUTS).recovery(Status(), StatusAnswer)


def test_a_stack_is_known_by_its_parameters_too(stubs: tuple[Stubber, Stubber]) -> None:
    assert described(stubs, OUTPUTS).parameters == {"LogLevel": "INFO"}


def test_a_stack_that_does_not_exist_is_named_with_the_region(stubs: tuple[Stubber, Stubber]) -> None:
    stubs[0].add_client_error("describe_stacks", "ValidationError", "Stack with id relay does not exist")

    with pytest.raises(NothingDoneError, match="no stack relay in cn-north-1"):
        found(stubs)


def test_a_stack_of_something_else_is_told_apart(stubs: tuple[Stubber, Stubber]) -> None:
    with pytest.raises(NothingDoneError, match="relay has no output RecoveryFunctionName"):
        described(stubs, []).recovery(Status(), StatusAnswer)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", NothingDoneError),
        ("ExpiredToken", NothingDoneError),
        ("InvalidClientTokenId", NothingDoneError),
        ("Throttling", UnfinishedError),
        ("InternalFailure", UnfinishedError),
    ],
)
def test_what_aws_refuses_is_wrong_and_what_it_cannot_do_just_now_failed(
    stubs: tuple[Stubber, Stubber], code: str, kind: type[Exception]
) -> None:
    stubs[0].add_client_error("describe_stacks", code, "because")

    with pytest.raises(kind, match=f"DescribeStacks: {code}: because"):
        found(stubs)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        ("InvalidRequest", NothingDoneError, "the-recovery does not take this: ids.0: nonsense"),
        ("Unavailable", UnfinishedError, "the-recovery failed: Unavailable: ids.0: nonsense"),
    ],
)
def test_a_function_that_ends_in_an_error_says_which(
    stubs: tuple[Stubber, Stubber], error: str, kind: type[Exception], said: str
) -> None:
    payload = json.dumps({"errorType": error, "errorMessage": "ids.0: nonsense"}).encode()
    stubs[1].add_response("invoke", {"FunctionError": "Unhandled", "Payload": io.BytesIO(payload)})

    with pytest.raises(kind, match=said):
        described(stubs, OUTPUTS).recovery(Status(), StatusAnswer)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that is signed in nowhere."""
    for name in (
        "AWS_PROFILE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--region", "cn-north-1"], "No credentials"),
        ([], "No region"),
        (["--region", "cn-north-1", "--profile", "nobody"], "The config profile (nobody) could not be found"),
    ],
)
def test_without_credentials_or_region_the_way_out_is_said_in_a_line(words: list[str], said: str) -> None:
    result = ran("replay", "--stack", "relay", "--all", *words)

    assert result.status == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (False, False)])
def test_a_bar_shows_how_far_it_is_on_a_terminal_only(terminal: bool, shown: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    with bar("replaying", 10, console) as tell:
        tell(4)
        tell(12)

    assert ("replaying" in out.getvalue()) is shown
    assert ("12/12" in out.getvalue()) is shown
