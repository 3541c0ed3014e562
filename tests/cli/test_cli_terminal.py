"""At a terminal: PINs are asked for unseen, once each, and progress stays out of the way of words."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from app.cli.answer import Bar, pairs, table
from cli.terminal import Terminal


class Keyboard(io.StringIO):
    """A standard input that somebody sits at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def asked(terminal: Terminal) -> list[str]:
    """What is asked for at the terminal; the answers are PINs by the words of the question."""
    questions: list[str] = []
    answers = {
        "li 的 PIN：": "246810",
        "admin 的 PIN：": "246810",
        "li 的新 PIN：": "135790",
        "再输入一次：": "135790",
    }

    def answer(question: str) -> str:
        questions.append(question)
        return answers[question]

    terminal.patch.setattr("sys.stdin", Keyboard())
    terminal.patch.setattr("getpass.getpass", answer)
    return questions


def test_a_pin_is_asked_for_when_the_environment_has_none(terminal: Terminal, asked: list[str]) -> None:
    assert terminal("info", as_="admin", pin=None).code == 0
    assert asked == ["admin 的 PIN："]


def test_a_new_persons_pin_is_asked_for_twice(terminal: Terminal, asked: list[str]) -> None:
    assert terminal("user", "add", "li", "--role", "R1", as_="admin", pin=None).code == 0
    assert asked == ["admin 的 PIN：", "li 的新 PIN：", "再输入一次："]
    assert terminal("info", as_="li", pin="135790").code == 0


def test_who_changes_their_pin_types_the_old_one_once(terminal: Terminal, asked: list[str]) -> None:
    terminal.patch.setenv("GRIDWARD_NEW_PIN", "246810")
    assert terminal("user", "add", "li", "--role", "R1", as_="admin").code == 0
    terminal.patch.delenv("GRIDWARD_NEW_PIN")
    assert terminal("user", "pin", as_="li", pin=None).code == 0
    assert asked == ["li 的 PIN：", "li 的新 PIN：", "再输入一次："]


def test_two_pins_that_differ_make_nothing(bare: Terminal, tmp_path: Path) -> None:
    answers = iter(["246810", "246811"])
    bare.patch.setattr("sys.stdin", Keyboard())
    bare.patch.setattr("getpass.getpass", lambda _: next(answers))
    words = ["new", str(tmp_path / "a.gpkg"), "--area", "620823", "--admin", "wang"]
    assert bare.refused(*words, pin=None) == (2, "pin")
    assert list(tmp_path.iterdir()) == []


def test_words_begin_below_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Bar()
    bar(1, 4, "读取")
    bar.end()
    bar.end()
    assert capsys.readouterr().err == "\r\033[K[########                      ]  25% 读取\n"


@pytest.mark.parametrize(("done", "whole", "share"), [(0, 0, "0%"), (7, 4, "100%"), (-1, 4, "0%")])
def test_odd_progress_is_no_mistake(
    capsys: pytest.CaptureFixture[str], done: int, whole: int, share: str
) -> None:
    Bar()(done, whole, "导入")
    assert share in capsys.readouterr().err


def test_people_read_moments_in_the_bureaus_time() -> None:
    """Documents have them in UTC; only what is a moment and nothing else is shown so."""
    shown = table(["when", "what"], [["2026-11-29T20:28:27.442Z", "sealed 2026-11-29T20:28:27Z"]])[-1]
    assert shown == "2026-11-30 04:28  sealed 2026-11-29T20:28:27Z"
    assert pairs({"made_at": "2026-11-29T20:28:27Z"}) == ["made_at  2026-11-30 04:28"]
