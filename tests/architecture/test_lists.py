"""Lists written by hand, so that a built program finds them, are complete: each matches its folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from app.domain.catalog import ENTITIES
from app.domain.entity import Entity
from architecture.sources import ROOT, tree


def _modules(folder: str) -> Iterator[Path]:
    return (path for path in sorted((ROOT / "app" / folder).glob("*.py")) if path.stem != "__init__")


def test_every_entity_is_in_the_catalogue() -> None:
    declared = {
        thing
        for path in _modules("domain/entities")
        for thing in vars(import_module(f"app.domain.entities.{path.stem}")).values()
        if isinstance(thing, type) and issubclass(thing, Entity) and thing is not Entity
    }
    assert declared == set(ENTITIES)
    assert len(ENTITIES) == len(set(ENTITIES))


def test_every_room_says_what_it_is_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = [path.parent for path in (ROOT / "app").glob("*/__init__.py")]
    assert [room.name for room in rooms if f"`{room.name}/`" not in page] == []
    assert [room.name for room in rooms if not ast.get_docstring(tree(room / "__init__.py"))] == []
