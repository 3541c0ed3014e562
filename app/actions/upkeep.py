"""Upkeep of a workspace: what it holds, whether it is sound, copies of it, and its settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import __version__
from app.actions.action import action
from app.actions.rights import require_house, require_role
from app.actions.session import Session
from app.domain.catalog import ENTITIES
from app.domain.changes import Committed, insert, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATES
from app.domain.entities.setting import Setting
from app.domain.filters import equal
from app.domain.policy import Policy
from app.domain.values import show_moment
from app.errors import Invalid
from app.i18n import N_, tr
from app.store.chain import JournalReport
from app.store.integrity import CheckReport
from app.store.proven import ChainLook
from app.store.room import MB
from app.store.workspace import restore as restore_file
from app.store.workspace import verify_journal as verify_file
from app.sync.state import note_journal

_BROKEN = N_(
    "Nothing was removed, and everything can still be read. Make a backup and ask the bureau: “Check the"
    " workspace” names every place; a restored backup with “salvage” brings back what is whole."
)
_TELL_S = 0.2


def _go_on() -> None:
    """Nobody waits for anything else."""


@action(N_("About this workspace"), "workspace", icon="workspace", command="info")
def info(session: Session) -> dict[str, Any]:
    """What the workspace is and holds: versions, area, counts by kind and status, unsent changes."""
    store = session.workspace
    space = store.room.look()
    by_status = {str(row[0]): int(row[1]) for row in store.tally(Boiler, ["status"])}
    return {
        "program": __version__,
        "format": "GeoPackage 1.4",
        "format_version": store.format_version,
        "schema_version": store.schema_version,
        "file": str(store.path),
        "area": store.area,
        "device": store.device,
        "counts": {record.TYPE.cli: store.count(record) for record in ENTITIES},
        "boilers": {state: by_status.get(state, 0) for state in STATES.codes},
        "unsent": store.unsent(),
        "external_edits": store.external_count(),
        "disk": {"free_mb": space.free // MB, "level": space.level, "reserve": space.reserve},
        "synthetic": bool(store.count(Boiler, equal(synthetic=True))),
    }


@action(N_("Check the workspace"), "workspace", icon="check", command="check")
def check(session: Session) -> CheckReport:
    """Whether database, GeoPackage, spatial indices, journal chain and attachments are sound."""
    return session.workspace.check(session.now())


def look_at_chain(session: Session, how: str = "tail", between: Callable[[], None] = _go_on) -> ChainLook:
    """Whether the journal is whole since the last look (`tail`), or all of it once a week (`weekly`).

    `between` is called every millisecond or two, and may wait or raise to stop.
    """
    return session.workspace.look_at_chain(session.now(), between, how=how)


def chain_words(found: ChainLook) -> str:
    """What is wrong with the journal, what was kept and what to do, in a line; empty when it is whole."""
    if not found.problems:
        return ""
    first = next((item for item in found.problems if item["code"] == "altered"), found.problems[0])
    said, told = N_("The journal is not whole: rows were added or taken away ({n} places)."), {}
    if first.get("at"):
        said = N_(
            "The journal was altered: act {act} of {person}, {when}, is not as it was sealed ({n} places)."
        )
        told = {
            "act": str(first["transaction"])[:8],
            "person": first["person"] or "?",
            "when": show_moment(first["at"]),
        }
    return f"{tr(said, n=len(found.problems), **told)} {tr(_BROKEN)}"


def journal_words(session: Session, heed: Callable[[str], None]) -> str:
    """The same of what is new, before a round or a bundle, which tells the hub what was found. Of a file that
    nobody has looked at it is all: `heed` hears every now and then what is done, and may raise."""
    last, words = time.monotonic(), tr(N_("Looking through the journal"))

    def between() -> None:
        nonlocal last
        if time.monotonic() - last > _TELL_S:
            last = time.monotonic()
            heed(words)

    found = look_at_chain(session, between=between)
    note_journal(session.workspace, whole=not found.problems)
    return chain_words(found)


@action(N_("Back up…"), "workspace", icon="backup", command="backup")
def backup(session: Session, folder: Path) -> Path:
    """Copy the workspace and its attachments into a folder while it is in use; the copy is checked."""
    return session.workspace.backup(folder, session.now())


def settings(session: Session) -> dict[str, Any]:
    """The bureau's own numbers as this workspace has them."""
    return session.policy.settings()


@action(N_("The bureau’s own numbers…"), "workspace", icon="settings", command="setting", roles=("R0",))
def set_setting(session: Session, name: str, value: str) -> Committed | None:
    """Change one of the bureau's own numbers (R0); the change is journalled like any other."""
    require_role(session, "R0")
    require_house(session, None)
    known = Policy.names()
    if name not in known:
        raise Invalid(N_("There is no setting “{name}”"), hint=N_("Settings: {settings}"), name=name,
                      settings=" ".join(known), code="unknown_setting")  # fmt: skip
    session.policy.with_settings({name: value})  # together with the others: there is no 30 February
    found = session.workspace.find(Setting, equal(name=name))
    change = (
        update(found[0], value=value)
        if found
        else insert(Setting(uid=session.new_uid(), name=name, value=value))
    )
    return session.commit([change], "set_setting", f"{name}={value}") if change else None


@action(N_("Restore a backup…"), "workspace", command="restore")
def restore(source: Path, target: Path) -> Path | None:
    """Bring a backup back as `target`; a file that was there is kept aside and its new path given."""
    return restore_file(source, target)


@action(N_("Verify a journal…"), "workspace", command="verify-journal")
def verify_journal(file: Path) -> JournalReport:
    """Whether the journal of a file that is not open is whole; nothing is changed."""
    return verify_file(file)
