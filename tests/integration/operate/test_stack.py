"""A call of a function is made once, however it ends, and waited for longer than the function may work."""

from dataclasses import dataclass, field

import pytest

from operate.errors import UnfinishedError
from operate.stack import find_stack
from relay.api.recovery import Sweep, SweepAnswer
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support.template import RESOURCES

DESCRIBED = """<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
<StackName>relay</StackName><Outputs><member><OutputKey>RecoveryFunctionName</OutputKey><OutputValue>the-recovery</OutputValue></member></Outputs></member>
</Stacks></DescribeStacksResult></DescribeStacksResponse>"""


@dataclass(frozen=True)
class Text(Answer):
    """An answer whose body is no JSON."""

    def encoded(self) -> bytes:
        return str(self.body).encode()


@dataclass
class Aws(Loopback):
    """Knows the stack, and answers an invocation as it is told to."""

    invoked: Answer
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def answer(self, request: Request) -> Answer:
        if request.path == "/":
            return Text(200, DESCRIBED)
        self.calls.append(request.path)
        return self.invoked


@pytest.mark.parametrize(
    "invoked",
    [
        Answer(200, {"counts": {}, "padding": "x" * 1000}, cut=True),
        Answer(500, {"message": "internal"}),
        Answer(429, {"message": "slow down"}),
    ],
    ids=["cut", "broken", "throttled"],
)
def test_an_invocation_that_goes_wrong_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, cloud: None, invoked: Answer
) -> None:
    with Aws(invoked) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        stack = find_stack("relay", None, None)
        with pytest.raises(UnfinishedError):
            stack.recovery(Sweep(), SweepAnswer)

    assert aws.calls == ["/2015-03-31/functions/the-recovery/invocations"]


def test_an_answer_is_waited_for_longer_than_the_function_may_work(
    monkeypatch: pytest.MonkeyPatch, cloud: None
) -> None:
    with Aws(Answer(200, {})) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        functions = find_stack("relay", None, None).client("lambda")

    assert functions.meta.config.read_timeout > RESOURCES["RecoveryFunction"]["Properties"]["Timeout"]


def test_aws_out_of_reach_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch, cloud: None) -> None:
    with Aws(Answer(200, {})) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    with pytest.raises(UnfinishedError, match="AWS cannot be reached"):
        find_stack("relay", None, None)
