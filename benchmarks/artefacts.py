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
# As the template sets it for every function.
COMMON = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}
# Variables as the template sets them, with values that only have to look right.
ENVIRONS = {
    "callback": COMMON
    | {
        "EVENT_TABLE": "events",
        "EVENT_TOPIC_ARN_PREFIX": "arn:aws-cn:sns:cn-north-1:111122223333:relay-event-",
        "PAYLOAD_BUCKET": "payloads",
        "CALLBACK_TOKEN_SECRET_ARN": "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:token",
        "EVENT_RETENTION_DAYS": "90",
    },
    "notice": COMMON
    | {
        "ENOS_BASE_URL": "https://portal.example",
        "ENOS_PRODUCE_PATH": "/app-portal/api/v3/notice-message/produce",
        "ENOS_CREDENTIALS_SECRET_ARN": "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:enos",
        "NOTICE_QUEUE_URL": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/notices",
        "NOTICE_DEAD_LETTER_QUEUE_URL": "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/dead",
    },
}


def function(name: str) -> list[Path]:
    """The folders that a deployed function sees: its own, and the layer."""
    return [BUILT / f"{name.capitalize()}Function", LAYER]


def stock(name: str, distributions: tuple[str, ...]) -> Path:
    """A folder with distributions of this environment as their authors ship them, and with byte-code.

    Byte-code is what the functions have too: without it, every reference would take about twice as long.
    """
    folder = _STOCK / name
    shutil.rmtree(folder, ignore_errors=True)
    for each in distributions:
        for file in distribution(each).files or ():
            if ".." in file.parts or file.suffix == ".pyc":
                continue
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file.locate(), folder / file)
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    return folder
