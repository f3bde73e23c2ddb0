"""`mozi-relay register` and `unregister` say what became of each tag, and in the vendor's words."""

import io
import json
from typing import Any

import pytest
from rich.cells import cell_len

from operate.output import WIDTH
from relay import catalog
from relay.api.gateway import Change, ChangeAnswer, ChangeCounts, ChangedTag
from relay.catalog import CATALOG, Kind, slug_of
from tests.support.command_line import Ran, ran
from tests.support.relay_stub import OUTPUTS, RelayStub

LEAVE, TAG = "employee-leave", "MOZI_VDS_TENANT_CHANGE|EMPLOYEE_LEAVE"
BY_SLUG = {kind.slug: kind for kind in CATALOG}
STATIC = ["http://192.0.2.10:8090/callback", "http://192.0.2.11:8090/callback"]
TAKEN = 'not an address of this relay, so left alone; register or unregister it with "takeOver": true'


def tags(change: Change, count: int = len(CATALOG), **facts: str) -> list[ChangedTag]:
    return [changed(kind, change, **facts) for kind in CATALOG[:count]]


def changed(kind: Kind, change: Change, **facts: str) -> ChangedTag:
    return ChangedTag(event_tag=kind.event_tag, slug=kind.slug, change=change, **facts)


def relay(*found: list[ChangedTag]) -> RelayStub:
    return RelayStub(gateway={name: answer(name, *found) for name in ("register", "unregister")})


def answer(action: str, *found: list[ChangedTag]) -> ChangeAnswer:
    every = [tag for some in found for tag in some]
    return ChangeAnswer.model_validate({"action": action, "counts": ChangeCounts(), "tags": every})


def run(stub: RelayStub, *words: str, command: str = "register") -> Ran:
    return ran(command, "--stack", "mozi-relay", *words, connect=stub.stack)


def test_every_tag_is_registered_with_the_stacks_own_address() -> None:
    stub = relay(tags(Change.REGISTERED, 17), tags(Change.UNCHANGED, 1))
    result = run(stub)

    assert (result.status, result.stderr) == (0, "")
    assert stub.requests == [{"action": "register", "takeOver": False, "callbackUrl": OUTPUTS["CallbackUrl"]}]
    assert result.stdout.splitlines()[0] == "18 registrations: 17 registered, 1 unchanged"


