"""Where rows say they are: systems, orders and zones found out and asked, never guessed in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import contains_xy

from app.domain.coordinates.gcj import to_bd09, to_gcj02
from app.domain.coordinates.measure import distance_m
from app.domain.coordinates.zones import transform
from app.domain.entities.boiler import Boiler
from app.errors import Invalid
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_file
from exchange_cases import HEADER, context, county, good_row, report, simple, workbook


def _points(name: str = "崆峒区", count: int = 60, seed: int = 3, border: int = 6) -> np.ndarray:
    """Points of a county, some of them just inside its eastern border, where a map's offset shows."""
    random, outline = np.random.default_rng(seed), county(name)
    x0, y0, x1, y1 = outline.bounds
    found: list[tuple[float, float]] = []
    while len(found) < count:
        x, y = random.uniform(x0, x1), random.uniform(y0, y1)
        if len(found) < border:
            inside = contains_xy(outline, np.linspace(x0, x1, 4000), np.full(4000, y))
            if not inside.any():
                continue
            x = float(np.linspace(x0, x1, 4000)[np.flatnonzero(inside)[-1]]) - 0.0005
        if contains_xy(outline, x, y):
            found.append((x, y))
    return np.array(found)


def _rows(points: np.ndarray, division: str = "崆峒区") -> list[list[object]]:
    return [good_row(n, 县区=division, 经度=float(x), 纬度=float(y)) for n, (x, y) in enumerate(points, 1)]


def _ask(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {question["code"]: question for question in document["ask"]}


def _worst(document: dict[str, Any], truth: np.ndarray) -> float:
    return max(distance_m(line["x"], line["y"], *truth[line["row"] - 2]) for line in document["rows"])


def test_right_positions_raise_no_question(tmp_path: Path) -> None:
    truth = _points()
    document = report(simple(tmp_path / "a.xlsx", *_rows(truth)))
    assert document["ask"] == []
    assert document["crs"] == "EPSG:4490"
    assert _worst(document, truth) < 0.01
    assert [w["code"] for w in document["warnings"]] == ["crs_remembered"]  # said once, never in silence
    header = [f"{name}(CGCS2000)" if name in ("经度", "纬度") else name for name in HEADER]
    assert report(simple(tmp_path / "b.xlsx", *_rows(truth), header=header))["warnings"] == []


@pytest.mark.parametrize(("name", "forward"), [("gcj02", to_gcj02), ("bd09", to_bd09)])
def test_a_file_from_a_shifted_map_is_asked_and_put_right(tmp_path: Path, name: str, forward: Any) -> None:
    truth = _points()
    shifted = np.column_stack(forward(truth[:, 0], truth[:, 1]))
    path = simple(tmp_path / "a.xlsx", *_rows(shifted))
    document = report(path)
    question = _ask(document)["crs"]
    assert question["proposal"] == name
    assert len(question["rows"]) == len(truth)
    assert document["refused"] == []
    for settled in (report(path, answers={"crs": name}), report(path, crs=name)):
        assert settled["ask"] == []
        assert settled["crs"] == name
        assert _worst(settled, truth) < 0.01


def test_the_original_position_is_kept_beside_the_converted(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1)), crs="gcj02")
    values = document["rows"][0]["values"]
    assert "gcj02" in values["original_position"]
    assert values["coord_src"] == "gcj02"


def test_a_heading_that_names_the_map_is_a_reason_to_ask(tmp_path: Path) -> None:
    header = [
        "经度（高德）" if name == "经度" else "纬度（高德）" if name == "纬度" else name for name in HEADER
    ]
    document = report(simple(tmp_path / "a.xlsx", good_row(1), header=header))
    assert _ask(document)["crs"]["proposal"] == "gcj02"


def test_positions_already_known_show_the_offset(tmp_path: Path) -> None:
    from shapely import Point

    truth = _points(count=5, border=0)
    existing = [
        Boiler(uid=f"u{n}", ledger_no=f"KT-{n:03d}", user_org=f"平凉第{n}宾馆", geometry=Point(x, y))
        for n, (x, y) in enumerate(truth, 1)
    ]
    shifted = np.column_stack(to_bd09(truth[:, 0], truth[:, 1]))
    assert (
        _ask(report(simple(tmp_path / "a.xlsx", *_rows(shifted)), existing=existing))["crs"]["proposal"]
        == "bd09"
    )


