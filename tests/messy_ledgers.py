"""Seeded messy ledgers in the ways counties keep them, each with what a careful reader would find in it."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import numpy as np

import messy_files
from messy_cells import GROUPS, HEADINGS, OUTER
from messy_files import Layer, Page
from messy_places import LAYER, SINGLE_ZONE, TABLE, shifted
from messy_rows import MAPS, Rows, Truth

COUNTIES = ("崆峒区", "静宁县", "泾川县", "华亭市", "庄浪县", "灵台县", "崇信县")
FORMATS = "xlsx csv shp xlsx xls geojson csv xlsx gpkg kml xlsx csv shp xls".split()
_TITLES = ("平凉市燃煤锅炉综合整治台账", "填报单位：生态环境局", "2018年10月")
_NOTES = (
    "注：吨位以蒸吨计，坐标为锅炉房位置。", "说明：1.本表由各县填报；2.以上数据截至2018年10月。",
    "填表人：张三", "备注：空白处为未核实。",
)  # fmt: skip
_MAYBE = ("address", "model", "pressurized", "coal_t", "stack_m", "commissioned", "treatment", "due_date",
          "done_date", "status_claim", "resp_org", "subsidy_wan", "contact", "contact_phone")  # fmt: skip


def make_ledger(folder: Path, seed: int) -> tuple[Path, Truth]:
    """Write the ledger of a seed and say what is in it."""
    dice = random.Random(seed)
    form = FORMATS[seed % len(FORMATS)]
    spoken = [notation for notation in LAYER if form != "kml" or notation.layer == "EPSG:4326"]
    notations = spoken if form in MAPS else list(TABLE)
    truth = Truth(seed, form, _style(dice, form), notations[seed // len(FORMATS) % len(notations)])
    path = folder / f"{'锅炉' if form == 'shp' else '台账 '}{seed}.{form}"
    if form in MAPS:
        _Maker(dice, truth).layer(path)
    else:
        _Maker(dice, truth).table(path)
    return path, truth


def _style(dice: random.Random, form: str) -> dict[str, Any]:
    table = form not in MAPS
    return {
        "titles": dice.choice([0, 1, 1, 2, 3]) if table else 0,
        "deep": dice.choice([1, 2, 2, 3]) if table else 1,
        "merge": dice.random() < 0.6,
        "totals": table and dice.random() < 0.7,
        "notes": table and dice.random() < 0.5,
        "counting": table and dice.random() < 0.15,
        "again": table and dice.random() < 0.1,
        "after": dice.random() < 0.5,
        "shuffled": dice.random() < 0.5,
        "where": dice.choice(["county"] * 4 + ["town", "section", "title"]) if table else "county",
        "sheets": dice.choice([1, 1, 1, 1, 3]) if form in ("xlsx", "xls") else 1,
        "numbered": dice.random() < 0.9,
        "unit": dice.choice([""] * 6 + ["MW", "kW", "kcal"]) if form != "shp" else "",
        "encoding": dice.choice(["utf-8", "gb18030", "utf-8-sig"][: 2 if form == "shp" else 3]),
        "cpg": dice.choice(["", "right", "wrong"]),
        "held": dice.random() < 0.4,
    }  # fmt: skip


class _Maker(Rows):
    """One ledger on its way: its columns, its rows, and the truth about them."""

    def __init__(self, dice: random.Random, truth: Truth) -> None:
        super().__init__(dice, truth)
        self.layout = self._layout()
        self.words = self._headings()

    # --- columns

    def _layout(self) -> list[str]:
        dice, style = self.dice, self.style
        first = (["ledger_no"] if style["numbered"] else []) + ["user_org"]
        where = {"county": ["div_code"], "town": ["div_code", "town"]}.get(style["where"], [])
        rest = [name for name in _MAYBE if name != "model" and dice.random() < 0.5]
        if style["shuffled"]:
            dice.shuffle(rest)
        boiler = [
            *(["model"] if dice.random() < 0.3 else []),
            "rated_tph",
            *(["fuel"] if dice.random() < 0.8 else []),
        ]
        after = ["after_tph", "after_fuel"] if style["after"] and style["deep"] > 1 else []
        named = [*where, *first] if dice.random() < 0.5 else [*first, *where]
        place = [] if self.truth.form in MAPS else list(self.truth.notation.columns)
        serial = ["seq"] if self.truth.form not in MAPS or dice.random() < 0.3 else []
        return [*serial, *named, *boiler, *after, *rest, *place, "note"]

    def _headings(self) -> dict[str, str]:
        """A heading for every column, none twice under the same group."""
        dice, found = self.dice, dict[str, str]()
        cut = self.style["encoding"] if self.truth.form == "shp" else ""
        pair = dice.choice(self.truth.notation.headings)
        for name in self.layout:
            if name in ("x", "y", "xy"):
                found[name] = pair[0 if name != "y" else 1]
                continue
            if ":" in name:
                found[name] = {"x": "经度", "y": "纬度"}[name[0]] + f"（{name[2]}）"
                continue
            key = f"{name}:{self.style['unit']}" if name == "rated_tph" and self.style["unit"] else name
            words = [messy_files.cut(word, cut) if cut else word for word in HEADINGS[key]]
            if self.truth.form in MAPS:
                words = [word.replace("\n", "") for word in words]
            used = set(found.values()) if name not in ("after_tph", "after_fuel") else set()
            found[name] = dice.choice([word for word in words if word not in used] or words)
        return found

    def _fields(self, headings: dict[int, str]) -> None:
        """Note what the columns are called and what they mean."""
        self.truth.headings = headings
        self.truth.fields = {n: self._field(name) for n, name in enumerate(self.layout, 1)}
        for column, heading in headings.items() if self.truth.notation.name.endswith("turned") else ():
            turned = {"x": "y", "y": "x"}.get(self.truth.fields[column])
            if turned and heading[-1] in ")）":  # the words in the bracket say which way it points
                self.truth.fields[column] = turned

    def _field(self, name: str) -> str:
        if ":" in name:
            return name[0]
        return {"seq": "", "town": "div_code"}.get(name, name)

    # --- tables

    def table(self, path: Path) -> None:
        """Write a workbook or a text file."""
        dice, style, form = self.dice, self.style, self.truth.form
        names = self._counties()
        if style["sheets"] > 1:
            pages = [self._page(name, [name]) for name in names]
            self.truth.asks.add("sheet")
        else:
            pages = [self._page(path.stem if form == "csv" else "台账", names)]
        if form == "csv":
            messy_files.write_csv(path, pages[0], style["encoding"])
            return
        if dice.random() < 0.3:
            pages.append(Page("填表说明", [["填表说明"], ["一、各县区按表式填报"], ["二、吨位按铭牌填写"]]))
        (messy_files.write_xlsx if form == "xlsx" else messy_files.write_xls)(path, pages)

    def _counties(self) -> list[str]:
        only = SINGLE_ZONE.get(self.truth.notation.system)
        if only:
            self.style["sheets"] = 1
            return [only]
        if self.style["sheets"] > 1:
            return self.dice.sample(COUNTIES, 3)
        count = 1 if self.style["where"] == "title" else self.dice.choice([1, 2, 3])
        return self.dice.sample(COUNTIES, count)

    def _page(self, name: str, names: list[str]) -> Page:
        page = Page(name)
        self._head(page, names)
        if self.style["counting"]:
            self._extra(page, list(range(1, len(self.layout) + 1)))
        for place in names:
            self._county(page, place)
        if self.style["notes"]:
            page.rows.append([None] * len(self.layout))
            for note in self.dice.sample(_NOTES, self.dice.choice([1, 2])):
                self._extra(page, [note])
        return page

    def _extra(self, page: Page, cells_: list[Any]) -> None:
        """A row that is no record."""
        page.rows.append([*cells_, *[None] * (len(self.layout) - len(cells_))])
        self.truth.skipped.add((page.name, len(page.rows)))

    def _head(self, page: Page, names: list[str]) -> None:
        """Titles, then one to three heading rows with their groups merged."""
        width, deep = len(self.layout), self.style["deep"]
        titles = list(_TITLES[: self.style["titles"]])
        if self.style["where"] == "title" or (self.style["sheets"] > 1 and self.style["where"] == "section"):
            titles[:1] = [f"{names[0]}燃煤锅炉整治台账"]
        for title in titles:
            page.rows.append([title, *[None] * (width - 1)])
            if self.dice.random() < 0.7:
                page.merged.append((len(page.rows), 1, len(page.rows), width))
        top = len(page.rows) + 1
        columns = [self._path(name, deep) for name in self.layout]
        page.rows += [[column[level] for column in columns] for level in range(deep)]
        self._merge_head(page, columns, top)
        joined = ["/".join(dict.fromkeys(re.sub(r"\s", "", word) for word in column)) for column in columns]
        self._fields(dict(enumerate(joined, 1)))

    def _path(self, name: str, deep: int) -> list[str]:
        group = GROUPS.get(name.partition(":")[0], "")
        if deep == 1 or not group:
            return [self.words[name]] * deep
        outer = OUTER.get(group, group)
        return [group, self.words[name]] if deep == 2 else [outer, group, self.words[name]]

    def _merge_head(self, page: Page, columns: list[list[str]], top: int) -> None:
        """Merge equal neighbours across, then equal words down; only the first cell keeps its word."""
        deep, done = self.style["deep"], set[tuple[int, int]]()
        for level in range(deep):
            for at, column in enumerate(columns):
                if (level, at) in done:
                    continue
                down = level
                while down + 1 < deep and column[down + 1] == column[level]:
                    down += 1
                right = at
                while (
                    level < deep - 1
                    and down == level
                    and right + 1 < len(columns)
                    and columns[right + 1][level] == column[level]
                ):
                    right += 1
                area = {(a, b) for a in range(level, down + 1) for b in range(at, right + 1)}
                done |= area
                for a, b in area - {(level, at)}:
                    page.rows[top - 1 + a][b] = None
                if len(area) > 1:
                    page.merged.append((top + level, at + 1, top + down, right + 1))

    def _county(self, page: Page, name: str) -> None:
        if self.style["where"] == "section":
            self._extra(page, [self.dice.choice([f"一、{name}", name, f"{name}："])])
        first, head = len(page.rows) + 1, list(self.layout)
        for _ in range(self.dice.randint(3, 8)):
            self.serial += 1
            page.rows.append([])
            self.line(page, name, head)
        self._blank_repeats(page, first)
        if self.style["again"]:
            self._extra(page, [self.words[item] for item in self.layout])
        if self.style["totals"]:
            self._extra(page, [self.dice.choice(["小计", "小  计", "合计", f"{name}合计"])])
            page.rows[-1][self.layout.index("rated_tph")] = 12

    def _blank_repeats(self, page: Page, first: int) -> None:
        """A county's name stands once: in a merged range, or above blank cells."""
        if "div_code" not in self.layout or not self.style["merge"]:
            return
        column, last = self.layout.index("div_code"), len(page.rows)
        good = all(page.rows[n - 1][column] == page.rows[first - 1][column] for n in range(first, last + 1))
        if not good:
            return
        for number in range(first + 1, last + 1):
            page.rows[number - 1][column] = None
        if last > first and self.truth.form != "csv":
            page.merged.append((first, column + 1, last, column + 1))

    # --- map layers

    def layer(self, path: Path) -> None:
        """Write a map file; its features are numbered from 1 and it has nothing but records."""
        truth, notation, form = self.truth, self.truth.notation, self.truth.form
        page = Page(path.stem)
        for name in self._counties():
            for _ in range(self.dice.randint(3, 8)):
                self.serial += 1
                page.rows.append([])
                self.line(page, name, self.layout)
        places: list[tuple[float, float] | None] = []
        for number in range(1, len(page.rows) + 1):
            place = truth.places.get((page.name, number))
            moved = shifted(notation, place) if place else None
            places.append((moved[1], moved[0]) if moved and notation.name == "layer swapped" else moved)
        made = Layer([self.words[name] for name in self.layout], page.rows, places, notation.layer)
        self._fields(dict(enumerate(made.headings, 1)))
        if form == "shp":
            right = "GBK" if self.style["encoding"] == "gb18030" else "UTF-8"
            wrong = "UTF-8" if right == "GBK" else "GBK"
            cpg = {"": "", "right": right, "wrong": self.dice.choice([wrong, "ISO-8859-1"])}[
                self.style["cpg"]
            ]
            messy_files.write_shapefile(path, made, self.style["encoding"], cpg)
        else:
            write = {
                "geojson": messy_files.write_geojson,
                "gpkg": messy_files.write_geopackage,
                "kml": messy_files.write_kml,
            }
            write[form](path, made)


def worst_m(found: list[tuple[float, float]], truth: list[tuple[float, float]]) -> float:
    """The largest distance between pairs of points, metres."""
    from app.domain.coordinates.measure import distances_m

    a, b = np.array(found, float), np.array(truth, float)
    return float(distances_m(a[:, 0], a[:, 1], b[:, 0], b[:, 1]).max()) if len(a) else 0.0
