"""A small workspace in memory for the tests of shared pages, and the page made of it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from shapely.geometry import MultiPolygon, Point, box

from app.carto.theme import read_theme
from app.web.meta import PageMeta
from app.web.page import PageReport, write_page
from map_cases import MemorySource

WELL = "景家庄9号井"
PHONE, PERSON = "0933-0001234", "赵某某"
UNIT = "柳湖镇中心小学（模拟）"


def area(*bounds: float) -> MultiPolygon:
    return MultiPolygon([box(*bounds)])


def division(code: str, name: str, level: str, shape: MultiPolygon | None) -> dict[str, Any]:
    return {"uid": code, "code": code, "name": name, "level": level, "geometry": shape}


def boiler(number: int, status: str = "cleared", **values: Any) -> dict[str, Any]:
    given = {
        "uid": f"b{number}",
        "ledger_no": f"PL-{number:04d}",
        "user_org": UNIT,
        "status": status,
        "rated_tph": 2.0,
        "div_code": "620802105",
        "contact": PERSON,
        "contact_phone": PHONE,
        "address": "柳湖镇建设路7号",
        "original_position": "106.654321, 35.523456",
        "synthetic": True,
        "geometry": Point(106.654321, 35.523456),
    }
    return given | values


def rows(**more: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = {
        "division": [
            division("620800", "平凉市", "city", area(106.0, 35.0, 107.0, 36.0)),
            division("620802", "崆峒区", "county", area(106.0, 35.0, 107.0, 36.0)),
            division("620802105", "柳湖镇", "town", area(106.5, 35.4, 106.8, 35.7)),
        ],
        "boiler": [boiler(1), boiler(2, "rebound", rated_tph=4.0), boiler(3, "in_progress", geometry=None)],
        "water_source": [
            {"uid": "w1", "name": "景家庄水源地", "type": "ground_pore", "use": "in_use",
             "div_code": "620802", "geometry": Point(106.61, 35.56)},
        ],
        "intake": [{"uid": "i1", "no": WELL, "source": "w1", "geometry": Point(106.6161, 35.5656)}],
        "protection_zone": [
            {"uid": "z1", "name": "景家庄一级", "source": "w1", "level": "first",
             "geometry": area(106.6011, 35.5511, 106.6099, 35.5599)},
        ],
    }  # fmt: skip
    return found | more


@lru_cache(maxsize=8)
def usual(theme: str = "boilers", public: bool = False) -> tuple[str, PageReport]:
    """The page of the usual rows, made once."""
    with TemporaryDirectory() as folder:
        return share(Path(folder), theme, public=public)


def share(
    folder: Path,
    theme: str = "boilers",
    *,
    public: bool = False,
    content: dict[str, list[dict[str, Any]]] | None = None,
) -> tuple[str, PageReport]:
    """The page's text and what was reported of it."""
    meta = PageMeta("平凉市燃煤锅炉分布图", "2026-11-20", "2026-11-23", secrecy="内部使用", public=public)
    source = MemorySource(rows() if content is None else content)
    report = write_page(read_theme(theme), source, meta, folder / "share.html")
    return report.path.read_text("utf-8"), report
