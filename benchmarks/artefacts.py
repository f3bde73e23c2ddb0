"""Where the built artefacts are, what functions read, and stock libraries for the references."""

import compileall
import shutil
from importlib.metadata import distribution
from pathlib import Path
from py_compile import PycInvalidationMode

ROOT = Path(__file__).parent.parent
BUILT = ROOT / ".aws-sam" / "build"
LAYER = BUILT / "RelayLayer" / "python"
STOCK = ROOT / ".bench"

BOTOCORE = "botocore jmespath python-dateutil urllib3 six"
# What the by-the-docs stack imports, besides.
POWERTOOLS = (
    "boto3 s3transfer aws-lambda-powertools aws-xray-sdk wrapt pydantic pydantic-core annotated-types "
    "typing-extensions typing-inspection"
)
_ARN = "arn:aws-cn:{}:cn-north-1:111122223333:{}"
# Variables as the template sets them, with values that only have to look right.
_SHARED = {"PYDANTIC_DISABLE_PLUGINS": "__all__", "STACK_NAME": "relay"}
_CALLBACK = {
    **_SHARED,
    "EVENT_TABLE": "events",
    "EVENT_TOPIC_ARN_PREFIX": _ARN.format("sns", "relay-event-"),
    "PAYLOAD_BUCKET": "payloads",
    "CALLBACK_TOKEN_SECRET_ARN": _ARN.format("secretsmanager", "secret:token"),
    "EVENT_RETENTION_DAYS": "90",
}
ENVIRONS = {
    "callback": _CALLBACK,
    "notice": {
        **_SHARED,
        "ENOS_BASE_URL": "https://portal.example",
        "ENOS_PRODUCE_PATH": "/app-portal/api/v3/notice-message/produce",
        "ENOS_CREDENTIALS_SECRET_ARN": _ARN.format("secretsmanager", "secret:enos"),
        "NOTICE_QUEUE_URL": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/notices",
        "NOTICE_DEAD_LETTER_QUEUE_URL": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/dead",
        "NOTICE_OUTCOME_TOPIC_ARN": _ARN.format("sns", "relay-notice-outcome"),
    },
    "by-the-docs": {
        **_CALLBACK,
        "IDEMPOTENCY_TABLE": "idempotency",
        "POWERTOOLS_SERVICE_NAME": "callback-by-the-docs",
        "POWERTOOLS_METRICS_NAMESPACE": "ByTheDocs",
    },
}


def function(name: str) -> list[Path]:
    """Returns the folders that a deployed function sees: its own, and the layer."""
    return [BUILT / f"{name.capitalize()}Function", LAYER]


def two_clients() -> list[Path]:
    """Returns the folder of a program that has nothing but stock botocore."""
    return [_stock("botocore", BOTOCORE)]


def by_the_docs() -> list[Path]:
    """Returns the folder of the by-the-docs stack, with all of its libraries."""
    return [_stock("by-the-docs", f"{BOTOCORE} {POWERTOOLS}", Path(__file__).with_name("by_the_docs.py"))]


def _stock(name: str, distributions: str, *modules: Path) -> Path:
    """Returns a folder with distributions of this environment as their authors ship them, and with byte-code.

    Byte-code is what the functions have too: without it, every reference would take about twice as long.
    """
    folder = STOCK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for each in distributions.split():
        for file in distribution(each).files or ():
            if ".." in file.parts or file.suffix == ".pyc":
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file.locate(), folder / file)
    for module in modules:
        shutil.copy2(module, folder)
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return folder
