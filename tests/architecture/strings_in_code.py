"""Finds the words the program shows and compares them with the Chinese catalogue.

./dev i18n            says what is missing and what is no longer needed
./dev i18n --write    adds the missing with an empty translation, drops the others
"""

from __future__ import annotations

import ast
import json
import string
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from architecture.sources import ROOT, app_files, name_of, tree

CATALOGUE = ROOT / "resources" / "i18n" / "zh_CN.toml"
HEADING = (
    "# The Chinese catalogue: English text of the code = what the user reads. "
    "Sorted; checked complete by a test.\n"
)
MARKS = ("N_", "tr")
# Words of a data file that are shown stand under these keys.
SHOWN_KEYS = {"title", "label", "note", "heading", "hint"}


@dataclass(frozen=True)
class Shown:
    """One text the program shows: where, and which values are given to fill it (None = cannot be told)."""

    text: str
    where: str
    given: frozenset[str] | None = None


@cache
def shown_texts() -> tuple[Shown, ...]:
    """Every text marked or translated in the code or standing in a data file, with its place."""
    found: list[Shown] = []
    for path in app_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                found += _of_call(node, name_of(path))
    return (*found, *_of_data_files())


def unmarked() -> list[str]:
    """Places where something other than a plain text is translated, so that no catalogue could hold it."""
    return [
        f"{name_of(path)}:{node.lineno} {ast.unparse(node)[:80]}"
        for path in app_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and _called(node) in MARKS and node.args and _is_built(node.args[0])
    ]


def catalogue() -> dict[str, str]:
    """English to Chinese."""
    return dict(tomllib.loads(CATALOGUE.read_text("utf-8")))


def places(text: str) -> frozenset[str]:
    """The names in braces."""
    names = (name for _, name, _, _ in string.Formatter().parse(text) if name)
    return frozenset(name.split(".")[0].split("[")[0] for name in names)


def _of_call(node: ast.Call, file: str) -> Iterator[Shown]:
    name, where = _called(node), f"{file}:{node.lineno}"
    if name in MARKS:
        given = _given(node) if name == "tr" else None
        yield from (Shown(text, where, given) for text in _texts(node.args[:1]))
    elif name in error_classes():
        hints = [k.value for k in node.keywords if k.arg == "hint"]
        given = _given(node)
        own = given and given - {"hint", "details", "code"}
        yield from (Shown(text, where, own) for text in _texts([*node.args[:1], *hints]))


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    """The plain texts an argument may be, also behind N_ and in both branches of an `if` expression."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value:
                yield node.value
        elif isinstance(node, ast.IfExp):
            yield from _texts([node.body, node.orelse])
        elif isinstance(node, ast.Call) and _called(node) == "N_":
            yield from _texts(node.args[:1])


def _given(node: ast.Call) -> frozenset[str] | None:
    if any(k.arg is None for k in node.keywords):
        return None
    return frozenset(k.arg for k in node.keywords if k.arg)


def _is_built(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.BinOp)


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


@cache
def error_classes() -> frozenset[str]:
    """AppError and every class below it."""
    bases = {
        node.name: {ast.unparse(base).rsplit(".", 1)[-1] for base in node.bases}
        for path in app_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    }
    known = {"AppError"}
    while more := {name for name, its in bases.items() if its & known} - known:
        known |= more
    return frozenset(known)


def _of_data_files() -> Iterator[Shown]:
    files = [*(ROOT / "resources").rglob("*.toml"), *(ROOT / "maps").rglob("*.toml")]
    for path in sorted(files):
        if path.parent != CATALOGUE.parent:
            content = tomllib.loads(path.read_text("utf-8"))
            yield from (Shown(text, name_of(path)) for text in _shown_in(content))


def _shown_in(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _shown_in(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _shown_in(part, key)
    elif isinstance(value, str) and value and key in SHOWN_KEYS:
        yield value


def main(write: bool) -> int:
    """Report or write; returns 1 when something is left to translate."""
    known, needed = catalogue(), {shown.text for shown in shown_texts()}
    missing, unused = sorted(needed - known.keys()), sorted(known.keys() - needed)
    for label, texts in (("to translate", missing), ("no longer needed", unused)):
        print(f"{len(texts)} {label}")
        for text in texts:
            print("   ", _quoted(text))
    if write:
        whole = {text: known.get(text, "") for text in sorted(needed)}
        lines = (f"{_quoted(english)} = {_quoted(chinese)}\n" for english, chinese in whole.items())
        CATALOGUE.write_text(HEADING + "".join(lines), "utf-8")
    return 1 if missing else 0


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
