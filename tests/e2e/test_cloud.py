"""The local cloud runs functions on what they ship, opens to its key alone, and leaves nothing behind."""

import base64
import gzip
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sandbox.cloud.deploy import small_function
from sandbox.cloud.launch import bare_interpreter
from sandbox.cloud.ministack import REGION, ROOT, Cloud, SandboxError, free_port
from sandbox.demo.scene import await_count
from tests.support.web_page import PAGES, send

PS = shutil.which("ps")
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud("test-alone") as running:
        yield running


def test_a_function_has_no_module_that_its_layer_does_not_ship(cloud: Cloud) -> None:
    modules = ("json", "pydantic", "botocore", "ministack")
    make_functions(cloud, *modules)
    functions = cloud.client("lambda")
    answers = {module: functions.invoke(FunctionName=f"imports-{module}") for module in modules}

    assert json.load(answers.pop("json")["Payload"]) == "imported"
    for module, answer in answers.items():
        assert answer["FunctionError"]
        assert f"No module named '{module}'" in answer["Payload"].read().decode()


@pytest.mark.parametrize("message", ["cursor: is none [of ours]", "two\nlines"])
def test_a_failed_function_says_its_errors_class_as_on_lambda(cloud: Cloud, message: str) -> None:
    name = f"fails-{len(message)}"
    raising = f"raise type('InvalidRequest', (Exception,), {{}})({message!r})"
    small_function(cloud, name, f"def handler(event, context):\n    {raising}\n")
    answer = cloud.client("lambda").invoke(FunctionName=name)

    assert answer["FunctionError"]
    failed = json.load(answer["Payload"])
    assert (failed["errorType"], failed["errorMessage"]) == ("InvalidRequest", message)


@pytest.mark.parametrize("kind", [{}, {"Content-Type": "application/json"}], ids=["no type", "JSON"])
@pytest.mark.parametrize("body", ["离职".encode("gbk"), gzip.compress(b"{}"), "离职".encode()], ids=repr)
def test_an_api_for_binary_types_hands_on_the_bytes(cloud: Cloud, body: bytes, kind: dict[str, str]) -> None:
    name = f"bytes-{hashlib.sha256(body + str(kind).encode()).hexdigest()[:8]}"
    answering = "return {'statusCode': 200, 'body': event['body']} if event['isBase64Encoded'] else {}"
    function = small_function(cloud, name, f"def handler(event, context):\n    {answering}\n")
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    spec = {
        "openapi": "3.0.1",
        "info": {"title": name, "version": "1"},
        "paths": {"/callback": {"post": {"x-amazon-apigateway-integration": proxy}}},
        "x-amazon-apigateway-binary-media-types": ["*/*"],
    }
    api = {"RestApiId": {"Ref": "Api"}}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": spec}},
        "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": api},
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {**api, "DeploymentId": {"Ref": "Deployment"}, "StageName": "s"},
        },
    }
    template = {"Resources": resources, "Outputs": {"Api": {"Value": {"Ref": "Api"}}}}
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    described = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    path = f"/restapis/{described[0]['OutputValue']}/s/_user_request_/callback"
    status, _, answer = send(cloud.url, "POST", path, kind, body)

    assert (status, base64.b64decode(answer)) == (200, body)


