"""What people corrected for a template, kept as small mapping files by the template's headings."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from app.errors import Invalid, StoreFailure
from app.exchange.headings import IGNORED
from app.exchange.mapping import Column, MappingFile, read_mapping
from app.exchange.questions import BY_PART
from app.i18n import N_

_KEPT_ANSWERS = ("crs",)  # the others change from file to file of one template


def template_key(kind: str, headings: Sequence[str]) -> str:
    """A template's name: the same for every file of this kind of record with the same headings in order."""
    words = "\n".join([kind, *(re.sub(r"\s", "", heading) for heading in headings)])
    return hashlib.sha256(words.encode("utf-8")).hexdigest()[:20]


def corrections_of(columns: Sequence[Column], chosen: Mapping[str, str]) -> dict[str, str]:
    """Corrections by a column's key as corrections by heading, wherever the heading names one column only."""
    headings = [column.heading for column in columns]
    found = {}
    for column in columns:
        if column.key not in chosen:
            continue
        clear = headings.count(column.heading) == 1 and not re.fullmatch(r"[A-Z]{1,3}", column.heading)
        clear = clear and "@" not in column.heading
        found[column.heading if clear else column.key] = chosen[column.key] or IGNORED
    return found


def corrections_by_table(columns: Sequence[Column], chosen: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The corrections of each table by its label (empty for the first), to be kept with its headings."""
    found = {}
    for table in dict.fromkeys(column.table for column in columns):
        own = [replace(column, table="") for column in columns if column.table == table]
        keys = {column.letter: column.key for column in columns if column.table == table}
        corrected = corrections_of(own, {at: chosen[key] for at, key in keys.items() if key in chosen})
        if corrected:
            found[table] = corrected
    return found


class Shelf:
    """The kept mapping files of one person, one a template, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where a template's mapping file is, or would be."""
        return self.folder / f"{key}.toml"

    def recall(self, key: str) -> MappingFile | None:
        """What was learned of a template; None when nothing was, or when the file was damaged since."""
        try:
            return read_mapping(self.path(key))
        except Invalid:
            return None

    def keep(self, key: str, columns: Mapping[str, str], answers: Mapping[str, str]) -> None:
        """Add corrections and answers to what is known of a template; with nothing new nothing is written.

        Raises StoreFailure when the folder cannot be written.
        """
        answers = {
            code: choice for code, choice in answers.items() if code in _KEPT_ANSWERS and choice != BY_PART
        }
        if not columns and not answers:
            return
        old = self.recall(key) or MappingFile()
        write_mapping(
            self.path(key), MappingFile({**old.columns, **columns}, old.units, {**old.answers, **answers})
        )

    def forget(self, key: str) -> None:
        """Take a template's mapping off the shelf."""
        self.path(key).unlink(missing_ok=True)


def write_mapping(path: Path, mapping: MappingFile) -> None:
    """Write a mapping file as `read_mapping` reads it. Raises StoreFailure when that is not possible."""
    tables = (("columns", mapping.columns), ("units", mapping.units), ("answers", mapping.answers))
    text = "\n".join(_table(name, lines) for name, lines in tables if lines)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    except OSError as error:
        raise StoreFailure(N_("“{file}” cannot be written: {why}"), code="unwritable", file=path.name,
                           why=error.strerror or str(error)) from error  # fmt: skip


def _table(name: str, lines: Mapping[str, str]) -> str:
    said = (
        f"{json.dumps(key, ensure_ascii=False)} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in lines.items()
    )
    return f"[{name}]\n{''.join(said)}"


def joined(given: MappingFile | None, learned: MappingFile | None, known: Sequence[str]) -> MappingFile:
    """What was given now before what was learned; learned fields no longer `known` are dropped."""
    given = given or MappingFile()
    if learned is None:
        return given
    more = {key: name for key, name in learned.columns.items() if key not in given.columns and name in known}
    return MappingFile({**given.columns, **more}, {**learned.units, **given.units}, given.answers)
