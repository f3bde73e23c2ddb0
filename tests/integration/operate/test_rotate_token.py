"""`mozi-relay rotate-token` moves every registration to a new token; whatever cuts it short, it goes on."""

import io
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from operate.rotate_token.command import REPEATS
from operate.stack import Stack
from relay import catalog
from relay.api.gateway import FailedAnswer, FailedCounts, FailedRow, Register, read_request
from sandbox.vendors.gateway import Gateway
from sandbox.vendors.loopback import Answer, Loopback, Request
from tests.support import template
from tests.support.command_line import Ran, ran
from tests.support.invocations import started
from tests.support.relay_stub import RelayStub, listed

OLD = "theOldTokenOfTheTests"
KEYS = {"apiKey": "theApiKeyOfTheTests", "secretKey": "theSecretKeyOfTheTests"}
SLUGS, OTHER_TAG = ("employee-leave", "app-update"), "real_time_trace"
OUTDATED = {slug.replace("-", "_"): "outdated" for slug in SLUGS}


class Callback(Loopback):
    """Where the gateway shakes hands: lets in the tokens of the secret."""

    secret: Callable[[], dict[str, Any]]
    refused = 0

    def answer(self, request: Request) -> Answer:
        token = request.path.split("/")[2]
        known = token in [self.secret().get(name) for name in ("current", "previous")]
        self.refused += not known
        return Answer(200, {"errcode": "0", "errmsg": "成功"}) if known else Answer(403, {"errcode": "403"})


@dataclass
class Client:
    """A client whose calls the test sees; each may be cut before or after it is made."""

    client: Any
    world: "World"

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            self.world.calls += 1
            number = self.world.calls
            if found := self.world.before.get(number):
                found()
            answer = getattr(self.client, name)(**given)
            if found := self.world.after.get(number):
                found()
            if name == "get_secret_value":
                answer["CreatedDate"] -= self.world.ages.get(answer["VersionId"], timedelta())
            return answer

        return call


@dataclass
class CurrentSecrets:
    """Reads what is current, as Secrets Manager does; moto reads what was put last."""

    client: Any = field(default_factory=lambda: boto3.client("secretsmanager"))

    def get_secret_value(self, **given: Any) -> Any:
        return self.client.get_secret_value(**given, VersionStage="AWSCURRENT")


@dataclass
class Functions:
    """The gateway function as a Lambda client shows it."""

    actions: Any

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "the-gateway"
        answer = self.actions.perform(read_request(json.loads(Payload)), lambda: 300.0)
        return {"Payload": io.BytesIO(json.dumps(answer.payload()).encode())}


@dataclass
class World:
    """A relay with its secret, the gateway and what is registered there; counts the command's calls."""

    arn: str
    base: str
    functions: Any
    gateway: Gateway
    calls: int = 0
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    after: dict[int, Callable[[], None]] = field(default_factory=dict)
    ages: dict[str, timedelta] = field(default_factory=dict)
    said: str = ""

    @property
    def secrets(self) -> Any:
        return boto3.client("secretsmanager")

    def run(self, *words: str) -> Ran:
        outputs = {
            "CallbackTokenSecretArn": self.arn,
            "GatewayFunctionName": "the-gateway",
            "CallbackUrl": self.base,
        }
        clients = {
            "secretsmanager": Client(self.secrets, self),
            "lambda": Client(self.functions, self),
        }
        stack = Stack("relay", outputs, clients.__getitem__)
        result = ran("rotate-token", "--stack", "relay", *words, connect=lambda *_: stack)
        self.said += result.stdout + result.stderr
        return result

    def put(self, text: str) -> None:
        self.secrets.put_secret_value(SecretId=self.arn, SecretString=text)

    def secret(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.secrets.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")["SecretString"]
        )
        return found

    def versions(self) -> list[str]:
        found = self.secrets.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)["Versions"]
        return [one["VersionId"] for one in found]

    def wait(self, time: timedelta) -> None:
        """Let every version that there is grow older by so much."""
        self.ages = {one: self.ages.get(one, timedelta()) + time for one in self.versions()}

    def tokens(self) -> set[str]:
        """Every token that the secret ever held as the current one."""
        texts = [
            self.secrets.get_secret_value(SecretId=self.arn, VersionId=one)["SecretString"]
            for one in self.versions()
        ]
        return {json.loads(text)["current"] for text in texts}

    def registered(self) -> dict[str, str]:
        """The token of each registration, by the end of its address."""
        parts = [define.url.rsplit("/", 2) for define in self.gateway.defines.values()]
        return {slug: token for _, token, slug in parts}

    def is_well(self) -> bool:
        """Whether every registration's token is let in, and none was ever shown."""
        held = self.secret()
        let_in = {held["current"], held.get("previous")}
        shown = [one for one in self.tokens() if one in self.said]
        return set(self.registered().values()) <= let_in and not shown


