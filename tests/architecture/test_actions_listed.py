"""The hand-written list of actions against the functions that are marked as actions."""

from __future__ import annotations

import ast
from pathlib import Path

from app.actions.catalog import ACTIONS

FOLDER = Path(__file__).resolve().parents[2] / "app" / "actions"


def _marked() -> set[str]:
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id == "action"
                for item in node.decorator_list
            ):
                found.add(node.name)
    return found


def test_the_list_holds_every_marked_function_once() -> None:
    listed = [entry.id for entry in ACTIONS]
    assert sorted(listed) == sorted(_marked())


def test_no_two_actions_share_a_shortcut() -> None:
    shortcuts = [entry.shortcut for entry in ACTIONS if entry.shortcut]
    assert len(shortcuts) == len(set(shortcuts))
