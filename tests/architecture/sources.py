"""The project's own source files, parsed once for all tests of its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {
    ".git", ".venv", ".tools", ".demo", ".cache", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", "__pycache__", "build", "dist", "gridward.egg-info",
}  # fmt: skip


@cache
def app_files() -> tuple[Path, ...]:
    """Every Python file of the product."""
    return (*sorted((ROOT / "app").rglob("*.py")), ROOT / "build_installer.py")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    """The path below the project, as it is written in a message."""
    return path.relative_to(ROOT).as_posix()


def all_files() -> Iterator[Path]:
    """Every file of the checkout that is not made by a tool."""
    pending = [ROOT]
    while pending:
        for path in pending.pop().iterdir():
            if path.name in NOT_OURS:
                continue
            if path.is_dir():
                pending.append(path)
            else:
                yield path


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
