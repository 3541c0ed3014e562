"""Acts and entries in columns: what batches and blocks have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from app.domain.replication import Act, Effect, Entry
from app.sync import few
from app.sync.columns import (
    moment_texts,
    moments_of,
    read_texts,
    read_values,
    write_texts,
    write_values,
)
from app.sync.parts import Ints, Malformed, Reader, TooLong, Writer
from app.sync.uids import read_uids, write_uids

MAX_ENTRIES = 100_000
MAX_CELLS = 4_000_000
MAX_FIELDS = 20_000  # different fields of all entities of one message
MAX_NAME = 100
MAX_UID = 64
_OPS = "iudn"
_ACT = attrgetter(
    "uid", "device", "person", "person_name", "role", "org", "action", "reason", "undoes", "hlc"
)
_ACT_TEXTS = 8  # the first columns of an act are texts, `undoes` may be None, the last is a number
Form = tuple[str, str, tuple[str, ...]]  # entity, operation, fields


class Names:
    """Every entity, field and area once; others speak of them by place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, name: str) -> int:
        """Where `name` stands."""
        return self._places.setdefault(name, len(self._places))

    def in_order(self) -> list[str]:
        """The names in order."""
        if any(not 0 < len(name) <= MAX_NAME for name in self._places):
            raise Malformed("an empty name, or one longer than a name may be")
        return list(self._places)


def write_acts(out: Writer, acts: Sequence[Act]) -> None:
    """Each attribute of the acts as a column; `wall` as its distance from `hlc`, nearly always 0."""
    if not acts:
        return
    for column in zip(*map(_ACT, acts), strict=True):
        write_values(out, column)
    walls = [act.wall for act in acts]
    moments = moments_of(walls)
    out.number(int(moments is not None))
    if moments is None:
        write_texts(out, walls)
    else:
        out.ints([moment - (act.hlc >> 16) for moment, act in zip(moments, acts, strict=True)])


def read_acts(source: Reader, count: int) -> tuple[Act, ...]:
    """The acts of a message; raises Malformed when an attribute is not of its kind."""
    if not count:
        return ()
    columns = [read_values(source, count) for _ in range(_ACT_TEXTS)]
    undoes, hlc = (read_values(source, count) for _ in range(2))
    _all_of(chain(*columns), {str})
    _all_of(undoes, {str, type(None)})
    _all_of(hlc, {int})
    if source.number(1):
        wall = moment_texts(
            [off + (clock >> 16) for off, clock in zip(source.whole(count), hlc, strict=True)]
        )
    else:
        wall = read_texts(source, count)
    if max(map(len, columns[0])) > MAX_UID or not all(columns[0]):
        raise Malformed("an act without a proper uid")
    return tuple(map(Act, *columns, undoes, hlc, wall))


def write_entries(out: Writer, names: Names, entries: Sequence[Entry | Effect], short: bool) -> list[str]:
    """Act, record, operation and cells of all entries; gives the distinct uids."""
    if len(entries) > MAX_ENTRIES:
        raise TooLong("too many entries")
    out.ints([entry.act for entry in entries])
    forms: dict[Form, list[Mapping[str, Any]]] = {}
    rows: dict[str, int] = {}
    form_of: list[int] = []
    row_of: list[int] = []
    first_ops: list[str] = []
    places: dict[Form, int] = {}
    for entry in entries:
        form = (entry.entity, entry.op, tuple(entry.cells))
        form_of.append(places.setdefault(form, len(places)))
        forms.setdefault(form, []).append(entry.cells)
        row = rows.setdefault(entry.uid, len(rows))
        if row == len(first_ops):
            first_ops.append(entry.op)
        row_of.append(row)
    _write_forms(out, names, list(forms))
    out.ints(form_of)
    _write_repeats(out, row_of, len(rows))
    write_uids(out, list(rows), first_ops, short, len(entries))
    columns: dict[tuple[str, str], list[Any]] = {}
    for (entity, _, fields), those in forms.items():
        for field in fields:
            columns.setdefault((entity, field), []).extend([cells[field] for cells in those])
    if sum(map(len, columns.values())) > MAX_CELLS or len(columns) > MAX_FIELDS:
        raise TooLong("too many values")
    for column in columns.values():
        write_values(out, column)
    return list(rows)


@dataclass
class EntryColumns:
    """What `read_entries` found: act, entity, uid, op and cells of each entry, as columns."""

    first_five: tuple[Iterable[Any], ...]
    uids: list[str]
    cut: bool


