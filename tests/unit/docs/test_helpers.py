"""The page of the test helpers has a line for each of them, and for nothing that is gone."""

import re

from tests.support.template import ROOT

SUPPORT = ROOT / "tests" / "support"


def test_each_helper_has_one_line_in_the_order_of_their_names() -> None:
    table = re.findall(
        r"^\| `([\w./]+)` \|", (SUPPORT / "README.md").read_text("utf-8").split("\n## ")[1], re.MULTILINE
    )

    files = [path.name for path in SUPPORT.glob("*.py")]
    folders = [f"{path.name}/" for path in SUPPORT.glob("*/") if any(path.glob("*.py"))]
    assert table == sorted(files + folders)
