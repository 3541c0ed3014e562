"""Where the files that ship with the program are, in a checkout and in a built program."""

from __future__ import annotations

import sys
from pathlib import Path


def _home() -> Path:
    """The folder that holds `resources/` and `maps/` (a built program unpacks both beside its code)."""
    frozen = getattr(sys, "_MEIPASS", None)
    return Path(frozen) if frozen else Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """A file below `resources/`; it need not exist."""
    return _home().joinpath("resources", *parts)


def map_file(*parts: str) -> Path:
    """A file below `maps/` (base map, boundaries, themes); it need not exist."""
    return _home().joinpath("maps", *parts)