@pytest.fixture
def world(cloud: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    token = json.dumps({"previous": "", "current": OLD})
    named = {
        "CALLBACK_TOKEN_SECRET_ARN": template.make_secret("token", token),
        "GATEWAY_CREDENTIALS_SECRET_ARN": template.make_secret("gateway", json.dumps(KEYS)),
    }
    with (
        Gateway(api_key=KEYS["apiKey"], secret_key=KEYS["secretKey"], scale=1e-6) as gateway,
        Callback() as callback,
    ):
        started("gateway", {"GATEWAY_BASE_URL": gateway.url, **named}, monkeypatch)
        app = import_module("gateway.app")
        functions = Functions(app.build(app.settings, client=lambda _: CurrentSecrets()))
        world = World(named["CALLBACK_TOKEN_SECRET_ARN"], f"{callback.url}/callback", functions, gateway)
        callback.secret = world.secret
        tags = tuple(str(catalog.tag_of(slug)) for slug in SLUGS)
        request = Register(callback_url=world.base, event_tags=tags, other_tags=(OTHER_TAG,))
        functions.actions.perform(request, lambda: 300.0)
        assert set(world.registered().values()) == {OLD}
        yield world
        assert callback.refused == 0


def broken() -> None:
    raise EndpointConnectionError(endpoint_url="https://aws")


def interrupted() -> None:
    raise KeyboardInterrupt


def refused() -> None:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutSecretValue")


def test_what_is_registered_here_leads_here_by_the_new_token_and_nothing_else_is_registered(
    world: World,
) -> None:
    result = world.run()
    secret = world.secret()

    assert result.status == 0
    assert secret["previous"] == OLD
    assert set(secret) == {"current", "previous"}
    assert world.registered() == dict.fromkeys([*SLUGS, catalog.slug_of(OTHER_TAG)], secret["current"])
    assert "3 registrations lead here by the new token" in result.stderr
    assert "mozi-relay rotate-token --stack relay --finish" in result.stderr
    assert world.is_well()


def test_called_again_it_goes_on_with_the_same_two_tokens(world: World) -> None:
    world.run()
    secret = world.secret()
    result = world.run()

    assert (result.status, world.secret(), len(world.tokens())) == (0, secret, 2)
    assert "3 registrations lead here by the new token" in result.stderr


def test_what_else_is_in_the_secret_stays_as_it_is(world: World) -> None:
    world.put(json.dumps({"current": OLD, "capture": True, "more": [1]}))
    world.run()
    assert {name: world.secret()[name] for name in ("capture", "more")} == {"capture": True, "more": [1]}

    world.run("--finish", "--force")
    assert (world.secret()["capture"], world.secret()["previous"]) == (True, "")


def test_a_program_gets_what_became_of_each_tag_and_no_token(world: World) -> None:
    told = json.loads(world.run("--json").stdout)

    assert {tag["slug"] for tag in told["tags"] if tag["change"] == "updated"} == set(world.registered())
    assert (told["left"], world.is_well()) == ([], True)


@pytest.mark.parametrize("cut", [broken, interrupted])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 8))
def test_cut_at_any_call_it_is_well_and_goes_on_to_the_end_with_no_third_token(
    world: World, number: int, when: str, cut: Callable[[], None]
) -> None:
    getattr(world, when)[number] = cut
    result = world.run()
    assert (result.status, world.calls) == (130 if cut is interrupted else 1, number)
    assert world.is_well()

    assert world.run().status == 0
    assert len(world.tokens()) == 2
    assert world.secret()["previous"] == OLD
    assert set(world.registered().values()) == {world.secret()["current"]}
    assert world.is_well()


