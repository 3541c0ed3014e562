"""A file somebody laid on the map may have gone since: one answer for layers and pictures."""

from __future__ import annotations

from pathlib import Path

from app.errors import Invalid
from app.i18n import N_


def need_there(path: Path) -> None:
    """Raise Invalid when a file or folder is not where it was."""
    if not path.exists():
        raise Invalid(
            N_("“{file}” is not where it was: {folder}"),
            hint=N_("Bring the file back, or remove the layer from the map."),
            code="missing_file",
            file=path.name,
            folder=str(path.parent),
        )
