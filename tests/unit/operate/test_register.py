"""`python -m operate register` and `unregister` say what became of each tag, and in the vendor's words."""

import io
import json
from typing import Any

import pytest
from rich.cells import cell_len

from operate.commands import cli
from operate.page import WIDTH
from relay.catalog import CATALOG
from tests.support.command_line import Ran, ran
from tests.support.relay_stub import OUTPUTS, RelayStub
from tests.support.template import ROOT

SLUGS = [kind.slug for kind in CATALOG]
LEAVE, TAG = "employee-leave", "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"
STATIC = ["http://192.0.2.10:8090/callback", "http://192.0.2.11:8090/callback"]
TAKEN = 'not an address of this relay, so left alone; register or unregister it with "takeOver": true'


def tags(change: str, count: int = len(SLUGS), **facts: str) -> list[dict[str, str]]:
    return [{"slug": slug, "change": change, **facts} for slug in SLUGS[:count]]


def relay(*found: list[dict[str, str]]) -> RelayStub:
    answer = {"tags": [tag for some in found for tag in some]}
    return RelayStub(gateway={"register": answer, "unregister": answer})


def run(stub: RelayStub, *words: str, command: str = "register") -> Ran:
    return ran(command, "--stack", "mozi-relay", *words, connect=stub.stack)


def test_every_tag_is_registered_with_the_stacks_own_address() -> None:
    stub = relay(tags("registered", 17), tags("unchanged", 1))
    result = run(stub)

    assert (result.status, result.stderr) == (0, "")
    assert stub.requests == [{"action": "register", "takeOver": False, "callbackUrl": OUTPUTS["CallbackUrl"]}]
    assert result.stdout.splitlines()[0] == "18 registrations: 17 registered, 1 unchanged"


