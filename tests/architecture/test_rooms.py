"""Rules of the rooms that import-linter cannot see: Qt's parts, the clock, files, threads in the window."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from architecture.sources import ROOT, app_files, name_of, tree

QT_FOR_RENDER = {"PySide6.QtCore", "PySide6.QtGui", "PySide6.QtSvg"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}


def _room(name: str) -> list[Path]:
    return [path for path in app_files() if path.is_relative_to(ROOT / "app" / name)]


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module == "PySide6")


def _calls(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call with what it is called on and its name: `datetime.now()` gives "datetime", "now"."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, ast.unparse(node.func.value), node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, "", node.func.id


def test_render_draws_without_widgets() -> None:
    used = {
        module
        for path in _room("render")
        for module in _imported(path)
        if module.startswith("PySide6.Qt") and module.count(".") == 1
    }
    assert used <= QT_FOR_RENDER


def test_domain_does_not_look_at_the_clock() -> None:
    assert [
        f"{name_of(path)}:{call.lineno}"
        for path in _room("domain")
        for call, owner, name in _calls(path)
        if name in CLOCKS and owner.rsplit(".", 1)[-1] in ("datetime", "date", "time")
    ] == []


def test_domain_opens_no_file() -> None:
    assert [
        f"{name_of(path)}:{call.lineno} {name}"
        for path in _room("domain")
        for call, owner, name in _calls(path)
        if (not owner and name == "open") or name in ("read_text", "read_bytes", "write_text", "write_bytes")
    ] == []


def test_window_has_no_threads_of_its_own() -> None:
    """`ui/tasks.py` alone knows futures and Qt; nothing spins the event loop by hand."""
    threads = [
        f"{name_of(path)}: {module}"
        for path in _room("ui")
        if path.name != "tasks.py"
        for module in _imported(path)
        if module.split(".")[0] in ("threading", "concurrent", "multiprocessing", "asyncio")
    ]
    spins = [
        f"{name_of(path)}:{call.lineno}"
        for path in _room("ui")
        for call, _, name in _calls(path)
        if name == "processEvents"
    ]
    qthreads = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in _room("ui")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and any("QThread" in ast.unparse(base) for base in node.bases)
    ]
    assert threads + spins + qthreads == []
