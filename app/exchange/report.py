"""What an import found and would do, as values and as the JSON that `docs/commands.md` promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shapely import Point
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.datum import Shift
from app.domain.entity import Entity, EntityType
from app.domain.fields import Kind
from app.domain.values import show
from app.exchange.mapping import Column
from app.exchange.questions import Question
from app.exchange.rings import Problem, Ring
from app.exchange.rows import Skipped

ADD, CHANGE, UNCHANGED = "add", "change", "unchanged"


@dataclass(frozen=True)
class Refusal:
    """A row that will not be taken, or the first reason for it; `column` is where a comment belongs, `also`
    are the row's other wrong cells."""

    sheet: str
    row: int
    field: str
    value: str
    code: str
    why: str
    column: int = 1
    also: tuple[Refusal, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The refusal as the report carries it; one line a row, its other wrong cells under `also`."""
        line: dict[str, object] = {
            "sheet": self.sheet,
            "row": self.row,
            "field": self.field,
            "value": self.value,
            "code": self.code,
            "why": self.why,
        }
        return {**line, "also": [cell.to_json() for cell in self.also]} if self.also else line

    @property
    def cells(self) -> tuple[Refusal, ...]:
        """Every wrong cell of the row, this one first."""
        return self, *self.also


@dataclass(frozen=True)
class Warned:
    """Something a person should look at; the row is taken."""

    sheet: str
    row: int
    code: str
    why: str
    field: str = ""

    def to_json(self) -> dict[str, object]:
        """The warning as the report carries it."""
        line = {"sheet": self.sheet, "row": self.row, "code": self.code, "why": self.why}
        return {**line, "field": self.field} if self.field else line


@dataclass(frozen=True)
class PlannedRecord:
    """One record the import would write: `values` by field name, `geometry` in degrees EPSG:4490.

    `before` is the existing record for a change; `changes` are then the fields that differ (geometry under
    `geometry`), and for an addition everything there is.
    """

    sheet: str
    row: int
    action: str
    uid: str
    values: Mapping[str, Any]
    geometry: BaseGeometry | None = None
    before: Entity | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self, kind: EntityType, labels: bool = False) -> dict[str, Any]:
        """The record as the report's `rows` carry it; `labels` shows words instead of codes."""
        point = self.geometry if isinstance(self.geometry, Point) and not self.geometry.is_empty else None
        line: dict[str, Any] = {
            "sheet": self.sheet, "row": self.row, "action": self.action, "uid": self.uid,
            "values": {name: _said(kind, name, value, labels) for name, value in self.values.items()},
            "x": round(point.x, 9) if point else None, "y": round(point.y, 9) if point else None,
        }  # fmt: skip
        if self.before is not None and self.changes:
            line["changed"] = {
                name: [
                    _said(kind, name, getattr(self.before, name, None), labels),
                    _said(kind, name, value, labels),
                ]
                for name, value in self.changes.items()
            }
        return line


def _said(kind: EntityType, name: str, value: Any, labels: bool) -> Any:
    if isinstance(value, BaseGeometry):
        return value.wkt
    declared = kind.fields.get(name)
    if labels and declared is not None and declared.kind in (Kind.CHOICE, Kind.STATE):
        return show(declared, value)
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class ImportReport:
    """The counts and lists of one import (section Import of `docs/commands.md`); `rings` only for protection
    zones. `templates` names the headings read by the label of their table (empty for the first), `learned`
    how many corrections of earlier files were used, `shift` what brought coordinates of an old datum here,
    `sheets` all that could be read."""

    sheet: str
    encoding: str
    header_rows: Sequence[int]
    crs: str
    read: int
    expanded: int
    duplicates: int
    mapping: Sequence[Column]
    ask: Sequence[Question]
    refused: Sequence[Refusal]
    warnings: Sequence[Warned]
    skipped: Sequence[Skipped]
    records: Sequence[PlannedRecord]
    rings: Sequence[Ring] | None = None
    problems: Sequence[Problem] = ()
    templates: Mapping[str, str] = field(default_factory=dict)
    learned: int = 0
    shift: Shift | None = None
    sheets: Sequence[str] = ()

    def count(self, action: str) -> int:
        """The number of records with this action."""
        return sum(record.action == action for record in self.records)

    def to_json(self, kind: EntityType, rows: bool = False, labels: bool = False) -> dict[str, Any]:
        """The document of `gridward import --json`; `rows` adds every record."""
        skipped = [{"sheet": s.sheet, "row": s.row, "kind": s.kind, "text": s.text} for s in self.skipped]
        document: dict[str, Any] = {
            "sheet": self.sheet,
            "encoding": self.encoding or None,
            "header_rows": list(self.header_rows),
            "crs": self.crs or None,
            "read": self.read,
            "added": self.count(ADD),
            "changed": self.count(CHANGE),
            "unchanged": self.count(UNCHANGED),
            "duplicates": self.duplicates,
            "expanded": self.expanded,
            "mapping": [line for column in self.mapping for line in column.to_json()],
            "ask": [question.to_json() for question in self.ask],
            "refused": [refusal.to_json() for refusal in self.refused],
            "warnings": [warned.to_json() for warned in self.warnings],
            "skipped": skipped,
        }
        if self.shift is not None:
            document["conversion"] = {**self.shift.to_json(), "said": self.shift.sentence()}
        if self.rings is not None:
            document["rings"] = [ring.to_json() for ring in self.rings]
            document["problems"] = [problem.to_json() for problem in self.problems]
        if rows:
            document["rows"] = [record.to_json(kind, labels) for record in self.records]
        return document


@dataclass(frozen=True)
class ImportPlan:
    """A finished plan: the report and the records, ready to be written when nothing is left to ask."""

    kind: EntityType
    report: ImportReport

    @property
    def ready(self) -> bool:
        """True when every question has its answer."""
        return not self.report.ask

    @property
    def records(self) -> Sequence[PlannedRecord]:
        """The records to add or change; unchanged ones are left out."""
        return [record for record in self.report.records if record.action != UNCHANGED]
