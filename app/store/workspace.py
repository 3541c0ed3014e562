"""A workspace: one bureau's records in one GeoPackage, with its journal, evidence files and backups."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from app.domain.changes import Actor, Change, ChangeSet, Committed
from app.domain.entity import Entity
from app.domain.filters import EVERYTHING, Filter
from app.domain.replication import Cells
from app.domain.surroundings import Surroundings
from app.errors import Invalid
from app.i18n import N_
from app.store import backup, chain, entered, failures, opening, proven, salvage
from app.store.attachments import Attachments, StoredFile, files_folder
from app.store.chain import JournalReport
from app.store.columns import Block, ColumnReader, Columns, Extent
from app.store.entered import ActNote, EnteredCell
from app.store.external import ExternalEdit, ExternalEdits
from app.store.history import History, HistoryEntry, TransactionEntry
from app.store.integrity import CheckReport, check
from app.store.moments import Moments
from app.store.patience import Heed
from app.store.proven import ChainLook
from app.store.reader import Reader, record_of
from app.store.replica import Replica
from app.store.room import Room
from app.store.salvage import Found
from app.store.surroundings import Around
from app.store.undo import Undo
from app.store.writer import Writer

E = TypeVar("E", bound=Entity)


class Workspace:
    """The open file. Reading is safe in any thread; writing takes its turn."""

    def __init__(self, opened: opening.Opened) -> None:
        self._opened = opened
        database, facts = opened.database, opened.facts
        self.path: Path = opened.path
        self.area, self.title, self.device = facts.area, facts.title, facts.device
        self.format_version, self.schema_version = facts.format_version, facts.schema_version
        self.read_only = opened.lock is None
        self._around = Around(database)
        self._reader = Reader(database, self._around)
        self._columns = ColumnReader(database, self._around)
        self.moments = Moments(database, facts)
        self._writer = Writer(database, facts.device)
        self._history = History(database)
        self._undo = Undo(database)
        self._external = ExternalEdits(database, facts.device)
        self._attachments = Attachments(opened.path)
        self.replica = Replica(database, self._attachments, self._renamed)

    @classmethod
    def create(cls, path: Path | str, area: str, title: str) -> Self:
        """Make a new workspace for an area (a division code) and open it."""
        return cls(opening.create(Path(path), area, title))

    @classmethod
    def open(cls, path: Path | str, *, read_only: bool = False, proven: bool = True) -> Self:
        """Open a workspace; StoreFailure says what is wrong with a file that cannot be opened.

        Without `proven` its structure is looked through by `prove` or before the first write, not now.
        """
        return cls(opening.open_file(Path(path), read_only=read_only, proven=proven))

    def prove(self) -> None:
        """Look through the structure of the file unless that was done; StoreFailure when it is damaged."""
        self._opened.proof.give()

    def close(self) -> None:
        """Close the file; twice does no harm."""
        self._opened.close()

    def discard(self) -> None:
        """Close a workspace that was begun in vain and remove it with all that stands beside it."""
        self.close()
        self.path.unlink(missing_ok=True)
        for folder in (self._attachments.folder, backup.backup_folder(self.path)):
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def room(self) -> Room:
        """The room on the disk where the file lies."""
        return self._opened.database.room

    # ------------------------------------------------------------ writing
    def heeding(self, heed: Heed) -> AbstractContextManager[None]:
        """Have `heed` told in each moment what this thread waits for in the block before it can write: words,
        or none while it is another save. It raises to stop, and nothing is written then."""
        return self._opened.database.heeding(heed)

    def apply(self, change_set: ChangeSet, *, at: datetime) -> Committed:
        """Write a change set as one journalled transaction; raises Changed, Invalid or StoreFailure."""
        return self._writer.apply(change_set, at)

    # ------------------------------------------------------------ records
    def get(self, entity: str | type[E], uid: str) -> E | None:
        """The record with this uid."""
        return self._reader.get(record_of(entity), uid)

    def by_key(self, entity: str | type[E], key: str) -> E | None:
        """The record with this uid or key, or whose uid begins so; Invalid when several are meant."""
        return self._reader.by_key(record_of(entity), key)

    def find(
        self,
        entity: str | type[E],
        filter: Filter = EVERYTHING,
        *,
        order: str = "",
        limit: int | None = None,
        offset: int = 0,
    ) -> list[E]:
        """The records a filter accepts, ordered by `name,-other`, else as they were entered."""
        return self._reader.find(record_of(entity), filter, order=order, limit=limit, offset=offset)

    def uids(self, entity: str | type[E], filter: Filter = EVERYTHING, *, order: str = "") -> list[str]:
        """The identities of the records a filter accepts."""
        return self._reader.uids(record_of(entity), filter, order=order)

    def count(self, entity: str | type[E], filter: Filter = EVERYTHING) -> int:
        """How many records a filter accepts."""
        return self._reader.count(record_of(entity), filter)

    def tally(
        self,
        entity: str | type[E],
        by: Sequence[str],
        total: str | None = None,
        filter: Filter = EVERYTHING,
    ) -> list[tuple[Any, ...]]:
        """For each combination of the fields `by`: their values, the number, the sum of `total`."""
        return self._reader.tally(record_of(entity), by, total, filter)

    def columns(
        self,
        entity: str | type[E],
        fields: Sequence[str],
        extent: Extent | None = None,
        filter: Filter = EVERYTHING,
        *,
        shapes: bool = True,
    ) -> Columns:
        """The records that touch `extent` (x0, y0, x1, y1, degrees EPSG:4490; None means all), as columns;
        without `shapes` their geometry stays unread."""
        return self._columns.columns(record_of(entity), fields, extent, filter, shapes=shapes)

    def blocks(
        self, entity: str | type[E], fields: Sequence[str], filter: Filter = EVERYTHING
    ) -> Iterator[Block]:
        """Records some thousands at a time, geometry and values as the file holds them."""
        return self._columns.blocks(record_of(entity), fields, filter)

    def extent(self, entity: str | type[E], filter: Filter = EVERYTHING) -> Extent | None:
        """The box around the records a filter accepts; None when there is no geometry."""
        return self._columns.extent(record_of(entity), filter)

    def surroundings(self) -> Surroundings:
        """The built-up areas that count and the zones in force, as they are now."""
        return self._around.now()

    # ------------------------------------------------------------ history
    def history(self, entity: str | type[E], uid: str) -> list[HistoryEntry]:
        """All changes of a record, newest first."""
        return self._history.of_record(record_of(entity).TYPE.name, uid)

    def last_gone(self, entity: str | type[E], field: str, value: str) -> HistoryEntry | None:
        """How the last record with this value of a field went out of this file; None when none did lately."""
        return self._history.last_gone(record_of(entity).TYPE.name, field, value)

    def timeline(self, entity: str | type[E], field: str) -> dict[str, list[tuple[str, Any]]]:
        """Every value a field has had, by uid: (moment, value), oldest first."""
        return self._history.timeline(record_of(entity).TYPE.name, field)

    def transactions(self, limit: int = 100) -> list[TransactionEntry]:
        """The newest transactions, newest first."""
        return self._history.transactions(limit)

    def actions(self, acts: Iterable[str]) -> dict[str, str]:
        """The action of each of these acts that the journal knows, by the act's uid."""
        return self._history.actions(acts)

    def snapshot_id(self) -> str:
        """A short word that stands for the state of the records; it changes with every change."""
        with self._opened.database.reading() as connection:
            return chain.head_of(connection)[:12]

    def unsent(self) -> int:
        """How many own changes the hub does not have; all of them when there is no hub."""
        return self.replica.unsent()

    def inverse(self, transaction: str) -> tuple[Change, ...]:
        """The changes that take a transaction back; apply them with `undoes` set to its uid."""
        return self._undo.inverse(transaction)

    def last_undoable(self, actor_uid: str) -> str | None:
        """The person's newest transaction that can be taken back."""
        return self._undo.last_undoable(actor_uid)

    def last_redoable(self, actor_uid: str) -> str | None:
        """The person's newest undo that can be taken back."""
        return self._undo.last_redoable(actor_uid)

    def external_changes(self) -> list[ExternalEdit]:
        """Edits by other programs that wait for a name and a reason, oldest first."""
        return self._external.find()

    def external_count(self) -> int:
        """How many edits by other programs wait."""
        return self._external.count()

    def seal(
        self,
        actor: Actor,
        reason: str,
        at: datetime,
        through: int | None = None,
        fills: Sequence[Change] = (),
    ) -> int:
        """Answer for the edits by other programs that wait (up to the one with the number `through`) and fill
        in what they left empty; gives their number."""
        return self._external.seal(actor, reason, at, through, fills)

    def _renamed(self, device: str) -> None:
        """The hub has given this laptop its identity."""
        self.device = self._writer.device = self._external.device = device

    def one_moment(self) -> AbstractContextManager[None]:
        """Whatever this thread reads in the block it sees as of one moment, whoever writes meanwhile."""
        return self._opened.database.one_moment()

    def entered(self) -> Iterator[EnteredCell]:
        """Every cell that was ever written, oldest first."""
        return entered.cells(self._opened.database)

    def acts(self) -> dict[str, ActNote]:
        """Every act in the journal, by uid."""
        return entered.acts(self._opened.database)

    def held(self) -> Iterator[tuple[str, str, Cells]]:
        """Every record as it stands: entity, uid, cells by field id as on the wire."""
        return entered.held(self._opened.database)

    # ------------------------------------------------------------ files beside
    def examine(self, source: Path) -> StoredFile:
        """The hash, size and type of a file that has not been taken in."""
        return self._attachments.examine(Path(source))

    def attach(self, source: Path) -> StoredFile:
        """Copy an evidence file beside the workspace under its hash; StoreFailure when there is no room."""
        self.room.check(source.stat().st_size if (source := Path(source)).is_file() else 0)
        return self._attachments.attach(Path(source))

    def attachment_path(self, sha256: str) -> Path:
        """Where the file of this hash is kept."""
        return self._attachments.path(sha256)

    def verify_attachment(self, sha256: str) -> Path:
        """The path of a kept file after comparing it with its hash; StoreFailure when it is not as it was."""
        return self._attachments.verify(sha256)

    def tidy_papers(self) -> None:
        """Let go of the files of papers that were taken away."""
        if not self.read_only:
            self.replica.tidy_papers()

    # ------------------------------------------------------------ upkeep
    def backup(self, folder: Path, at: datetime) -> Path:
        """A checked copy of the file and its evidence in `folder`."""
        return backup.backup_to(self.path, Path(folder), at)

    def daily_backup(self, at: datetime) -> Path | None:
        """Today's backup beside the file; None when there is one already. Raises StoreFailure `disk_low` when
        no room would be left for work."""
        return backup.daily(self.path, at, self.room)

    def second_backup(self, folder: Path, at: datetime) -> Path | None:
        """Today's backup with the evidence in a folder on another disk; None when there is one already, or
        the folder is not there now."""
        return backup.second(self.path, Path(folder), self.device, at)

    def check(self, now: datetime | None = None) -> CheckReport:
        """Whether everything is whole: database, GeoPackage, spatial index, journal, attachments. With the
        moment it is remembered that the whole journal was."""
        if now is None:
            return check(self._opened.database, self._attachments)
        return check(
            self._opened.database,
            self._attachments,
            lambda connection: proven.look(connection, self.path, now, lambda: None, how="whole").problems,
        )

    def look_into(self, damaged: Path) -> Found:
        """What a damaged file, one that this workspace takes the place of, still tells of its own changes;
        its evidence is brought along."""
        found = salvage.look_into(Path(damaged))
        if found.device != self.device and not self.actions(found.own):  # a new name, but the same acts
            raise Invalid(
                N_("{file} is another workspace: another laptop wrote it"),
                hint=N_("Nothing was changed. Restore a backup of the damaged file, and salvage into that."),
                file=Path(damaged).name,
                code="another_workspace",
            )
        with failures.translated(self.path):
            backup.bring_evidence(files_folder(Path(damaged)), files_folder(self.path))
        return found

    def look_at_chain(self, now: datetime, between: Callable[[], None], *, how: str) -> ChainLook:
        """Whether the journal is whole where nobody has looked yet, or all of it; see `proven.look`."""
        with self._opened.database.reading() as connection:
            return proven.look(connection, self.path, now, between, how=how)

    def verify_journal(self) -> JournalReport:
        """Whether a journal row was changed, added or removed."""
        with self._opened.database.reading() as connection:
            return chain.verify(connection)


def restore(source: Path, target: Path) -> Path | None:
    """Bring a backup back as `target`; a file that is there is kept aside and its new path given."""
    return backup.restore(Path(source), Path(target))


def verify_journal(file: Path) -> JournalReport:
    """Check the journal of a file that is not open."""
    with Workspace.open(file, read_only=True) as workspace:
        return workspace.verify_journal()
