"""A file of several tables: what each is called in corrections and answers, which are settled together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.exchange.headings import XY, X, Y
from app.exchange.mapping import Column
from app.exchange.matching import Matcher
from app.exchange.placing import words_of_system
from app.exchange.questions import BY_PART, PLACED, Asked
from app.exchange.reading import Draft
from app.exchange.report import Warned
from app.exchange.rows import Body, Skipped
from app.exchange.rules.base import Rules
from app.exchange.settling import (
    likely_meaning,
    likely_year,
    settle_counts,
    settle_years,
    several_in_one,
    stated_meaning,
)
from app.exchange.sheets import Table
from app.i18n import N_, tr

Source = tuple[Sequence[Table], Sequence[Body], Sequence[list[Column]]]


@dataclass(frozen=True)
class Part:
    """Rows that are settled together: their columns, drafts, titles, notes, and their tables' labels."""

    columns: list[Column]
    crs: str
    drafts: Sequence[Draft]
    titles: Sequence[str]
    notes: Sequence[str]
    labels: Sequence[str]

    @property
    def name(self) -> str:
        """What the part is called in questions."""
        return "、".join(dict.fromkeys(self.labels))

    @property
    def texts(self) -> list[str]:
        """What the file says about these rows."""
        return [*self.titles, *self.notes]

    def with_more(self, other: Part) -> Part:
        """Both together, with the columns of the first."""
        return replace(
            self,
            drafts=[*self.drafts, *other.drafts],
            titles=[*self.titles, *other.titles],
            notes=[*self.notes, *other.notes],
            labels=[*self.labels, *other.labels],
        )


def parts_of(source: Source, drafts: Sequence[Draft]) -> list[Part]:
    """Each table by itself."""
    found, at = [], 0
    for table, body, columns in zip(*source, strict=True):
        own, at = drafts[at : at + len(body.rows)], at + len(body.rows)
        notes = [skipped.text for skipped in body.skipped if skipped.kind == "note"]
        titles = [*table.titles, table.sheet.name]
        found.append(Part(columns, table.sheet.crs, own, titles, notes, [table.label]))
    return found


def together(
    parts: Sequence[Part], says: Callable[[Part], object], codes: Sequence[str], asked: Asked
) -> list[tuple[Part, Asked]]:
    """The tables in groups that say the same, each by itself where a person wants that; with the questions of
    each: under its name when there are others, else with the choice to ask each table."""
    alone = any(asked.given(code) == BY_PART for code in codes) or any(
        asked.given(f"{code}@{label}") for code in codes for part in parts for label in part.labels
    )
    found: dict[object, Part] = {}
    for part in parts:
        key = (says(part), part.name if alone else "")
        found[key] = found[key].with_more(part) if key in found else part
    if alone or len(found) > 1:
        return [(part, asked.within(part.name)) for part in found.values()]
    return [(part, asked.within("", several=len(set(part.labels)) > 1)) for part in found.values()]


def placed_together(parts: Sequence[Part], asked: Asked) -> list[tuple[Part, Asked]]:
    """The tables in groups that say the same of their system."""

    def says(part: Part) -> object:
        here = tuple(column.heading for column in part.columns if column.field in (X, Y, XY))
        return part.crs, here, words_of_system(part.texts)

    return together(parts, says, PLACED, asked)


def settle_years_by_table(parts: Sequence[Part], today: date, asked: Asked) -> None:
    """The year of dates without one, for tables together that speak for the same year; one that names none
    follows the rest of the file."""
    waiting = [part for part in parts if any(draft.dateless for draft in part.drafts)]
    if not waiting:
        return
    drafts = [draft for part in parts for draft in part.drafts]
    whole = likely_year(drafts, [title for part in parts for title in part.titles]) or (
        today.year,
        tr(N_("Nothing in the file names a year; this is the present one.")),
    )

    def likely(part: Part) -> tuple[int, str]:
        return likely_year(part.drafts, part.titles) or whole

    for part, inner in together(waiting, lambda part: likely(part)[0], ("year",), asked):
        settle_years(part.drafts, *likely(part), today, inner)


def settle_counts_by_table(parts: Sequence[Part], rules: Rules, matcher: Matcher, asked: Asked) -> None:
    """Rows that stand for several things: how many, and whether their amount is of each or of all, for
    tables together whose headings and models speak for the same."""
    found = [replace(part, drafts=several_in_one(part.drafts, rules, matcher)) for part in parts]

    def says(part: Part) -> object:
        return stated_meaning(part.columns, rules), likely_meaning(part.drafts, rules)

    waiting = [part for part in found if part.drafts]
    for part, inner in together(waiting, says, ("units_meaning",), asked):
        settle_counts(part.drafts, part.columns, rules, inner)


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
