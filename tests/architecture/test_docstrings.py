"""Every module says in a sentence what it is for; every public class, function and method has a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from architecture.sources import app_files, name_of, tree

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
QT_WORDS = {"data", "event", "flags", "index", "parent", "paint", "sort", "accept", "reject"}


def test_every_module_says_what_it_is_for() -> None:
    wrong = []
    for path in app_files():
        first = (ast.get_docstring(tree(path)) or "").split("\n\n")[0]
        if not first.rstrip().endswith((".", ":", "?")):
            wrong.append(f"{name_of(path)}: {first!r}")
    assert wrong == []


def test_every_public_thing_has_a_docstring() -> None:
    assert [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in app_files()
        for node in _public(tree(path))
        if not ast.get_docstring(node)
    ] == []


def _public(node: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for child in node.body:
        if not isinstance(child, Definition):
            continue
        if child.name.startswith("_") or _takes_its_meaning_from_elsewhere(child):
            continue
        yield child
        if isinstance(child, ast.ClassDef):
            yield from _public(child)


def _takes_its_meaning_from_elsewhere(node: Definition) -> bool:
    """Qt's own methods (camelCase), overrides, overloads and the second half of a property."""
    if isinstance(node, ast.ClassDef):
        return False
    marks = {ast.unparse(d).rsplit(".", 1)[-1] for d in node.decorator_list}
    if marks & {"override", "overload", "setter"}:
        return True
    return node.name != node.name.lower() or node.name in QT_WORDS