@pytest.mark.parametrize("words", [["--tag", LEAVE], ["--tag", TAG], ["--tag", LEAVE, "--tag", "app-update"]])
def test_some_tags_are_named_by_tag_or_slug(words: list[str]) -> None:
    stub = relay(tags(Change.REGISTERED, 1))
    result = run(stub, *words, "--url", "http://192.0.2.10/callback", "--take-over")

    assert result.status == 0
    assert stub.requests[0]["eventTags"] == [TAG, BY_SLUG["app-update"].event_tag][: len(words) // 2]
    assert stub.requests[0]["callbackUrl"] == "http://192.0.2.10/callback"
    assert stub.requests[0]["takeOver"] is True


@pytest.mark.parametrize("command", ["register", "unregister"])
@pytest.mark.parametrize("tag", ["employee-left", "unclassified"])
def test_what_is_no_tag_is_named_without_a_call(command: str, tag: str) -> None:
    stub = relay()
    result = run(stub, "--tag", tag, command=command)

    assert (result.status, stub.requests) == (2, [])
    assert f"'{tag}' is neither an eventTag nor a slug" in result.stderr


@pytest.mark.parametrize("command", ["register", "unregister"])
def test_a_misspelt_tag_is_told_how_one_outside_the_catalogue_is_named(command: str) -> None:
    result = run(relay(), "--tag", "real_time_trace", command=command)

    assert (result.status, "--other-tag" in result.stderr) == (2, True)


@pytest.mark.parametrize("named", ["real_time_trace", catalog.slug_of("real_time_trace")])
@pytest.mark.parametrize("command", ["register", "unregister"])
def test_a_tag_outside_the_catalogue_is_named_as_such(command: str, named: str) -> None:
    other = ChangedTag(event_tag="real_time_trace", slug="x-b", change=Change.FAILED, error="no")
    stub = relay([other])
    words = ["--yes"] if command == "unregister" else []
    result = run(stub, "--other-tag", named, *words, command=command)

    assert stub.requests[0]["otherTags"] == ["real_time_trace"]
    assert "eventTags" not in stub.requests[0]
    assert "  real_time_trace  failed  no" in result.stdout
    assert f"mozi-relay {command} --stack mozi-relay --other-tag real_time_trace" in result.stderr


@pytest.mark.parametrize("tag", [TAG, LEAVE, "", " a", "a\nb", "unclassified"])
def test_what_can_be_no_tag_outside_the_catalogue_is_refused_without_a_call(tag: str) -> None:
    stub = relay()

    assert (run(stub, "--other-tag", tag).status, stub.requests) == (2, [])


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
    stub = relay(tags(Change.REGISTERED))
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
        (
            {"change": Change.FAILED, "error": "callbackUrl only supports ip (code 9999)"},
            "only supports ip",
            True,
        ),
        ({"change": Change.LEFT, "error": "no time was left: do the same again"}, "no time was left", True),
        (
            {"change": Change.TAKEN, "callback_url": "http://h/…", "error": TAKEN},
            "leads to http://h/…",
            False,
        ),
    ],
)
def test_a_tag_that_is_not_registered_is_shown_with_the_reason(
    tag: dict[str, Any], said: str, again: bool
) -> None:
    result = run(relay(tags(Change.REGISTERED, 1), [changed(BY_SLUG[LEAVE], **tag)]), "--tag", LEAVE)

    assert result.status == 1
    (line,) = [line for line in result.stdout.splitlines() if said in line]
    assert line.strip().startswith(LEAVE)
    shown = "mozi-relay register --stack mozi-relay --tag employee-leave" in result.stderr
    assert shown is again


def test_an_updated_address_is_shown_with_the_old_one() -> None:
    result = run(relay(tags(Change.UPDATED, 1, was="http://192.0.2.9/callback/***/x")))

    assert (result.status, "was http://192.0.2.9/callback/***/x" in result.stdout) == (0, True)


def test_the_vendors_chinese_stays_within_the_width_and_commands_no_terminal() -> None:
    error = "回调地址只支持IP地址" * 30 + "\x1b[2J [red]"
    result = run(relay(tags(Change.FAILED, 18, error=error)))

    assert max(map(cell_len, result.stdout.splitlines())) <= WIDTH
    assert "\x1b" not in result.stdout
    assert "[red]" in result.stdout.replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("command", ["register", "unregister"])
def test_a_program_gets_the_functions_answer_alone(command: str) -> None:
    found = tags(Change.FAILED, 1, error="拒绝\x7f\x9b\u202e")
    result = run(relay(found), "--json", *(["--yes"] if command == "unregister" else []), command=command)

    assert (result.status, result.stdout.isascii(), "\x7f" in result.stdout) == (1, True, False)
    assert json.loads(result.stdout) == answer(command, found).payload()


