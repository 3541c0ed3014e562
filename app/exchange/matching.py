"""New, changed, unchanged or a duplicate: planned values against each other and against the records there
are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np
from shapely import Point, STRtree, get_coordinates
from shapely.geometry.base import BaseGeometry

from app.domain.coordinates.measure import distance_m
from app.domain.entity import GEOMETRY, Entity, EntityType
from app.errors import Invalid
from app.exchange.grid import without_spaces
from app.exchange.report import ADD, CHANGE, UNCHANGED, PlannedRecord
from app.exchange.rules.base import Rules
from app.i18n import N_, tr

_STILL_M = 1.0  # a point that moves less than this has not moved


@dataclass
class Wanted:
    """One record a file states: where it stands, its values and place."""

    sheet: str
    row: int
    values: dict[str, Any]
    geometry: BaseGeometry | None = None
    initial: dict[str, Any] = field(default_factory=dict)


@dataclass
class Matched:
    """What matching found: planned records, and per kind of trouble the index into the wanted list and the
    reason."""

    planned: list[PlannedRecord | None] = field(default_factory=list)
    twice: list[tuple[int, str]] = field(default_factory=list)
    conflicts: list[tuple[int, str]] = field(default_factory=list)
    alike: list[tuple[int, str, str]] = field(default_factory=list)
    alike_here: list[tuple[int, str]] = field(default_factory=list)


class Matcher:
    """Compares what a file states with the existing records of its kind."""

    def __init__(
        self, kind: EntityType, rules: Rules, existing: Sequence[Entity], by: str, near_m: float = 0.0
    ) -> None:
        if by not in kind.fields:
            raise Invalid(
                N_("There is no field “{field}” to match {kind} by."), code="match", field=by, kind=kind.text
            )
        self._kind, self._rules, self._by = kind, rules, by
        self._existing, self._near_m = existing, near_m
        self._apart = rules.told_apart if by == kind.key else ()
        self._index: dict[str, list[Entity]] = {}
        for record in existing:
            self._index.setdefault(self._key(partial(getattr, record)), []).append(record)

    def known(self, values: Mapping[str, Any]) -> Entity | None:
        """The one existing record these values are about, if there is exactly one."""
        found = self._index.get(self._key(values.get), [])
        return found[0] if len(found) == 1 and values.get(self._by) not in (None, "") else None

    def match(self, wanted: Sequence[Wanted], new_uid: Callable[[], str]) -> Matched:
        """Plan every wanted record, in the order of the file."""
        result = Matched()
        seen: dict[str, int] = {}
        for index, item in enumerate(wanted):
            key = self._key(item.values.get)
            found = self._index.get(key, []) if key else []
            plan: PlannedRecord | None = None
            if key and key in seen:
                result.twice.append(
                    (index, tr(N_("The same number stands in row {row} already."), row=wanted[seen[key]].row))
                )
            elif len(found) > 1:
                result.conflicts.append(
                    (
                        index,
                        tr(
                            N_("{n} records have this value; it cannot be told which is meant."), n=len(found)
                        ),
                    )
                )
            elif found and self._other_thing(found[0], item):
                result.conflicts.append(
                    (
                        index,
                        tr(
                            N_("This number belongs to {title}, which is another one."),
                            title=found[0].title(),
                        ),
                    )
                )
            else:
                plan = self._planned(item, found[0] if found else None, new_uid)
            if key:
                seen.setdefault(key, index)
            result.planned.append(plan)
        self._alike(wanted, result)
        return result

    def _key(self, value_of: Callable[[str], Any]) -> str:
        """What a record is known by; empty without its number or name."""
        key = _key(value_of(self._by))
        return "|".join([key, *(_key(value_of(name)) for name in self._apart)]) if key else ""

    def _planned(self, item: Wanted, before: Entity | None, new_uid: Callable[[], str]) -> PlannedRecord:
        if before is None:
            values = {**self._rules.initial, **item.values, **item.initial}
            return PlannedRecord(item.sheet, item.row, ADD, new_uid(), values, item.geometry, None, values)
        changes: dict[str, Any] = {
            name: value
            for name, value in item.values.items()
            if not _same(getattr(before, name, None), value) and not self._coarser(before, name, value)
        }
        if item.geometry is not None and not _same_place(before.geometry, item.geometry):
            changes[GEOMETRY] = item.geometry
        elif before.geometry is not None:
            changes.pop("coord_src", None)  # the same place does not come from elsewhere now
        if _is_own_word(before, changes.get("status_claim")):
            del changes["status_claim"]
        action = CHANGE if changes else UNCHANGED
        geometry = item.geometry if item.geometry is not None else before.geometry
        return PlannedRecord(item.sheet, item.row, action, before.uid, item.values, geometry, before, changes)

    def _coarser(self, before: Entity, name: str, value: Any) -> bool:
        """A file that names only the county says nothing new of a record whose township is known."""
        declared = self._kind.fields.get(name)
        held = getattr(before, name, None)
        return bool(declared and declared.refers_to == "division" and held and value) and str(
            held
        ).startswith(str(value))

    def _other_thing(self, record: Entity, item: Wanted) -> bool:
        """The number is the same, but unit, county and kind of thing are not: somebody else's number."""
        if self._kind.name != "boiler" or self._by != self._kind.key:
            return False
        unit, division = item.values.get("user_org"), item.values.get("div_code")
        old_unit, old_division = getattr(record, "user_org", None), getattr(record, "div_code", None)
        if not (unit and old_unit and division and old_division):
            return False
        return _plain(unit) != _plain(old_unit) and division[:6] != old_division[:6]

    def _alike(self, wanted: Sequence[Wanted], result: Matched) -> None:
        """Additions that look like a record that is there, or like another row, under a different number."""
        if not self._rules.same_thing:
            return
        added = [n for n, plan in enumerate(result.planned) if plan is not None and plan.action == ADD]
        met = {plan.uid for plan in result.planned if plan is not None and plan.before is not None}
        others = [record for record in self._existing if record.uid not in met]
        by_name = {self._sameness(record.values().get): record for record in others}
        by_name.pop(None, None)
        tree, near = _tree(others)
        here: dict[tuple[str, ...], int] = {}
        beside = self._beside(wanted, added)
        for n in added:
            item = wanted[n]
            same = self._sameness(item.values.get)
            record = (by_name.get(same) if same else None) or self._close(item, tree, near)
            if record is not None:
                result.alike.append((n, record.title(), record.uid))
            elif same and same in here and wanted[here[same]].row != item.row:
                row = wanted[here[same]].row
                why = tr(N_("Unit, address and output are those of row {row}."), row=row)
                result.alike_here.append((n, why))
            elif n in beside:
                why = tr(
                    N_("The output is that of row {row}, and the place is less than {metres} m from it."),
                    row=wanted[beside[n]].row, metres=f"{self._near_m:g}",
                )  # fmt: skip
                result.alike_here.append((n, why))
            if same:
                here.setdefault(same, n)

    def _beside(self, wanted: Sequence[Wanted], added: Sequence[int]) -> dict[int, int]:
        """For an added row the first earlier row of the file with the same output within `near_m`.

        Places are kept by squares larger than that, and of places close together only the first, so that
        ten thousand rows at one place cost no more than others.
        """
        side, output = self._near_m / 50_000, self._rules.same_thing[-1]
        squares: dict[tuple[int, int, Any], list[tuple[float, float, int]]] = {}
        found: dict[int, int] = {}
        for n in added if side else ():
            shape = wanted[n].geometry
            if not isinstance(shape, Point) or shape.is_empty:
                continue
            x, y, amount = shape.x, shape.y, wanted[n].values.get(output)
            column, row = int(x // side), int(y // side)
            around = (
                (column + i, row + j, amount) for i in (-1, 0, 1) for j in (-1, 0, 1)
            )  # fmt: skip
            near = [
                at for square in around for a, b, at in squares.get(square, ())
                if distance_m(x, y, a, b) <= self._near_m
            ]  # fmt: skip
            others = [at for at in near if wanted[at].row != wanted[n].row]
            if others:
                found[n] = min(others)
            if not near:
                squares.setdefault((column, row, amount), []).append((x, y, n))
        return found

    def _sameness(self, value_of: Callable[[str], Any]) -> tuple[str, ...] | None:
        values = [value_of(name) for name in self._rules.same_thing]
        return (
            None if any(value in (None, "") for value in values) else tuple(_plain(value) for value in values)
        )

    def _close(self, item: Wanted, tree: STRtree | None, near: Sequence[Entity]) -> Entity | None:
        """An existing record of the same output nearby."""
        if tree is None or item.geometry is None or item.geometry.geom_type != "Point":
            return None
        x, y = get_coordinates(item.geometry)[0]
        for index in tree.query(item.geometry.buffer(2e-5 * self._near_m)):
            record = near[int(index)]
            there = get_coordinates(record.geometry)[0]
            output = self._rules.same_thing[-1]
            if distance_m(x, y, *there) <= self._near_m and getattr(record, output, None) == item.values.get(
                output
            ):
                return record
        return None


def _tree(records: Sequence[Entity]) -> tuple[STRtree | None, list[Entity]]:
    near = [
        record for record in records if isinstance(record.geometry, Point) and not record.geometry.is_empty
    ]
    return (STRtree(np.array([record.geometry for record in near])) if near else None), near


def _key(value: Any) -> str:
    return _key_of(str(value)) if value not in (None, "") else ""


@lru_cache(maxsize=65_536)
def _key_of(words: str) -> str:
    """A name without what people write differently; each is asked for several times in one import."""
    return without_spaces(unicodedata.normalize("NFKC", words)).upper()


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else re.sub(r"[\s()（）]+", "", str(value))


def _is_own_word(before: Entity, claim: Any) -> bool:
    """Whether a claimed status is only our own word for the record's state, as our exports write it."""
    declared = before.TYPE.fields.get("status")
    if claim is None or declared is None or declared.choices is None:
        return False
    return declared.choices.code_of(str(claim)) == getattr(before, "status", None)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, float) or isinstance(new, float):
        return old is not None and new is not None and abs(float(old) - float(new)) < 1e-6
    return bool(old == new)


def _same_place(old: BaseGeometry | None, new: BaseGeometry) -> bool:
    if old is None or old.is_empty:
        return False
    if old.geom_type == new.geom_type == "Point":
        return distance_m(*get_coordinates(old)[0], *get_coordinates(new)[0]) < _STILL_M
    a, b = get_coordinates(old), get_coordinates(new)
    return (a.shape == b.shape and bool(np.allclose(a, b, atol=1e-7))) or bool(old.equals(new))
