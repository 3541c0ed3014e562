"""Every command of the program, in the order the help lists them."""

from __future__ import annotations

from app.cli import (
    demo,
    enrolling,
    files,
    hub,
    hubpeople,
    hubrules,
    maps,
    people,
    places,
    records,
    reports,
    sync,
    workflow,
    workspace,
)
from app.cli.declare import Command

COMMANDS: tuple[Command, ...] = (
    *demo.COMMANDS,
    *workspace.COMMANDS,
    *records.COMMANDS,
    *workflow.COMMANDS,
    *files.COMMANDS,
    *reports.COMMANDS,
    *places.COMMANDS,
    *maps.COMMANDS,
    *people.COMMANDS,
    *enrolling.COMMANDS,
    *sync.COMMANDS,
    *hub.COMMANDS,
    *hubrules.COMMANDS,
    *hubpeople.COMMANDS,
)
