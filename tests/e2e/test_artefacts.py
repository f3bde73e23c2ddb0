"""What `sam build` makes: all that a function needs, on either architecture, and little else."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import botocore
import pytest

from sandbox.cloud.ministack import STATE
from sandbox.cloud.sam import BUILT, build
from tests.support.started import start
from tests.support.template import REGION, RESOURCES, ROOT, TEMPLATE, of_type, variables

FUNCTIONS = list(of_type("AWS::Serverless::Function"))
LAYER_BYTES = 25_000_000
# Modules that each app loads at its start, by package: what adds to them adds to every cold start.
POWERTOOLS = {"aws_lambda_powertools": 40, "jmespath": 8}
PYDANTIC = {
    "annotated_types": 1, "pydantic": 41, "pydantic_core": 3, "typing_extensions": 1, "typing_inspection": 3,
}  # fmt: skip
BOTOCORE = {"botocore": 74, "dateutil": 11, "six": 2, "urllib3": 28}
LOADED = {
    "CallbackFunction": POWERTOOLS | PYDANTIC | BOTOCORE | {"callback": 8, "relay": 23},
    "NoticeFunction": POWERTOOLS | PYDANTIC | {"botocore": 1, "notice": 30, "relay": 15},
    "RecoveryFunction": POWERTOOLS | PYDANTIC | BOTOCORE | {"pydantic": 42, "recovery": 10, "relay": 17},
    "GatewayFunction": POWERTOOLS | PYDANTIC | {"botocore": 1, "gateway": 10, "relay": 16},
}
# The usual deploy: what a proxy or a private authority takes is loaded where there is one.
NO_WAY_OUT = {"OUTBOUND_PROXY_SECRET_ARN": "", "PORTAL_CA_SECRET_ARN": ""}
# Of Python's own, what takes long to load and no function has a use for.
HEAVY = {
    "asyncio", "ctypes", "curses", "doctest", "http.server", "importlib.metadata", "multiprocessing", "pdb",
    "pydoc", "sqlite3", "tkinter", "unittest", "xmlrpc", "zipfile",
}  # fmt: skip


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artefacts somewhere else, and as of another time."""
    STATE.mkdir(exist_ok=True)
    build(STATE / "artefacts-sam.log")
    place = tmp_path_factory.mktemp("lambda") / "unpacked"
    shutil.copytree(BUILT, place, copy_function=shutil.copyfile)
    for path in place.rglob("*"):
        os.utime(path, (0, 0))
    return place


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def module(function: str) -> str:
    handler: str = RESOURCES[function]["Properties"]["Handler"]
    return handler.rpartition(".")[0]


def environ(function: str) -> dict[str, str]:
    shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own = dict.fromkeys(variables(function), "1") | {"LOG_LEVEL": "INFO"}
    return {"AWS_DEFAULT_REGION": REGION, **shared, **own, **NO_WAY_OUT}