def test_the_bare_interpreter_sees_a_layer_only_when_it_is_given_one(tmp_path: Path) -> None:
    python = bare_interpreter(tmp_path)
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "only_in_layer.py").write_text("print('seen')", "utf-8")
    environ = {"PATH": os.defpath, "PYTHONPATH": str(layer)}
    given = f"import sys; sys.path.insert(0, {str(layer)!r}); import only_in_layer"

    without = subprocess.run([python, "-c", "import only_in_layer"], env=environ, capture_output=True)
    pydantic = subprocess.run([python, "-c", "import pydantic"], env=environ, capture_output=True)
    with_layer = subprocess.run([python, "-c", given], env=environ, capture_output=True)

    assert b"ModuleNotFoundError" in without.stderr
    assert b"ModuleNotFoundError" in pydantic.stderr
    assert with_layer.stdout == b"seen\n"


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_web_page_is_refused_although_its_key_is_the_well_known_one(
    cloud: Cloud, page: dict[str, str]
) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    answers = [
        send(cloud.url, "POST", claimed("sqs", "Action=CreateQueue&QueueName=page"), TEXT | page, b"x"),
        send(cloud.url, "GET", claimed("lambda", path="/2015-03-31/functions/"), page),
        send(cloud.url, "POST", "/_ministack/reset", TEXT | page),
        send(cloud.url, "OPTIONS", "/2015-03-31/functions/", asked | page),
    ]

    assert {status for status, _, _ in answers} == {403}
    assert not [name for _, headers, _ in answers for name in headers if name.startswith("access-control")]
    assert cloud.client("sqs").list_queues(QueueNamePrefix="page").get("QueueUrls", []) == []


@pytest.mark.parametrize(
    ("key_id", "secret"),
    [
        ("000000000000", "test"),
        ("test", "test"),
        ("AKIAINVENTEDINVENTED", "invented"),
        ("{id}", "test"),
        ("111122223333", "{secret}"),
    ],
)
def test_another_key_than_that_of_this_start_opens_nothing(cloud: Cloud, key_id: str, secret: str) -> None:
    of_start = {"id": cloud.key.id, "secret": cloud.key.secret}
    given = key_id.format(**of_start), secret.format(**of_start)

    for service, call in [("sqs", "list_queues"), ("s3", "list_buckets"), ("lambda", "list_functions")]:
        with pytest.raises(ClientError) as refused:
            getattr(as_key(cloud, service, *given), call)()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/2015-03-31/functions/"),
        ("POST", "/?Action=CreateQueue&QueueName=page"),
        ("PUT", "/a-bucket"),
        ("POST", "/_ministack/reset"),
        ("POST", "/_ministack/config"),
        ("GET", "/_ministack/ready"),
        ("GET", "/_ministack/lambda-code/imports-json"),
        ("OPTIONS", "/"),
        ("GET", "/restapis/an-api/a-stage/_user_request_/callback"),
        ("POST", "/restapis/an-api/a-stage/_user_request_"),
    ],
)
def test_what_is_not_signed_is_refused(cloud: Cloud, method: str, target: str) -> None:
    cloud.client("sqs").create_queue(QueueName="stays")

    assert send(cloud.url, method, target, {})[0] == 403
    assert len(cloud.client("sqs").list_queues(QueueNamePrefix="stays")["QueueUrls"]) == 1


def test_a_websocket_is_refused(cloud: Cloud) -> None:
    opening = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version": "13",
    }

    assert send(cloud.url, "GET", "/_aws/execute-api/an-api/a-stage", opening)[0] == 403


def test_a_callback_needs_no_key_to_come_as_far_as_the_api(cloud: Cloud) -> None:
    status, _, body = send(cloud.url, "POST", "/restapis/no-api/a-stage/_user_request_/callback", TEXT, b"{}")

    assert (status, json.loads(body)) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_a_link_that_is_signed_in_its_query_opens_nothing(cloud: Cloud, service: str) -> None:
    kind: Any = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
    request: Any = AWSRequest("GET", f"{cloud.url}/2015-03-31/functions/", {}, b"")
    kind(Credentials(cloud.key.id, cloud.key.secret), service, REGION, expires=60).add_auth(request)

    assert send_signed(cloud, request) == 403


