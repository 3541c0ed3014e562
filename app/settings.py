"""The preferences of one person on one laptop, declared once; the settings dialog is made from the
declaration."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_dir

from app import disk
from app.domain.coordinates.formats import DECIMAL, NOTATIONS
from app.domain.fields import CodeList, Field, Kind, choice, codes, text
from app.domain.values import check
from app.errors import Invalid, StoreFailure
from app.i18n import DEFAULT_LANGUAGE, LANGUAGES, N_

THEMES = codes(("system", N_("As the system")), ("light", N_("Light")), ("dark", N_("Dark")))
BY_ITSELF, BY_HAND = "by_itself", "by_hand"
SYNC_TIMES = codes((BY_ITSELF, N_("By itself")), (BY_HAND, N_("Only when I ask")))
OFF, ON = "off", "on"
_LANGUAGES = codes(*LANGUAGES.items())
_NOTATIONS: CodeList = codes(*NOTATIONS.items())


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a person chose; values are codes, the labels stand in the declarations."""

    language: str = choice(N_("Language"), _LANGUAGES, default=DEFAULT_LANGUAGE, required=True)
    theme: str = choice(N_("Appearance"), THEMES, default="system", required=True)
    notation: str = choice(N_("Notation of coordinates"), _NOTATIONS, default=DECIMAL, required=True)
    sync: str = choice(N_("Sync with the hub"), SYNC_TIMES, default=BY_ITSELF, required=True)
    backup_folder: str | None = text(N_("Second backup each day, in this folder"), length=240, default=None)
    online_maps: str = text(N_("Online maps"), length=8, default=OFF)  # asked for together with the key
    tianditu_key: str | None = text(N_("Key of Tianditu"), length=100, default=None)
    last_workspace: str | None = text(N_("Last workspace"), length=4096, default=None)
    last_login: str | None = text(N_("Last sign-in name"), length=40, default=None)
    seen_conflicts: str | None = text(
        N_("Conflicts each person has looked at"), length=1_000_000, default=None
    )
    window_geometry: str | None = text(N_("Place of the window"), length=4096, default=None)
    left_at: str | None = text(N_("Where each person left the window"), length=8192, default=None)
    window_layout: str | None = text(N_("Layout of the window"), length=4096, default=None)
    ledger_views: str | None = text(N_("Views of the ledgers"), length=4_000_000, default=None)

    def replace(self, **values: Any) -> Preferences:
        """The same preferences with some changed."""
        return dataclasses.replace(self, **values)


def declared() -> tuple[Field, ...]:
    """The declarations, in order, with their names."""
    return tuple(
        dataclasses.replace(item.metadata["field"], name=item.name)
        for item in dataclasses.fields(Preferences)
    )


def offered() -> tuple[Field, ...]:
    """The preferences a person sets in the dialog; the others are remembered by themselves."""
    return tuple(field for field in declared() if field.kind is Kind.CHOICE or field.name == "backup_folder")


def preferences_file() -> Path:
    """Where the preferences are kept; GRIDWARD_CONFIG names another folder."""
    folder = os.environ.get("GRIDWARD_CONFIG") or user_config_dir("gridward", appauthor=False)
    return Path(folder) / "preferences.json"


def learned_folder() -> Path:
    """Where corrected mappings of ledger templates are kept: a person's habit on one laptop, no record."""
    return preferences_file().with_name("mappings")


def tiles_folder() -> Path:
    """Where tiles of online maps are kept once they have been fetched."""
    return preferences_file().with_name("tiles")


def load_preferences(path: Path | None = None) -> Preferences:
    """The kept preferences; what is missing, unknown or damaged falls back to its default."""
    try:
        kept = json.loads((path or preferences_file()).read_text("utf-8"))
    except (OSError, ValueError):
        return Preferences()
    values = {
        field.name: kept[field.name] for field in declared() if isinstance(kept, dict) and _fits(field, kept)
    }
    return Preferences(**values)


def save_preferences(preferences: Preferences, path: Path | None = None) -> None:
    """Keep the preferences; raises StoreFailure when the folder cannot be written."""
    target = path or preferences_file()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_text(json.dumps(dataclasses.asdict(preferences), ensure_ascii=False, indent=1), "utf-8")
        disk.settle(fresh, target)
    except OSError as error:
        raise StoreFailure(
            N_("The settings cannot be saved in {folder}."),
            hint=N_("They hold until the program is closed. Check that the folder can be written."),
            code="settings_unwritable",
            folder=str(target.parent),
        ) from error


def _fits(field: Field, kept: dict[str, Any]) -> bool:
    value = kept.get(field.name)
    if not isinstance(value, str):
        return False
    try:
        check(field, value)
    except Invalid:
        return False
    return True
