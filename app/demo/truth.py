"""What is true of one simulated boiler, and the ground it may stand on."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from app.demo.seats import XY
from app.demo.units import Unit

HOME_TOWN = "620802105"  # 柳湖镇, where the demo's inspector and officers work


@dataclass(frozen=True)
class Truth:
    """One boiler. `x`, `y` is where it stands (EPSG:4490); `written` the position its ledger means, if any.

    Boilers of one ledger row share `row_no`; `ledger_no` is the number the record gets.
    """

    ledger_no: str
    row_no: str
    county: str
    town: str
    unit: Unit
    tph: float
    boiler_type: str
    pressurized: bool
    fuel: str
    coal_t: float
    commissioned: str
    stack_m: float
    treatment: str
    fate: str
    done: str
    x: float
    y: float
    mistake: str = ""
    written: XY | None = None

    @property
    def through_workflow(self) -> bool:
        """Whether it takes the real steps from the start instead of being moved in as its ledger claims."""
        if self.fate in ("cleared", "rebound", "suspect", "retained"):
            return False
        return self.town == HOME_TOWN or self.fate == "registered"

    @property
    def model(self) -> str:
        """The name on the plate, with the output in t/h (steam) or MW (hot water)."""
        if self.boiler_type == "steam":
            return f"DZL{self.tph:g}-1.25-AⅡ"
        if self.boiler_type == "thermal_oil":
            return f"YLW-{round(self.tph * 700)}MA"
        if self.boiler_type in ("tea_bath", "atmospheric"):
            return f"CLSG{self.tph * 0.7:.2g}-85/60-AⅡ"
        return f"DZL{self.tph * 0.7:.3g}-1.0/115/70-AⅡ"


@dataclass(frozen=True)
class Ground:
    """Where boilers may stand: county and township areas, built-up areas, seats, names by code."""

    areas: Mapping[str, BaseGeometry]
    built_up: Mapping[str, BaseGeometry]
    seats: Mapping[str, XY]
    names: Mapping[str, str]

    def town_at(self, county: str, x: float, y: float) -> str:
        """The township of a county at a point."""
        towns = [code for code in self.seats if code.startswith(county)]
        return next((code for code in towns if self.areas[code].intersects(Point(x, y))), towns[0])

    def inside(self, area: BaseGeometry, source: random.Random) -> XY:
        """Some point within an area."""
        west, south, east, north = area.bounds
        while True:
            x, y = round(source.uniform(west, east), 6), round(source.uniform(south, north), 6)
            if area.contains(Point(x, y)):
                return x, y
