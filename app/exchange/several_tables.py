"""A file of several tables: what each is called in corrections and answers, and which are placed together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from app.exchange.headings import XY, X, Y
from app.exchange.mapping import Column
from app.exchange.placing import words_of_system
from app.exchange.questions import BY_PART, PLACED, Asked
from app.exchange.reading import Draft
from app.exchange.report import Warned
from app.exchange.rows import Body, Skipped
from app.exchange.sheets import Table
from app.i18n import N_, tr

Source = tuple[Sequence[Table], Sequence[Body], Sequence[list[Column]]]


@dataclass
class Part:
    """Rows that are placed together: their drafts, columns, what the file says about them, and their tables'
    labels."""

    columns: list[Column]
    crs: str
    drafts: list[Draft] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the part is called in questions."""
        return "、".join(dict.fromkeys(self.labels))


def parts_of(source: Source, drafts: Sequence[Draft], asked: Asked) -> list[Part]:
    """The tables in groups that say the same of their system; each by itself where a person wants that."""
    tables, bodies, mapped = source
    alone = any(asked.given(code) == BY_PART for code in PLACED) or any(
        asked.given(f"{code}@{table.label}") for code in PLACED for table in tables
    )
    parts: dict[object, Part] = {}
    at = 0
    for table, body, columns in zip(tables, bodies, mapped, strict=True):
        own, at = drafts[at : at + len(body.rows)], at + len(body.rows)
        notes = [skipped.text for skipped in body.skipped if skipped.kind == "note"]
        texts = [*table.titles, table.sheet.name, *notes]
        here = tuple(column.heading for column in columns if column.field in (X, Y, XY))
        key = (table.sheet.crs, here, words_of_system(texts), table.label if alone else "")
        part = parts.setdefault(key, Part(columns, table.sheet.crs))
        part.drafts.extend(own)
        part.texts.extend(texts)
        part.labels.append(table.label)
    return list(parts.values())


def asked_of(part: Part, parts: Collection[Part], asked: Asked) -> Asked:
    """The questions of a part: under its name when there are others, else with the choice to ask each
    table."""
    if len(parts) > 1:
        return asked.within(part.name)
    return asked.within("", several=len(set(part.labels)) > 1)


def all_columns(tables: Sequence[Table], mapped: Sequence[list[Column]]) -> list[Column]:
    """The first table's columns, and those of tables that have other headings, marked with their table."""
    found = list(mapped[0])
    seen = {tables[0].header.headings}
    for table, columns in zip(tables, mapped, strict=True):
        if table.header.headings not in seen:
            seen.add(table.header.headings)
            found += [replace(column, table=table.label) for column in columns]
    return found


def _further(tables: Sequence[Table]) -> list[Table]:
    """The tables that stand below another one in the same sheet."""
    seen: dict[str, tuple[int, ...]] = {}
    return [
        table for table in tables if seen.setdefault(table.sheet.name, table.header.rows) != table.header.rows
    ]


def further_headings(tables: Sequence[Table]) -> list[Skipped]:
    """The heading rows of tables below another: they are no records."""
    return [
        Skipped(
            table.sheet.name, row, "heading", " ".join(word for word in table.header.headings if word)[:120]
        )
        for table in _further(tables)
        for row in table.header.rows
    ]


def further_tables(tables: Sequence[Table]) -> list[Warned]:
    """That another table begins there."""
    why = tr(N_("Another table begins here; it is read by its own headings."))
    return [
        Warned(table.sheet.name, table.header.rows[0], "another_table", why) for table in _further(tables)
    ]
