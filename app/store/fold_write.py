"""Writing a step of a fold: records, journal rows under their acts, and all that stands beside."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from app.domain.entity import GEOMETRY
from app.domain.replication import HUB_PERSON, Act
from app.domain.values import as_moment
from app.store import chain, gpkg, journal, outbox, rtree
from app.store.crossing import Row, crossing, packed
from app.store.fold_step import Step
from app.store.pending import Place
from app.store.rebase import differing
from app.store.rtree import quoted
from app.store.uniqueness import set_apart, settle_taken

ANSWER = "hub_answer"  # the action under which an answer of the hub changes a record back
Changed = dict[tuple[str, tuple[str, ...]], list[tuple[int, Row]]]  # by entity and fields: key and row
_SPACE = uuid.UUID("6d0f9c5e-8a57-5c43-9e0e-4f1b6f0b3a55")


def write(connection: Connection, step: Step) -> None:
    """Write what the step worked out, in the transaction that is open."""
    write_piece(connection, step)
    gpkg.touch(connection, map(step.state.layout.of, step.touched))


def write_piece(connection: Connection, step: Step) -> None:
    """The same without the times at which layers changed, which are noted once for all pieces."""
    raw: Any = connection.connection.driver_connection
    set_apart(raw, step)
    _records(raw, step)
    settle_taken(raw, step)
    _journal(connection, raw, step)
    _beside(raw, step)


def _records(raw: sqlite3.Connection, step: Step) -> None:
    """Deletes, then updates, then inserts, each kind as few statements as there are sets of fields."""
    gone: dict[str, list[int]] = {}
    changed: Changed = {}
    new: dict[str, list[tuple[str, Row]]] = {}
    held, fids = step.state.held, step.state.fids
    for place, before in step.first.items():
        entity, uid = place
        row = held[place]
        if row is None:
            if before is not None:
                gone.setdefault(entity, []).append(fids[place])
        elif before is None:
            new.setdefault(entity, []).append((uid, row))
        else:
            names = crossing(entity).ordered(differing(before, row))
            if names:
                changed.setdefault((entity, names), []).append((fids[place], row))
    for entity, those in gone.items():
        raw.executemany(
            f"DELETE FROM {_table(step, entity)} WHERE fid = ?", [(fid,) for fid in sorted(those)]
        )
        _index(raw, step, entity, ((fid, None) for fid in those))
    _free_unique(raw, step, changed)
    for plain in step.plain:
        plain.write(raw)
    for (entity, names), rows in changed.items():
        _update(raw, step, (entity, names), rows)
    for entity, records in new.items():
        _insert(raw, step, entity, records)


def _update(
    raw: sqlite3.Connection, step: Step, form: tuple[str, tuple[str, ...]], rows: list[tuple[int, Row]]
) -> None:
    """The same fields of many records, neighbours in the file one after the other."""
    entity, names = form
    written = crossing(entity).writer(names)
    rows.sort(key=itemgetter(0))
    sets = ", ".join(f"{quoted(name)} = ?" for name in names)
    cells = [[*written(row), fid] for fid, row in rows]
    raw.executemany(f"UPDATE {_table(step, entity)} SET {sets} WHERE fid = ?", cells)
    if names[0] == GEOMETRY:
        _index(raw, step, entity, ((row[-1], row[0]) for row in cells))


def _insert(raw: sqlite3.Connection, step: Step, entity: str, records: Sequence[tuple[str, Row]]) -> None:
    """New records, each with the next number of the file; columns that none of them knows stay out."""
    cross = crossing(entity)
    used = cross.defaults.union(*(row for _, row in records))
    names = [name for name in cross.columns if name in used]
    first = (raw.execute(f"SELECT max(fid) FROM {_table(step, entity)}").fetchone()[0] or 0) + 1
    written = cross.writer(names)
    rows = [[fid, uid, *written(row)] for fid, (uid, row) in enumerate(records, first)]
    listed = ", ".join(map(quoted, ("fid", "uid", *names)))
    marks = ", ".join("?" * (len(names) + 2))
    raw.executemany(f"INSERT INTO {_table(step, entity)} ({listed}) VALUES ({marks})", rows)
    if names[:1] == [GEOMETRY]:
        _index(raw, step, entity, ((row[0], row[2]) for row in rows))


def _index(
    raw: sqlite3.Connection, step: Step, entity: str, rows: Iterable[tuple[int, bytes | None]]
) -> None:
    if crossing(entity).kind.shape.value:
        rtree.keep(raw, step.state.layout.of(entity).name, GEOMETRY, rows)


def _free_unique(raw: sqlite3.Connection, step: Step, changed: Changed) -> None:
    """Records that exchange unique values first let go of them."""
    for (entity, names), rows in changed.items():
        for name in crossing(entity).unique:
            if name in names:
                raw.executemany(
                    f"UPDATE {_table(step, entity)} SET {quoted(name)} = '~' || uid WHERE fid = ?",
                    [(fid,) for fid, _ in rows],
                )


def _table(step: Step, entity: str) -> str:
    return quoted(step.state.layout.of(entity).name)


def _journal(connection: Connection, raw: sqlite3.Connection, step: Step) -> None:
    """The journal rows with their transactions, chained run by run."""
    if not step.notes:
        return
    headers = _new_acts(raw, step)
    at = as_moment(datetime.fromtimestamp(step.state.block.received / 1000, UTC))
    acts = step.state.acts
    step.notes.sort(key=itemgetter(0))
    runs: list[tuple[int, list[list[Any]]]] = []
    rows, seq, last = [], journal.last_row(raw), None
    for _, act, answer, entity, uid, op, cells in step.notes:
        seq += 1
        number = acts[(act if answer is None else _answer(step, act, answer)).uid]
        row = [seq, number, entity, uid, op, None, cells, at]
        rows.append(row)
        if number == last:
            runs[-1][1].append(row)
        else:
            runs.append((number, [row]))
            last = number
    journal.append(raw, rows)
    chain.link_runs(connection, runs, headers)


def _new_acts(raw: sqlite3.Connection, step: Step) -> chain.Headers:
    """Write the transactions the notes belong to, as far as the file does not have them; gives what is sealed
    of those that were written."""
    acts, headers = step.state.acts, chain.Headers()
    for _, act, answer, *_ in step.notes:
        if answer is None:
            if act.uid not in acts:  # those of the block were looked for
                header = _insert_act(raw, act)
                acts[act.uid] = header[0]
                headers[header[0]] = (header, [])
        elif (told := _answer(step, act, answer)).uid not in acts:
            acts[told.uid] = added_act(raw, told)
    return headers


def added_act(raw: sqlite3.Connection, act: Act) -> int:
    """The number of a transaction that came from the hub; it is written when it is new in this file."""
    found = raw.execute("SELECT id FROM sync_txn WHERE uuid = ?", (act.uid,)).fetchone()
    return int(found[0]) if found else int(_insert_act(raw, act)[0])


def _insert_act(raw: sqlite3.Connection, act: Act) -> list[Any]:
    """Write a transaction; gives its row as far as it is sealed, its number first."""
    who = (act.uid, act.device, act.person, act.person_name, act.role, act.org)
    what = (act.action, act.reason, act.undoes, act.hlc, act.wall)
    query = "INSERT INTO sync_txn VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?)"
    number = raw.execute(query, (*who, *what, journal.FROM_HUB)).lastrowid
    return [number, *who, *what]


def _answer(step: Step, own: Act, answer: str) -> Act:
    """The act under which the hub's answer to an own act is journalled here; one for each act and step."""
    state = step.state
    name = f"{own.uid} {state.block.area} {state.span[0]}"
    at = as_moment(datetime.fromtimestamp(state.block.received / 1000, UTC))
    hlc = state.block.received << 16
    return Act(
        str(uuid.uuid5(_SPACE, name)),
        "",
        HUB_PERSON,
        HUB_PERSON,
        "",
        "",
        ANSWER,
        answer,
        None,
        hlc,
        at,
    )