def test_exchanged_columns_are_asked_for_the_rows_concerned(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2, 经度=35.52, 纬度=106.65), good_row(3))
    document = report(path)
    question = _ask(document)["axes"]
    assert (question["proposal"], question["rows"]) == ("yx", [3])
    assert (document["rows"][1]["x"], document["rows"][1]["y"]) == (106.65, 35.52)
    for settled in (report(path, answers={"axes": "yx"}), report(path, axes="yx")):
        assert settled["ask"] == []
        assert [line["x"] for line in settled["rows"]] == [106.601, 106.65, 106.603]
    kept = report(path, answers={"axes": "xy"})
    assert [refusal["code"] for refusal in kept["refused"]] == ["outside_area"]


def test_a_point_outside_its_county_is_a_warning_and_a_question(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2, 县区="静宁县"))
    document = report(path)
    assert [(w["row"], w["code"]) for w in document["warnings"] if w["code"] != "crs_remembered"] == [
        (3, "outside_county")
    ]
    assert _ask(document)["crs"]["rows"] == [3]
    assert _ask(document)["crs"]["proposal"] == "EPSG:4490"
    settled = report(path, answers={"crs": "EPSG:4490"})
    assert settled["ask"] == []
    assert settled["added"] == 2


def test_a_point_outside_the_whole_area_is_refused(tmp_path: Path) -> None:
    document = report(simple(tmp_path / "a.xlsx", good_row(1, 经度=103.83, 纬度=36.06)))
    assert document["refused"][0]["code"] == "outside_area"
    assert document["ask"] == []


@pytest.mark.parametrize("order", [("经度", "纬度"), ("Y坐标", "X坐标"), ("横坐标", "纵坐标")])
def test_metres_with_zone_numbers_need_no_question(tmp_path: Path, order: tuple[str, str]) -> None:
    truth = _points("静宁县", 8, border=0)
    east, north = transform(truth[:, 0], truth[:, 1], "EPSG:4490", "EPSG:4523")
    header = [order[0] if name == "经度" else order[1] if name == "纬度" else name for name in HEADER]
    document = report(
        simple(tmp_path / "a.xlsx", *_rows(np.column_stack([east, north]), "静宁县"), header=header)
    )
    assert document["ask"] == []
    assert document["crs"] == "EPSG:4523"
    assert _worst(document, truth) < 0.01


def test_metres_without_zone_numbers_are_asked(tmp_path: Path) -> None:
    truth = _points("静宁县", 8, border=0)
    east, north = transform(truth[:, 0], truth[:, 1], "EPSG:4490", "EPSG:4544")
    path = simple(
        tmp_path / "a.xlsx", *_rows(np.column_stack([north, east]), "静宁县")
    )  # X north, as surveyors write
    document = report(path)
    question = _ask(document)["zone"]
    assert (question["proposal"], set(question["choices"])) == ("35", {"35", "36", "fit"})
    assert len(question["rows"]) == 8
    for settled in (
        report(path, zone=35),
        report(path, answers={"zone": "35"}),
        report(path, crs="EPSG:4544"),
        report(path, crs="EPSG:4523"),
    ):
        assert settled["ask"] == []
        assert _worst(settled, truth) < 0.01


def test_a_wrong_zone_number_is_asked(tmp_path: Path) -> None:
    truth = _points("静宁县", 6, border=0)
    east, north = transform(truth[:, 0], truth[:, 1], "EPSG:4490", "EPSG:4544")
    path = simple(tmp_path / "a.xlsx", *_rows(np.column_stack([east + 36e6, north]), "静宁县"))
    question = _ask(report(path))["zone"]
    assert question["proposal"] == "35"
    assert _worst(report(path, answers={"zone": "35"}), truth) < 0.01


def test_a_file_over_both_zones_is_placed_by_fit(tmp_path: Path) -> None:
    west, east_side = _points("静宁县", 4, border=0), _points("泾川县", 4, border=0)
    rows = []
    for n, (points, crs, name) in enumerate(
        ((west, "EPSG:4544", "静宁县"), (east_side, "EPSG:4545", "泾川县"))
    ):
        east, north = transform(points[:, 0], points[:, 1], "EPSG:4490", crs)
        rows += [
            good_row(n * 10 + k, 县区=name, 经度=float(x), 纬度=float(y))
            for k, (x, y) in enumerate(zip(east, north, strict=True))
        ]
    path = simple(tmp_path / "a.xlsx", *rows)
    assert _ask(report(path))["zone"]["proposal"] == "fit"
    assert _worst(report(path, answers={"zone": "fit"}), np.vstack([west, east_side])) < 0.01


