"""Every file of the event reference, by its path below events/."""

import json
from pathlib import Path
from typing import Any

import yaml

from operate.reference import asyncapi, messages, notices
from operate.reference.pages import page
from relay.catalog import CATALOG, UNCLASSIFIED

EVENTS = Path(__file__).parents[2] / "events"
PAGES = {"README.md": "en", "README.zh-CN.md": "zh"}


def schemas() -> dict[str, dict[str, Any]]:
    """Each JSON Schema by the name of its file."""
    topics = {kind.slug: messages.of_kind(kind) for kind in CATALOG}
    return topics | {
        UNCLASSIFIED: messages.unclassified(),
        "event-attributes": messages.attributes(),
        "notice-message": notices.notice_message(),
        "dead-letter": notices.dead_letter(),
        "dead-letter-attributes": notices.dead_letter_attributes(),
    }


def contents() -> dict[str, str]:
    """The text of each file."""
    made = {f"schemas/{name}.json": _json(schema) for name, schema in schemas().items()}
    document = yaml.dump(asyncapi.document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    pages = {name: page(language) for name, language in PAGES.items()}
    return made | {"asyncapi.yaml": f"# Written by `make schemas`.\n{document}"} | pages


def write(folder: Path) -> list[str]:
    """Write what is not so already, and remove schemas that are no more; the names of both."""
    made = contents()
    stale = {f"schemas/{path.name}" for path in folder.glob("schemas/*.json")} - made.keys()
    for name in stale:
        (folder / name).unlink()
    changed = [name for name, text in made.items() if _read(folder / name) != text]
    for name in changed:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(made[name], "utf-8")
    return sorted([*changed, *stale])


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


class _Dumper(yaml.SafeDumper):
    """Without anchors: what is said twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