def _beside(raw: sqlite3.Connection, step: Step) -> None:
    state = step.state
    at = as_moment(datetime.fromtimestamp(state.block.received / 1000, UTC))
    if step.settled:
        listed = "(SELECT value FROM json_each(?))"
        raw.execute(f"DELETE FROM sync_sent WHERE seq IN {listed}", (json.dumps(step.settled),))
    outbox.close_acts(raw, step.owners)
    raw.executemany(
        "INSERT INTO sync_verdict (at, act, tbl, uid, verdict, note) VALUES (?,?,?,?,?,?)",
        [(at, item.act, item.entity, item.uid, item.verdict, item.note) for item in step.answers],
    )
    _put(raw, "sync_shadow", ("tbl", "uid"), _shadows(step))
    ghosts = (
        ((area, *place), None if row is None else (packed(row, place[0]),))
        for (area, place), row in step.ghosts.items()
    )
    _put(raw, "sync_ghost", ("area", "tbl", "uid"), ghosts)
    places = ((place, None if area is None else (area,)) for place, area in step.places.items())
    _put(raw, "sync_place", ("tbl", "uid"), places)


def _shadows(step: Step) -> Iterable[tuple[Place, tuple[Any, ...] | None]]:
    for place in step.shadows:
        shadow = step.state.shadows.get(place)
        if shadow is None:
            yield place, None
        else:
            cells: Row = shadow.cells or {}
            alive = int(shadow.cells is not None)
            yield place, (alive, packed(cells, place[0]), json.dumps(shadow.unseen))


def _put(
    raw: sqlite3.Connection,
    table: str,
    key: tuple[str, ...],
    rows: Iterable[tuple[tuple[str, ...], tuple[Any, ...] | None]],
) -> None:
    """Write rows by their key; a row without values goes."""
    where = " AND ".join(f"{name} = ?" for name in key)
    for names, values in rows:
        if values is None:
            raw.execute(f"DELETE FROM {table} WHERE {where}", names)
        else:
            marks = ",".join("?" * (len(names) + len(values)))
            raw.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", (*names, *values))
