"""Copying what a ledger shows: headings, cells in the order they stand, groups with their subtotals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.entity import Entity
from app.domain.fields import Field, Kind
from app.i18n import N_, tr
from app.ui.ledger.grouping import Group
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.staging import Cell
from app.ui.names import Names

_SUMMED = "rated_tph"


@dataclass(frozen=True)
class Wanted:
    """What is to be copied, taken from the model in the GUI thread: a uid or a group for each row, the
    columns from left to right, and the texts written into cells but not saved."""

    lines: tuple[str | Group, ...]
    columns: tuple[Field, ...]
    labels: Mapping[Group, str]
    chosen: frozenset[Cell] | None  # None: whole rows
    written: Mapping[Cell, str]
    names: Names

    @property
    def uids(self) -> tuple[str, ...]:
        """The records that must be read."""
        return tuple(line for line in self.lines if isinstance(line, str))


def wanted(
    model: LedgerModel, rows: Sequence[int], columns: Sequence[int], cells: frozenset[Cell] | None
) -> Wanted:
    """What these rows and columns of a table hold."""
    groups = {row: model.group_at(row) for row in rows}
    lines = tuple(groups[row] or model.uid_at(row) for row in rows)
    labels = {group: model.group_label(group) for group in groups.values() if group is not None}
    fields = tuple(model.columns[column] for column in columns)
    return Wanted(lines, fields, labels, cells, model.staging.shown(), model.names)


def block_of(asked: Wanted, records: Mapping[str, Entity]) -> list[list[str]]:
    """The block, headings first."""
    rows = [[field.heading for field in asked.columns]]
    for line in asked.lines:
        rows.append(_group(asked, line) if isinstance(line, Group) else _record(asked, records.get(line)))
    return rows


def numeric_columns(asked: Wanted) -> list[bool]:
    """Which columns hold numbers, to stay numbers in a spreadsheet."""
    return [field.kind in (Kind.NUMBER, Kind.INTEGER) for field in asked.columns]


def _record(asked: Wanted, record: Entity | None) -> list[str]:
    if record is None:
        return ["" for _ in asked.columns]

    def text(field: Field) -> str:
        cell = (record.uid, field.name)
        if asked.chosen is not None and cell not in asked.chosen:
            return ""
        return asked.written.get(cell, asked.names.show(field, getattr(record, field.name)))

    return [text(field) for field in asked.columns]


def _group(asked: Wanted, group: Group) -> list[str]:
    """The label with its units in the first column, t/h under its own heading where that is copied."""
    total = group.total
    summed = [field.name == _SUMMED for field in asked.columns]
    label = f"{asked.labels[group]} {tr(N_('{n} units'), n=total.units)}"
    row = [f"{total.tph:g}" if is_sum else "" for is_sum in summed]
    row[0] = f"{label} · {total.tph:g} t/h" if summed[0] else label
    return row
