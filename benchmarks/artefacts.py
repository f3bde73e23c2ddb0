"""Where the built artefacts are, and stock libraries for the references."""

import compileall
import shutil
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).parent.parent
BUILT = ROOT / ".aws-sam" / "build"
LAYER = BUILT / "RelayLayer" / "python"
_STOCK = ROOT / ".bench"

BOTOCORE = ("botocore", "jmespath", "python-dateutil", "urllib3", "six")
# What the by-the-docs stack imports, besides.
BY_THE_DOCS = (
    *BOTOCORE,
    "boto3",
    "s3transfer",
    "aws-lambda-powertools",
    "aws-xray-sdk",
    "wrapt",
    "pydantic",
    "pydantic-core",
    "annotated-types",
    "typing-extensions",
    "typing-inspection",
)
_TOKEN_ARN = "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:token"
_TOPICS = "arn:aws-cn:sns:cn-north-1:111122223333:relay-event-"
_QUEUES = "https://sqs.cn-north-1.amazonaws.com.cn/111122223333"
# As the template sets it for every function.
_SHARED = {"PYDANTIC_DISABLE_PLUGINS": "__all__", "STACK_NAME": "relay"}
_CALLBACK = {
    "EVENT_TABLE": "events",
    "EVENT_TOPIC_ARN_PREFIX": _TOPICS,
    "PAYLOAD_BUCKET": "payloads",
    "CALLBACK_TOKEN_SECRET_ARN": _TOKEN_ARN,
    "EVENT_RETENTION_DAYS": "90",
}
# Variables as the template sets them, with values that only have to look right.
ENVIRONS = {
    "callback": _SHARED | _CALLBACK,
    "notice": _SHARED
    | {
        "ENOS_BASE_URL": "https://portal.example",
        "ENOS_PRODUCE_PATH": "/app-portal/api/v3/notice-message/produce",
        "ENOS_CREDENTIALS_SECRET_ARN": "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:enos",
        "NOTICE_QUEUE_URL": f"{_QUEUES}/notices",
        "NOTICE_DEAD_LETTER_QUEUE_URL": f"{_QUEUES}/dead",
    },
    "recovery": _SHARED
    | {"EVENT_TABLE": "events", "EVENT_TOPIC_ARN_PREFIX": _TOPICS, "EVENT_RETENTION_DAYS": "90"},
    "gateway": _SHARED
    | {
        "GATEWAY_BASE_URL": "https://gateway.example",
        "GATEWAY_CREDENTIALS_SECRET_ARN": "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:mozi",
        "CALLBACK_TOKEN_SECRET_ARN": _TOKEN_ARN,
    },
    "by-the-docs": _CALLBACK
    | {
        "IDEMPOTENCY_TABLE": "idempotency",
        "POWERTOOLS_SERVICE_NAME": "callback-by-the-docs",
        "POWERTOOLS_METRICS_NAMESPACE": "ByTheDocs",
    },
}


def function(name: str) -> list[Path]:
    """The folders that a deployed function sees: its own, and the layer."""
    return [BUILT / f"{name.capitalize()}Function", LAYER]


def two_clients() -> list[Path]:
    """The folders of a program that has nothing but stock botocore."""
    return [_stock("botocore", BOTOCORE)]


def by_the_docs() -> list[Path]:
    """The folders of the by-the-docs stack, with all of its libraries."""
    folder = _stock("by-the-docs", BY_THE_DOCS)
    package = Path(__file__).parent / "by_the_docs"
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    _compile(folder / package.name)
    return [folder]


def without_byte_code(name: str) -> list[Path]:
    """A function's folders as they would be if nobody had compiled them."""
    folder = _emptied(f"{name}-sources")
    for number, each in enumerate(function(name)):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(each, folder / str(number), ignore=ignored)
    return sorted(folder.iterdir())


def _stock(name: str, distributions: tuple[str, ...]) -> Path:
    """A folder with distributions of this environment as their authors ship them, and with byte-code.

    Byte-code is what the functions have too: without it, every reference would take about twice as long.
    """
    folder = _emptied(name)
    for each in distributions:
        for file in distribution(each).files or ():
            if ".." in file.parts or file.suffix == ".pyc":
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file.locate(), folder / file)
    _compile(folder)
    return folder


def _emptied(name: str) -> Path:
    folder = _STOCK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _compile(folder: Path) -> None:
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
