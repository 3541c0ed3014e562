"""Whatever is committed under a word has words for people: histories showed `record_patrol` and the like."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import app
from app.actions.acts import action_words, author_name
from app.hub.appointing import APPOINTED
from app.store.beyond import NEWER
from app.store.external import SEAL_ACTION
from app.store.fold_write import ANSWER
from app.store.leaving import LEFT
from app.store.uniqueness import TAKEN

_COMMITS = {"commit": 1, "ChangeSet": 1}  # the place of the word among the arguments
_BY_NAME = {APPOINTED, NEWER, SEAL_ACTION, ANSWER, LEFT, TAKEN}


def _committed() -> Iterator[str]:
    for path in Path(app.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                words = node.args[_COMMITS.get(name, len(node.args)) :][:1]
                yield from (str(word.value) for word in words if isinstance(word, ast.Constant))


def test_what_is_committed_has_words_for_people() -> None:
    committed = set(_committed())
    assert {"add", "record_patrol", "user_pin"} <= committed
    assert [word for word in sorted(committed | _BY_NAME) if action_words(word) == word] == []


def test_who_did_it_is_told_in_words() -> None:
    assert [author_name(name) for name in ("王巡查", "hub", "")] == ["王巡查", "中心", "其他程序"]