@pytest.mark.parametrize("words", [["--tag", LEAVE], ["--tag", TAG], ["--tag", LEAVE, "--tag", "app-update"]])
def test_some_tags_are_named_by_tag_or_slug(words: list[str]) -> None:
    stub = relay(tags("registered", 1))
    result = run(stub, *words, "--url", "http://192.0.2.10/callback", "--take-over")

    assert result.status == 0
    assert stub.requests[0]["eventTags"] == [LEAVE, "app-update"][: len(words) // 2]
    assert stub.requests[0]["callbackUrl"] == "http://192.0.2.10/callback"
    assert stub.requests[0]["takeOver"] is True


@pytest.mark.parametrize("command", ["register", "unregister"])
@pytest.mark.parametrize("tag", ["employee-left", "unclassified"])
def test_what_is_no_tag_is_named_without_a_call(command: str, tag: str) -> None:
    stub = relay()
    result = run(stub, "--tag", tag, command=command)

    assert (result.status, stub.requests) == (2, [])
    assert f"'{tag}' is neither an eventTag nor a slug" in result.stderr


@pytest.mark.parametrize(
    "url",
    ["", "192.0.2.10/callback", "ftp://192.0.2.10/callback", "http://192.0.2.10/callback?x=1",
     "http://192.0.2.10/callback/token"],
)  # fmt: skip
def test_what_is_no_callback_address_is_refused_without_a_call(url: str) -> None:
    """The function would refuse it too, but with an error, and so an alarm."""
    stub = relay()

    result = run(stub, "--url", url)

    assert result.status == 2
    assert "--url" in result.stderr
    assert stub.requests == []


def test_of_several_addresses_a_person_chooses() -> None:
    stub = relay(tags("registered"))
    stub.outputs["StaticCallbackUrls"] = ",".join(STATIC)

    result = run(stub)
    assert (result.status, stub.requests) == (2, [])
    assert [line.strip() for line in result.stderr.splitlines()[1:]] == [*STATIC, OUTPUTS["CallbackUrl"]]
    assert "--url" in result.stderr

    assert run(stub, "--url", STATIC[1]).status == 0
    assert stub.requests[0]["callbackUrl"] == STATIC[1]


@pytest.mark.parametrize(
    ("tag", "said", "again"),
    [
        ({"change": "failed", "error": "callbackUrl only supports ip (code 9999)"}, "only supports ip", True),
        ({"change": "left", "error": "no time was left: do the same again"}, "no time was left", True),
        ({"change": "taken", "callbackUrl": "http://h/…", "error": TAKEN}, "leads to http://h/…", False),
    ],
)
def test_a_tag_that_is_not_registered_is_shown_with_the_reason(
    tag: dict[str, str], said: str, again: bool
) -> None:
    result = run(relay(tags("registered", 1), [{"slug": LEAVE, **tag}]), "--tag", LEAVE)

    assert result.status == 1
    (line,) = [line for line in result.stdout.splitlines() if said in line]
    assert line.strip().startswith(LEAVE)
    told = "python -m operate register --stack mozi-relay --tag employee-leave" in result.stderr
    assert told is again


def test_an_updated_address_is_shown_with_the_old_one() -> None:
    result = run(relay(tags("updated", 1, was="http://192.0.2.9/callback/***/x")))

    assert (result.status, "was http://192.0.2.9/callback/***/x" in result.stdout) == (0, True)


def test_the_vendors_chinese_stays_within_the_width_and_commands_no_terminal() -> None:
    error = "回调地址只支持IP地址" * 30 + "\x1b[2J [red]"
    result = run(relay(tags("failed", 18, error=error)))

    assert max(map(cell_len, result.stdout.splitlines())) <= WIDTH
    assert "\x1b" not in result.stdout
    assert "[red]" in result.stdout.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("command", ["register", "unregister"])
def test_a_program_gets_the_functions_answer_alone(command: str) -> None:
    stub = relay(tags("failed", 1, error="拒绝"))
    result = run(stub, "--json", *(["--yes"] if command == "unregister" else []), command=command)

    assert result.status == 1
    assert json.loads(result.stdout) == stub.gateway[command]


@pytest.mark.parametrize(
    ("error", "status"),
    [("GatewayNotAllowed", 1), ("SecretUnavailable", 1), ("InvalidRequest", 2)],
)
def test_a_function_that_ends_in_an_error_says_why(error: str, status: int) -> None:
    told: Any = {"errorType": error, "errorMessage": "the signature does not match"}
    result = run(RelayStub(gateway={"register": told}))

    assert (result.status, "the signature does not match" in result.stderr) == (status, True)


def test_an_interrupted_call_is_said_to_go_on() -> None:
    class Interrupted(RelayStub):
        def invoke(self, **_: Any) -> Any:
            raise KeyboardInterrupt

    result = run(Interrupted())

    assert (result.status, result.stdout) == (130, "")
    assert "goes on" in result.stderr


@pytest.mark.parametrize(
    ("words", "found", "status"),
    [
        ([], tags("unregistered", 17) + tags("notRegistered", 1), 0),
        ([], tags("unregistered", 17) + tags("taken", 1, callbackUrl="http://h/…"), 0),
        (["--tag", LEAVE], tags("taken", 1, callbackUrl="http://h/…"), 1),
        ([], tags("unregistered", 17) + tags("left", 1), 1),
        ([], tags("failed", 1, error="no"), 1),
    ],
)
def test_what_is_still_registered_with_this_stack_counts_as_left(
    words: list[str], found: list[dict[str, str]], status: int
) -> None:
    assert run(relay(found), "--yes", *words, command="unregister").status == status


@pytest.mark.parametrize(
    ("typed", "status", "asked"), [("", 2, 0), ("n\n", 2, 0), ("\n", 2, 0), ("y\n", 0, 1)]
)
def test_nothing_is_unregistered_without_a_yes(
    monkeypatch: pytest.MonkeyPatch, typed: str, status: int, asked: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    stub = relay(tags("unregistered"))
    result = run(stub, command="unregister")

    assert (result.status, len(stub.requests)) == (status, asked)
    assert ("Nothing was unregistered." in result.stderr) is (status == 2)


@pytest.mark.parametrize("name", ["register", "failed", "status"])
def test_make_has_a_target_for_the_command(name: str) -> None:
    assert name in cli.commands
    assert f"\n\t@python -m operate {name} $(ARGS)\n" in (ROOT / "Makefile").read_text()
