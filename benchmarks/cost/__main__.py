"""`python -m benchmarks.cost`: write the pages anew; with `--count`, count what the functions do before."""

import json
import sys
from pathlib import Path

from benchmarks.cost.counts import COUNTED
from benchmarks.cost.inputs import Inputs
from benchmarks.cost.page import contents


def write(folder: Path, inputs: Inputs) -> list[str]:
    """Writes the pages and the chart; the names of those that were changed by it."""
    changed = []
    for name, text in contents(inputs).items():
        file = folder / name
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, "utf-8")
            changed.append(name)
    return changed


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--count"]):
        sys.exit("usage: python -m benchmarks.cost [--count]")
    if arguments:
        # The functions and the layer are where the tests find them.
        root = Path(__file__).parent.parent.parent
        sys.path[:0] = [str(root / "functions"), str(root / "layers")]
        from benchmarks.cost.counting import counted

        COUNTED.write_text(json.dumps(counted(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    changed = write(Path(__file__).parent, Inputs.load())
    print("changed:", ", ".join(changed) or "nothing")


if __name__ == "__main__":
    main(sys.argv[1:])
