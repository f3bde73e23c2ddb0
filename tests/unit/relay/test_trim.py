"""An import is moved to where it is used, or the build fails: an upgraded library is not mangled unseen."""

from pathlib import Path

import pytest

from layers.trim import _load_late

LIBRARY, USE = "import heavy\n", "heavy.lift()\n"
MODULE = f"import os\n{LIBRARY}\n\ndef lift():\n    if os:\n        {USE}    return os\n"


def moved(folder: Path, text: str) -> str:
    path = folder / "module.py"
    path.write_text(text, "utf-8")
    _load_late(path, LIBRARY, USE)
    return path.read_text("utf-8")


def test_an_import_moves_from_the_top_to_its_one_use(tmp_path: Path) -> None:
    text = moved(tmp_path, MODULE)

    assert text == f"import os\n\n\ndef lift():\n    if os:\n        {LIBRARY}        {USE}    return os\n"
    compile(text, "module", "exec")


@pytest.mark.parametrize(
    "text",
    [
        MODULE.replace(LIBRARY, "import heavy as h\n"),
        MODULE.replace(USE, "heavy.drop()\n"),
        MODULE + f"\ndef again():\n    {USE}",
    ],
    ids=["other import", "other use", "used twice"],
)
def test_a_module_that_has_changed_ends_the_build(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"module\.py is not as it was: see LATE"):
        moved(tmp_path, text)
