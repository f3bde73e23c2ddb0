"""List prices, as prices.toml has them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

_LISTED = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    """So much money for so many of a unit."""

    price: float
    per: float
    unit: str

    def of(self, units: float) -> float:
        return units * self.price / self.per


@dataclass(frozen=True)
class Prices:
    """The prices of one region by service and name, where they are from, and when they were read."""

    region: str
    currency: str
    sign: str
    read: date
    sources: Mapping[str, str]
    listed: Mapping[str, Price]

    @classmethod
    def load(cls, path: Path = _LISTED) -> Self:
        given = tomllib.loads(path.read_text("utf-8"))
        services = {name: value for name, value in given.items() if isinstance(value, dict)}
        return cls(
            **{name: value for name, value in given.items() if name not in services},
            sources={name: service.pop("source") for name, service in services.items()},
            listed={
                f"{name}.{unit}": Price(**price)
                for name, service in services.items()
                for unit, price in service.items()
            },
        )

    def __getitem__(self, name: str) -> Price:
        return self.listed[name]
