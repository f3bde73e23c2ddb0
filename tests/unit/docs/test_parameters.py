"""The page about deploying says what each parameter of the template means."""

import re

import pytest

from tests.support.template import ROOT, TEMPLATE

_ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \|.*\| .+ \|$", re.MULTILINE)


@pytest.mark.parametrize("page", ["deploy.md", "deploy.zh-CN.md"])
def test_every_parameter_has_its_row(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    names = [name for row in _ROW.findall(text) for name in re.findall(r"\w+", row)]

    assert sorted(names) == sorted(TEMPLATE["Parameters"])
