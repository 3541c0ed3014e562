"""Commands on the workspace and its people, and every file that is no workspace."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from cli.terminal import Terminal


def test_new_makes_a_workspace_that_checks(bare: Terminal, tmp_path: Path) -> None:
    made = bare.json("new", str(tmp_path / "崇信.gpkg"), "--area", "620823", "--admin", "wang")
    assert (made["area"], made["counts"]["person"]) == ("620823", 1)
    bare.workspace = tmp_path / "崇信.gpkg"
    assert bare.json("check")["ok"]
    (person,) = bare.json("user", "list")
    assert (person["login"], person["role"]) == ("wang", "R0")


def test_new_needs_a_pin_of_its_own(bare: Terminal, tmp_path: Path) -> None:
    words = ["new", str(tmp_path / "a.gpkg"), "--area", "620823", "--admin", "wang"]
    assert bare.refused(*words, pin=None) == (3, "no_pin")
    assert bare.refused(*words, pin="123") == (1, "poor_pin")
    assert list(tmp_path.iterdir()) == []


def test_new_leaves_a_file_that_is_there(terminal: Terminal) -> None:
    assert terminal.workspace is not None
    before = terminal.workspace.read_bytes()
    words = ["new", str(terminal.workspace), "--area", "620823", "--admin", "wang"]
    assert terminal.refused(*words, workspace=False)[0] == 5
    assert terminal.workspace.read_bytes() == before


def test_new_for_a_place_nobody_knows(bare: Terminal, tmp_path: Path) -> None:
    words = ["new", str(tmp_path / "a.gpkg"), "--area", "110000", "--admin", "wang"]
    assert bare.refused(*words) == (1, "unknown_division")


def test_info_counts_by_kind_and_by_status(terminal: Terminal) -> None:
    told = terminal.json("info")
    assert told["counts"]["boiler"] == 1
    assert told["boilers"]["suspect"] == 1
    assert told["boilers"]["cleared"] == 0
    assert (told["area"], told["external_edits"]) == ("620800", 0)
    assert {"format_version", "schema_version", "unsent", "device"} <= set(told)
    assert "待核实" in terminal("info").out


def test_counts_have_units_and_output(terminal: Terminal) -> None:
    frozen = terminal.json("baseline", "freeze", "2026底册", "--document", "平环发1号", as_="city")
    assert (frozen["units"], frozen["tph"]) == (1, 2.0)
    assert [item["name"] for item in terminal.json("baseline", "list")] == ["2026底册"]
    told = terminal.json("counts")
    assert told["baseline"] == "2026底册"
    assert (told["sum"]["baseline"], told["sum"]["rate"]) == ({"units": 1, "tph": 2.0}, 0.0)
    assert terminal.refused("baseline", "freeze", "另册", as_="clerk") == (3, "role")


def test_settings_are_listed_and_set(terminal: Terminal) -> None:
    before = terminal.json("setting", "list")
    assert before["notice_working_days"] == 5
    assert "国务院办公厅" in before["calendar"]["2026"], "the days off with who arranged them"
    terminal.json("setting", "set", "calendar_years", "2027", as_="admin")
    assert terminal.json("setting", "list")["calendar"]["2027"] == ""
    assert (
        terminal.json("setting", "set", "notice_working_days", "7", as_="admin")["notice_working_days"] == 7
    )
    assert terminal.json("setting", "list")["notice_working_days"] == 7
    assert terminal.refused("setting", "set", "notice_working_days", "7", as_="clerk") == (3, "role")
    assert terminal.refused("setting", "set", "colour", "red", as_="admin") == (1, "unknown_setting")


def test_backup_and_restore(terminal: Terminal, tmp_path: Path) -> None:
    made = Path(terminal.json("backup", "-o", str(tmp_path / "bak"))["backup"])
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=9", as_="clerk")
    done = terminal.json("restore", str(made))
    assert Path(done["kept"]).is_file()
    assert terminal.json("show", "boiler", "KT-1")["rated_tph"] == 2.0
    terminal.json("restore", str(made), "-o", str(tmp_path / "b.gpkg"), workspace=False)
    assert (tmp_path / "b.gpkg").is_file()


def test_what_a_backup_lacks_comes_back_from_the_file_it_replaced(terminal: Terminal, tmp_path: Path) -> None:
    made = Path(terminal.json("backup", "-o", str(tmp_path / "bak"))["backup"])
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=9", as_="clerk")
    kept = terminal.json("restore", str(made))["kept"]
    done = terminal.json("salvage", kept)
    assert (done["acts"], done["changes"], done["gaps"], done["left"]) == (1, 1, False, [])
    assert terminal.json("show", "boiler", "KT-1")["rated_tph"] == 9.0
    terminal.json("restore", str(made))
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=7", as_="clerk")
    assert terminal.refused("salvage", str(terminal.workspace)) == (1, "same_file")
    left = terminal("salvage", kept, "--json").document["left"]
    assert [(item["person"] != "", item["changes"][0]["after"]) for item in left] == [
        (True, {"rated_tph": 9.0})
    ]
    assert terminal.json("show", "boiler", "KT-1")["rated_tph"] == 7.0


def test_little_room_is_told_and_nothing_is_changed(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDWARD_DISK_MB", "0,99999999,0")
    assert terminal.json("info")["disk"]["level"] == "low"
    assert "MB" in terminal("edit", "boiler", "KT-1", "--set", "rated_tph=8", as_="clerk").err
    monkeypatch.setenv("GRIDWARD_DISK_MB", "0,99999999,99999999")
    assert terminal.json("info")["disk"]["level"] == "short"
    refused = terminal.refused("edit", "boiler", "KT-1", "--set", "rated_tph=9", as_="clerk")
    assert refused == (5, "disk_low")
    assert "MB" in terminal("check").err
    assert terminal.json("show", "boiler", "KT-1")["rated_tph"] == 8.0


def test_a_damaged_backup_leaves_what_is_there(terminal: Terminal, tmp_path: Path) -> None:
    bad = tmp_path / "bad.gpkg"
    bad.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    assert terminal.refused("restore", str(bad))[0] == 5
    assert terminal.json("show", "boiler", "KT-1")["ledger_no"] == "KT-1"


def test_verify_journal_finds_a_changed_row(terminal: Terminal) -> None:
    file = str(terminal.workspace)
    assert terminal.json("verify-journal", file, workspace=False)["ok"]
    with sqlite3.connect(file) as forger:
        forger.execute("DROP TRIGGER IF EXISTS sync_journal_update")
        names = [row[0] for row in forger.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
        for name in (name for name in names if "journal" in name.lower()):
            forger.execute(f'DROP TRIGGER "{name}"')
        forger.execute("UPDATE sync_journal SET cells = replace(cells, 'KT-1', 'KT-9') WHERE tbl = 'boiler'")
    forger.close()
    said = terminal("verify-journal", file, "--json", workspace=False)
    assert said.code == 5
    assert not said.document["ok"]
    assert said.document["problems"]


def test_people_are_added_disabled_and_change_their_pin(terminal: Terminal) -> None:
    terminal.patch.setenv("GRIDWARD_NEW_PIN", "135790")
    made = terminal.json(
        "user", "add", "li", "--role", "R3", "--org", "崆峒分局", "--area", "620802", as_="admin"
    )
    assert (made["login"], made["role"]) == ("li", "R3")
    listed = terminal("user", "list", as_="admin").out
    assert "县局工作人员" in listed and "R3" not in listed, "people read the role's name"
    kept_out = terminal("user", "add", "wu", "--role", "R3", as_="clerk").err
    assert "县局工作人员" in kept_out and "系统管理员" in kept_out and "R0" not in kept_out
    assert terminal.refused("list", "boiler", as_="li") == (3, "sign_in")
    assert terminal("list", "boiler", as_="li", pin="135790").code == 0
    terminal.patch.setenv("GRIDWARD_NEW_PIN", "975310")
    assert terminal.json("user", "pin", as_="li", pin="135790")["changed"]
    assert terminal("list", "boiler", as_="li", pin="975310").code == 0
    terminal.json("user", "disable", "li", as_="admin")
    assert terminal.refused("list", "boiler", as_="li", pin="975310") == (3, "disabled")


def test_a_script_without_a_second_pin_lets_people_start_with_its_own(terminal: Terminal) -> None:
    said = terminal("user", "add", "li", "--role", "R1", as_="admin")
    assert said.code == 0
    assert "gridward user pin" in said.err
    assert terminal("list", "boiler", as_="li").code == 0


def test_whoever_has_a_pin_of_somebody_else_reads_so_at_each_signing_in(terminal: Terminal) -> None:
    terminal("user", "add", "li", "--role", "R1", as_="admin")
    for new, told in (("own-choice", True), ("another-one", False)):
        terminal.patch.setenv("GRIDWARD_NEW_PIN", new)
        said = terminal("user", "pin", as_="li", pin="246810" if told else "own-choice")
        assert said.code == 0
        assert ("您的 PIN 由 admin 设置" in said.err) is told


def test_only_an_administrator_adds_people(terminal: Terminal) -> None:
    assert terminal.refused("user", "add", "li", "--role", "R3", as_="clerk") == (3, "role")
    assert terminal.refused("user", "add", "li", "--role", "R9", as_="admin") == (1, "bad_role")
    assert "R3 县局工作人员" in terminal("user", "add", "li", "--role", "R9", as_="admin").err, "what to type"
    assert terminal.refused("user", "add", "clerk", "--role", "R3", as_="admin") == (1, "duplicate")
    assert terminal.refused("user", "disable", "nobody", as_="admin") == (1, "unknown")


# ---------------------------------------------------------------- files that are no workspace
def test_no_file(terminal: Terminal, tmp_path: Path) -> None:
    terminal.workspace = tmp_path / "none.gpkg"
    assert terminal.refused("info") == (5, "not_found")
    assert not terminal.workspace.exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"x" * 2000, "台账".encode("gb18030")])
def test_not_a_geopackage(terminal: Terminal, tmp_path: Path, content: bytes) -> None:
    terminal.workspace = tmp_path / "a.gpkg"
    terminal.workspace.write_bytes(content)
    assert terminal.refused("info") == (5, "not_geopackage")
    assert terminal.refused("edit", "boiler", "K", "--set", "note=1", as_="clerk")[0] == 5
    assert terminal.workspace.read_bytes() == content


def test_another_programs_geopackage(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("export", "boiler", "-o", str(tmp_path / "other.gpkg"))
    terminal.workspace = tmp_path / "other.gpkg"
    assert terminal.refused("info") == (5, "not_workspace")


def test_a_damaged_workspace(terminal: Terminal) -> None:
    assert terminal.workspace is not None
    whole = terminal.workspace.read_bytes()
    half = whole[: len(whole) // 2]
    terminal.workspace.write_bytes(half)
    code, _ = terminal.refused("info")
    assert code == 5
    assert terminal.refused("edit", "boiler", "KT-1", "--set", "note=1", as_="clerk")[0] == 5
    assert terminal.workspace.read_bytes() == half


def test_a_workspace_of_a_newer_version(terminal: Terminal) -> None:
    assert terminal.workspace is not None
    with sqlite3.connect(terminal.workspace) as future:
        future.execute("UPDATE gridward_meta SET value = '99' WHERE key = 'format_version'")
    future.close()
    code, error = terminal.refused("info")
    assert (code, error) == (5, "too_new")
    assert terminal.refused("edit", "boiler", "KT-1", "--set", "note=1", as_="clerk") == (5, "too_new")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(terminal: Terminal, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert terminal.refused("edit", "boiler", "KT-1", "--set", "note=1", as_="clerk")[0] == 5
        assert terminal.json("info")["counts"]["boiler"] == 1
    finally:
        tmp_path.chmod(0o700)


def test_a_second_writer_is_told_who_has_it(terminal: Terminal) -> None:
    from app.bootstrap import open_workspace

    assert terminal.workspace is not None
    first = open_workspace(terminal.workspace)
    try:
        code, error = terminal.refused("edit", "boiler", "KT-1", "--set", "note=1", as_="clerk")
        assert (code, error) == (5, "in_use")
        assert terminal.json("info")["counts"]["boiler"] == 1, "reading goes on"
    finally:
        first.close()


@pytest.mark.parametrize("command", ["export", "render", "print", "share"])
def test_no_output_takes_the_place_of_a_workspace(terminal: Terminal, tmp_path: Path, command: str) -> None:
    assert terminal.workspace is not None
    other = Path(shutil.copy(terminal.workspace, tmp_path / "other.gpkg"))
    words = {"export": ["export", "boiler"], "print": ["print", "boiler_map"]}.get(command, [command])
    for target in (terminal.workspace, other):
        before = target.read_bytes()
        assert terminal.refused(*words, "-o", str(target)) == (1, "is_workspace")
        assert target.read_bytes() == before


@pytest.mark.parametrize("command", ["export", "render", "print", "share"])
def test_a_folder_that_is_not_there_is_a_storage_failure(
    terminal: Terminal, tmp_path: Path, command: str
) -> None:
    words = {"export": ["export", "boiler"], "print": ["print", "boiler_map"]}.get(command, [command])
    ending = {"export": "csv", "render": "png", "print": "pdf", "share": "html"}[command]
    (tmp_path / "notes.txt").write_text("no folder")
    code, _ = terminal.refused(*words, "-o", str(tmp_path / "notes.txt" / f"a.{ending}"))
    assert code == 5
    assert (tmp_path / "notes.txt").read_text() == "no folder"


def test_the_pin_is_never_an_argument(bare: Terminal) -> None:
    for command in ("new", "user add", "user pin"):
        assert "--pin" not in bare(*command.split(), "--help").out