CHANGES: dict[str, Callable[[Any], object]] = {
    "method": lambda request: vars(request).update(method="PUT"),
    "path": lambda request: vars(request).update(url=request.url.replace("/?", "/x?")),
    "query": lambda request: vars(request).update(url=f"{request.url}&c=3"),
    "body": lambda request: vars(request).update(data=b"Action=DeleteQueue"),
    "signed header": lambda request: request.headers.replace_header("X-Amz-Target", "other"),
    "date": lambda request: request.headers.replace_header("X-Amz-Date", "now"),
    "signature": lambda request: request.headers.replace_header(
        "Authorization", request.headers["Authorization"][:-1] + "g"
    ),
    "a second key": lambda request: request.headers.replace_header(
        "Authorization",
        request.headers["Authorization"].replace("Credential=", "Credential=000000000000/x, Credential="),
    ),
    "none": lambda request: request.headers.__delitem__("Authorization"),
}


@pytest.mark.parametrize("service", ["sqs", "s3"])
@pytest.mark.parametrize("change", [None, *CHANGES])
def test_what_was_changed_after_it_was_signed_is_refused(
    cloud: Cloud, change: str | None, service: str
) -> None:
    request: Any = AWSRequest(
        "POST", f"{cloud.url}/?b=2&a=%2F", {"X-Amz-Target": "a  b"}, b"Action=ListQueues"
    )
    sign(request, cloud, service)
    if change:
        CHANGES[change](request)

    assert (send_signed(cloud, request) == 403) is bool(change)


@pytest.mark.parametrize(("body", "refused"), [(b"as it was", False), (b"another one", True), (b"", True)])
def test_a_body_whose_digest_was_signed_is_compared_with_it(cloud: Cloud, body: bytes, refused: bool) -> None:
    digest = {"X-Amz-Content-SHA256": hashlib.sha256(b"as it was").hexdigest()}
    request: Any = AWSRequest("POST", f"{cloud.url}/", digest, b"as it was")
    sign(request, cloud, "sqs")
    request.data = body

    assert (send_signed(cloud, request) == 403) is refused


@pytest.mark.parametrize(("minutes", "refused"), [(14, False), (16, True), (-14, False), (-16, True)])
def test_a_signature_is_good_for_a_quarter_of_an_hour(cloud: Cloud, minutes: int, refused: bool) -> None:
    request: Any = AWSRequest("POST", f"{cloud.url}/", {}, b"Action=ListQueues")
    sign(request, cloud, "sqs", datetime.now(UTC) - timedelta(minutes=minutes))

    assert (send_signed(cloud, request) == 403) is refused


def test_the_clouds_own_pages_ask_for_the_key_too(cloud: Cloud) -> None:
    request = AWSRequest("GET", f"{cloud.url}/_ministack/ready")
    SigV4Auth(Credentials(cloud.key.id, cloud.key.secret), "execute-api", REGION).add_auth(request)
    headers = dict(request.headers.items())

    assert send(cloud.url, "GET", "/_ministack/ready", headers)[0] == 200
    assert send(cloud.url, "GET", "/_ministack/health", headers)[0] == 403


def test_a_functions_key_cannot_be_worked_out_from_its_name(cloud: Cloud) -> None:
    code = "import os\ndef handler(event, context): return os.environ['AWS_ACCESS_KEY_ID']"
    arn = small_function(cloud, "tells-its-key", code)
    described = cloud.client("lambda").get_function_configuration(FunctionName=arn)
    key_id = json.load(cloud.client("lambda").invoke(FunctionName=arn)["Payload"])
    digest = hashlib.sha256(f"{arn}:{described['Role']}".encode()).hexdigest()

    assert key_id != f"ASIA{digest[:16].upper()}"
    assert key_id != cloud.key.id


def test_each_start_has_a_key_of_its_own(cloud: Cloud) -> None:
    other = Cloud("test-another")

    assert (other.key.id, other.key.secret) != (cloud.key.id, cloud.key.secret)


def test_a_taken_port_is_named_and_so_is_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SandboxError, match=rf"port {port} is taken.*--port"), Cloud("test-port", port):
            pass