@pytest.mark.parametrize(
    ("error", "status"),
    [("GatewayNotAllowed", 1), ("SecretUnavailable", 1), ("InvalidRequest", 2)],
)
def test_a_function_that_ends_in_an_error_says_why(error: str, status: int) -> None:
    message = "the signature does not match\x1b[2J\x9b\u202e\nAll is well."
    result = run(RelayStub(gateway={"register": {"errorType": error, "errorMessage": message}}))

    assert (result.status, "the signature does not match" in result.stderr) == (status, True)
    (line,) = result.stderr.splitlines()
    assert line.isprintable()


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
        ([], tags(Change.UNREGISTERED, 17) + tags(Change.NOT_REGISTERED, 1), 0),
        ([], tags(Change.UNREGISTERED, 17) + tags(Change.TAKEN, 1, callback_url="http://h/…"), 0),
        (["--tag", LEAVE], tags(Change.TAKEN, 1, callback_url="http://h/…"), 1),
        ([], tags(Change.UNREGISTERED, 17) + tags(Change.LEFT, 1), 1),
        ([], tags(Change.FAILED, 1, error="no"), 1),
    ],
)
def test_what_is_still_registered_with_this_stack_counts_as_left(
    words: list[str], found: list[ChangedTag], status: int
) -> None:
    assert run(relay(found), "--yes", *words, command="unregister").status == status


@pytest.mark.parametrize(
    ("typed", "status", "asked"), [("", 2, 0), ("n\n", 2, 0), ("\n", 2, 0), ("y\n", 0, 1)]
)
def test_nothing_is_unregistered_without_a_yes(
    monkeypatch: pytest.MonkeyPatch, typed: str, status: int, asked: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    stub = relay(tags(Change.UNREGISTERED))
    result = run(stub, command="unregister")

    assert (result.status, len(stub.requests)) == (status, asked)
    assert ("Nothing was" in result.stderr) is (status == 2)
    # What a script that nobody answers lacks.
    assert ("--yes" in result.stderr) is (typed == "")


@pytest.mark.parametrize("name", ["EMPLOYEE_LEAVE", "mozi_vds_tenant_change:employee_leave"])
def test_half_of_a_catalogued_tag_is_registered_by_its_slug_alone(name: str) -> None:
    stub = relay(tags(Change.REGISTERED, 1))
    refused = run(stub, "--other-tag", name)

    assert (refused.status, stub.requests) == (2, [])
    assert f"did you mean {LEAVE} ({TAG})?" in refused.stderr
    assert f"If not, the tag is named {slug_of(name)}" in refused.stderr
    assert run(stub, "--other-tag", slug_of(name)).status == 0
    assert stub.requests[0]["otherTags"] == [name]


def test_of_many_tags_that_may_be_meant_some_are_named() -> None:
    result = run(relay(), "--other-tag", "MOZI_VDS_TENANT_CHANGE")

    assert (result.status, result.stderr.count("MOZI_VDS_TENANT_CHANGE|")) == (2, 3)
    assert " or …?" in result.stderr


def test_half_of_a_catalogued_tag_that_was_registered_is_unregistered() -> None:
    stub = relay(tags(Change.UNREGISTERED, 1))

    assert run(stub, "--other-tag", "EMPLOYEE_LEAVE", "--yes", command="unregister").status == 0
    assert stub.requests[0]["otherTags"] == ["EMPLOYEE_LEAVE"]


@pytest.mark.parametrize("command", ["register", "unregister"])
def test_half_of_a_catalogued_tag_is_not_led_to_the_other_tags(command: str) -> None:
    result = run(relay(), "--tag", "EMPLOYEE_LEAVE", command=command)

    assert (result.status, "--other-tag" in result.stderr) == (2, False)
    assert f"did you mean {LEAVE} ({TAG})?" in result.stderr


def test_an_address_that_is_not_taken_is_not_hinted_at_again() -> None:
    address = "http://localhost:8090/callback"
    result = run(relay(tags(Change.FAILED, error="callbackUrl only supports ip")), "--url", address)

    assert (result.status, address in result.stderr) == (1, False)
    assert "Nothing was registered." in result.stderr
    assert "--url" in result.stderr


def test_what_only_got_another_token_is_on_one_short_line() -> None:
    address = f"http://192.0.2.9/callback/***/{LEAVE}"
    result = run(relay(tags(Change.UPDATED, 1, was=address, callback_url=address)))

    assert result.stdout.splitlines()[1].split() == [CATALOG[0].slug, "updated"]