@pytest.mark.parametrize(("number", "cut"), [(6, broken), (6, interrupted), (7, broken)])
def test_what_is_shown_when_it_is_cut_short_runs_as_printed(
    world: World, number: int, cut: Callable[[], None]
) -> None:
    world.before[number] = cut
    shown = shlex.split(world.run("--json").stderr.splitlines()[-1])
    assert shown == ["mozi-relay", "rotate-token", "--stack", "relay", "--json"]

    last = shlex.split(world.run(*shown[4:]).stderr.splitlines()[-1])
    assert (last[:4], set(last[4:])) == (shown[:4], {"--finish", "--json"})
    assert world.run(*last[4:]).status == 2


@pytest.mark.parametrize("number", range(1, 9))
def test_cut_twice_it_goes_on_all_the_same(world: World, number: int) -> None:
    # The second time it goes on with a secret that was rotated, and nothing moved.
    world.before[6] = broken
    world.run()
    world.before = {6 + number: broken}
    world.run()
    world.before = {}

    assert (world.run().status, len(world.tokens())) == (0, 2)
    assert set(world.registered().values()) == {world.secret()["current"]}


def test_a_rotation_takes_seven_calls(world: World) -> None:
    world.run()

    assert world.calls == 7


@pytest.mark.parametrize("number", range(2, 8))
def test_a_second_operator_at_any_moment_makes_no_third_token(world: World, number: int) -> None:
    def another() -> None:
        world.before = {}
        assert world.run().status == 0

    world.before[number] = another
    result = world.run()

    assert (result.status, len(world.tokens())) == (0, 2)
    assert set(world.registered().values()) == {world.secret()["current"]}
    assert world.is_well()


@pytest.mark.parametrize("number", [2, 3])
def test_where_something_is_not_allowed_nothing_is_done(world: World, number: int) -> None:
    world.before[number] = refused
    result = world.run()

    assert (result.status, world.secret()["current"], len(world.tokens())) == (2, OLD, 1)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"current": "short"}', "current has 5 characters, and a token has 16 to 128"),
        (json.dumps({"current": "a/" * 10}), "current has a character other than letters"),
        (json.dumps({"current": OLD, "previous": "old"}), "previous has 3 characters"),
        ("{}", "current Field required"),
        ("no JSON", "not JSON"),
    ],
)
def test_a_token_that_could_never_work_is_refused_by_name_and_not_shown(
    world: World, text: str, named: str
) -> None:
    world.put(text)
    result = world.run()

    assert (result.status, named in result.stderr) == (2, True)
    assert not any(word in result.stderr for word in ("short", "a/a/", OLD))


def test_a_registration_that_cannot_be_moved_is_named_and_the_command_goes_on_with_it(world: World) -> None:
    stub = RelayStub(gateway={"list": listed(**OUTDATED), "update": changed("failed")})
    world.functions = stub
    result = world.run()

    assert result.status == 1
    assert "employee-leave, app-update" in result.stderr
    assert "mozi-relay rotate-token --stack relay" in result.stderr
    assert [request["action"] for request in stub.requests] == ["list", "update", "list"]


def changed(change: str) -> dict[str, Any]:
    tags = [{"eventTag": catalog.tag_of(slug), "slug": slug, "change": change} for slug in SLUGS]
    return {"action": "update", "counts": {}, "tags": tags}


def failed(*rows: FailedRow) -> FailedAnswer:
    counts = FailedCounts(failed=len(rows), unreadable=0)
    return FailedAnswer(action="failed", counts=counts, rows=list(rows), left=0)


