"""Corner points of approvals, as tables, pasted text and map files, into rings with their problems named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely

from app.errors import Invalid
from exchange_cases import report, workbook

HEAD = "拐点序号,东经,北纬,保护区级别\n"
GAZETTE = """水源地名称,保护区级别及范围,拐点序号,东经,北纬,备注
养子寨,水源地,,106°36′19″,35°33′38″,取水口
养子寨,水域一级保护区,1,106°36′19″,35°33′41″,
养子寨,,2,106°36′15″,35°33′46″,
养子寨,,3,106°36′16″,35°33′53″,
养子寨,陆域一级保护区,1,106°36′48″,35°33′32″,
养子寨,,2,106°36′24″,35°33′48″,
养子寨,,3,106°36′13″,35°34′2″,
养子寨,,4,106°36′50″,35°34′0″,
"""


def _zone(path: Path, text: str, **options: Any) -> dict[str, Any]:
    path.write_text(text, "utf-8")
    return report(path, "zone", **options)


def _codes(document: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in document["problems"]]


def _square(numbers: str = "1234", last: str = "") -> str:
    corners = {"1": "106.60,35.55", "2": "106.61,35.55", "3": "106.61,35.56", "4": "106.60,35.56"}
    lines = [f"{number},{corners[number]},一级" for number in numbers]
    return HEAD + "\n".join(lines) + "\n" + last


def test_a_gazette_s_table(tmp_path: Path) -> None:
    document = _zone(tmp_path / "a.csv", GAZETTE)
    assert [(r["level"], r["part"], len(r["vertices"])) for r in document["rings"]] == [
        ("first", "water", 3),
        ("first", "land", 4),
    ]
    assert document["problems"] == []
    assert document["read"] == 7  # the intake is no corner point
    assert document["rings"][0]["vertices"][0] == [pytest.approx(106.605277778), pytest.approx(35.561388889)]
    assert document["rings"][1]["area_m2"] == pytest.approx(440_000, rel=0.1)
    assert document["rings"][0]["perimeter_m"] > 0
    names = [line["values"]["name"] for line in document["rows"]]
    assert names == ["养子寨一级保护区（水域）", "养子寨一级保护区（陆域）"]


def test_a_workbook_with_merged_levels(tmp_path: Path) -> None:
    rows = [
        ["养子寨水源地保护区拐点坐标表", None, None, None],
        ["保护区级别", "拐点序号", "经度", "纬度"],
        ["一级", 1, 106.60, 35.55],
        [None, 2, 106.61, 35.55],
        [None, 3, 106.61, 35.56],
        ["二级", 1, 106.58, 35.53],
        [None, 2, 106.63, 35.53],
        [None, 3, 106.63, 35.58],
    ]
    document = report(workbook(tmp_path / "a.xlsx", rows, ["A1:D1", "A3:A5", "A6:A8"]), "zone")
    assert [(r["level"], r["name"]) for r in document["rings"]] == [
        ("first", "养子寨水源地"),
        ("second", "养子寨水源地"),
    ]
    assert document["added"] == 2


def test_pasted_text_in_several_notations(tmp_path: Path) -> None:
    text = """养子寨水源地一级保护区
