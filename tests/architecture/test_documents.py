"""Every command with its options and every step of a workflow is in the documents, and so is every action."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
import typer

from app.actions.catalog import ACTIONS
from app.cli.commands import COMMANDS
from app.cli.declare import build
from app.domain.workflows.boiler import BOILER
from architecture.sources import ROOT


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def _row(command: str) -> str:
    """The row of the table whose first cell names the command; for `import` its own section too."""
    page = _page("commands.md")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    found = [row for row in rows if re.search(rf"`{re.escape(command)}[ `]", row.split("|")[1])]
    if command == "import":
        found.append(page.split("## Import", 1)[1].split("\n## ", 1)[0])
    return "\n".join(found)


@cache
def _gridward() -> Any:
    return typer.main.get_command(build(COMMANDS, lambda *_: 0, ""))


def _long_options(command: Any) -> set[str]:
    return {name for p in command.params for name in p.opts if name.startswith("--")}


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_command_is_documented_with_its_options(name: str) -> None:
    command = root = _gridward()
    for word in name.split():
        command = command.commands[word]
    row = _row(name)
    assert row, f"`{name}` is not in docs/commands.md"
    assert sorted(o for o in _long_options(command) - _long_options(root) if o not in row) == []
    assert sorted(o for o in _long_options(root) if o not in _page("commands.md")) == []


def test_documents_name_no_command_that_is_gone() -> None:
    table = _page("commands.md").split("## Commands", 1)[1].split("\n## ", 1)[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {
        " ".join(re.findall(r"^[a-z-]+(?: [a-z-]+)*", text))
        for c in cells
        for text in re.findall("`([^`]+)`", c)
    }
    assert named == {command.name for command in COMMANDS}


def test_the_way_through_the_code_names_modules_that_are_there() -> None:
    """A name without a folder stands in that of the name before it."""
    table = _page("sync.md").split("## The way through the code", 1)[1].split("\n## ", 1)[0]
    cells = [cell for line in table.splitlines() if line.startswith("|") for cell in line.split("|")]
    named: list[str] = []
    for cell in cells:
        folder = ""
        for path in re.findall(r"`([a-z_/]+\.py)`", cell):
            folder = path.rpartition("/")[0] or folder
            named.append(f"{folder}/{path.rpartition('/')[2]}")
    assert len(named) > 80
    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_every_step_of_the_boiler_is_named() -> None:
    page = _page("commands.md")
    assert [row.action for row in BOILER.transitions if not re.search(rf"\b{row.action}\b", page)] == []


def test_every_action_is_documented() -> None:
    page = _page("actions.md")
    assert [entry.id for entry in ACTIONS if f"| {entry.label} |" not in page] == []
    assert [e.id for e in ACTIONS if e.shortcut and f"`{e.shortcut}`" not in page] == []
