"""The command that builds the demo, and opens it or does the main job with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from app.cli.answer import Answer
from app.cli.declare import Command, option, word
from app.cli.shell import Shell, WrongUsage, has_display
from app.i18n import N_

BOILERS, CELL_SIZE_M = 249, 1000


@dataclass(frozen=True)
class DemoWords:
    """Where the demo goes and how large it is."""

    folder: Annotated[Path, word("DIR", N_("The folder for the demo; pingliang.gpkg is made in it"))]
    headless: Annotated[
        bool, option("--headless", help_=N_("No window: do the main job and list the files"))
    ] = False
    boilers: Annotated[int, option("--boilers", help_=N_("How many boilers"))] = BOILERS
    cell_size: Annotated[int, option("--cell-size", help_=N_("Side of a cell in metres"))] = CELL_SIZE_M


def demo(shell: Shell, words: DemoWords) -> Answer | None:
    """Build the demo; then the window, or the main job without one."""
    from app.demo.build import FILE, build  # late: help pages need no demo

    if words.boilers < 1 or words.cell_size < 1:
        raise WrongUsage(N_("--boilers and --cell-size are whole numbers above 0"))
    path = words.folder / FILE
    if not path.exists():
        build(words.folder, words.boilers, words.cell_size, shell.progress())
    if words.headless or not has_display():
        return _main_job(shell, words.folder)
    return Answer({"workspace": str(path)}, (), shell.open_window(path))


def _main_job(shell: Shell, folder: Path) -> Answer:
    from app.demo.tour import tour  # late: help pages need no demo

    done = tour(folder, shell.progress())
    files = [str(path) for path in done.files]
    return Answer({"workspace": files[0], "files": files, "cleared": done.cleared}, files)


COMMANDS = (Command("demo", N_("Build the demo with synthetic data, and open it"), demo, DemoWords),)