1 106°36′19″ 35°33′41″
2、106°36′29″，35°33′41″
3) E106°36′29″ N35°33′51″
J4 106.6052 35.5642
二级保护区范围如下：
1. X=3936329.6 Y=36374479.3
2. X=3936329.6 Y=36375479.3
3. X=3937329.6 Y=36375479.3
"""
    document = _zone(tmp_path / "a.txt", text)
    assert [(r["level"], len(r["vertices"])) for r in document["rings"]] == [("first", 4), ("second", 3)]
    assert document["problems"] == []
    assert document["rings"][1]["area_m2"] == pytest.approx(500_000, rel=0.01)


def test_the_first_point_repeated_closes_the_ring(tmp_path: Path) -> None:
    for last in ("1,106.60,35.55,\n", "5,106.60,35.55,\n", ",106.60,35.55,\n"):
        document = _zone(tmp_path / "a.csv", _square(last=last))
        assert _codes(document) == []
        assert [len(ring["vertices"]) for ring in document["rings"]] == [4]


def test_a_point_that_stands_twice(tmp_path: Path) -> None:
    text = HEAD + "1,106.60,35.55,一级\n2,106.61,35.55,\n3,106.61,35.55,\n4,106.61,35.56,\n"
    document = _zone(tmp_path / "a.csv", text)
    problem = document["problems"][0]
    assert (problem["code"], problem["rows"]) == ("duplicate_vertex", [3, 4])
    assert len(document["rings"][0]["vertices"]) == 3
    assert document["added"] == 1


def test_points_out_of_order_by_number_or_by_crossing(tmp_path: Path) -> None:
    numbered = _zone(tmp_path / "a.csv", _square("1243"))
    assert _codes(numbered) == ["order"]
    assert numbered["problems"][0]["rows"] == [4, 5]
    assert numbered["added"] == 1
    crossing = _zone(
        tmp_path / "b.csv",
        _square("1243").replace("4,106.60", "9,106.60").replace("3,106.61,35.56", "10,106.61,35.56"),
    )
    assert set(_codes(crossing)) == {"order", "self_intersection"}
    assert crossing["added"] == 0


def test_exchanged_axes_are_asked_and_named(tmp_path: Path) -> None:
    text = HEAD + "1,35.55,106.60,一级\n2,35.55,106.61,\n3,35.56,106.61,\n"
    document = _zone(tmp_path / "a.csv", text)
    assert [question["code"] for question in document["ask"]] == ["axes"]
    assert (_codes(document), document["problems"][0]["rows"]) == (["swapped_axes"], [2, 3, 4])
    assert document["rings"][0]["vertices"][0] == [106.60, 35.55]


def test_a_wrong_zone_number_is_asked_and_named(tmp_path: Path) -> None:
    text = "拐点序号,X,Y,保护区级别\n1,3936329,35374479,一级\n2,3936329,35375479,\n3,3937329,35375479,\n"
    document = _zone(tmp_path / "a.csv", text)
    assert [question["code"] for question in document["ask"]] == ["zone"]
    assert _codes(document) == ["wrong_zone"]
    assert _zone(tmp_path / "a.csv", text, zone=36)["ask"] == []


def test_a_spike_a_gap_and_a_crossing(tmp_path: Path) -> None:
    spike = (
        "1,106.600,35.550,一级\n2,106.610,35.550,\n3,106.610,35.560,\n"
        "4,106.900,35.5601,\n5,106.6095,35.5602,\n6,106.600,35.560,\n"
    )
    document = _zone(tmp_path / "a.csv", HEAD + spike)
    assert ("spike", [5]) in [(p["code"], p["rows"]) for p in document["problems"]]
    gap = (
        "1,106.600,35.5500,一级\n2,106.601,35.5503,\n3,106.602,35.5505,\n"
        "4,106.603,35.5506,\n5,106.604,35.5505,\n6,106.605,35.5503,\n"
    )
    document = _zone(tmp_path / "b.csv", HEAD + gap)
    assert (_codes(document), document["added"]) == (["unclosed"], 0)
    bow = (
        "1,106.60,35.55,一级\n2,106.62,35.57,\n3,106.64,35.55,\n"
        "4,106.64,35.58,\n5,106.62,35.56,\n6,106.60,35.58,\n"
    )
    document = _zone(tmp_path / "c.csv", HEAD + bow)
    assert "self_intersection" in _codes(document)
    assert document["refused"][0]["code"] == "bad_position"


def test_points_outside_the_area_and_lines_that_cannot_be_read(tmp_path: Path) -> None:
    text = HEAD + "1,106.60,35.55,一级\n2,106°71′,35.55,\n3,106.61,35.56,\n4,103.60,36.56,\n"
    document = _zone(tmp_path / "a.csv", text)
    problems = {problem["code"]: problem["rows"] for problem in document["problems"]}
    assert problems["unreadable"] == [3]
    assert problems["outside_area"] == [5]
    assert document["added"] == 0


def test_a_file_without_corner_points(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        _zone(tmp_path / "a.txt", "关于划定饮用水水源保护区的批复\n原则同意。\n")


def test_a_ring_without_a_level_is_shown_but_not_taken(tmp_path: Path) -> None:
    document = _zone(tmp_path / "a.txt", "106.60,35.55\n106.61,35.55\n106.61,35.56\n")
    assert len(document["rings"]) == 1
    assert (document["refused"][0]["field"], document["refused"][0]["code"]) == ("level", "missing")


def test_polygons_of_a_map_file(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"保护区名称": ["养子寨一级保护区", "坏的"], "保护区级别": ["一级", "二级"]},
        geometry=[
            shapely.box(106.60, 35.55, 106.61, 35.56),
            shapely.Polygon([(106.6, 35.5), (106.7, 35.6), (106.7, 35.5), (106.6, 35.6)]),
        ],
        crs=4490,
    )
    frame.to_file(tmp_path / "a.geojson")
    document = report(tmp_path / "a.geojson", "zone")
    assert [line["values"]["level"] for line in document["rows"]] == ["first"]
    assert document["rows"][0]["values"]["area_calc_km2"] == pytest.approx(1.006, rel=0.01)
    assert document["rings"][0]["level"] == "first"
    assert "self_intersection" in _codes(document)
    assert [refusal["row"] for refusal in document["refused"]] == [2]


def test_a_sentence_with_all_its_points(tmp_path: Path) -> None:
    text = (
        "养子寨水源地一级保护区：由拐点1（106°36′19″，35°33′41″）、拐点2（106°36′29″，35°33′41″）、"
        "拐点3（106°36′29″，35°33′51″）、拐点4（106°36′19″，35°33′51″）依次连线围成的区域。\n"
        "二级保护区：1(106.600,35.550)，2(106.620,35.550)，3(106.620,35.570)。\n"
    )
    document = _zone(tmp_path / "a.txt", text)
    assert [(r["level"], len(r["vertices"])) for r in document["rings"]] == [("first", 4), ("second", 3)]
    assert document["problems"] == []


@pytest.mark.parametrize(
    "lines",
    [
        "拐点1：东经106°36′19″，北纬35°33′41″\n拐点2：东经106°36′29″，北纬35°33′41″\n拐点3：东经106°36′29″，北纬35°33′51″",
        "①106°36′19″，35°33′41″\n②106°36′29″，35°33′41″\n③106°36′29″，35°33′51″",
        "J1（106.60528，35.56139）\nJ2（106.60806，35.56139）\nJ3（106.60806，35.56417）",
        "1\t106°36′19″\t35°33′41″\n2\t106°36′29″\t35°33′41″\n3\t106°36′29″\t35°33′51″",
        "1号点 106 36 19 35 33 41\n2号点 106 36 29 35 33 41\n3号点 106 36 29 35 33 51",
        "35°33′41″N 106°36′19″E\n35°33′41″N 106°36′29″E\n35°33′51″N 106°36′29″E",
    ],
)
def test_lines_in_every_habit(tmp_path: Path, lines: str) -> None:
    document = _zone(tmp_path / "a.txt", f"一级保护区\n{lines}\n")
    ring = document["rings"][0]
    assert len(ring["vertices"]) == 3
    assert ring["vertices"][0] == [pytest.approx(106.60528, abs=1e-4), pytest.approx(35.56139, abs=1e-4)]
    assert {problem["code"] for problem in document["problems"]} <= {"swapped_axes"}


def test_polygons_with_latitude_first(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"保护区名称": ["养子寨一级保护区"], "保护区级别": ["一级"]},
        geometry=[shapely.box(35.55, 106.60, 35.56, 106.61)],
        crs=4490,
    )
    frame.to_file(tmp_path / "a.geojson")
    document = report(tmp_path / "a.geojson", "zone")
    assert [question["code"] for question in document["ask"]] == ["axes"]
    assert "swapped_axes" in _codes(document)
    assert document["rings"][0]["vertices"][0] == [
        pytest.approx(106.60, abs=0.011),
        pytest.approx(35.55, abs=0.011),
    ]
    kept = report(tmp_path / "a.geojson", "zone", axes="xy")
    assert [refusal["code"] for refusal in kept["refused"]] == ["outside_area"]
