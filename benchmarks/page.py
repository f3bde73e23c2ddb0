"""The pages README.md and README.zh-CN.md, and their charts; all from the record of one run."""

from benchmarks.chart import svg
from benchmarks.measuring import Row
from benchmarks.record import Record, rows_of
from benchmarks.texts import Language, Said

PAGES: dict[str, tuple[Language, str]] = {
    "README.md": ("en", "chart.svg"),
    "README.zh-CN.md": ("zh", "chart.zh-CN.svg"),
}
_SECTIONS = ("starts", "warm", "notices", "culprits", "memory", "sizes", "burst")


def contents(record: Record) -> dict[str, str]:
    """File name -> text."""
    made: dict[str, str] = {}
    for name, (language, chart) in PAGES.items():
        said = Said(language)
        made[name] = _page(record, said, chart)
        made[chart] = svg(record, said)
    return made


def _page(record: Record, said: Said, chart: str) -> str:
    rows = rows_of(record)
    budgets = [row for row in rows if row.budget]
    broken = [row for row in budgets if not row.holds]
    parts = [
        "<!-- Written by `make bench`. -->",
        f"# {said('title')}",
        said("other"),
        said("intro", machine=record["machine"], date=record["measured"]),
        f"![{said('chart')}]({chart})",
        f"## {said('budgets')}",
        said("held", held=len(budgets) - len(broken), budgets=len(budgets)),
        *(
            f"- {said('not_held', what=said.what(row), found=row.median, budget=row.budget)}"
            for row in broken
        ),
        _table(rows, said),
        f"## {said('how')}",
        "\n".join(f"- {said(section)}" for section in _SECTIONS),
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: list[Row], said: Said) -> str:
    heads = [said(name) for name in ("what", "median", "spread", "reference", "budget")]
    lines = [heads, ["---", "--:", "--:", "---", "---"], *(_cells(row, said) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cells(row: Row, said: Said) -> list[str]:
    held = {True: f"{row.budget} ✓", False: f"{row.budget} **✗**", None: ""}[row.holds]
    return [said.what(row), row.median, row.spread, said.reference(row), held]