@pytest.mark.parametrize("crs", ["EPSG:2343", "EPSG:2379"])
def test_old_datums_are_refused(tmp_path: Path, crs: str) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1, 经度=378479.3, 纬度=3935329.6))
    with pytest.raises(Invalid) as refused:
        report(path, crs=crs)
    assert refused.value.code == "bad_crs"


def test_a_title_that_names_an_old_datum_refuses_the_positions(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["锅炉台账（西安80坐标系）"], HEADER, good_row(1)], ["A1:I1"])
    assert report(path)["refused"][0]["code"] == "bad_position"


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("106°39′36″", "35°32′24″"),
        ("106度39分36秒", "35度32分24秒"),
        ("１０６．６６", "３５．５４"),
        ("E106°39′36″", "N35°32′24″"),
        ("106 39 36", "35 32 24"),
        ("东经106.66", "北纬35.54"),
        ("106.66°", "35.54°"),
        ("106:39:36", "35:32:24"),
    ],
)
def test_every_notation_in_two_columns(tmp_path: Path, x: str, y: str) -> None:
    line = report(simple(tmp_path / "a.xlsx", good_row(1, 经度=x, 纬度=y)))["rows"][0]
    assert (line["x"], line["y"]) == (pytest.approx(106.66), pytest.approx(35.54))


@pytest.mark.parametrize(
    "text",
    ["106.66,35.54", "35.54，106.66", "106°39′36″ 35°32′24″", "E106.66 N35.54", "北纬35.54 东经106.66"],
)
def test_both_coordinates_in_one_column(tmp_path: Path, text: str) -> None:
    header = [*[name for name in HEADER if name not in ("经度", "纬度")], "经纬度坐标"]
    row = [
        *[cell for name, cell in zip(HEADER, good_row(1), strict=True) if name not in ("经度", "纬度")],
        text,
    ]
    document = report(simple(tmp_path / "a.xlsx", row, header=header))
    assert [line["field"] for line in document["mapping"] if line["heading"] == "经纬度坐标"] == ["x", "y"]
    line = document["rows"][0]
    assert (line["x"], line["y"]) == (pytest.approx(106.66), pytest.approx(35.54))


def test_degrees_minutes_and_seconds_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = [
        ["台账编号", "使用单位", "县区", "东经", None, None, "北纬", None, None],
        [None, None, None, "度", "分", "秒", "度", "分", "秒"],
        ["KT-1", "甲", "崆峒区", 106, 39, 36, 35, 32, 24],
    ]
    path = workbook(tmp_path / "a.xlsx", rows, ["A1:A2", "B1:B2", "C1:C2", "D1:F1", "G1:I1"])
    document = report(path)
    assert document["header_rows"] == [1, 2]
    assert (document["rows"][0]["x"], document["rows"][0]["y"]) == (
        pytest.approx(106.66),
        pytest.approx(35.54),
    )


def test_a_row_that_names_its_map_is_converted_by_itself(tmp_path: Path) -> None:
    x, y = to_gcj02(106.66, 35.54)
    header = [*HEADER, "坐标来源"]
    path = simple(
        tmp_path / "a.xlsx",
        [*good_row(1), "GPS"],
        [*good_row(2, 经度=float(x), 纬度=float(y)), "高德"],
        header=header,
    )
    document = report(path)
    assert (document["rows"][1]["x"], document["rows"][1]["y"]) == (
        pytest.approx(106.66),
        pytest.approx(35.54),
    )
    assert (3, "converted") in [
        (w["row"], w["code"]) for w in document["warnings"] if w["code"] != "crs_remembered"
    ]


def test_rows_without_coordinates_are_taken_and_shown(tmp_path: Path) -> None:
    path = simple(
        tmp_path / "a.xlsx",
        good_row(1, 经度=None, 纬度=None),
        good_row(2, 经度="/", 纬度="/"),
        good_row(3, 经度=0, 纬度=0),
    )
    document = report(path)
    assert document["added"] == 3
    assert {line["x"] for line in document["rows"]} == {None}
    codes = [w["code"] for w in document["warnings"] if w["code"] != "crs_remembered"]
    assert codes == ["no_position"] * 3


