"""The local cloud runs functions on what they ship, and leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.cloud import ROOT, Cloud, PortTakenError, SandboxError, free_port
from sandbox.launch import bare_interpreter
from sandbox.small_function import small_function
from sandbox.steps import await_count

PS = shutil.which("ps")


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


def test_a_taken_port_is_named_and_so_is_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"port {port} is taken.*--port"), Cloud("test-port", port):
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
    script = f"from sandbox.cloud import Cloud\nwith Cloud('test-alone-3', {port}): input()"
    with started([sys.executable, "-c", script], tmp_path, port) as process:
        process.kill()
        process.communicate(timeout=30)

    assert await_count(lambda: not listens(port), 1, 10, lambda *_: None)


@contextmanager
def started(command: list[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A command whose temporary files lie in `folder`, once its cloud listens on `port`."""
    environ = os.environ | {"TMPDIR": str(folder)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert await_count(lambda: listens(port), 1, 60, lambda *_: None)
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
