"""The files of the event reference are what `make schemas` writes, and lack nothing."""

import re
from pathlib import Path

import pytest

from operate.reference import files, messages, notices
from operate.reference.texts import TEXTS
from relay.catalog import BY_SLUG, CATALOG, UNCLASSIFIED
from relay.notices import Notice
from tests.support.inbound import EVENTS

PAGES = list(files.PAGES)
SLUGS = [*BY_SLUG, UNCLASSIFIED]


def text_of(page: str) -> str:
    return (EVENTS / page).read_text("utf-8")


def test_every_file_is_what_make_schemas_writes() -> None:
    made = files.contents()
    there = {path.relative_to(EVENTS).as_posix() for path in EVENTS.glob("schemas/*")}

    assert [name for name, text in made.items() if text_of(name) != text] == []
    assert there == {name for name in made if name.startswith("schemas/")}


def test_writing_changes_what_is_old_and_removes_what_is_no_more(tmp_path: Path) -> None:
    written = files.write(tmp_path)
    (tmp_path / "README.md").write_text("old", "utf-8")
    (tmp_path / "schemas/gone.json").write_text("{}", "utf-8")

    assert set(written) == set(files.contents())
    assert files.write(tmp_path) == ["README.md", "schemas/gone.json"]
    assert files.write(tmp_path) == []


def test_every_text_is_about_something_that_exists() -> None:
    shapes = {kind.content for kind in CATALOG}
    fields = {shape.__name__: set(shape.model_json_schema()["properties"]) for shape in shapes}
    notice = {field.alias for field in Notice.model_fields.values()}

    assert set(TEXTS.topics) == set(SLUGS)
    assert {name: set(shape.fields) for name, shape in TEXTS.shapes.items()} == fields
    assert set(TEXTS.notice_message.notice_fields) == notice | {"Header", "tag"}
    assert set(TEXTS.message.fields) == set(messages.unclassified()["properties"])
    assert set(TEXTS.attributes) == set(messages.attributes()["properties"])
    assert set(TEXTS.dead_letter.attributes) == set(notices.dead_letter_attributes()["properties"])


@pytest.mark.parametrize("name", files.schemas())
def test_every_schema_and_each_of_its_fields_says_what_it_means(name: str) -> None:
    schema = files.schemas()[name]
    parts = [schema, schema["properties"].get("data", {}), schema.get("$defs", {}).get("notice", {})]

    assert schema["title"]
    assert schema["description"]
    assert all(field["description"] for part in parts for field in part.get("properties", {}).values())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("slug", SLUGS)
def test_every_topic_has_its_part_of_the_page(slug: str, page: str) -> None:
    _, _, rest = text_of(page).partition(f"\n### {slug}\n")
    part = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]
    said = TEXTS.topics[slug]
    language = files.PAGES[page]

    assert said.when.get(language) in part
    assert "```json" in part
    assert f"(schemas/{slug}.json)" in part
    if kind := BY_SLUG.get(slug):
        assert f"`{kind.event_tag}`" in part
        for name, meaning in TEXTS.shapes[kind.content.__name__].fields.items():
            assert re.search(rf"^\| `{name}` \|.*{re.escape(meaning.get(language))}", part, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = text_of(page)
    links = set(re.findall(r"\]\(([^)]+)\)", text))
    headings = {f"#{line.lstrip('# ')}" for line in text.splitlines() if line.startswith("#")}

    assert len(links) > len(SLUGS)
    for link in links:
        assert link in headings if link.startswith("#") else (EVENTS / link).exists()


def test_both_pages_show_the_same() -> None:
    shown = re.compile(r"```json.*?```|^\| `\w+`", re.DOTALL | re.MULTILINE)
    english, chinese = (shown.findall(text_of(page)) for page in PAGES)

    assert english == chinese
