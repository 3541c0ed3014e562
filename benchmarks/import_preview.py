"""The preview of an import beside a plain read of the same workbook: how many times as long it takes.

python benchmarks/import_preview.py [ROWS]

The plain read is openpyxl's, read-only and values only, as most Python programs read a workbook. The importer
itself reads with python-calamine, whose time is printed too, so that nobody takes its speed for ours. CPU
times, taken in turns in the same run; each ratio is that of the medians.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import openpyxl
import python_calamine as calamine

from app.actions.imports import ImportRequest, import_records, preview
from app.actions.people import actor_of, find_person, new_person
from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.changes import insert
from app.exchange.options import ImportOptions

REPEATS = 5
TARGET = 1.5
HEADINGS = (
    "序号", "台账编号", "使用单位", "县区", "地址", "锅炉型号", "锅炉吨位", "燃料", "投运时间", "整治方式",
    "经度", "纬度", "完成时限", "完成情况", "联系人", "联系电话", "备注",
)  # fmt: skip


def main(rows: int) -> None:
    """Measure a ledger that is all new, and the same one when all of it is there already."""
    with tempfile.TemporaryDirectory() as folder:
        path = ledger(Path(folder) / "台账.xlsx", rows)
        session = bureau(Path(folder) / "市.gpkg")
        request = ImportRequest("boiler", path, ImportOptions(crs="EPSG:4490"))
        found = measure(path, session, request, "new")
        import_records(session, preview(session, request))
        found |= measure(path, session, request, "again")
        session.close()
    print(json.dumps({"rows": rows, **found, "target": TARGET}, indent=1))
    worst = max(found["new_over_openpyxl"], found["again_over_openpyxl"])
    print(f"preview / plain read: {worst:.2f} (target {TARGET})")


def measure(path: Path, session: Session, request: ImportRequest, name: str) -> dict[str, float]:
    """Seconds of CPU of each way in turn, and their ratios."""
    ways: dict[str, Callable[[], Any]] = {
        "openpyxl": lambda: plain_read(path),
        "calamine": lambda: _sheets(path),
        "preview": lambda: preview(session, request),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(REPEATS):
        for way, work in ways.items():
            begun = process_time()
            work()
            taken[way].append(process_time() - begun)
    middle = {way: median(times) for way, times in taken.items()}
    return {
        **{f"{name}_{way}_s": round(value, 3) for way, value in middle.items()},
        f"{name}_over_openpyxl": round(middle["preview"] / middle["openpyxl"], 3),
        f"{name}_over_calamine": round(middle["preview"] / middle["calamine"], 3),
    }


def plain_read(path: Path) -> int:
    """Every value of a workbook, and nothing done with it."""
    book = openpyxl.load_workbook(path, read_only=True)
    count = sum(len(row) for page in book for row in page.iter_rows(values_only=True))
    book.close()
    return count


def _sheets(path: Path) -> list[list[list[Any]]]:
    book = calamine.load_workbook(str(path))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def bureau(path: Path) -> Session:
    """A workspace of the whole city with one of its bureau signed in."""
    session = create_workspace(path, "620800", "admin", "246810")
    session.commit([insert(new_person(session, "city", "R5", "", "620800", "246810"))], "user_add")
    person = find_person(session, "city")
    assert person is not None
    session.actor = actor_of(person)
    return session


def ledger(path: Path, rows: int) -> Path:
    """A ledger of one county, every cell filled in as people do."""
    dice = random.Random(20261124)
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("台账")
    page.append(["平凉市燃煤锅炉综合整治台账"])
    page.append(list(HEADINGS))
    for n in range(1, rows + 1):
        page.append(_row(dice, n))
    book.save(path)
    return path


def _row(dice: random.Random, n: int) -> list[Any]:
    place = round(106.55 + dice.random() * 0.15, 6), round(35.50 + dice.random() * 0.08, 6)
    output, built = dice.choice(["4t/h", 4, "2.8MW", "４"]), dice.choice(["2010年5月", "2008.03"])
    due, way = dice.choice(["2018.10", "2018年10月底前"]), dice.choice(["拆除", "煤改气", "煤改电"])
    return [
        n, f"KT-{n:05d}", f"平凉第{n}宾馆", "崆峒区", f"人民路{n}号", "DZL4-1.25-AⅡ", output,
        dice.choice(["烟煤", "无烟煤"]), built, way, *place, due, "未整治", "张三", 13993300000 + n, None,
    ]  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
