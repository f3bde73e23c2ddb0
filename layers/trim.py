"""Takes out of the layer's folder what no function of the bundle loads: `trim.py <folder>`."""

import gzip
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SERVICES = {"dynamodb", "s3", "secretsmanager", "sns", "sqs"}
# Relative to the folder; a test starts every function from what is left.
UNUSED = (
    "bin",
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/metrics/provider/datadog",
    "aws_lambda_powertools/middleware_factory",
    "dateutil/zoneinfo",
    "pydantic/experimental",
    "pydantic/mypy.py",
    "pydantic/v1",
)
# Of Powertools' utilities, what its logger imports.
UTILITIES = {"__init__.py", "jmespath_utils"}
# Modules that load a library of Python's, with dozens more, for what one function of theirs does. Loaded when
# that function is called, they leave a start of `notice` with 0.95 of its time. File -> import, and its use.
LATE = {
    "pydantic/plugin/_loader.py": (
        "import importlib.metadata as importlib_metadata\n",
        "for dist in importlib_metadata.distributions():\n",
    ),
    "urllib3/http2/__init__.py": ("from importlib.metadata import version\n", 'h2_version = version("h2")\n'),
}
# Scanners read from METADATA what is in a layer, and licences ask to be passed on.
DIST_INFO = {"METADATA", "licenses"}


def trim(site: Path) -> None:
    utilities, data = site / "aws_lambda_powertools/utilities", site / "botocore/data"
    _remove(site / name for name in UNUSED)
    _remove(one for one in utilities.iterdir() if one.name not in UTILITIES)
    _remove(one for info in site.glob("*.dist-info") for one in info.iterdir() if one.name not in DIST_INFO)
    _remove(one for one in data.iterdir() if one.is_dir() and one.name not in SERVICES)
    for pattern in ("*.pyi", "py.typed", "__pycache__", "examples-1.json*"):
        _remove(site.rglob(pattern))
    for name, (library, use) in LATE.items():
        _load_late(site / name, library, use)
    _trim_endpoints(data / "endpoints.json")
    for model in data.rglob("service-2.json.gz"):
        _unpack(model)


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _load_late(path: Path, library: str, use: str) -> None:
    """Moves an import from the top to its one use. Raises ValueError about a module that has changed."""
    text = path.read_text("utf-8")
    before, found, after = text.partition(f"\n{library}")
    body, used, rest = after.partition(use)
    if not found or not used or use in rest:
        raise ValueError(f"{path} is not as it was: see LATE")
    indent = body[body.rindex("\n") + 1 :]
    path.write_text(f"{before}\n{body}{library}{indent}{use}{rest}", "utf-8")


def _trim_endpoints(path: Path) -> None:
    """Parsing the endpoints of some 400 services took 0.1 of the time that two bare clients take to start."""
    endpoints = json.loads(path.read_text("utf-8"))
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in sorted(SERVICES & services.keys())}
    _write(path, endpoints)


def _unpack(model: Path) -> None:
    """Without its prose, and not packed, a service's model is read in a quarter of the time."""
    _write(model.with_suffix(""), _without_prose(json.loads(gzip.decompress(model.read_bytes()))))
    model.unlink()


def _without_prose(value: Any) -> Any:
    if isinstance(value, dict):
        prose = "documentation"
        return {
            name: "" if name == prose and isinstance(one, str) else _without_prose(one)
            for name, one in value.items()
        }
    return [_without_prose(one) for one in value] if isinstance(value, list) else value


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), "utf-8")


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
