"""The entrance: `gridward` and `python -m app` run the command line, which may open the window."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.actions.session import Session


def main() -> None:
    """Run the command line on the words given to the program and leave with its exit code."""
    if hasattr(sys, "_MEIPASS"):  # a built program is also what its other processes are started with
        from multiprocessing import freeze_support

        freeze_support()
    from app.cli.main import run  # late: what is imported here is all that a wrong word costs

    sys.exit(run(sys.argv[1:], _open_window))


def _open_window(where: Path | Session | None) -> int:
    from app.ui.window import open_window  # late: the command line needs no Qt

    return open_window(where, make_demo=_make_demo)


def _make_demo(folder: Path, progress: Callable[[int, int, str], None]) -> Session:
    """The demo for the window's welcome page: built unless it is there, and opened."""
    from app.bootstrap import open_workspace  # late: only when somebody asks for the demo
    from app.demo.build import FILE, build

    path = folder / FILE
    return open_workspace(path if path.exists() else build(folder, progress=progress).path)


if __name__ == "__main__":
    main()
