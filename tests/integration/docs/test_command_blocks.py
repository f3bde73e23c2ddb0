"""Every block of the pages is run as it is printed, or read by what it is meant for; none is passed over."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import boto3
import pytest

from relay.notices import Notice
from relay.notices.record import read_record
from tests.support import template
from tests.support.blocks import Block, blocks, blocks_in, pages
from tests.support.log_queries import Query, documented_queries
from tests.support.stub_command import API_ARN, QUEUE_ARNS, TOPIC_PREFIX, WEB_ACL_ARN
from tests.support.stub_shell import StubShell, Typed

COMMANDS = {"console", "sh", "bash"}
# A diagram is looked at; tests/pages.py compares it with its translation.
READ = {"python", "json", "text", "mermaid"}
type TypePage = Callable[[str], tuple[Typed, Path]]
ALL = [block for page in pages() for block in blocks(page)]
OUT = "$ out() { aws cloudformation describe-stacks --stack-name mozi-relay \\\n" + (
    "    --query \"Stacks[0].Outputs[?OutputKey=='$1'].OutputValue\" --output text; }\n"
)


def each(*languages: str) -> pytest.MarkDecorator:
    chosen = [block for block in ALL if block.language in languages]
    return pytest.mark.parametrize("block", chosen, ids=lambda block: block.name)


@pytest.fixture
def shell(tmp_path: Path) -> StubShell:
    return StubShell.at(tmp_path)


def commands(found: list[Block]) -> list[Block]:
    return [block for block in found if block.language in COMMANDS]


def faults(typed: Typed) -> list[str]:
    """What went wrong, also inside of `$(…)`, where a shell does not mind."""
    return [*([typed.stderr] if typed.stderr else []), *(str(call) for call in typed.calls if call.status)]


@pytest.fixture(scope="module")
def type_page(tmp_path_factory: pytest.TempPathFactory) -> TypePage:
    """Types a page's commands, once however often it is asked; also gives the folder they ran in."""

    @cache
    def type_page(page: str) -> tuple[Typed, Path]:
        shell = StubShell.at(tmp_path_factory.mktemp("page"))
        return shell.type(commands(blocks(page))), shell.folder

    return type_page


def test_every_block_is_of_a_language_that_is_run_or_read() -> None:
    assert [block.name for block in ALL if block.language not in COMMANDS | READ] == []


@pytest.mark.parametrize("page", [page for page in pages() if commands(blocks(page))])
def test_the_commands_of_a_page_work_one_after_the_other_as_printed(page: str, type_page: TypePage) -> None:
    typed, _ = type_page(page)

    assert faults(typed) == []
    assert typed.finished == [block.name for block in commands(blocks(page))]


@each("json")
def test_what_is_shown_as_json_is_json(block: Block) -> None:
    assert json.loads(block.text)


@each("text")
def test_what_is_shown_as_text_is_a_query_that_other_tests_run(block: Block) -> None:
    assert Query.of(block.text) in documented_queries()


@each("python")
def test_what_is_shown_as_python_runs_and_puts_notices_on_the_queue(
    block: Block, cloud: None, capsys: pytest.CaptureFixture[str]
) -> None:
    url = template.make_queue("NoticeQueue")

    exec(compile(block.text, block.name, "exec"), {"queue_url": url})  # noqa: S102

    (message,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    notices = read_record(message["Body"]).notices
    assert [Notice.model_validate(one.value).message_id for one in notices]
    assert capsys.readouterr().out == ""


SUBSCRIBE = pytest.mark.parametrize("page", ["docs/subscribe.md", "docs/subscribe.zh-CN.md"])


@SUBSCRIBE
@pytest.mark.parametrize("queue", ["leavers", "leavers-undelivered"])
def test_the_subscribers_queues_let_in_the_topic_that_is_subscribed_to_and_nothing_else(
    page: str, queue: str, type_page: TypePage
) -> None:
    _, folder = type_page(page)

    attributes = json.loads((folder / f"{queue}.json").read_text("utf-8"))
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE_ARNS + queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"{TOPIC_PREFIX}employee-leave"}},
    }


@SUBSCRIBE
def test_the_subscription_has_a_dead_letter_queue_of_its_own(page: str, type_page: TypePage) -> None:
    typed, folder = type_page(page)

    (subscribed,) = (call for call in typed.calls if "subscribe" in call.arguments)
    attributes = json.loads((folder / "subscription.json").read_text("utf-8"))
    assert subscribed.option("--notification-endpoint") == f"{QUEUE_ARNS}leavers"
    assert json.loads(attributes["RedrivePolicy"]) == {
        "deadLetterTargetArn": f"{QUEUE_ARNS}leavers-undelivered"
    }