def test_a_missing_interpreter_is_named_and_so_is_the_way_out() -> None:
    with pytest.raises(SandboxError, match="make setup"), Cloud("test-port", python="/nowhere/python"):
        pass


@pytest.mark.skipif(PS is None, reason="there is no ps here")
def test_its_processes_workers_and_files_are_gone_afterwards() -> None:
    with Cloud("test-alone-2") as cloud:
        make_functions(cloud, "json")
        cloud.client("lambda").invoke(FunctionName="imports-json")
        folder = cloud.folder

        assert len(processes(cloud.pid)) == 2
        assert list(folder.glob("ministack-lambda-*"))

    assert processes(cloud.pid) == []
    assert not folder.exists()


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_and_all_that_it_started(
    tmp_path: Path, sign: signal.Signals, code: int
) -> None:
    port = free_port()
    with started([sys.executable, "-m", "sandbox", "up", "--port", str(port)], tmp_path, port) as process:
        process.send_signal(sign)
        process.communicate(timeout=30)

    assert process.returncode == code
    assert not listens(port)
    assert list(tmp_path.iterdir()) == []


def test_the_cloud_ends_even_if_its_starter_is_killed(tmp_path: Path) -> None:
    port = free_port()
    script = f"from sandbox.cloud.ministack import Cloud\nwith Cloud('test-alone-3', {port}): input()"
    with started([sys.executable, "-c", script], tmp_path, port) as process:
        process.kill()
        process.communicate(timeout=30)

    assert await_count(lambda: not listens(port), 1, 10)


def claimed(service: str, query: str = "", path: str = "/") -> str:
    """A target that claims to be signed by the account's root, as a page can write it without a script."""
    now = datetime.now(UTC)
    signed = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"000000000000/{now:%Y%m%d}/{REGION}/{service}/aws4_request",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "0" * 64,
    }
    return f"{path}?{'&'.join([query, *(f'{name}={quote(value)}' for name, value in signed.items())])}"


def as_key(cloud: Cloud, service: str, key_id: str, secret: str) -> Any:
    session: Any = boto3.session.Session(key_id, secret, region_name=REGION)
    return session.client(service, endpoint_url=cloud.url)


def sign(request: Any, cloud: Cloud, service: str, at: datetime | None = None) -> None:
    """Sign a request with the cloud's key, as of now or of a time."""
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    signer: Any = kind(Credentials(cloud.key.id, cloud.key.secret), service, REGION)
    signer.add_auth(request)
    if at:
        request.context["timestamp"] = f"{at:%Y%m%dT%H%M%SZ}"
        request.headers.replace_header("X-Amz-Date", request.context["timestamp"])
        del request.headers["Authorization"]
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signer._inject_signature_to_request(request, signer.signature(text, request))


def send_signed(cloud: Cloud, request: Any) -> int:
    """The status of the answer to a request as it now is."""
    return send(
        cloud.url,
        request.method,
        request.url.removeprefix(cloud.url),
        dict(request.headers.items()),
        request.data,
    )[0]


@contextmanager
def started(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A command whose temporary files lie in `folder`, once its cloud listens on `port`."""
    environ = os.environ | {"TMPDIR": str(folder)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert await_count(lambda: listens(port), 1, 60)
            yield process
        finally:
            process.kill()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes(group: int) -> list[str]:
    """What runs in a process group; what has ended and waits to be collected left out."""
    lines = subprocess.run([PS or "", "axo", "pgid=,stat=,args="], capture_output=True, text=True).stdout
    split = [line.split(None, 2) for line in lines.splitlines()]
    return [args for pgid, stat, args in split if pgid == str(group) and "Z" not in stat]


def make_functions(cloud: Cloud, *modules: str) -> None:
    """A function `imports-{module}` without a layer for each module."""
    for module in modules:
        code = f"import {module}\ndef handler(event, context): return 'imported'"
        small_function(cloud, f"imports-{module}", code)
