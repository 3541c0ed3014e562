"""Where a hub is: a folder with an embedded database, or a PostgreSQL address with a folder beside it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from app.errors import Invalid
from app.i18n import N_

VARIABLE = "GRIDWARD_HUB"
HOME_VARIABLE = "GRIDWARD_HUB_HOME"  # the folder of a hub on PostgreSQL: certificate, snapshots, attachments
FILE = "hub.db"
_SERVING = "serving.json"
_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")


@dataclass(frozen=True)
class HubPlace:
    """`folder` holds the certificate, attachments and snapshots, without `url` the database as well."""

    folder: Path
    url: str | None = None

    @property
    def place(self) -> Path | None:
        """What the hub opens as its folder of an embedded database."""
        return None if self.url else self.folder

    def note_serving(self, url: str, fingerprint: str) -> None:
        """Leave word of the address laptops reach this hub by, for the invitations made beside the server."""
        part = self.folder / f"{_SERVING}.{os.getpid()}"
        part.write_text(json.dumps({"url": url, "fingerprint": fingerprint}), "utf-8")
        part.replace(self.folder / _SERVING)

    def serving(self) -> tuple[str, str]:
        """The address and fingerprint the server last left; empty texts when it never ran."""
        try:
            found: dict[str, Any] = json.loads((self.folder / _SERVING).read_text("utf-8"))
        except (OSError, ValueError):
            return "", ""
        return str(found.get("url", "")), str(found.get("fingerprint", ""))


def find_place(folder: Path | None = None, url: str | None = None) -> HubPlace:
    """The hub that was named, else that of GRIDWARD_HUB, else the one in this folder; raises Invalid."""
    if folder is None and url is None:
        named = os.environ.get(VARIABLE, "")
        if named.startswith(_SCHEMES):
            url = named
        elif named:
            folder = Path(named)
        elif Path(FILE).is_file():
            folder = Path()
    if url is not None:
        _check_url(url)
        return HubPlace((folder or _home()).absolute(), url)
    if folder is None:
        raise Invalid(
            N_("No hub was named"),
            hint=N_("Name its folder, or --db with its PostgreSQL address, or set GRIDWARD_HUB to either."),
            code="no_hub",
        )
    return HubPlace(folder.absolute())


def _home() -> Path:
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else user_data_path("gridward", appauthor=False) / "hub"


def _check_url(url: str) -> None:
    if not url.startswith(_SCHEMES):
        raise Invalid(
            N_("This is no address of a PostgreSQL database"),
            hint=N_("It looks like postgresql://gridward:PASSWORD@localhost/gridward"),
            code="bad_url",
        )
