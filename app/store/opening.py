"""Making a workspace file and opening one, with every check that comes before the first read."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import DBAPIError

from app import disk
from app.domain.values import as_moment
from app.errors import StoreFailure
from app.i18n import N_
from app.store import backup, failures, meta, migrations, place, watch
from app.store.connect import Database, opened
from app.store.external import ExternalEdits
from app.store.journal import FOREIGN, set_context
from app.store.lock import WriterLock
from app.store.proof import Proof, look_through
from app.store.room import Room
from app.store.tables import layer_names, layout, layout_of_file

_LOG = logging.getLogger(__name__)
_WRITES_AHEAD = (18, 20)  # where a file's head says by twice 2 that it is written ahead (fileformat2, 1.3.3)


@dataclass(frozen=True)
class Opened:
    """An open file with its facts.

    `proof` is of its structure: nothing is written before it is given. `lock` is None when it is open for
    reading only. `scratch` holds the copy that is read instead of an older file that may not be written.
    """

    path: Path
    database: Database
    facts: meta.Meta
    proof: Proof
    lock: WriterLock | None = None
    scratch: TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close the file and give its lock back; twice does no harm."""
        try:
            self.database.close()
        finally:
            if self.lock:
                self.lock.release()
            if self.scratch:
                self.scratch.cleanup()


def create(path: Path, area: str, title: str) -> Opened:
    """Make a new workspace file. Raises Invalid or StoreFailure; a file that is there is never touched."""
    path = path.resolve()
    place.check_new(path)
    part = path.with_name(path.name + ".part")
    _remove(part)
    try:
        with failures.translated(path):
            _prepare(part)
            _fill(part, area, title)
            part.chmod(0o600)
            backup.set_aside(path)  # a log that was left there by a file that is gone
            disk.settle(part, path)
    except StoreFailure as failure:
        failure.values["file"] = path.name
        raise
    finally:
        _remove(part)
    return open_file(path)


def open_file(path: Path, *, read_only: bool = False, proven: bool = True) -> Opened:
    """Open a workspace file. Raises StoreFailure saying what is wrong with it and what to do.

    Without `proven` the caller gives the proof of the file's structure soon after; a write does it before.
    """
    path = path.resolve()
    place.check_existing(path, read_only=read_only)
    open_it = _open_reading if read_only else _open_locked
    try:
        try:
            return open_it(path, proven=proven)
        except StoreFailure as failure:  # also reading needs a small file beside it
            if failure.code != "disk_full" or not Room(path).give_up():
                raise
            return open_it(path, proven=proven)
    except (DBAPIError, ValueError) as error:  # a table of ours is gone, or holds what we never wrote
        raise failures.damaged(path, str(getattr(error, "orig", error))) from error


def examine(path: Path, *, sound: bool = False) -> meta.Meta:
    """The facts of a file that is whole and a workspace this program can open; else StoreFailure.

    With `sound` the caller knows that its structure is, and only the facts are looked at.
    """
    place.check_existing(path, read_only=True)
    database = Database(path, layout({}, ()), read_only=True)
    try:
        if not sound:
            look_through(database)
        return _facts(database)[0]
    finally:
        database.close()


def make_file(path: Path, area: str, title: str) -> Database:
    """A new, empty workspace file at a path that nobody opens yet; the caller closes and renames it."""
    _prepare(path)
    _fill(path, area, title)
    return Database(path, layout_of_file(layer_names()))


def _open_locked(path: Path, *, proven: bool) -> Opened:
    with failures.translated(path):
        lock = WriterLock(path)
    try:
        return _open_writing(path, lock, proven=proven)
    except BaseException:
        lock.release()
        raise


def _open_writing(path: Path, lock: WriterLock, *, proven: bool) -> Opened:
    _keep_log(path)
    proof = Proof(lambda: look_through(database))
    database = Database(path, layout({}, ()), before_writing=proof.give)
    try:
        if proven:
            proof.give()
        facts, names = _facts(database)
        if not migrations.is_current(facts):
            proof.give()
            backup.before_migration(path)
        database.layout = layout_of_file(migrations.new_layout(names))
        facts = _bring_up(database, facts)
        ExternalEdits(database, facts.device).chain_found()
    except BaseException:
        database.close()
        raise
    return Opened(path, database, facts, proof, lock)


