"""Every generated file of the contract, by its path below contract/."""

import json
import tomllib
from pathlib import Path

import yaml

from contract import examples
from contract.json_schema import schemas
from contract.templating import rendered
from contract.wording import Language, Texts
from relay.catalog import BY_SLUG, SLUGS

CONTRACT = Path(__file__).parent
PAGES: dict[str, Language] = {"README.md": "en", "README.zh-CN.md": "zh"}


def contents() -> dict[str, str]:
    """Returns the text of each file."""
    texts = Texts.load()
    made = schemas(texts)
    project = tomllib.loads((CONTRACT.parent / "pyproject.toml").read_text("utf-8"))["project"]
    known = {
        "texts": texts,
        "schemas": made,
        "examples": examples,
        "project": project,
        "slugs": SLUGS,
        "kinds": BY_SLUG,
    }
    files = {f"schemas/{name}.json": f"{_indented(schema)}\n" for name, schema in made.items()}
    # Not safe_load: SAM makes its loader, where both are imported, one of ordered dictionaries.
    document = yaml.load(rendered("asyncapi.yaml", **known), Loader=yaml.CSafeLoader)
    files["asyncapi.yaml"] = (
        "# Written by `make contract` from templates/asyncapi.yaml.jinja.\n"
        + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    )
    return files | {name: rendered(name, language=language, **known) for name, language in PAGES.items()}


def write(folder: Path) -> list[str]:
    """Write what is not so already, and remove schemas that are no more. Returns the names of both."""
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


def _indented(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
