"""The operator's command line: what a person does with a deployed relay."""

import sys
from pathlib import Path

# The rules for notices are the layer's, which Lambda puts on the path of the functions alone.
sys.path.append(str(Path(__file__).parent.parent / "layers"))
