"""Words, options and help: both places for shared options, wrong usage, languages, the window."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from app.actions.catalog import ACTIONS
from app.cli import declare
from app.cli.commands import COMMANDS
from app.cli.declare import GROUPS, build, meant
from cli.terminal import PIN, Terminal

CONTRACT = (
    "demo,new,user add,user list,user disable,user pin,info,check,import,export,grid,list,show,do,actions,"
    "history,undo,locate,coord,render,sheets,print,share,seal,backup,restore,verify-journal"
).split(",")


def test_every_command_of_the_contract_is_there() -> None:
    names = [command.name for command in COMMANDS]
    assert sorted(set(CONTRACT) - set(names)) == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_help_in_chinese_and_english(bare: Terminal, name: str) -> None:
    chinese = bare(*name.split(), "--help")
    english = bare(*name.split(), "--help", "--lang", "en")
    assert (chinese.code, english.code) == (0, 0)
    assert "用法" in chinese.out
    assert "选项" in chinese.out
    assert "Usage" in english.out
    assert english.out.isascii() or "°" in english.out or "“" in english.out
    assert "--json" in chinese.out


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_is_wrong_usage(bare: Terminal, group: str) -> None:
    assert bare.refused(group) == (2, "usage")


def test_the_front_page_lists_every_command(bare: Terminal) -> None:
    page = bare("--help").out
    assert all(f"  {command.name.split()[0]}" in page for command in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["list", "boiler", "--frobnicate"],
        ["frobnicate"],
        ["list", "boiler", "--limit", "many"],
        ["do", "register"],
        ["render"],
        ["--lang", "tlh", "actions", "boiler"],
        ["render", "-o", "m.png", "--size", "large"],
        ["render", "-o", "m.png", "--extent", "1,2,3"],
        ["print", "boiler_map", "-o", "a.pdf", "--portrait", "--landscape"],
        ["print", "boiler_map", "-o", "a.pdf", "--paper", "B5"],
        ["grid", "--within", "620802", "--size", "1000", "--kind", "hexagonal"],
        ["edit", "boiler", "KT-1"],
        ["edit", "boiler", "KT-1", "--set", "rated_tph"],
        ["edit", "boiler", "KT-1", "--at", "somewhere"],
        ["edit", "boiler", "KT-1", "--at", "35.5,106.6"],
        ["do", "register", "boiler", "KT-1", "--evidence", "nameplate"],
        ["attach", "boiler", "KT-1"],
        ["user", "pin"],
        ["demo", "d", "--boilers", "0"],
    ],
)  # fmt: skip
def test_wrong_usage_exits_2_with_a_sentence(terminal: Terminal, words: list[str]) -> None:
    assert terminal.refused(*words) == (2, "usage")


@pytest.mark.parametrize(
    ("words", "told"),
    [(["sync", "cert.json"], "多余的内容：cert.json"), (["sync", "--prove"], "--prove 后缺少值")],
)
def test_too_many_and_too_few_words_are_told_in_chinese(
    terminal: Terminal, words: list[str], told: str
) -> None:
    assert terminal("--lang", "zh_CN", *words).err.startswith(told)


@pytest.mark.parametrize(
    ("words", "group"),
    [
        (["list", "boiler", "--limit", "3"], "list"),
        (["-w", "list", "--json", "--as", "show", "user", "list"], "user"),
        (["--workspace=list", "--labels", "--lang", "en", "reports"], "reports"),
        (["hub", "--help"], "hub"),
    ],
)
def test_only_what_may_be_meant_is_built(words: list[str], group: str) -> None:
    names = [command.name for command in COMMANDS]
    assert [command.name for command in meant(words, COMMANDS)] == [
        name for name in names if name.split()[0] == group
    ]


@pytest.mark.parametrize(
    "words", [[], ["frobnicate"], ["--help", "list"], ["-wlist", "show"], ["--", "list"], ["--json", "-w"]]
)
def test_all_is_built_where_that_is_not_plain(words: list[str]) -> None:
    assert meant(words, COMMANDS) == COMMANDS


def test_the_shared_options_with_a_value_are_known_by_name() -> None:
    root = typer.main.get_command(build(COMMANDS, lambda _: 0, "x"))
    with_value = [item.opts for item in root.params if not getattr(item, "is_flag", False)]
    assert sorted(itertools.chain(*with_value)) == sorted(declare._VALUED)


def test_no_workspace_named_is_wrong_usage(bare: Terminal) -> None:
    assert bare.refused("list", "boiler") == (2, "no_workspace")


def test_shared_options_may_stand_before_and_after(terminal: Terminal) -> None:
    file = str(terminal.workspace)
    expected = terminal("-w", file, "list", "boiler", "--json", workspace=False).document
    assert terminal("--json", "list", "boiler", "-w", file, workspace=False).document == expected
    assert terminal("list", "-w", file, "--json", "boiler", workspace=False).document == expected
    assert terminal("list", "boiler", f"--workspace={file}", "--json", workspace=False).document == expected
    assert terminal("user", "-w", file, "list", "--json", workspace=False).code == 0
    shown = terminal("show", "boiler", "KT-1", "--as", "clerk", "--json").document
    assert any(step["allowed"] is False and step["action"] == "register" for step in shown["next"])


def test_what_stands_after_wins(terminal: Terminal) -> None:
    said = terminal("-w", "nowhere.gpkg", "info", "-w", str(terminal.workspace), "--json", workspace=False)
    assert said.code == 0


def test_labels_are_words_and_codes_are_codes(terminal: Terminal) -> None:
    assert terminal.json("list", "boiler")[0]["status"] == "suspect"
    assert terminal.json("list", "boiler", "--labels")[0]["status"] == "待核实"
    assert terminal.json("list", "boiler", "--labels")[0]["fuel"] == "烟煤"
    assert terminal.json("list", "boiler", "--labels", "--lang", "en")[0]["fuel"] == "Bituminous coal"
    assert terminal.json("show", "boiler", "KT-1", "--labels")["group"] == "待核实"


def test_a_refusal_speaks_the_chosen_language(terminal: Terminal) -> None:
    assert "没有" in terminal("show", "boiler", "X", "--json").document["message"]
    assert "There is no" in terminal("show", "boiler", "X", "--json", "--lang", "en").document["message"]


def test_without_json_a_refusal_leaves_standard_output_empty(terminal: Terminal) -> None:
    said = terminal("show", "boiler", "X")
    assert (said.code, said.out) == (1, "")
    assert said.err


def test_without_a_command_the_window_opens(terminal: Terminal) -> None:
    assert terminal().code == 0
    assert terminal.window == [terminal.workspace]


def test_the_window_opens_with_the_person_signed_in(terminal: Terminal) -> None:
    assert terminal(as_="clerk").code == 0
    (session,) = terminal.window
    assert session.actor.name == "clerk"  # type: ignore[attr-defined]
    session.close()  # type: ignore[attr-defined]


def test_the_window_does_not_open_for_a_wrong_pin(terminal: Terminal) -> None:
    assert terminal(as_="clerk", pin="000000").code == 3
    assert terminal.window == []


@pytest.mark.parametrize("pin", [None, ""])
def test_without_a_pin_and_without_a_terminal_nobody_signs_in(terminal: Terminal, pin: str | None) -> None:
    assert terminal.refused("list", "boiler", as_="clerk", pin=pin) == (3, "no_pin")


def test_a_wrong_pin_is_not_allowed(terminal: Terminal) -> None:
    assert terminal.refused("list", "boiler", as_="clerk", pin="999999") == (3, "sign_in")


@pytest.mark.parametrize(
    "words",
    [
        ("edit", "boiler", "KT-1", "--set", "note=新", "--reason", "\udcb9\udcf8"),
        ("list", "boiler", "--where", "user_org=\udcb9\udcf8"),
        ("edit", "boiler", "\udcb9\udcf8", "--set", "note=新"),
    ],
)
def test_words_of_a_script_in_another_encoding_are_no_mistake_of_the_program(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    assert terminal.refused(*words, as_="clerk") == (2, "encoding")
    assert terminal.json("show", "boiler", "KT-1")["note"] is None


def test_a_mistake_of_the_program_is_one_document_too(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("app.actions.upkeep.info", broken)
    said = terminal("info", "--json")
    assert (said.code, said.document["error"]) == (1, "mistake")
    assert "a bug" in said.document["hint"]


def _program(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if name != "GRIDWARD_PIN"}
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=Path(__file__).parents[2],
        env={**kept, "PYTHONPATH": "", **environment},
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_program_itself_writes_utf8_whatever_the_terminal_speaks(
    terminal: Terminal, tmp_path: Path
) -> None:
    done = _program("-w", str(terminal.workspace), "list", "boiler", "--json", PYTHONIOENCODING="gbk")
    assert done.returncode == 0
    assert json.loads(done.stdout.decode("utf-8"))[0]["user_org"] == "第一小学"
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("words", "code"), [(["nonsense"], 2), (["coord", "106.66 35.54"], 0), (["-w", "none.gpkg", "info"], 5)]
)
def test_the_program_itself_ends_with_the_exit_code(words: list[str], code: int) -> None:
    assert _program(*words).returncode == code


def test_the_program_itself_signs_in_with_the_pin_of_the_environment(
    terminal: Terminal, tmp_path: Path
) -> None:
    words = (
        "-w",
        str(terminal.workspace),
        "--as",
        "clerk",
        "edit",
        "boiler",
        "KT-1",
        "--set",
        "note=补",
        "--json",
    )
    assert _program(*words).returncode == 3
    assert _program(*words, GRIDWARD_PIN=PIN).returncode == 0


def test_a_reader_that_goes_away_is_no_mistake(terminal: Terminal) -> None:
    command = f"{sys.executable} -m app -w '{terminal.workspace}' list division | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 141)
    assert b"Traceback" not in done.stderr


def test_every_action_is_reached_from_a_shell() -> None:
    names = {word for command in COMMANDS for word in (command.name, command.name.split()[0])}
    named = {entry.id: entry.command for entry in ACTIONS if entry.command}
    assert {ident: name for ident, name in named.items() if name not in names} == {}
    assert [entry.id for entry in ACTIONS if not entry.command] == ["sign_in"]  # that is --as


def test_without_a_display_the_window_is_refused_in_words(
    bare: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    answer = bare()
    assert answer.code == 1
    assert "没有可打开窗口的显示器" in answer.err