def test_degrees_minutes_and_seconds_packed_into_one_number_are_asked(tmp_path: Path) -> None:
    truth = _points(count=12, border=0)

    def packed(value: float) -> float:
        degrees, rest = divmod(round(value * 3600, 2), 3600)
        minutes, seconds = divmod(rest, 60)
        return round(degrees + minutes / 100 + seconds / 10_000, 6)

    path = simple(tmp_path / "a.xlsx", *_rows(np.array([[packed(x), packed(y)] for x, y in truth])))
    assert _ask(report(path))["crs"]["proposal"] == "packed"
    settled = report(path, answers={"crs": "packed"})
    assert settled["ask"] == []
    assert _worst(settled, truth) < 0.5


def test_a_file_that_does_not_say_its_system_is_asked_about_once(tmp_path: Path) -> None:
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2))
    asked = plan_file(path, context(), ImportOptions()).report.ask
    assert [(q.code, q.rows, q.proposal) for q in asked] == [("crs", [2, 3], "EPSG:4490")]
    for given in (ImportOptions(crs="EPSG:4490"), ImportOptions(answers={"crs": "EPSG:4490"})):
        assert plan_file(path, context(), given).report.ask == []
    moved = plan_file(path, context(), ImportOptions(answers={"crs": "gcj02"})).report.records
    assert moved[0].values["coord_src"] == "gcj02"


def test_a_file_that_names_its_system_is_not_asked_about(tmp_path: Path) -> None:
    header = [{"经度": "经度(CGCS2000)"}.get(name, name) for name in HEADER]
    path = simple(tmp_path / "a.xlsx", good_row(1), good_row(2), header=header)
    assert plan_file(path, context(), ImportOptions()).report.ask == []


def _in_plane(path: Path, crs: str, add: float = 0.0, title: str = "", **options: Any) -> dict[str, Any]:
    truth = _points("静宁县", 6, border=0)
    east, north = transform(truth[:, 0], truth[:, 1], "EPSG:4490", crs)
    rows = _rows(np.column_stack([east + add, north]), "静宁县")
    header = ["横坐标Y" if name == "经度" else "纵坐标X" if name == "纬度" else name for name in HEADER]
    document = report(workbook(path / "a.xlsx", [*([[title]] if title else []), header, *rows]), **options)
    first = document["header_rows"][-1] + 1
    lines = [(line["x"], line["y"], *truth[line["row"] - first]) for line in document["rows"]]
    return document | {"off": max((distance_m(*line) for line in lines), default=float("inf"))}


def test_coordinates_reckoned_in_a_neighbouring_zone_are_taken_by_their_number(tmp_path: Path) -> None:
    far = _in_plane(tmp_path, "EPSG:4543", 34e6)  # 102°E: eastings of more than 900 km
    assert (far["ask"], far["refused"]) == ([], [])
    assert far["off"] < 0.01
    bare = _in_plane(tmp_path, "EPSG:4543")
    assert _ask(bare)["zone"]["proposal"] == "34"
    assert bare["off"] < 0.01


@pytest.mark.parametrize(
    ("title", "crs"),
    [("坐标系：CGCS2000，中央子午线106°30′", "tm:106.5"), ("CGCS2000 六度带第18带", "EPSG:4507"),
     ("国家2000坐标，中央经线108°", "EPSG:4545")],
)  # fmt: skip
def test_the_meridian_a_title_names_is_used_where_the_points_fit(
    tmp_path: Path, title: str, crs: str
) -> None:
    named = _in_plane(tmp_path, crs, title=title)
    assert (named["ask"], named["refused"]) == ([], [])
    assert named["off"] < 0.01


def test_a_meridian_that_does_not_fit_is_asked_and_another_may_be_answered(tmp_path: Path) -> None:
    lies = _in_plane(tmp_path, "tm:106.5", title="第36带坐标，中央子午线108°")
    question = _ask(lies)["zone"]
    assert "36" in question["choices"]
    assert "108" in question["why"]
    settled = _in_plane(tmp_path, "tm:106.5", title="中央子午线108°", answers={"zone": "tm:106.5"})
    assert (settled["ask"], settled["off"] < 0.01) == ([], True)


def test_a_zone_number_that_explains_nothing_is_asked_about_and_not_only_refused(tmp_path: Path) -> None:
    document = _in_plane(tmp_path, "EPSG:4544", 31e6 + 250_000)
    question = _ask(document)["zone"]
    assert {"31", "35", "36", "fit"} <= set(question["choices"])
    assert "°E" in question["why"]
    kept = _in_plane(tmp_path, "EPSG:4544", 31e6 + 250_000, answers={"zone": "31"})
    assert (kept["ask"], {line["code"] for line in kept["refused"]}) == ([], {"outside_area"})
