"""What a report counted, kept so that it can be shown again and compared: its numbers and the rows behind."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.output import Total
from app.errors import Invalid
from app.i18n import N_

FORMAT = 1
_ROW = ("uid", "ledger_no", "unit", "county", "tph", "state")


@dataclass(frozen=True)
class Row:
    """One boiler as a report saw it; `tph` in t/h as it was counted, `state` at the report's day."""

    uid: str
    ledger_no: str
    unit: str
    county: str
    tph: float
    state: str | None


@dataclass(frozen=True)
class Number:
    """One number of a report: of which place, what it counts, its boilers. `label` is an English text to
    translate."""

    place: str
    place_name: str
    name: str
    label: str
    total: Total
    uids: tuple[str, ...]


@dataclass(frozen=True)
class Counted:
    """All numbers of a report with the rows behind them; `text` is the paragraph, where there is one."""

    numbers: tuple[Number, ...]
    rows: Mapping[str, Row]
    text: str = ""

    def number(self, place: str, name: str) -> Number | None:
        """The number of this place and name."""
        return next((item for item in self.numbers if (item.place, item.name) == (place, name)), None)


def total_of(rows: Iterable[Row]) -> Total:
    """Units and t/h of rows."""
    known = list(rows)
    return Total(len(known), round(sum(row.tph for row in known), 3))


def write_counted(counted: Counted, facts: Mapping[str, Any]) -> bytes:
    """The content of a snapshot as JSON, always the same bytes for the same content."""
    places = {uid: at for at, uid in enumerate(counted.rows)}
    document = {
        "format": FORMAT,
        **facts,
        "text": counted.text,
        "columns": list(_ROW),
        "boilers": [[getattr(row, name) for name in _ROW] for row in counted.rows.values()],
        "numbers": [
            {
                "place": item.place,
                "place_name": item.place_name,
                "name": item.name,
                "label": item.label,
                "units": item.total.units,
                "tph": item.total.tph,
                "boilers": [places[uid] for uid in item.uids],
            }
            for item in counted.numbers
        ],
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_counted(content: bytes) -> Counted:
    """What a snapshot holds. Raises Invalid `bad_snapshot` for bytes that are none, `newer_snapshot` for a
    later form, and when a number is not that of its rows."""
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise Invalid(
                N_("This snapshot was made by a newer version of the program"),
                hint=N_("Update the program, then open it again."),
                code="newer_snapshot",
            )
        rows = [Row(**dict(zip(document["columns"], line, strict=True))) for line in document["boilers"]]
        numbers = tuple(_number(item, rows) for item in document["numbers"])
        return Counted(numbers, {row.uid: row for row in rows}, str(document["text"]))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _spoilt() from error


def _number(item: Mapping[str, Any], rows: Sequence[Row]) -> Number:
    mine = [rows[at] for at in item["boilers"]]
    told = Total(int(item["units"]), float(item["tph"]))
    if total_of(mine) != told:
        raise _spoilt()
    return Number(item["place"], item["place_name"], item["name"], item["label"], told,
                  tuple(row.uid for row in mine))  # fmt: skip


def _spoilt() -> Invalid:
    return Invalid(N_("The snapshot cannot be read: its numbers and rows do not agree"),
                   hint=N_("Nothing was changed. Freeze the report again."), code="bad_snapshot")  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """A number that is not the same in two snapshots, with the boilers that came in and went out."""

    place: str
    place_name: str
    name: str
    label: str
    before: Total
    after: Total
    came: tuple[str, ...]
    went: tuple[str, ...]


@dataclass(frozen=True)
class Turned:
    """A boiler that is not the same in two snapshots: `what` is in, out, state, tph or county."""

    row: Row
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """What moved from one snapshot to another."""

    moved: tuple[Moved, ...]
    turned: tuple[Turned, ...]


def compare(first: Counted, second: Counted) -> Comparison:
    """The numbers that moved and the boilers that came in, went out or changed, from `first` to `second`.

    A number whose boilers changed has moved, even when its count is the same.
    """
    names = dict.fromkeys((item.place, item.name) for item in (*second.numbers, *first.numbers))
    moved = (_moved(first.number(*name), second.number(*name)) for name in names)
    return Comparison(tuple(item for item in moved if item is not None), tuple(_turned(first, second)))


def _moved(old: Number | None, new: Number | None) -> Moved | None:
    known = new or old
    if known is None:
        return None
    before, after = (old.uids if old else ()), (new.uids if new else ())
    had, have = set(before), set(after)
    came = tuple(uid for uid in after if uid not in had)
    went = tuple(uid for uid in before if uid not in have)
    one, two = (old.total if old else Total(0, 0.0)), (new.total if new else Total(0, 0.0))
    if not came and not went and one == two:
        return None
    return Moved(known.place, known.place_name, known.name, known.label, one, two, came, went)


def _turned(first: Counted, second: Counted) -> Iterable[Turned]:
    for uid in dict.fromkeys((*first.rows, *second.rows)):
        old, new = first.rows.get(uid), second.rows.get(uid)
        if old is not None and new is not None:
            yield from _changed(old, new)
        elif new is not None:
            yield Turned(new, "in", "", new.state or "")
        elif old is not None:
            yield Turned(old, "out", old.state or "", "")


def _changed(old: Row, new: Row) -> Iterable[Turned]:
    for what in ("state", "tph", "county"):
        one, two = getattr(old, what), getattr(new, what)
        if one != two:
            yield Turned(new, what, _written(one), _written(two))


def _written(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