@pytest.mark.parametrize("page", ["docs/deploy.md", "docs/deploy.zh-CN.md"])
def test_the_first_deploy_names_who_may_call_and_a_web_acl_is_put_before_the_api_s_stage(
    page: str, type_page: TypePage
) -> None:
    typed, _ = type_page(page)

    (first, *_) = (call for call in typed.calls if call.arguments[:1] == ["deploy"])
    (associated,) = (call for call in typed.calls if "associate-web-acl" in call.arguments)
    # A placeholder that the parameter's pattern refuses: nobody deploys it by oversight.
    assert "AllowedSourceCidrs=YOUR-GATEWAYS-RANGES" in first.arguments
    pattern = template.TEMPLATE["Parameters"]["AllowedSourceCidrs"]["AllowedPattern"]
    assert not re.fullmatch(pattern, "YOUR-GATEWAYS-RANGES")
    assert (associated.option("--web-acl-arn"), associated.option("--resource-arn")) == (WEB_ACL_ARN, API_ARN)


@pytest.mark.parametrize("page", ["docs/deploy.md", "docs/deploy.zh-CN.md"])
def test_of_each_function_s_versions_only_those_not_in_force_are_removed(
    page: str, type_page: TypePage
) -> None:
    typed, _ = type_page(page)

    removed = [call for call in typed.calls if "delete-function" in call.arguments]
    assert [call.option("--qualifier") for call in removed] == ["1"] * 4
    assert len({call.option("--function-name") for call in removed}) == 4


@pytest.mark.parametrize("page", ["docs/send.md", "docs/send.zh-CN.md"])
def test_the_notice_that_is_sent_by_hand_is_one(page: str, type_page: TypePage) -> None:
    typed, _ = type_page(page)

    (sent,) = (call for call in typed.calls if "send-message" in call.arguments)
    notices = read_record(sent.option("--message-body")).notices
    assert [Notice.model_validate(one.value).message_id for one in notices] == ["leave-2026-0042"]


@pytest.mark.parametrize(
    "text",
    [
        "$ aws sqs get-queue-url --queue-nam leavers\n",
        "$ aws sqs make-queue --queue-name leavers\n",
        '$ aws sqs set-queue-attributes --queue-url u --attributes \'{"Policy": "{\n}"}\'\n',
        '$ aws sqs set-queue-attributes --queue-url u --attributes \'{"Policy": "no JSON"}\'\n',
        "$ aws sqs set-queue-attributes --queue-url u --attributes Policy\n",
        "$ aws sqs set-queue-attributes --queue-url u --attributes file://absent.json\n",
        "$ aws sqs set-queue-attributes --queue-url u --attributes '{\"VisibilityTimeout\": 30}'\n",
        OUT + '$ echo "$(out NoOutput)"\n$ aws sqs get-queue-attributes --queue-url "$(out NoOutput)"\n',
        "$ sam deploy --config-env prod --parameter-overrides EnosUrl=https://enos.example.com\n",
        "$ sam deploy --config-environment prod\n",
        "$ sam deploy --parameter-overrides EnosBaseUrl=https://<the EnOS API gateway>\n",
        "$ make registers\n",
        "$ mozi-relay register --stacks mozi-relay\n",
        "$ mozi-relay send events/absent.csv --stack mozi-relay\n",
        "$ mozi-relay rename --stack mozi-relay\n",
        "$ python -m sandbox down\n",
        "$ python -m pytest tests/absent\n",
        "$ python -c 'import nothing_of_this_name'\n",
        "$ jq . events/notices.jsonl\n",
        "$ cat absent.json\n",
        "make setup first\n",
    ],
)
def test_a_command_that_would_fail_for_its_reader_fails_here(text: str, shell: StubShell) -> None:
    assert faults(shell.type(blocks_in(f"```console\n{text}```\n")))


def test_a_fence_that_is_left_open_is_seen() -> None:
    with pytest.raises(AssertionError):
        blocks_in("```console\n$ make demo\n")


def test_a_block_in_a_list_is_found() -> None:
    (block,) = blocks_in("- First:\n\n  ```console\n  $ make demo\n  ```\n")

    assert (block.line, block.language) == (3, "console")
