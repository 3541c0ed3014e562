"""Files, functions, parameters and nesting stay within the house's limits, without exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from architecture.sources import app_files, functions, name_of, tree

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_PARAMETERS = 6
MAX_NESTING = 3
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def test_files_are_short() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in app_files()}
    assert {name: n for name, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    assert [
        f"{name_of(path)}:{f.lineno} {f.name} {_lines(f)} lines"
        for path in app_files()
        for f in functions(path)
        if _lines(f) > MAX_FUNCTION_LINES
    ] == []


def test_functions_take_few_parameters() -> None:
    assert [
        f"{name_of(path)}:{f.lineno} {f.name} takes {_parameters(f)}"
        for path in app_files()
        for f in functions(path)
        if _parameters(f) > MAX_PARAMETERS
    ] == []


def test_blocks_are_not_nested_deeply() -> None:
    assert [
        f"{name_of(path)}:{line} nested {depth} deep"
        for path in app_files()
        for line, depth in _depths(tree(path), 0)
        if depth > MAX_NESTING
    ] == []


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    a = function.args
    named = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    return len([name for name in named if name not in ("self", "cls")]) + bool(a.vararg) + bool(a.kwarg)


def _depths(node: ast.AST, depth: int) -> Iterator[tuple[int, int]]:
    """The depth of every block; a function starts anew, and an `elif` is as deep as its `if`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _depths(child, 0)
        elif isinstance(child, BLOCKS):
            deeper = depth if _is_elif(node, child) else depth + 1
            yield child.lineno, deeper
            yield from _depths(child, deeper)
        else:
            yield from _depths(child, depth)


def _is_elif(parent: ast.AST, child: ast.AST) -> bool:
    return isinstance(parent, ast.If) and isinstance(child, ast.If) and parent.orelse == [child]
