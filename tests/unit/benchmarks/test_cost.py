"""The pages about the cost have the tables that the program prints."""

import pytest

from benchmarks import cost
from tests.support.template import ROOT, of_type


@pytest.mark.parametrize(("language", "name"), [("en", "cost.md"), ("zh", "cost.zh-CN.md")])
def test_the_page_has_the_tables_of_the_program(language: str, name: str) -> None:
    page = (ROOT / "docs" / name).read_text("utf-8")
    found = "\n\n".join(block for block in page.split("\n\n") if block.startswith("| "))

    assert found.rstrip() == "\n\n".join(cost.tables(language)), "python -m benchmarks.cost"


@pytest.mark.parametrize(
    ("price", "kind"),
    [
        ("alarm_month", "AWS::CloudWatch::Alarm"),
        ("dashboard_month", "AWS::CloudWatch::Dashboard"),
        ("secret_month", "AWS::SecretsManager::Secret"),
    ],
)
def test_a_month_counts_what_the_template_always_makes(price: str, kind: str) -> None:
    assert cost.month()[price] == len([one for one in of_type(kind).values() if "Condition" not in one])
