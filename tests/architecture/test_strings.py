"""Every word the program shows is in the Chinese catalogue with the same places to fill, and nothing else."""

from __future__ import annotations

import ast
import re

from architecture.sources import ROOT, app_files, name_of, tree
from architecture.strings_in_code import catalogue, error_classes, places, shown_texts, unmarked

CJK = re.compile(r"[\u3400-\u9fff]")


def test_everything_shown_has_its_chinese() -> None:
    known = catalogue()
    assert sorted({f"{s.where} {s.text!r}" for s in shown_texts() if not known.get(s.text)}) == []


def test_catalogue_holds_nothing_unused() -> None:
    shown = {s.text for s in shown_texts()}
    assert sorted(text for text in catalogue() if text not in shown) == []


def test_places_to_fill_are_the_same_in_both_languages() -> None:
    assert {en: zh for en, zh in catalogue().items() if places(en) != places(zh)} == {}


def test_every_place_is_filled_where_the_text_is_shown() -> None:
    assert [
        f"{s.where} {s.text!r} lacks {sorted(places(s.text) - s.given)}"
        for s in shown_texts()
        if s.given is not None and places(s.text) - s.given
    ] == []


def test_nothing_is_translated_after_it_was_put_together() -> None:
    assert unmarked() == []


def test_errors_speak_english_in_the_code() -> None:
    """A message is a plain template, so that it can be shown in any language."""
    assert [
        f"{name_of(path)}:{node.lineno}"
        for path in app_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in error_classes()
        and node.args
        and isinstance(node.args[0], ast.JoinedStr)
    ] == []


def test_window_and_shell_hold_no_chinese_of_their_own() -> None:
    rooms = (ROOT / "app" / "ui", ROOT / "app" / "cli")
    assert [
        f"{name_of(path)}:{node.lineno} {node.value!r}"
        for path in app_files()
        if any(path.is_relative_to(room) for room in rooms)
        for node in _texts_of(tree(path))
        if CJK.search(node.value)
    ] == []


def _texts_of(module: ast.Module) -> list[ast.Constant]:
    """Every text in the code that is not a docstring."""
    said = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    texts = (n for n in ast.walk(module) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return [node for node in texts if id(node) not in said]


def test_roles_are_named_and_not_numbered() -> None:
    """Who types a role in the shell is told its code; all others read its name."""
    typed = {"R0 to R6", "The highest role that works on it, R0 to R6"}
    assert sorted(
        text for text, shown in catalogue().items() if re.search(r"R[0-6]\b", text + shown)
    ) == sorted(typed)
