"""Places, cells, pictures, sheets, the shared page and the demo, from a shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from cli.terminal import Terminal


def test_coord_lists_readings_best_first(bare: Terminal) -> None:
    readings = bare.json("coord", "106°40′E 35°32′N")["readings"]
    assert readings[0]["crs"] == "EPSG:4490"
    assert (readings[0]["x"], readings[0]["y"]) == pytest.approx((106.6666667, 35.5333333), abs=1e-6)
    certainties = [item["certainty"] for item in readings]
    assert certainties == sorted(certainties, reverse=True)
    assert all(0 <= value <= 1 for value in certainties)
    assert all(item["why"] for item in readings)


def test_coord_takes_its_text_in_several_words_and_with_a_minus(bare: Terminal) -> None:
    assert bare.json("coord", "106.66", "35.54") == bare.json("coord", "106.66 35.54")
    assert bare.json("coord", "-35.5", "106.6")["readings"] is not None


@pytest.mark.parametrize("text", ["柳湖公园", "12", "西安80 3935000 36560000", ""])
def test_a_text_that_is_no_position_says_why(bare: Terminal, text: str) -> None:
    told = bare.json("coord", text)
    assert told["readings"] == []
    assert told["refuse"]


@pytest.mark.parametrize("words", [["106.684", "35.542"], ["106.684 35.542"], ["106°41′2.4″E,35°32′31.2″N"]])
def test_locate_names_the_division(terminal: Terminal, words: list[str]) -> None:
    told = terminal.json("locate", *words)
    assert [item["name"] for item in told["divisions"]] == ["平凉市", "崆峒区"]
    assert told["division"]["code"] == "620802"
    assert (told["x"], told["y"]) == pytest.approx((106.684, 35.542), abs=1e-6)
    assert told["in_builtup"] is None
    assert "崆峒区" in terminal("locate", *words).out


def test_locate_refuses_what_is_no_position(terminal: Terminal) -> None:
    assert terminal.refused("locate", "somewhere") == (1, "unreadable")


def test_topology_lists_where_areas_do_not_fit(terminal: Terminal) -> None:
    terminal.json("grid", "--size", "3000", "--within", "620802", as_="city")
    assert terminal.json("topology", "cell") == []
    assert {item["code"] for item in terminal.json("topology", "division")} <= {"overlap", "gap"}
    assert terminal.refused("topology", "boiler") == (1, "no_areas")


def test_shapes_come_back_from_a_file_as_one_step(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("grid", "--size", "5000", "--within", "620802", as_="city")
    one = terminal.json("list", "cell", "--limit", "1")[0]
    square = [[106.5, 35.5], [106.6, 35.5], [106.6, 35.6], [106.5, 35.5]]
    feature = {
        "type": "Feature",
        "properties": {"grid_code": one["grid_code"]},
        "geometry": {"type": "Polygon", "coordinates": [square]},
    }
    file = tmp_path / "shapes.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    assert terminal.refused("shapes", "cell", str(file), as_="city") == (1, "reason")
    done = terminal.json("shapes", "cell", str(file), "--reason", "按批复", as_="city")
    assert done["changed"] == [one["uid"]]
    feature["properties"] = {"grid_code": "nobody"}
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    assert terminal.refused("shapes", "cell", str(file), "--reason", "x", as_="city") == (1, "unknown_record")
    file.write_text("{", "utf-8")
    assert terminal.refused("shapes", "cell", str(file), "--reason", "x", as_="city") == (1, "unreadable")


def test_grid_makes_cells_once(terminal: Terminal) -> None:
    made = terminal.json("grid", "--size", "5000", "--within", "620802", as_="city")
    assert made["added"] > 50
    assert made["size_m"] == 5000
    again = terminal.json("grid", "--size", "5000", "--within", "620802", as_="city")
    assert (again["added"], again["kept"]) == (0, made["added"])
    cell = terminal.json("list", "cell", "--limit", "1")[0]
    assert cell["grid_code"].startswith("R5000-")
    assert terminal.json("locate", "106.684", "35.542")["cell"]["grid_code"].startswith("R5000-")


@pytest.mark.parametrize(
    ("words", "as_", "code"),
    [
        (["--size", "5000", "--within", "620802"], "inspector", 3),
        (["--size", "5000", "--within", "999999"], "city", 1),
        (["--size", "0", "--within", "620802"], "city", 1),
        (["--size", "5000", "--within", "620802105"], "city", 1),
    ],
)
def test_a_grid_that_cannot_be(terminal: Terminal, words: list[str], as_: str, code: int) -> None:
    assert terminal.refused("grid", *words, as_=as_)[0] == code
    assert terminal.json("list", "cell") == []


def test_render_draws_a_picture_of_the_size(terminal: Terminal, tmp_path: Path) -> None:
    told = terminal.json("render", "-o", str(tmp_path / "m.png"), "--size", "640x480", "--repeat", "2")
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.size == (640, 480)
    assert told["size_px"] == [640, 480]
    assert told["crs"]
    assert {"open_ms", "first_ms", "redraw_ms", "redraw_median_ms"} <= set(told["timings"])
    assert len(told["timings"]["redraw_ms"]) == 2


def test_a_framed_picture_has_the_size_and_needs_room(terminal: Terminal, tmp_path: Path) -> None:
    words = ["render", "-o", str(tmp_path / "m.png"), "--framed", "--size"]
    assert terminal.json(*words, "1200x800")["size_px"] == [1200, 800]
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.size == (1200, 800)
    assert terminal.refused(*words, "300x200")[0] == 1


@pytest.mark.parametrize("theme", ["boilers", "cells", "sources"])
def test_every_theme_can_be_drawn(terminal: Terminal, tmp_path: Path, theme: str) -> None:
    words = ["render", "-o", str(tmp_path / "m.png"), "--size", "400x300", "--theme", theme]
    assert terminal.json(*words, "--extent", "106.5,35.4,106.8,35.7")["theme"] == theme


@pytest.mark.parametrize(
    "words",
    [
        ["--theme", "unicorns"],
        ["--extent", "107,35,106,36"],
        ["--size", "90000x90000"],
        ["--crs", "EPSG:999999"],
    ],
)
def test_a_picture_that_cannot_be(terminal: Terminal, tmp_path: Path, words: list[str]) -> None:
    assert terminal.refused("render", "-o", str(tmp_path / "m.png"), *words)[0] == 1
    assert not (tmp_path / "m.png").exists()


def test_sheets_are_listed_without_a_workspace(bare: Terminal) -> None:
    found = {item["id"]: item["title"] for item in bare.json("sheets")}
    assert {"grid_map", "boiler_map", "sources_map", "zone_sheet"} <= set(found)
    assert all(found.values())


def test_print_writes_a_pdf(terminal: Terminal, tmp_path: Path) -> None:
    words = ["print", "boiler_map", "-o", str(tmp_path / "b.pdf"), "--of", "620802", "--paper", "A3"]
    (page,) = terminal.json(*words)["pages"]
    assert sorted((page["width_mm"], page["height_mm"])) == [297, 420]
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF")


def test_a_large_sheet_is_cut_for_a_small_printer(terminal: Terminal, tmp_path: Path) -> None:
    words = ["print", "boiler_map", "-o", str(tmp_path / "b.pdf"), "--of", "620802", "--paper", "A2"]
    pages = terminal.json(*words, "--tile", "a4")["pages"]
    assert len(pages) >= 4
    assert {tuple(sorted((page["width_mm"], page["height_mm"]))) for page in pages} == {(210, 297)}
    assert terminal.refused(*words, "--tile", "B5") == (2, "usage")


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["boiler_map", "--of", "999999"],
        ["zone_sheet"],
        ["boiler_map", "--of", "620802", "--scale", "10"],
    ],
)
def test_a_sheet_that_cannot_be(terminal: Terminal, tmp_path: Path, words: list[str]) -> None:
    assert terminal.refused("print", *words, "-o", str(tmp_path / "b.pdf"))[0] == 1
    assert not (tmp_path / "b.pdf").exists()


def test_share_writes_one_page_that_asks_nobody(terminal: Terminal, tmp_path: Path) -> None:
    told = terminal.json("share", "-o", str(tmp_path / "s.html"))
    page = (tmp_path / "s.html").read_text("utf-8")
    assert told["size"] == (tmp_path / "s.html").stat().st_size
    assert 'src="http' not in page
    terminal.json("share", "-o", str(tmp_path / "p.html"), "--public")
    assert "106.684" not in (tmp_path / "p.html").read_text("utf-8")


def test_the_demo_without_a_display_does_the_main_job(bare: Terminal, tmp_path: Path) -> None:
    told = bare.json("demo", "演示", "--headless", "--boilers", "40", "--cell-size", "10000")
    names = [Path(name).name for name in told["files"]]
    assert names == ["pingliang.gpkg", "map.png", "boiler_map.pdf", "zone_sheet.pdf", "share.html"]
    assert all(Path(name).stat().st_size > 0 for name in told["files"])
    bare.workspace = Path(told["workspace"])
    assert bare.json("check")["ok"]
    cleared = bare.json("show", "boiler", told["cleared"])
    assert cleared["state"] == "cleared"
    steps = {item["action"] for item in bare.json("history", "boiler", told["cleared"])}
    assert {"apply", "town_check", "county_accept", "chief_sign", "notice", "clear"} <= steps
    logins = {person["login"] for person in bare.json("user", "list")}
    assert {"inspector", "officer", "clerk", "clerk2", "chief", "city", "leader", "admin"} <= logins
    assert bare("list", "boiler", "--limit", "1", as_="clerk", pin="246810").code == 0
    assert bare.window == []


def test_the_demo_that_is_there_is_opened(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.workspace is not None
    terminal.workspace.rename(tmp_path / "pingliang.gpkg")
    terminal.patch.setenv("DISPLAY", ":7")
    assert terminal("demo", str(tmp_path), workspace=False).code == 0
    assert terminal.window == [tmp_path / "pingliang.gpkg"]
