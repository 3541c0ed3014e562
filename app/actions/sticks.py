"""The USB road: bundles written for the hub, answers brought back, and a look at any bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.actions.action import action
from app.actions.laptop import facts_of, keys_of
from app.actions.outputs import output_file
from app.actions.session import Session
from app.actions.upkeep import journal_words
from app.domain.entities.division import Division
from app.domain.entities.papers import Attachment
from app.domain.filters import equal
from app.errors import Invalid
from app.i18n import N_, tr
from app.sync.results import BundleDone as BundleDone  # the window and the shell name them
from app.sync.results import BundleFinding as BundleFinding
from app.sync.results import BundleReport as BundleReport
from app.sync.results import PapersDone, Progress, SyncDone

if TYPE_CHECKING:
    from app.sync.recovery import Contents, RecoveryKey
    from app.sync.stick import Stick


@action(N_("Write a bundle for the hub…"), "sync", icon="stick", command="bundle")
def bundle_out(session: Session, path: Path, progress: Progress | None = None) -> BundleDone:
    """Everything the hub has not acknowledged as one encrypted file, read back before it is called safe."""
    tell = progress or _silent
    broken = journal_words(session, lambda words: tell(0, 0, words))
    done = _stick(session, progress).write(output_file(session, path))
    return replace(done, broken=broken) if broken else done


@action(N_("Read a bundle of the hub…"), "sync", icon="stick_in", command="bundle")
def bundle_in(session: Session, path: Path, progress: Progress | None = None) -> SyncDone:
    """Fold what the hub sent by stick. Raises Invalid, naming exactly what is wrong with the bundle, and
    StoreFailure `disk_low` when there is no room for what it holds."""
    session.workspace.room.check(path.stat().st_size if path.is_file() else 0)
    return _stick(session, progress).read(path)


@action(N_("Verify a bundle…"), "sync", command="bundle")
def verify_bundle(path: Path, session: Session | None = None) -> BundleReport:
    """Whether a bundle is whole, without a key and a workspace; one of the same hub knows its name."""
    from app.sync.stick import verify  # late: brings the cryptography

    report = verify(path)
    return replace(report, hub_name=_hub_name(session, report.hub)) if session is not None else report


def _hub_name(session: Session, hub: str) -> str:
    """What people call a hub: that of its area. Empty for another one than that of this workspace."""
    facts = session.workspace.replica.facts()
    if facts is None or facts.hub != hub:
        return ""
    found = session.workspace.find(Division, equal(code=facts.root), limit=1)
    return tr(N_("Hub of {place}"), place=found[0].name) if found else ""


def read_recovery_key(file: Path, passphrase: Callable[[], str]) -> RecoveryKey:
    """The recovery key in a file; `passphrase` is asked for one that is locked. Raises Invalid."""
    from app.sync import recovery

    return recovery.read_key(file, passphrase() if recovery.is_locked(file) else "")


def look_into(path: Path, key: RecoveryKey) -> Contents:
    """What a bundle for a hub holds, by the recovery key; no workspace and no hub is needed."""
    from app.sync import recovery

    return recovery.look_into(path, key.identity)


def bring_next(session: Session, uid: str) -> None:
    """Have the next round, or the hub's answer to the next bundle, bring the file of this paper (its uid)
    before all others.

    Raises Invalid for a paper that is not known, or in a workspace without a hub.
    """
    from app.sync.state import ask_first

    facts_of(session)
    paper = session.workspace.get(Attachment, uid)
    if paper is None:
        raise Invalid(N_("There is no such paper"), code="unknown_record")
    ask_first(session.workspace, paper.sha256)


def papers_away(session: Session, papers: Iterable[Attachment]) -> dict[str, bool]:
    """Of these papers those whose file is not on this laptop of a hub, by uid, and whether somebody has asked
    for it by itself."""
    if not session.workspace.replica.enrolled:
        return {}
    from app.sync.state import asked_first

    path, first = session.workspace.attachment_path, set(asked_first(session.workspace))
    return {item.uid: item.sha256 in first for item in papers if not path(item.sha256).is_file()}


def _stick(session: Session, progress: Progress | None) -> Stick:
    from app.sync.stick import Stick

    return Stick(session.workspace, keys_of(session), session.now(), progress or _silent)


def _silent(done: int, whole: int, text: str) -> None:
    """Nobody looks."""


def papers_words(papers: PapersDone) -> str:
    """What papers are still to come by stick and what brings them; empty when all are here."""
    if not papers.lacking:
        return ""
    count, unknown = papers.lacking, papers.unknown
    if unknown >= count:
        return tr(
            N_("{n} photographs and papers are still to come: they are not at the hub yet, or damaged there"),
            n=f"{count:,}",
        )
    said = tr(
        N_("{n} photographs and papers are still to come: the hub's answer to your next bundle brings more"),
        n=f"{count:,}",
    )
    if not unknown:
        return said
    return f"{said}{tr(N_('; {n} of them are not at the hub yet, or damaged there'), n=f'{unknown:,}')}"