def read_entries(source: Reader, names: Sequence[str], acts: int, count: int) -> EntryColumns:
    """What `write_entries` wrote, of a message with so many acts and entries."""
    act_of = source.places(count, acts)
    forms = _read_forms(source, names)
    form_of = source.places(count, len(forms))
    row_of, rows = _read_repeats(source, count)
    entities = [forms[form][0] for form in form_of]
    ops = [forms[form][1] for form in form_of]
    first_ops = ops
    if row_of is not None:
        first_ops = [ops[place] for place in np.unique(row_of, return_index=True)[1].tolist()]
    uids, cut = read_uids(source, rows, first_ops)
    if rows and not (all(uids) and max(map(len, uids)) <= MAX_UID):
        raise Malformed("a record without a proper uid")
    cells = _read_cells(source, forms, form_of)
    uid_of = uids if row_of is None else [uids[row] for row in row_of.tolist()]
    return EntryColumns((act_of, entities, uid_of, ops, cells), uids, cut)


def _write_forms(out: Writer, names: Names, forms: Sequence[Form]) -> None:
    """Entity, operation and fields of each form."""
    out.number(len(forms))
    out.ints([names.place(entity) for entity, _, _ in forms])
    out.ints([_OPS.index(op) for _, op, _ in forms])
    out.ints([len(fields) for _, _, fields in forms])
    out.ints([names.place(field) for _, _, fields in forms for field in fields])


def _read_forms(source: Reader, names: Sequence[str]) -> list[Form]:
    count = source.number(MAX_ENTRIES)
    entities = source.places(count, len(names))
    ops = source.places(count, len(_OPS))
    counts = source.whole(count)
    fields = [names[place] for place in source.places(total_of(counts, MAX_CELLS), len(names))]
    forms = []
    for entity, op, size, end in zip(entities, ops, counts, few.ends_of(counts), strict=True):
        those = tuple(fields[end - size : end])
        if len(set(those)) != size:
            raise Malformed("a field twice")
        forms.append((names[entity], _OPS[op], those))
    return forms


def _write_repeats(out: Writer, row_of: list[int], rows: int) -> None:
    """Which record each entry is about: nearly always one not met before, else its place."""
    out.number(rows)
    if rows == len(row_of):
        return
    highest = np.maximum.accumulate(np.asarray(row_of, np.int64))
    fresh = np.diff(highest, prepend=-1).astype(np.int64)
    out.ints(fresh)
    out.ints(np.asarray(row_of, np.int64)[fresh == 0])


def _read_repeats(source: Reader, count: int) -> tuple[Ints | None, int]:
    """The record of each entry, None where no record comes twice; how many records."""
    rows = source.number(count)
    if rows == count:
        return None, rows
    fresh = source.indexes(count, 2)
    if int(fresh.sum()) != rows:
        raise Malformed("records that are not there")
    row_of = np.cumsum(fresh) - 1
    repeats = source.indexes(count - rows, rows)
    if (repeats > row_of[fresh == 0]).any():
        raise Malformed("a record before it appears")
    row_of[fresh == 0] = repeats
    return row_of, rows


def _read_cells(source: Reader, forms: Sequence[Form], form_of: Sequence[int]) -> list[Any]:
    """The cells of each entry as a dict."""
    places: list[list[int]] = [[] for _ in forms]
    for place, form in enumerate(form_of):
        places[form].append(place)
    columns: dict[tuple[str, str], int] = {}
    for (entity, _, fields), those in zip(forms, places, strict=True):
        for field in fields:
            columns[entity, field] = columns.get((entity, field), 0) + len(those)
    if sum(columns.values()) > MAX_CELLS or len(columns) > MAX_FIELDS:
        raise TooLong("too many values")
    values = {key: iter(read_values(source, count)) for key, count in columns.items()}
    cells: list[Any] = [None] * len(form_of)
    for (entity, _, fields), those in zip(forms, places, strict=True):
        for place, row in _rows([values[entity, field] for field in fields], fields, those):
            cells[place] = row
    return cells


def _rows(
    columns: Sequence[Iterator[Any]], fields: Sequence[str], places: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each place with its cells; `zip` asks for the place first, so no value of the next form is lost."""
    if not fields:
        yield from ((place, {}) for place in places)
    elif len(fields) == 1:
        name = fields[0]
        yield from ((place, {name: value}) for place, value in zip(places, columns[0], strict=False))
    else:
        rows = zip(*columns, strict=False)
        for place, row in zip(places, rows, strict=False):
            yield place, dict(zip(fields, row, strict=True))


def total_of(counts: Sequence[int], at_most: int) -> int:
    """The sum of counts, none of them negative and all together within a limit."""
    if counts and (min(counts) < 0 or max(counts) > at_most):
        raise Malformed("a count that cannot be")
    total = sum(counts)
    if total > at_most:
        raise TooLong("more than one message may hold")
    return total


def _all_of(values: Iterable[Any], kinds: set[type]) -> None:
    if not set(map(type, values)) <= kinds:
        raise Malformed("a value of another kind than is meant")
