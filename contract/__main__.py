"""`python -m contract`: write the contract anew, once nothing that an eventTag needs is missing."""

import sys

from contract.event_tags import missing
from contract.generated import CONTRACT, write


def main() -> None:
    """Write the files that are not as they should be, and say which."""
    if found := list(missing()):
        sys.exit("\n".join(found))
    changed = write(CONTRACT)
    sys.stdout.write(
        "\n".join([f"{len(changed)} files changed", *(f"  contract/{name}" for name in changed), ""])
    )


if __name__ == "__main__":
    main()