def rotated(world: World, *, older: timedelta = REPEATS) -> RelayStub:
    """A gateway that is told what to say, of a relay whose token was rotated so long ago."""
    world.run()
    world.wait(older)
    stub = RelayStub(gateway={"list": listed(), "failed": failed()})
    world.functions = stub
    return stub


@pytest.mark.parametrize("early", [0, 60])
def test_the_old_token_is_dropped_once_the_gateway_repeats_nothing_to_its_address(
    world: World, early: int
) -> None:
    rotated(world, older=REPEATS - timedelta(seconds=early))
    result = world.run("--finish")

    assert result.status == (2 if early else 0)
    assert world.secret()["previous"] == (OLD if early else "")
    assert ("may repeat deliveries to the old address until" in result.stderr) is bool(early)
    assert len(world.tokens()) == 2
    assert world.is_well() or early == 0


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"list": listed(app_update="outdated")}, "1 registration leads here by the old token"),
        (
            {"failed": failed(FailedRow(id="1", state="outdated", callback_url="http://h/callback/***/x"))},
            "1 failed callback by the old address",
        ),
        ({"failed": failed(FailedRow(id="1", callback_url="http://h/callback/***/x"))}, "1 failed callback"),
        ({"failed": failed(FailedRow(id="1", state="other"))}, "1 failed callback by the old address"),
        ({"list": {"errorType": "GatewayUnavailable"}}, "the gateway cannot be asked"),
    ],
)
def test_the_old_token_stays_while_something_may_use_it_unless_it_is_forced(
    world: World, answers: dict[str, Any], said: str
) -> None:
    rotated(world).gateway |= answers
    result = world.run("--finish")
    assert (result.status, said in result.stderr, world.secret()["previous"]) == (2, True, OLD)

    result = world.run("--finish", "--force")
    assert (result.status, said in result.stderr, world.secret()["previous"]) == (0, True, "")


def test_what_is_registered_here_under_an_unknown_tag_may_hold_the_old_token(world: World) -> None:
    row = {"tag": "?", "url": f"{world.base}/***"}
    found = listed().model_copy(update={"unknown": [row, {"url": "http://elsewhere/callback/***"}]})
    rotated(world).gateway["list"] = found

    result = world.run("--finish")
    assert (result.status, "1 registration leads here under a tag" in result.stderr) == (2, True)


def test_a_failed_callback_by_the_new_address_or_somebody_elses_holds_nothing_up(world: World) -> None:
    rows = [FailedRow(id="1", state=state, callback_url="http://h/…") for state in ("current", "other")]
    rotated(world).gateway["failed"] = failed(*rows)

    assert world.run("--finish").status == 0


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_finish_that_is_cut_short_goes_on(world: World, when: str, number: int) -> None:
    rotated(world)
    getattr(world, when)[world.calls + number] = interrupted
    world.run("--finish")

    assert world.run("--finish").status == 0
    assert (world.secret()["previous"], len(world.tokens())) == ("", 2)


def test_a_second_finish_has_nothing_to_do(world: World) -> None:
    rotated(world)
    world.run("--finish")
    result = world.run("--finish", "--json")

    assert (result.status, json.loads(result.stdout)) == (0, {"dropped": False})


def test_after_an_interruption_the_old_address_counts_from_when_the_last_registration_left_it(
    world: World,
) -> None:
    world.before[6] = broken
    world.run()
    world.wait(REPEATS)
    world.before = {}
    world.run()

    assert world.run("--finish").status == 2
    world.wait(REPEATS)
    assert world.run("--finish").status == 0


def test_a_next_rotation_makes_a_next_token(world: World) -> None:
    rotated(world)
    world.run("--finish")
    first = world.secret()["current"]
    world.functions = RelayStub(gateway={"list": listed(), "update": changed("updated")})

    assert world.run().status == 0
    assert world.secret()["previous"] == first
    assert len(world.tokens()) == 3


def test_to_force_is_about_the_end_alone(world: World) -> None:
    assert (world.run("--force").status, world.calls) == (2, 0)
