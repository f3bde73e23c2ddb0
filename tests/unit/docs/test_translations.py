"""Each page in Chinese says what its English one says, in the same order and with the same identifiers."""

import re
from collections.abc import Callable

import pytest

from tests.support.blocks import pages
from tests.support.pages import differences
from tests.support.template import ROOT

TRANSLATED = [name for name in pages() if ".zh-CN." in name]
# For those who change the relay, and what they read is in English.
ENGLISH_ALONE = {"CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md"}
# Above its first section each page has a note that leads to the other language, and from docs/ to the front.
_NOTE = re.compile(r"^(\[[^\]]+\]\([^)]*README[^)]*\) · )?\[(中文|English)\]\([^)]+\)$", re.MULTILINE)
# What a page is made of but for the words in it: headings, rows, list items, fences.
_STRUCTURE = re.compile(r"#|\||- |```")


def page(name: str) -> str:
    intro, heading, rest = (ROOT / name).read_text("utf-8").partition("\n## ")
    return _NOTE.sub("", intro) + heading + rest


def original(name: str) -> str:
    return name.replace(".zh-CN.", ".")


# All of them one after the other, for what is tried on each line.
CHINESE = "\n".join(map(page, TRANSLATED))
ENGLISH = "\n".join(page(original(name)) for name in TRANSLATED)
EITHER = pytest.mark.parametrize("changed", [ENGLISH, CHINESE], ids=["english", "chinese"])


def found(changed: str, now: str) -> list[str]:
    """The differences when one of the texts is changed."""
    return differences(now, CHINESE) if changed is ENGLISH else differences(ENGLISH, now)


def test_every_page_is_there_in_both_languages() -> None:
    english = set(pages()) - set(TRANSLATED)

    assert english - ENGLISH_ALONE == set(map(original, TRANSLATED))


@pytest.mark.parametrize("name", TRANSLATED)
def test_both_pages_have_the_same_headings_rows_items_code_links_and_identifiers(name: str) -> None:
    assert differences(page(original(name)), page(name)) == []


@pytest.mark.parametrize("name", TRANSLATED)
def test_each_page_leads_to_the_other(name: str) -> None:
    for one, other in ((name, original(name)), (original(name), name)):
        top = (ROOT / one).read_text("utf-8").partition("\n## ")[0]

        assert f"]({other.rpartition('/')[2]})\n" in top


@EITHER
def test_a_heading_row_item_or_line_of_code_that_only_one_page_has_is_seen(changed: str) -> None:
    lines = changed.splitlines()
    in_code = [sum(line.startswith("```") for line in lines[:at]) % 2 for at in range(len(lines))]
    chosen = [at for at, line in enumerate(lines) if in_code[at] or _STRUCTURE.match(line)]
    shorter = {at: "\n".join(lines[:at] + lines[at + 1 :]) for at in chosen}

    assert len(chosen) > 150
    assert [lines[at] for at, now in shorter.items() if not found(changed, now)] == []


@EITHER
def test_an_identifier_that_only_one_page_has_is_seen(changed: str) -> None:
    prose = re.sub(r"^```.*?^```", "", changed, flags=re.MULTILINE | re.DOTALL)
    names = set(re.findall(r"`([^`]+)`", prose))

    assert len(names) > 150
    assert [name for name in names if not found(changed, changed.replace(f"`{name}`", "`other`"))] == []


@EITHER
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("| `EventRetentionDays` | 90 |", "| `EventRetentionDays` | 30 |"),
        lambda text: text.replace("| `Latency` | Milliseconds |", "| `Latency` | Seconds |"),
        lambda text: text.replace("| Throttles", "| Stalls"),
        lambda text: re.sub(r"(`PassThrough` \|) .+ \|\n", r"\1\n", text),
        lambda text: text.replace("\n\n## ", "\n\n### "),
        lambda text: text.replace("--dry-run", "--dry"),
        lambda text: text.replace("https://cloudevents.io", "https://example.com"),
        lambda text: text.replace("DescribeAlarms", ""),
        lambda text: text.replace("9,000", "900"),
        lambda text: text.replace("-->", "---", 1),
    ],
    ids=["default", "unit", "alarm", "cell", "level", "option", "link", "permission", "figure", "arrow"],
)
def test_a_change_of_only_one_page_is_seen(change: Callable[[str], str], changed: str) -> None:
    now = change(changed)

    assert now != changed
    assert found(changed, now) != []


@EITHER
def test_words_and_comments_may_differ(changed: str) -> None:
    now = changed.replace("# ", "# 改 ").replace("墨子网关]", "网关]").replace("Mozi gateway]", "gateway]")

    assert now != changed
    assert found(changed, now) == []
