"""Tables and numbers in Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.cost.arithmetic import Line, merged, total
from benchmarks.cost.prices import Price
from benchmarks.cost.texts import LINES, PAGE, Language


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """The first `left` columns hold words, the others numbers."""
    rule = ["---" if column < left else "--:" for column in range(len(heads))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


@dataclass(frozen=True)
class Said:
    """The page's sentences in one language, and numbers as it has them."""

    language: Language
    sign: str

    def __call__(self, sentence: str, **given: object) -> str:
        return PAGE[sentence][self.language].format(**given)

    def line(self, name: str) -> str:
        return LINES[name][self.language]

    def money(self, amount: float) -> str:
        """To a hundredth; what is less is called so."""
        if 0 < amount < 0.005:
            return f"<{self.sign}0.01"
        return f"{self.sign}{_rounded(amount)}"

    def change(self, amount: float) -> str:
        """What is added or saved; nothing for nothing."""
        if abs(amount) < 0.005:
            return "" if abs(amount) < 1e-9 else "~0"
        return f"{'+' if amount > 0 else '−'}{self.sign}{_rounded(abs(amount))}"

    def lines(self, columns: dict[str, list[Line]]) -> str:
        """A row for each line, with its units and its price if there is but one column."""
        found = {head: {one.name: one for one in merged(lines)} for head, lines in columns.items()}
        names = dict.fromkeys(name for one in found.values() for name in one)
        first = next(iter(found.values()))
        single = len(found) == 1
        rows = []
        for name in names:
            cells = [self.line(name)]
            if single:
                cells += [units(first[name].units), f"{self.sign}{_price(first[name].price)}"]
            cells += [self.money(one[name].cost) if name in one else "" for one in found.values()]
            rows.append(cells)
        sums = [self.money(total(lines)) for lines in columns.values()]
        rows.append([f"**{self('total')}**", *([""] * 2 if single else []), *(f"**{one}**" for one in sums)])
        heads = [self("units"), self("price"), self("money")] if single else [self(head) for head in columns]
        return table([self("what"), *heads], rows)


def units(count: float) -> str:
    """A count in full, a quantity with three digits behind the point."""
    return f"{count:,.0f}" if count >= 1_000 or count == int(count) else f"{count:,.3f}"


def plain(number: float) -> str:
    """A number without an exponent, and without zeros at its end."""
    return f"{number:.10f}".rstrip("0").rstrip(".")


def _rounded(amount: float) -> str:
    # Half a hundredth is rounded up, also where no float is exactly that.
    return f"{amount + 1e-9:,.2f}"


def _price(price: Price) -> str:
    return plain(price.price) + (f" / {price.per:,.0f}" if price.per > 1 else "")
