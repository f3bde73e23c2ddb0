"""Every link of a page leads to something that is there."""

import re

import pytest

from tests.support.blocks import pages
from tests.support.template import ROOT

_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)]+)\)")
# NAME and ROOM stand for any, and are no path to look for.
_PATH = re.compile(r"`((?:functions|layers|tests|operate|sandbox|events|benchmarks|docs)/[a-z0-9_./-]*)`")


def anchors(text: str) -> set[str]:
    """What a heading is called in an address: lower case, dashes for spaces, without punctuation."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(name: str) -> None:
    page = ROOT / name
    for link in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page

        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text("utf-8")), link


def test_every_path_that_a_recipe_names_is_there() -> None:
    paths = _PATH.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8"))

    assert len(paths) > 30
    assert [path for path in paths if not (ROOT / path).exists()] == []
