"""Names are words of the field; words that say nothing about the thing are not used."""

from __future__ import annotations

import ast
import re

from architecture.sources import app_files, functions, name_of, tree

EMPTY_WORDS = {"manager", "helper", "util", "handler", "processor", "data", "info", "common"}
# SQLAlchemy asks a column type for methods of these names.
THEIRS = {"bind_processor", "result_processor"}


def _empty(word: str) -> bool:
    return word.lower() in EMPTY_WORDS or word.lower().removesuffix("s") in EMPTY_WORDS


def test_modules_say_what_they_hold() -> None:
    assert [
        name_of(path)
        for path in app_files()
        if any(_empty(word) for part in path.parts[-3:] for word in part.removesuffix(".py").split("_"))
    ] == []


def test_classes_say_what_they_are() -> None:
    assert [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in app_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and any(_empty(word) for word in re.findall(r"[A-Z][a-z]*", node.name))
    ] == []


def test_functions_say_what_they_do() -> None:
    """A name in camelCase is Qt's and has to be as it is; so has a command called `info`."""
    assert [
        f"{name_of(path)}:{f.lineno} {f.name}"
        for path in app_files()
        for f in functions(path)
        if "_" in f.name.strip("_") and _empty(f.name.rsplit("_", 1)[-1]) and f.name not in THEIRS
    ] == []
