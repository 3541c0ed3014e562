"""Commands on records and their workflow, as a script drives them."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from builders import paper, photo
from cli.terminal import Terminal


def _papers(folder: Path, *kinds: str) -> list[str]:
    words = []
    for number, kind in enumerate(kinds):
        if "photo" in kind or kind == "nameplate":
            path = photo(folder / f"{kind}.jpg", shade=number)
        else:
            path = paper(folder / f"{kind}.pdf", kind)
        words += ["--evidence", f"{kind}:{path}"]
    return words


def test_list_gives_records_with_codes_dates_and_places(terminal: Terminal) -> None:
    (boiler,) = terminal.json("list", "boiler")
    assert (boiler["ledger_no"], boiler["status"], boiler["fuel"]) == ("KT-1", "suspect", "bituminous")
    assert (boiler["x"], boiler["y"]) == (106.684, 35.542)
    assert boiler["commissioned"] is None
    assert boiler["uid"]
    assert isinstance(boiler["revision"], int)


def test_list_filters_limits_and_sorts(terminal: Terminal) -> None:
    counties = terminal.json("list", "division", "--where", "level=county", "--order", "-code")
    assert counties[0]["code"] == "620881"
    assert terminal.json("list", "division", "--limit", "3", "--where", "level=town")[2]["level"] == "town"
    assert terminal.json("list", "boiler", "--where", "rated_tph>=4") == []
    assert len(terminal.json("list", "boiler", "--where", "user_org~小学 and status in suspect|cleared")) == 1
    assert len(terminal.json("list", "boiler", "--where", "commissioned is empty or status=cleared")) == 1


@pytest.mark.parametrize("where", ["colour=red", "status", "status=vanished", "rated_tph>many"])
def test_a_filter_that_cannot_be_read_is_refused(terminal: Terminal, where: str) -> None:
    assert terminal.refused("list", "boiler", "--where", where)[0] == 1


def test_an_unknown_kind_names_the_known_ones(terminal: Terminal) -> None:
    said = terminal("list", "volcano", "--json")
    assert (said.code, said.document["error"]) == (1, "unknown_kind")
    assert "boiler" in said.document["hint"]


def test_areas_have_bounds_and_show_has_their_geometry(terminal: Terminal) -> None:
    (county,) = terminal.json("list", "division", "--where", "code=620802")
    west, south, east, north = county["bounds"]
    assert 106 < west < east < 108
    assert 35 < south < north < 36
    assert terminal.json("show", "division", "620802")["geometry"]["type"] == "MultiPolygon"


def test_nobody_sees_a_pin_verifier(terminal: Terminal) -> None:
    for written in ("list person", "show person clerk", "user list", "history person clerk"):
        said = terminal(*written.split(), "--json")
        assert said.code == 0
        assert "argon2" not in said.out
        assert "verifier" not in said.out
        assert "argon2" not in terminal(*written.split()).out


def test_show_says_what_comes_next_and_what_it_lacks(terminal: Terminal) -> None:
    shown = terminal.json("show", "boiler", "KT-1", as_="clerk")
    assert (shown["state"], shown["group"], shown["title"]) == ("suspect", "unverified", "KT-1 第一小学")
    register, exclude = shown["next"]
    assert (register["action"], register["to"], register["roles"]) == ("register", "registered", ["R3"])
    assert not register["allowed"]
    assert [lack["code"] for lack in register["lacks"]] == ["evidence"]
    assert "铭牌" in register["lacks"][0]["why"]
    assert (exclude["asks"], exclude["signatures"]) == (["exclude_reason"], 2)
    assert shown["attachments"] == []
    assert shown["signatures"] == []


def test_show_for_somebody_else_names_the_role(terminal: Terminal) -> None:
    register = terminal.json("show", "boiler", "KT-1", as_="inspector")["next"][0]
    assert "role" in [lack["code"] for lack in register["lacks"]]


def test_a_record_is_found_by_the_beginning_of_its_uid(terminal: Terminal) -> None:
    uid = terminal.json("list", "boiler")[0]["uid"]
    assert terminal.json("show", "boiler", uid)["ledger_no"] == "KT-1"
    assert terminal.json("show", "boiler", uid[:8])["uid"] == uid


def test_add_edit_delete_and_back(terminal: Terminal) -> None:
    made = terminal.json(
        "add", "boiler", "--set", "ledger_no=KT-2", "--set", "fuel=烟煤", "--at", "106.69,35.54", as_="clerk"
    )
    assert (made["fuel"], made["x"], made["status"]) == ("bituminous", 106.69, "suspect")
    changed = terminal.json("edit", "boiler", "KT-2", "--set", "rated_tph=4", "--reason", "铭牌", as_="clerk")
    assert (changed["changed"], changed["rated_tph"]) == (True, 4.0)
    assert terminal.json("edit", "boiler", "KT-2", "--set", "rated_tph=4", as_="clerk")["changed"] is False
    moved = terminal.json("edit", "boiler", "KT-2", "--at", "106.7,35.55", as_="clerk")
    assert (moved["x"], moved["y"]) == (106.7, 35.55)
    assert terminal.refused("delete", "boiler", "KT-2", as_="clerk") == (1, "reason")
    terminal.json("delete", "boiler", "KT-2", "--reason", "重复", as_="clerk")
    assert terminal.refused("show", "boiler", "KT-2") == (1, "unknown_record")
    terminal.json("undo", as_="clerk")
    assert terminal.json("show", "boiler", "KT-2")["rated_tph"] == 4.0


def test_a_wrong_choice_names_the_values_there_are(terminal: Terminal) -> None:
    done = terminal("edit", "boiler", "KT-1", "--set", "fuel=煤炭", as_="clerk")
    assert done.code == 1
    assert "bituminous (烟煤)" in done.err and "biomass" in done.err


def test_writing_needs_a_name(terminal: Terminal) -> None:
    assert terminal.refused("edit", "boiler", "KT-1", "--set", "note=x") == (3, "not_signed_in")
    assert terminal.refused("undo") == (3, "not_signed_in")


def test_do_takes_a_step_with_fields_papers_and_reason(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.json(
        "do",
        "register",
        "boiler",
        "KT-1",
        *_papers(tmp_path, "nameplate"),
        "--reason",
        "现场核实",
        as_="clerk",
    )
    assert (done["done"], done["completed"], done["state"]) == ("register", True, "registered")
    assert [item["kind"] for item in done["attachments"]] == ["nameplate"]
    assert (done["signatures"][0]["person"], done["signatures"][0]["valid"]) == ("clerk", True)
    plan = ["--set", "treatment=dismantle", "--set", "due_date=2026-12-31", "--set", "resp_org=柳湖镇"]
    first = terminal.json("do", "plan", "boiler", "KT-1", *plan, as_="clerk")
    assert (first["completed"], first["state"], first["treatment"]) == (False, "registered", "dismantle")
    assert terminal.json("do", "plan", "boiler", "KT-1", as_="chief")["state"] == "planned"


def test_a_step_of_the_wrong_role_exits_3_and_changes_nothing(terminal: Terminal) -> None:
    before = terminal.json("history", "boiler", "KT-1")
    said = terminal("do", "clear", "boiler", "KT-1", "--json", as_="inspector")
    assert said.code == 3
    assert {"role", "wrong_state"} <= {item["code"] for item in said.document["details"]}
    assert terminal.json("history", "boiler", "KT-1") == before


def test_a_step_that_lacks_papers_exits_1_and_names_them(terminal: Terminal) -> None:
    said = terminal("do", "register", "boiler", "KT-1", as_="clerk")
    assert (said.code, said.out) == (1, "")
    assert "铭牌" in said.err


@pytest.mark.parametrize(("content", "code"), [(None, "evidence_missing"), (b"", "evidence_empty")])
def test_a_poor_evidence_file_is_refused(
    terminal: Terminal, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "铭牌.jpg"
    if content is not None:
        path.write_bytes(content)
    words = ["do", "register", "boiler", "KT-1", "--evidence", f"nameplate:{path}"]
    assert terminal.refused(*words, as_="clerk") == (1, code)
    assert terminal.json("show", "boiler", "KT-1")["state"] == "suspect"


def test_evidence_that_was_changed_since_stops_the_step(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("attach", "boiler", "KT-1", *_papers(tmp_path, "nameplate"), as_="clerk")
    (kept,) = [path for path in (tmp_path / "office.files").rglob("*") if path.is_file()]
    kept.chmod(0o600)
    kept.write_bytes(b"another")
    assert terminal.refused("do", "register", "boiler", "KT-1", as_="clerk") == (5, "attachment_changed")
    assert terminal("check", "--json").code == 5


def test_actions_are_the_steps_of_the_table_and_need_no_workspace(bare: Terminal) -> None:
    found = {item["action"]: item for item in bare.json("actions", "boiler")}
    assert " ".join(found) == (
        "register exclude plan start seal recheck apply town_check county_accept chief_sign notice clear "
        "return look_back rebound confirm_rebound restart retain"
    )
    accept = found["county_accept"]
    assert (accept["from"], accept["roles"], accept["signatures"]) == (["town_ok"], ["R3"], 2)
    assert (accept["evidence"], accept["asks"]) == (["acceptance_form"], ["end_state"])
    assert found["return"]["from"] == ["applied", "town_ok", "county_ok", "notice"]
    assert len(found["return"]["rows"]) == 3
    assert bare.json("actions", "division") == []
    assert bare.refused("actions", "volcano")[0] == 1


def test_history_names_who_when_where_why_and_what(terminal: Terminal) -> None:
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=4", "--reason", "铭牌为4蒸吨", as_="clerk")
    newest, first = terminal.json("history", "boiler", "KT-1")
    assert (newest["login"], newest["action"], newest["reason"]) == ("clerk", "edit", "铭牌为4蒸吨")
    assert newest["person"]
    assert newest["changes"] == [{"field": "rated_tph", "label": "额定出力", "before": 2.0, "after": 4.0}]
    assert newest["device"] == terminal.json("info")["device"]
    assert newest["at"] > first["at"]
    assert first["operation"] == "insert"
    assert not newest["external"]


def test_undo_and_redo(terminal: Terminal) -> None:
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=4", as_="clerk")
    undone = terminal.json("undo", "--reason", "改错", as_="clerk")
    assert list(undone["touched"]) == ["boiler"]
    assert terminal.json("show", "boiler", "KT-1")["rated_tph"] == 2.0
    terminal.json("redo", as_="clerk")
    assert terminal.json("show", "boiler", "KT-1")["rated_tph"] == 4.0
    assert terminal.refused("redo", as_="clerk") == (1, "nothing_to_redo")
    assert terminal.refused("undo", as_="leader") == (1, "nothing_to_undo")


def test_undo_over_anothers_change_is_a_conflict(terminal: Terminal) -> None:
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=4", as_="clerk")
    terminal.json("edit", "boiler", "KT-1", "--set", "rated_tph=6", as_="city")
    code, _ = terminal.refused("undo", as_="clerk")
    assert code == 4


def test_edits_of_another_program_wait_for_a_name_and_a_reason(terminal: Terminal) -> None:
    assert terminal.workspace is not None
    with sqlite3.connect(terminal.workspace) as other:
        (table,) = other.execute("SELECT table_name FROM gridward_layer WHERE entity = 'person'").fetchone()
        other.execute(f'UPDATE "{table}" SET org = ? WHERE login = ?', ("别处", "clerk"))
    other.close()
    waiting = terminal.json("seal")
    assert waiting["waiting"] == 1
    assert waiting["edits"][0]["changes"] == [{"field": "org", "before": "崆峒分局", "after": "别处"}]
    assert "clerk" in (said := terminal("seal").out) and "崆峒分局 → 别处" in said
    assert terminal.json("history", "person", "clerk")[0]["external"]
    assert "gridward seal" in terminal("edit", "boiler", "KT-1", "--set", "note=x", as_="clerk").err
    assert terminal.refused("seal", "--confirm", as_="clerk") == (1, "reason")
    assert terminal.refused("seal", "--reason", "QGIS 改", as_="clerk") == (2, "usage")
    assert terminal.refused("seal", "--confirm", "--reason", "QGIS 改", as_="inspector")[0] == 3
    assert terminal.json("seal", "--confirm", "--reason", "QGIS 改", as_="clerk") == {"sealed": 1}
    newest = terminal.json("history", "person", "clerk")[0]
    assert (newest["person"], newest["reason"]) == ("clerk", "QGIS 改")
    assert terminal.json("seal")["waiting"] == 0


def test_people_read_tables_and_pages(terminal: Terminal) -> None:
    assert "KT-1" in terminal("list", "boiler").out
    assert "共 1 条记录" in terminal("list", "boiler").out
    assert "没有" in terminal("list", "source").out
    assert "登记在册" in terminal("show", "boiler", "KT-1").out
    told = terminal("history", "boiler", "KT-1").out
    assert "试验数据" in told and re.search(r"位置: - → 106\.\d{6}, 35\.\d{6}\n", told)
    outline = terminal("history", "division", "620802").out
    assert re.search(r"位置: - → 106\.\d{6}, 35\.\d{6}\n", outline) and "{" not in outline
    assert "county_accept" in terminal("actions", "boiler").out


def test_a_paper_beside_the_wrong_record_is_taken_away(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("attach", "boiler", "KT-1", *_papers(tmp_path, "other"), as_="clerk")
    (wrong,) = terminal.json("show", "boiler", "KT-1")["attachments"]
    given = ("redact", "boiler", "KT-1", wrong["sha256"][:10])
    assert terminal.refused(*given, "--reason", "这是隔壁户主的身份证", as_="officer")[1] == "role"
    assert terminal.refused(*given, as_="clerk")[1] == "reason"
    said = terminal.json(*given, "--reason", "这是隔壁户主的身份证", as_="clerk")["taken_away"]
    shown = terminal.json("show", "boiler", "KT-1")
    assert (shown["attachments"], shown["taken_away"]) == ([], [said])
    assert (said["paper"], said["sha256"]) == (wrong["uid"], wrong["sha256"])
    assert terminal.refused(*given, "--reason", "这是隔壁户主的身份证", as_="clerk")[1] == "unknown_record"
