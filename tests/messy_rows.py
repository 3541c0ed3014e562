"""The rows of a messy ledger and the truth about them: boilers of a county, some wrong in one cell."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import messy_cells
from app.actions.divisions import real_divisions
from app.domain.entities.division import Division
from messy_files import Page
from messy_places import Notation, cells, somewhere

RowKey = tuple[str, int]  # sheet, row as a person sees it
OLD_NAMES = {"华亭市": "华亭县"}
MAPS = ("shp", "geojson", "gpkg", "kml")


@dataclass
class Truth:
    """What a file says: the field of every column, the records of each row, refusals, questions, places.

    `existing` are values (with their places) that a workspace held before, and what each then is.
    """

    seed: int
    form: str
    style: dict[str, Any]
    notation: Notation
    fields: dict[int, str] = field(default_factory=dict)
    headings: dict[int, str] = field(default_factory=dict)
    rows: dict[RowKey, list[dict[str, Any]]] = field(default_factory=dict)
    refused: dict[RowKey, str] = field(default_factory=dict)
    skipped: set[RowKey] = field(default_factory=set)
    asks: set[str] = field(default_factory=set)
    places: dict[RowKey, tuple[float, float]] = field(default_factory=dict)
    existing: dict[RowKey, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    @property
    def answers(self) -> dict[str, str]:
        """What a person who knows the file answers."""
        fixed = {"units_meaning": "each", "year": "2018", "sheet": "all", "duplicate_of": "new", "axes": "yx"}
        return {**fixed, "encoding": "gb18030", **dict(self.notation.answers)}


@lru_cache
def divisions() -> tuple[Division, ...]:
    """The city's real divisions down to the townships."""
    return tuple(real_divisions("620800"))


@lru_cache
def county(name: str) -> Division:
    """A county by name."""
    return next(item for item in divisions() if item.name == name and item.level == "county")


@lru_cache
def towns(name: str) -> tuple[Division, ...]:
    """The townships of a county whose names mean nothing else inside it."""
    code = county(name).code
    return tuple(item for item in divisions() if item.level == "town" and item.code.startswith(code))


