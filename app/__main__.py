"""The entrance: `gridward` and `python -m app` run the command line, which may open the window."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command line on the words given to the program and leave with its exit code."""
    from app.cli.main import run  # late: an import that fails must not keep this module from being read

    sys.exit(run(sys.argv[1:], _open_window))


def _open_window(workspace: Path | None, person: str | None) -> int:
    from app.ui.main import open_window  # late: the command line needs no Qt

    return open_window(workspace, person)


if __name__ == "__main__":
    main()
