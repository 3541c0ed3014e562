"""What a click on a feature shows: the declared fields that have a value, in declared order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.carto.features import FeatureColumns, FeatureSource
from app.domain.catalog import BY_NAME
from app.domain.entity import EntityType
from app.domain.fields import Field, Kind
from app.domain.values import show

# Said elsewhere on the page, or of no use to a reader.
_LEFT_OUT = ("synthetic", "round_no", "parent")

Row = tuple[int, str]


class Popups:
    """Turns columns into popup rows; headings are numbered so that the page holds each only once."""

    def __init__(self, source: FeatureSource, public: bool) -> None:
        self.headings: list[str] = []
        self.public = public
        self._numbers: dict[str, int] = {}
        self._names = _names(source)

    def fields(self, kind: EntityType) -> tuple[Field, ...]:
        """The fields a popup of this edition may show."""
        allowed = kind.public_fields() if self.public else tuple(kind.fields.values())
        return tuple(field for field in allowed if field.name not in _LEFT_OUT)

    def rows(self, kind: EntityType, columns: FeatureColumns) -> list[list[Row]]:
        """For each feature its (number of the heading, shown value) pairs, unknown values left out."""
        shown: list[list[Row]] = [[] for _ in range(len(columns))]
        for field in self.fields(kind):
            heading = self.number(field.heading)
            for row, value in enumerate(columns.column(field.name)):
                words = self._words(field, value)
                if words:
                    shown[row].append((heading, words))
        return shown

    def number(self, heading: str) -> int:
        """The number of a heading, which the page lists once."""
        if heading not in self._numbers:
            self._numbers[heading] = len(self.headings)
            self.headings.append(heading)
        return self._numbers[heading]

    def _words(self, field: Field, value: Any) -> str:
        if value is None or value == () or value != value:
            return ""
        if field.kind is Kind.REFERENCE:
            return self._names.get(str(value), str(value))
        return show(field, value)


def titles(kind: EntityType, columns: FeatureColumns, public: bool) -> list[str]:
    """What people call each feature, from the fields the declaration names."""
    allowed = {field.name for field in kind.public_fields()} if public else set(kind.fields)
    named = [columns.column(name) for name in kind.title if name in allowed]
    joined = (
        " ".join(str(value) for value in values if value not in (None, ""))
        for values in zip(*named, strict=True)
    )
    found = list(joined)
    return [words or kind.text for words in found] if found else [kind.text] * len(columns)


def needed_fields(kind: EntityType, extra: Sequence[str] = ()) -> tuple[str, ...]:
    """Every field a popup, a title and a symbol may need."""
    return tuple(dict.fromkeys([*kind.fields, *extra]))


def _names(source: FeatureSource) -> Mapping[str, str]:
    """Words for references: divisions by code, sources by uid."""
    divisions = source.columns("division", ("code", "name"), None)
    found = {
        str(code): str(name)
        for code, name in zip(divisions.column("code"), divisions.column("name"), strict=True)
        if code and name
    }
    for entity in ("water_source", "org"):
        if entity in BY_NAME:
            columns = source.columns(entity, ("name",), None)
            found |= {
                uid: str(name) for uid, name in zip(columns.uids, columns.column("name"), strict=True) if name
            }
    return found