class Rows:
    """Writes boilers into pages; `layout` are the columns and `words` their headings."""

    def __init__(self, dice: random.Random, truth: Truth) -> None:
        self.dice, self.truth, self.style = dice, truth, truth.style
        self.serial = 0
        self.good: list[str] = []
        self.layout: list[str] = []
        self.words: dict[str, str] = {}

    def line(self, page: Page, name: str, layout: list[str]) -> None:
        """Fill the last row of a page with a boiler of a county, and note what it is."""
        dice, key = self.dice, (page.name, len(page.rows))
        found = self._cells(name)
        values: dict[str, Any] = {}
        for _, more in found.values():
            values |= more
        written = {column: cell for column, (cell, _) in found.items()}
        records = [values]
        if not self.style["unit"] and dice.random() < 0.05:
            records = self._several(written, values)
        place = self._place(name, key, written)
        code = self._spoil(written, values) if dice.random() < 0.12 and len(records) == 1 else ""
        page.rows[-1] = [written.get(column) for column in layout]
        if code or self.truth.notation.system == "old":
            self.truth.refused[key] = code or "bad_position"
            return
        self.truth.rows[key] = records
        if self.style["numbered"]:
            self.good.append(values["ledger_no"])
        if place and len(records) == 1:
            self._hold(key, records[0])

    @property
    def is_layer(self) -> bool:
        """Whether positions are geometries and not cells."""
        return self.truth.form in MAPS

    def _cells(self, name: str) -> dict[str, tuple[Any, dict[str, Any]]]:
        """The cells of a good row with the values each stands for."""
        dice, serial = self.dice, self.serial
        number = f"PL{self.truth.seed % 1000:03d}-{serial:03d}"
        unit = f"{name[:2]}第{serial}{dice.choice(messy_cells.UNITS)}"
        code = county(name).code
        found: dict[str, tuple[Any, dict[str, Any]]] = {
            "seq": (serial, {}),
            "user_org": (unit, {"user_org": unit}),
        }
        if self.style["numbered"]:
            found["ledger_no"] = number, {"ledger_no": number}
        said = OLD_NAMES[name] if name in OLD_NAMES and self.truth.seed % 2 else name
        found["div_code"] = said, {"div_code": code}
        if "town" in self.layout:
            town = dice.choice(towns(name))
            found["town"] = town.name, {"div_code": town.code}
        for column in self.layout:
            if column in found or column in ("x", "y", "xy", "note") or ":" in column:
                continue
            made = self._cell(column)
            found[column] = made.written, made.values
            if made.asks:
                self.truth.asks.add(made.asks)
        return found

    def _cell(self, column: str) -> messy_cells.Cell:
        dice, serial = self.dice, self.serial
        match column:
            case "rated_tph":
                return messy_cells.output(dice, self.style["unit"])
            case "commissioned":
                return messy_cells.day(dice, column, dice.randint(1998, 2016))
            case "due_date" | "done_date":
                return messy_cells.day(dice, column, 2018)
            case "address":
                text = f"人民路{serial}号"
                return messy_cells.Cell(text, {column: text})
            case "model":
                text = f"DZL{serial % 7 + 1}-1.25-AⅡ"
                return messy_cells.Cell(text, {column: text})
            case _:
                return messy_cells.word(dice, column, serial)

    def _several(self, written: dict[str, Any], values: dict[str, Any]) -> list[dict[str, Any]]:
        text, outputs, asks = messy_cells.several(self.dice)
        written["rated_tph"] = text
        values.pop("rated_mw", None)
        if asks and not re.search("单台|每台", self.words["rated_tph"]):
            self.truth.asks.add("units_meaning")
        number = values.get("ledger_no")
        return [
            {**values, "rated_tph": tph, **({"ledger_no": f"{number}-{n}"} if number else {})}
            for n, tph in enumerate(outputs, 1)
        ]

    def _place(self, name: str, key: RowKey, written: dict[str, Any]) -> bool:
        notation = self.truth.notation
        if not notation.system or (self.dice.random() < 0.06 and notation.system != "old"):
            return False
        outline = county(name).geometry
        assert outline is not None
        place = somewhere(self.dice, outline)
        self.truth.places[key] = place
        if not self.is_layer:
            written.update(cells(self.dice, notation, place))
        return True

    def _spoil(self, written: dict[str, Any], values: dict[str, Any]) -> str:
        """Make the row wrong in one cell; the code of its refusal."""
        choices: dict[str, tuple[str, Any]] = {
            "impossible": ("rated_tph", "4000000t/h"),
            "unreadable": ("rated_tph", "见铭牌"),
        }
        if "div_code" in self.layout and not self.style["merge"]:
            choices["unknown_division"] = ("div_code", "海淀区")
        if "commissioned" in self.layout:
            choices["bad_date"] = "commissioned", self.dice.choice(["2107年3月", "2016-13-45", "2107-01-01"])
        if "ledger_no" in self.layout:
            choices["missing"] = ("ledger_no", None)
        if self.good:
            choices["duplicate"] = ("ledger_no", self.dice.choice(self.good))
        code = self.dice.choice(sorted(choices))
        column, wrong = choices[code]
        written[column] = wrong
        return code

    def _hold(self, key: RowKey, values: Mapping[str, Any]) -> None:
        """Let the workspace hold the row's boiler already, as it is or with another output."""
        told = self.style["held"] and self.style["numbered"] and self.truth.notation.near_m <= 1
        told = told and self.truth.notation.system == "EPSG:4490"
        if not told or self.dice.random() < 0.5:
            return
        what = self.dice.choice(["unchanged", "change"])
        other = {"rated_tph": values["rated_tph"] + 1} if what == "change" else {}
        self.truth.existing[key] = what, {**values, **other}