def _open_reading(path: Path, *, proven: bool) -> Opened:
    proof = Proof(lambda: look_through(database))
    database = Database(path, layout({}, ()), read_only=True)
    try:
        if proven:
            proof.give()
        facts, names = _facts(database)
        if migrations.is_current(facts):
            database.layout = layout_of_file(names)
            return Opened(path, _shaped(database), facts, proof)
        proof.give()
    except BaseException:
        database.close()
        raise
    database.close()
    scratch: TemporaryDirectory[str] = TemporaryDirectory(prefix="gridward-")
    try:
        copy = Path(scratch.name) / path.name
        backup.copy_to(path, copy)
        database = Database(copy, layout_of_file(migrations.new_layout(names)))
        facts = _bring_up(database, facts)
        database.close()
        database = Database(copy, database.layout, read_only=True)
    except BaseException:
        scratch.cleanup()
        raise
    return Opened(path, database, facts, proof, scratch=scratch)


def _prepare(part: Path) -> None:
    connection = opened(part, "rwc")
    try:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _fill(part: Path, area: str, title: str) -> None:
    database = Database(part, layout_of_file(layer_names()))
    try:
        with database.writing() as connection:
            migrations.make_all(connection, database.layout)
            meta.write(
                connection,
                area=area,
                title=title,
                device=str(uuid.uuid4()),
                format_version=meta.FORMAT_VERSION,
                schema_version=1,
                schema=migrations.fingerprint(),
                created_at=as_moment(datetime.now(UTC)),
            )
    finally:
        database.close()


def _keep_log(path: Path) -> None:
    """Have the file write ahead: QGIS returns it to another mode."""
    with failures.translated(path):
        with path.open("rb") as file:
            if file.read(_WRITES_AHEAD[1])[_WRITES_AHEAD[0] :] == b"\x02\x02":
                return
        connection = opened(path, "rw")
        try:
            if _mode(connection.execute("PRAGMA journal_mode").fetchone()) != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _mode(row: tuple[str] | None) -> str:
    return row[0].lower() if row else ""


def _facts(database: Database) -> tuple[meta.Meta, dict[str, str]]:
    """What the file says of itself and the names of its layers; StoreFailure when it is none of ours."""
    path = database.path
    with database.reading() as connection:
        if not meta.is_workspace(connection):
            raise place.not_workspace(path)
        facts = meta.read(connection)
        names = meta.layer_names(connection)
    if facts.format_version > meta.FORMAT_VERSION:
        raise StoreFailure(
            N_("{file} was written by a newer Gridward (format {found}, this program knows {known})"),
            hint=N_("Install the newer version; the file was left as it is."),
            file=path.name,
            found=facts.format_version,
            known=meta.FORMAT_VERSION,
            code="too_new",
        )
    return facts, names


def _shaped(database: Database) -> Database:
    """The database, if its tables are as they were made; else it is closed and StoreFailure raised."""
    with database.reading() as connection:
        broken = migrations.misshapen(connection, database.layout)
    if broken:
        database.close()
        raise failures.rebuilt(database.path, broken)
    return database


def _bring_up(database: Database, facts: meta.Meta) -> meta.Meta:
    """Put right what may be amiss, and add what the declarations gained; gives the facts as they are then."""
    if migrations.is_current(facts):
        _shaped(database)
    with database.reading() as connection:
        at_rest = connection.exec_driver_sql("SELECT txn FROM sync_ctx WHERE one = 1").scalar() == FOREIGN
        if at_rest and migrations.is_current(facts) and not watch.lost(connection):
            return facts  # the usual case writes nothing, so that it succeeds on a full disk
    with database.writing() as connection:
        if not migrations.is_current(facts):
            migrations.bring_up(connection, database.layout)
            meta.write(
                connection,
                schema=migrations.fingerprint(),
                schema_version=facts.schema_version + 1,
                format_version=meta.FORMAT_VERSION,
            )
            set_context(connection, FOREIGN)
            return meta.read(connection)
        set_context(connection, FOREIGN)
        if missing := watch.put_back(connection):
            _LOG.warning("%s had lost triggers, put back: %s", database.path.name, " ".join(missing))
        return meta.read(connection)


def _remove(part: Path) -> None:
    for name in (part.name, part.name + "-wal", part.name + "-shm"):
        with suppress(OSError):
            part.with_name(name).unlink(missing_ok=True)
