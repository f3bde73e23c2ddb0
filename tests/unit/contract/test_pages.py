"""The files of the contract are what `make contract` writes, and lack nothing."""

import re
import shutil
from pathlib import Path

import pytest

from contract.event_tags import missing
from contract.generated import CONTRACT, PAGES, contents, write
from contract.json_schema import schemas
from contract.wording import Texts
from relay.catalog import BY_SLUG, CATALOG, UNCLASSIFIED, Kind
from relay.content import ContactsChange
from relay.notices import Notice
from tests.support.template import ROOT

SLUGS = [*BY_SLUG, UNCLASSIFIED]
TEXTS = Texts.load()
SCHEMAS = schemas(TEXTS)
NEW = Kind("MOZI_NEW|TAG", "new-tag", ContactsChange)


def text_of(page: str) -> str:
    return (CONTRACT / page).read_text("utf-8")


def test_every_file_is_what_make_contract_writes() -> None:
    made = contents()
    there = {path.relative_to(CONTRACT).as_posix() for path in CONTRACT.glob("schemas/*")}

    assert [name for name, text in made.items() if text_of(name) != text] == []
    assert there == {name for name in made if name.startswith("schemas/")}


def test_writing_changes_what_is_old_and_removes_what_is_no_more(tmp_path: Path) -> None:
    written = write(tmp_path)
    (tmp_path / "README.md").write_text("old", "utf-8")
    (tmp_path / "schemas/gone.json").write_text("{}", "utf-8")

    assert set(written) == set(contents())
    assert write(tmp_path) == ["README.md", "schemas/gone.json"]
    assert write(tmp_path) == []


def test_nothing_is_missing_of_the_event_tags_that_there_are() -> None:
    assert list(missing()) == []


def test_each_place_of_a_further_event_tag_is_named_until_it_is_filled(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    for name in ("contract", "events"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", root)
    named = list(missing([*CATALOG, NEW], root))

    assert {line.partition(":")[0] for line in named} == {
        "template.yaml",
        "contract/texts.yaml",
        "events/callback-new-tag.json",
    }
    # Filled in all three, and forgotten in the catalogue.
    texts, template = root / "contract" / "texts.yaml", root / "template.yaml"
    entry = "topics:\n  new-tag:\n    title: {en: New, zh: 新}\n    when: {en: Comes., zh: 到来。}\n"
    texts.write_text(texts.read_text("utf-8").replace("topics:\n", entry, 1), "utf-8")
    topic = "  NewTopic:\n    Type: AWS::SNS::Topic\n    Properties:\n"
    topic += "      TopicName: !Sub ${AWS::StackName}-event-new-tag\n"
    listed = template.read_text("utf-8").replace("Resources:\n", f"Resources:\n{topic}", 1)
    first = re.search(r"^ +- !Ref \w*Topic\n", listed, re.MULTILINE)
    assert first
    template.write_text(listed.replace(first[0], first[0] + "        - !Ref NewTopic\n", 1), "utf-8")
    shutil.copy(root / "events" / "callback-employee-leave.json", root / "events" / "callback-new-tag.json")

    assert list(missing([*CATALOG, NEW], root)) == []
    assert {line.partition(":")[0] for line in missing(CATALOG, root)} == {"layers/relay/catalog.py"}


def test_every_text_is_about_something_that_exists() -> None:
    shapes = {kind.content for kind in CATALOG}
    fields = {shape.__name__: set(shape.model_json_schema()["properties"]) for shape in shapes}
    notice = {field.alias for field in Notice.model_fields.values()}

    assert set(TEXTS.topics) == set(SLUGS)
    assert {name: set(shape.fields) for name, shape in TEXTS.shapes.items()} == fields
    assert set(TEXTS.fields["notice"]) == notice | {"Header", "tag"}
    assert set(TEXTS.fields["event"]) == {*SCHEMAS[UNCLASSIFIED]["properties"], "dataschema"}
    for name in ("event-attributes", "notice-message", "dead-letter", "dead-letter-attributes"):
        assert set(TEXTS.fields[name]) == set(SCHEMAS[name]["properties"])


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_and_each_of_its_fields_says_what_it_means(name: str) -> None:
    schema = SCHEMAS[name]
    parts = [schema, schema["properties"].get("data", {}), schema.get("$defs", {}).get("notice", {})]

    assert schema["title"]
    assert schema["description"]
    assert all(field["description"] for part in parts for field in part.get("properties", {}).values())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("slug", SLUGS)
def test_every_topic_has_its_part_of_the_page(slug: str, page: str) -> None:
    _, _, rest = text_of(page).partition(f"\n### {slug}\n")
    part = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]
    wording = TEXTS.topics[slug]
    language = PAGES[page]

    assert wording.when.get(language) in part
    assert "```json" in part
    assert f"(schemas/{slug}.json)" in part
    if kind := BY_SLUG.get(slug):
        assert f"`{kind.event_tag}`" in part
        assert f"`{kind.content.dataschema(slug)}`" in part
        for name, meaning in TEXTS.shapes[kind.content.__name__].fields.items():
            assert re.search(rf"^\| `{name}` \|.*{re.escape(meaning.get(language))}", part, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = text_of(page)
    links = set(re.findall(r"\]\(([^)]+)\)", text))
    headings = {f"#{line.lstrip('# ')}" for line in text.splitlines() if line.startswith("#")}

    assert len(links) > len(SLUGS)
    for link in links:
        assert link in headings if link.startswith("#") else (CONTRACT / link).exists()


def test_both_pages_show_the_same() -> None:
    shown = re.compile(r"```json.*?```|^\| `\w+`", re.DOTALL | re.MULTILINE)
    english, chinese = (shown.findall(text_of(page)) for page in PAGES)

    assert english == chinese
