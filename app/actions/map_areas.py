"""Very many areas of a workspace for the map: from the sidecar beside the file and its journal, or read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from app.actions.map_columns import WORKED_OUT_IN, with_worked_out
from app.actions.session import Session
from app.carto.features import FeatureColumns, no_features
from app.carto.many import Fetch, ManyAreas, ManyReader, Mark, can_be_many
from app.domain.catalog import BY_NAME
from app.domain.entity import Entity, Shape
from app.domain.filters import one_of
from app.store.columns import Block, as_loaded

_MANY = 5000  # records from which an entity is kept as flat arrays
_AT_ONCE = 5000  # identities in one question
_PATCHED = 2000  # changed records up to which kept arrays are brought up to date instead of read again


class AreaSource:
    """Flat areas of a session's workspace."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def many(
        self, entity: str, fields: Sequence[str], crs: str, before: ManyAreas | None
    ) -> ManyAreas | None:
        """All areas of an entity with these fields as columns; None when they are few or no areas.

        `before` is what was shown last: only what has changed since is read again. Fields that no record
        holds are worked out anew each time.
        """
        worked = {name: WORKED_OUT_IN[entity, name] for name in fields if (entity, name) in WORKED_OUT_IN}
        needed = [name for made in worked.values() for name in made.needs]
        stored = list(dict.fromkeys([*(name for name in fields if name not in worked), *needed]))
        found = self._stored(entity, stored, crs, before)
        if found is None or not worked:
            return found
        more = {name: made.work(self._session, found) for name, made in worked.items()}
        return found.with_columns({**found.columns, **more})

    def _stored(
        self, entity: str, fields: Sequence[str], crs: str, before: ManyAreas | None
    ) -> ManyAreas | None:
        """The areas with columns of records alone."""
        described = BY_NAME.get(entity)
        if not can_be_many() or described is None or described.shape is not Shape.MULTIPOLYGON:
            return None
        workspace = self._session.workspace
        if not set(fields) <= set(described.stored):
            return None
        if workspace.moments.count_at_most(described.record) < _MANY:
            return None
        kept = before if before is not None and before.crs == crs else self._kept(entity, crs)
        if kept is not None and not set(kept.columns) <= set(described.stored):
            kept = kept.with_columns({k: v for k, v in kept.columns.items() if k in described.stored})
        if kept is not None and set(fields) <= set(kept.columns):
            fresh = self._brought_up(kept, described.record)
            if fresh is not None:
                return fresh
        wanted = sorted({*fields, *(kept.columns if kept is not None else ())} & set(described.stored))
        made = self._read(described.record, wanted, crs)
        if made is not None and not workspace.read_only:
            from app.carto import sidecar  # late: needs the compiled part

            sidecar.write(self._path(entity, crs), made)
        return made

    def _kept(self, entity: str, crs: str) -> ManyAreas | None:
        from app.carto import sidecar  # late: needs the compiled part

        return sidecar.read(self._path(entity, crs), crs, self._fetch(entity))

    def _path(self, entity: str, crs: str) -> Path:
        return sidecar_folder(self._session.workspace.path) / f"{entity}.{crs.replace(':', '_')}"

    def _brought_up(self, kept: ManyAreas, record: type[Entity]) -> ManyAreas | None:
        """The kept arrays as the file is now; None when they must be read anew."""
        workspace = self._session.workspace
        mark = workspace.moments.mark(record)
        changed = workspace.moments.changed_since(record, kept.mark)
        if changed is None or len(changed) > _PATCHED:
            return None
        if not changed:
            return kept
        fields = list(kept.columns)
        now = self._rows(record, changed, fields, kept.crs, mark)
        return None if now is None else kept.with_changes(changed, now, mark)

    def _rows(
        self, record: type[Entity], uids: Sequence[str], fields: list[str], crs: str, mark: Mark
    ) -> ManyAreas | None:
        reader = ManyReader(crs, fields)
        found = self._session.workspace.blocks(record, fields, one_of("uid", uids))
        return self._finished(reader, found, record, mark)

    def _read(self, record: type[Entity], fields: list[str], crs: str) -> ManyAreas | None:
        workspace = self._session.workspace
        mark = workspace.moments.mark(record)
        return self._finished(ManyReader(crs, fields), workspace.blocks(record, fields), record, mark)

    def _finished(
        self, reader: ManyReader, blocks: Iterable[Block], record: type[Entity], mark: Mark
    ) -> ManyAreas | None:
        for block in blocks:
            reader.add(block.uids, block.blobs, block.values)
        made = reader.done(mark, self._fetch(record.TYPE.name))
        if made is None:
            return None
        columns = {
            name: column.worked(partial(as_loaded, record, name)) for name, column in made.columns.items()
        }
        return replace(made, columns=columns)

    def _fetch(self, entity: str) -> Fetch:
        workspace = self._session.workspace

        def fetch(uids: Sequence[str], fields: Sequence[str]) -> FeatureColumns:
            known = [name for name in fields if name in BY_NAME[entity].stored]
            parts = [
                workspace.columns(entity, known, None, one_of("uid", uids[at : at + _AT_ONCE]))
                for at in range(0, len(uids), _AT_ONCE)
            ]
            if not parts:
                return no_features()
            values = {name: np.concatenate([part.values[name] for part in parts]) for name in known}
            geometry = np.concatenate([part.geometry for part in parts])
            found = FeatureColumns([uid for part in parts for uid in part.uids], geometry, values)
            return with_worked_out(self._session, entity, fields, found)

        return fetch


def sidecar_folder(workspace: Path) -> Path:
    """Where the map keeps what it has worked out of a workspace; may be deleted at any time."""
    return workspace.with_name(f"{workspace.name}.map")
