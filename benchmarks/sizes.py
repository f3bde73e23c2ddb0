"""How large the built artefacts are, unpacked."""

from pathlib import Path

from benchmarks import artefacts
from benchmarks.measuring import Budget, Measured, Row, single

LAYER_MEGABYTES = 20
FUNCTIONS = ("callback", "notice", "recovery", "gateway")


def measure() -> Measured:
    """Layer and functions in MB (10^6 bytes), byte-code included."""
    layer = _megabytes(artefacts.LAYER.parent)
    functions = {name: _megabytes(artefacts.function(name)[0]) for name in FUNCTIONS}
    rows = (
        Row(
            "layer_megabytes",
            "layer, unzipped",
            single(layer),
            "MB",
            budget=Budget(LAYER_MEGABYTES),
            digits=1,
        ),
        Row("largest_function_megabytes", "largest function", single(max(functions.values())), "MB"),
    )
    return Measured(rows, {"layer_megabytes": layer, **functions})


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