def told_by(program: str, path: list[Path]) -> str:
    done = subprocess.run(
        [os.path.realpath(sys.executable), "-S", "-c", program],
        env={
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "PYTHONPATH": os.pathsep.join(map(str, path)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def folders(function: str, place: Path) -> list[Path]:
    return [place / function, place / "RelayLayer" / "python"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_from_its_artefact_alone_with_byte_code_and_writes_nothing(
    function: str, unpacked: Path
) -> None:
    before = files(unpacked)

    started = start(module(function), folders(function, unpacked), environ(function))

    assert f"{module(function)}" in started.modules
    assert started.compiled == []
    assert files(unpacked) == before


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_start_loads_no_more_than_it_did(function: str, unpacked: Path) -> None:
    """When this fails, it names what came in: load it where it is used, or find that it is worth its time."""
    loaded = start(module(function), folders(function, unpacked), environ(function)).modules
    packages = Counter(name.partition(".")[0] for name in loaded)
    ours = {path.stem for folder in folders(function, unpacked) for path in folder.iterdir()}
    counts = {name: count for name, count in packages.items() if name in ours}

    grown = {name for name, count in counts.items() if count > LOADED[function].get(name, 0)}
    assert {name: [one for one in loaded if one.partition(".")[0] == name] for name in grown} == {}
    assert counts == LOADED[function]
    assert HEAVY & set(loaded) == set()


@pytest.mark.parametrize(
    ("function", "services"),
    [
        ("CallbackFunction", ["dynamodb", "sns"]),
        ("NoticeFunction", []),
        ("RecoveryFunction", ["dynamodb", "sns"]),
        ("GatewayFunction", []),
    ],
)
def test_a_start_builds_the_clients_that_every_request_needs_and_no_other(
    function: str, services: list[str], unpacked: Path
) -> None:
    started = start(module(function), folders(function, unpacked), environ(function))

    assert started.clients == services


@pytest.mark.parametrize("service", ["dynamodb", "s3", "secretsmanager", "sns", "sqs"])
def test_a_client_from_the_layer_knows_all_that_a_stock_one_knows(service: str, unpacked: Path) -> None:
    program = (
        "from relay import aws\n"
        f"client = aws.client({service!r})\n"
        "print(client.meta.endpoint_url, *dir(client), *client.meta.service_model.operation_names)"
    )
    stock = [ROOT / "layers", Path(botocore.__file__).parent.parent]

    told = [told_by(program, path) for path in ([unpacked / "RelayLayer" / "python"], stock)]

    assert told[0] == told[1]
    assert told[0].startswith(f"https://{service}.")


@pytest.mark.parametrize(
    ("use", "told"),
    [
        ("from pydantic.plugin._loader import get_plugins; print(list(get_plugins()))", "[]"),
        (
            "from urllib3.http2 import inject_into_urllib3 as use\n"
            "try: use()\nexcept ImportError as error: print(type(error).__name__)",
            "PackageNotFoundError",
        ),
    ],
)
def test_what_the_layer_loads_late_works_when_it_is_used(use: str, told: str, unpacked: Path) -> None:
    assert told_by(use, [unpacked / "RelayLayer" / "python"]).strip() == told


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_s_artefact_is_its_own_package(function: str, unpacked: Path) -> None:
    package = module(function).partition(".")[0]

    assert [path.name for path in (unpacked / function).iterdir()] == [package]
    assert {path.suffix for path in files(unpacked / function)} == {".py", ".pyc"}


@pytest.mark.parametrize("machine", ["aarch64", "x86_64"])
def test_the_layer_has_what_is_compiled_for_either_architecture(machine: str, unpacked: Path) -> None:
    libraries = [path for path in files(unpacked / "RelayLayer") if path.suffix == ".so"]
    kinds = {path.name.partition(".")[0] for path in libraries}

    assert kinds == {"_pydantic_core"}
    # ELF's e_machine: 62 is x86-64, 183 is AArch64.
    machines = {path: int.from_bytes(path.read_bytes()[18:20], "little") for path in libraries}
    assert [m for path, m in machines.items() if machine in path.name] == [
        {"x86_64": 62, "aarch64": 183}[machine]
    ]


def test_the_layer_holds_nothing_that_no_function_needs(unpacked: Path) -> None:
    site = unpacked / "RelayLayer" / "python"
    names = {path.relative_to(site) for path in files(site)}
    data = {path.parts[2] for path in names if path.parts[:2] == ("botocore", "data") and len(path.parts) > 3}
    infos = {path.parts[1] for path in names if path.parts[0].endswith(".dist-info")}

    assert sum((site / name).stat().st_size for name in names) <= LAYER_BYTES
    assert data == {"dynamodb", "s3", "secretsmanager", "sns", "sqs"}
    assert infos == {"METADATA", "licenses"}
    assert not [name for name in names if name.suffix == ".pyi" or {"tests", "test"} & set(name.parts)]


def test_nothing_in_the_artefacts_tells_where_they_were_built(unpacked: Path) -> None:
    root = str(BUILT.parent.parent).encode()
    compiled = [path for path in files(unpacked) if path.suffix == ".pyc"]

    assert compiled
    assert [path for path in compiled if root in path.read_bytes()] == []
