"""Commands of a laptop that belongs to a hub: sync, carry bundles on a stick, decide conflicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer
from app.cli.contested import conflict_lines
from app.cli.declare import Command, option, word
from app.cli.headings import named_pairs
from app.cli.records import REASON
from app.cli.shell import Shell, WrongUsage
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView, Side
    from app.sync.recovery import RecoveryKey
    from app.sync.results import BundleReport, Proof, SyncDone

STORAGE = 5  # laptop and hub differ, or a value is not accounted for


@dataclass(frozen=True)
class SyncWords:
    """Whether the certificate is written, and its sheet."""

    prove: Annotated[
        Path | None,
        option("--prove", help_=N_("Write a certificate that nothing was lost into this file, as JSON")),
    ] = None
    sheet: Annotated[
        Path | None, option("--sheet", help_=N_("With --prove: its sums as a page to print, a PDF"))
    ] = None


@dataclass(frozen=True)
class BundleOutWords:
    """Where the bundle goes."""

    output: Annotated[Path, option("-o", "--output", help_=N_("The bundle to write, on the stick"))]


@dataclass(frozen=True)
class BundleWords:
    """A bundle."""

    file: Annotated[Path, word("FILE", N_("A bundle"))]


RECOVERY = option("--recovery", help_=N_("The file of a recovery key, for a bundle whose hub is lost"))


@dataclass(frozen=True)
class VerifyWords(BundleWords):
    """A bundle, and by which key it is looked into."""

    recovery: Annotated[Path | None, RECOVERY] = None


@dataclass(frozen=True)
class ConflictsWords:
    """Which conflicts."""

    all: Annotated[bool, option("--all", help_=N_("The settled ones as well"))] = False


@dataclass(frozen=True)
class ResolveWords:
    """A decision."""

    ident: Annotated[str, word("ID", N_("The conflict, or the beginning of its id"))]
    take: Annotated[
        list[str],
        option(
            "--take",
            metavar="SIDE|FIELD=VALUE",
            help_=N_("mine, theirs, apart, or a value by field (repeatable)"),
        ),
    ] = field(default_factory=list)
    reason: Annotated[str, REASON] = ""


def sync(shell: Shell, words: SyncWords) -> Answer:
    """One round with the hub."""
    from app.actions.syncing import damaged_words, prove  # late: help pages need no network
    from app.actions.syncing import sync as run_round

    proof = None
    if words.sheet is not None and words.prove is None:
        raise WrongUsage(N_("--sheet belongs to --prove: name the file of the certificate as well"))
    with shell.session(write=True) as session:
        done = run_round(session, shell.progress())
        if words.prove is not None:
            proof = prove(session, words.prove, shell.progress(), words.sheet)
    document, lines = sync_document(done), _sync_lines(done)
    lines += [damaged_words(done.damaged)] if done.damaged else []
    if proof is not None:
        document["proof"] = _proof_document(proof)
        lines += _proof_lines(proof)
    sound = done.agrees and (proof is None or proof.ok)
    return Answer(document, lines, 0 if sound else STORAGE)


def bundle_out(shell: Shell, words: BundleOutWords) -> Answer:
    """Write everything the hub has not acknowledged as one encrypted file."""
    from app.actions.sticks import bundle_out as write  # late: help pages need no network
    from app.actions.syncing import damaged_words, wanted_words

    with shell.session(write=True) as session:
        done = write(session, words.output, shell.progress())
    document = {
        "bundle": str(done.path),
        "volumes": [str(volume) for volume in done.volumes],
        "changes": done.changes,
        "blobs": done.blobs,
        "size": done.size,
        "verified": done.verified,
        "given_back": done.given_back,
        "papers_wanted": done.lacking,
        "damaged": list(done.damaged),
        "wanted_program": done.wanted or None,
        "journal_broken": bool(done.broken),
    }
    said = N_("{n} changes and {files} files are in {file}, read back and whole: it is safe to unplug")
    lines = [tr(said, n=done.changes, files=done.blobs, file=done.path)]
    back = N_("It gives the restored hub back {n} changes; your own go with the bundle after its answer")
    asks = N_("It asks the hub for {n} photographs and papers that are not here")
    lines += [tr(told, n=count) for count, told in ((done.given_back, back), (done.lacking, asks)) if count]
    lines += [damaged_words(done.damaged)] if done.damaged else []
    lines += [wanted_words(done.wanted)] if done.wanted else []
    lines += [done.broken] if done.broken else []
    return Answer(document, lines)


def bundle_in(shell: Shell, words: BundleWords) -> Answer:
    """Take in a bundle of the hub."""
    from app.actions import sticks  # late: help pages need no network

    with shell.session(write=True) as session:
        done = sticks.bundle_in(session, words.file, shell.progress())
    said = sticks.papers_words(done.papers) if done.papers else ""
    document = {**sync_document(done), "papers": _plain(done.papers)}
    return Answer(document, [*_sync_lines(done), *filter(None, [said])], 0 if done.agrees else STORAGE)


_INSIDE = N_(
    "Opened: {changes} changes of {acts} acts and {files} files, written from {first} to {last}. Who wrote"
    " them can be proved at its hub only."
)
_WAYS = {"to_hub": N_("for the hub"), "to_device": N_("for a laptop"), "": N_("not known")}


def recovery_key(shell: Shell, file: Path | None) -> RecoveryKey | None:
    """The recovery key in a file, if one was named; its passphrase is asked for where it has one."""
    from app.actions.sticks import read_recovery_key  # late: help pages need no cryptography

    return read_recovery_key(file, shell.recovery_passphrase) if file is not None else None


def bundle_verify(shell: Shell, words: VerifyWords) -> Answer:
    """Whether a bundle is whole; no key is needed, and no workspace, but one of the same hub names it. The
    recovery key opens it as well."""
    from app.actions.sticks import look_into, verify_bundle  # late: help pages need no network

    if shell.shared.workspace is None:
        report = verify_bundle(words.file)
    else:
        with shell.session() as session:
            report = verify_bundle(words.file, session)
    document = _report_document(report)
    shown = {
        name: value
        for name, value in document.items()
        if name not in ("problems", "ok") and (value or name != "hub_name")
    }
    shown["kind"] = tr(_WAYS.get(report.kind, _WAYS[""]))
    said = tr(N_("The bundle is whole")) if report.ok else tr(N_("Something is wrong with the bundle"))
    lines = [*named_pairs(shown), *(f"  {item.code}: {item.why}" for item in report.problems), said]
    key = recovery_key(shell, words.recovery) if report.ok else None
    if key is not None:
        document["contents"] = inside = _plain(look_into(words.file, key))
        lines.append(tr(_INSIDE, **inside))
    return Answer(document, lines, 0 if report.ok else 1)


def conflicts(shell: Shell, words: ConflictsWords) -> Answer:
    """What waits for a decision."""
    from app.actions.conflicts import open_conflicts  # late: help pages need no database

    with shell.session() as session:
        found = open_conflicts(session, all=words.all)
    lines = conflict_lines(found) if found else [tr(N_("There are none"))]
    return Answer([conflict_document(view, shell.labels) for view in found], lines)


def resolve(shell: Shell, words: ResolveWords) -> Answer:
    """Decide a conflict."""
    from app.actions.conflicts import resolve as decide  # late: help pages need no database

    with shell.session(write=True) as session:
        committed = decide(session, words.ident, _take(words.take), words.reason)
    touched = {name: list(uids) for name, uids in committed.touched.items()}
    return Answer(
        {"transaction": committed.transaction, "touched": touched},
        [tr(N_("Decided; undo takes it back, and the next sync carries it to everybody"))],
    )


def sync_document(done: SyncDone) -> dict[str, Any]:
    """A round as JSON."""
    return {
        "pushed": done.pushed,
        "accepted": done.accepted,
        "merged": done.merged,
        "rejected": done.rejected,
        "conflicts": done.conflicts,
        "pulled": done.pulled,
        "blobs": {"up": done.blobs_up, "down": done.blobs_down, "damaged": list(done.damaged)},
        "unsent": done.unsent,
        "areas": {area: {"seq": item.seq, "agrees": item.agrees} for area, item in done.areas.items()},
        "agrees": done.agrees,
        "hub_time": done.hub_time,
        "restored": done.restored,
        "given_back": done.given_back,
        "held_back": done.held_back,
        "forked": done.forked,
        "quarantined": done.quarantined,
        "message": done.message,
        "journal_broken": bool(done.broken),
    }


def conflict_document(view: ConflictView, labels: bool) -> dict[str, Any]:
    """A conflict as JSON, from where this laptop stands."""
    from app.cli.documents import told  # late: help pages need no geometry

    mine, theirs = ("kept", "offered") if view.mine == "kept" else ("offered", "kept")
    return {
        "id": view.uid,
        "kind": view.kind_text if labels else view.kind,
        "record": {"kind": view.record.cli, "id": view.record.uid, "title": view.record.title,
                   "exists": view.record.exists},
        "fields": [
            {"field": item.field, "label": item.label, "mine": told(getattr(item, mine)),
             "theirs": told(getattr(item, theirs))}
            for item in view.fields
        ],
        "stands": "mine" if view.mine == "kept" else "theirs",
        "mine": _side(getattr(view, mine)),
        "theirs": _side(getattr(view, theirs)),
        "rule": view.rule,
        "proposal": "mine" if view.proposal == view.mine else "theirs",
        "decides": list(view.decides),
        "can_decide": view.can_decide,
        "step": view.step or None,
        "obstacle": view.obstacle or None,
        "own_number": view.own_number or None,
        "situation": view.situation,
        "taken": view.taken,
        "raised_at": view.raised_at,
        "settled_by": view.settled_by or None,
        "settled_at": view.settled_at or None,
    }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    return {
        "by": side.by,
        "at": side.at,
        "device": side.device,
        "reason": side.reason,
        "action": side.action,
        "this_laptop": side.mine,
    }


def _take(given: list[str]) -> Any:
    """A side, or values by field."""
    if not given:
        raise WrongUsage(
            N_("Say what to take: --take mine, --take theirs, --take apart or --take FIELD=VALUE")
        )
    if any("=" in item for item in given):
        wrong = [item for item in given if "=" not in item]
        if wrong:
            raise WrongUsage(N_("“{word}” is not FIELD=VALUE"), word=wrong[0])
        return {name.strip(): value for name, _, value in (item.partition("=") for item in given)}
    if len(given) > 1:
        raise WrongUsage(N_("Take one side, or values by field"))
    return given[0]


def _sync_lines(done: SyncDone) -> list[str]:
    lines = [
        tr(
            N_("Sent {pushed}: {accepted} taken, {merged} merged, {conflicts} contested, {rejected} refused"),
            pushed=done.pushed,
            accepted=done.accepted,
            merged=done.merged,
            conflicts=done.conflicts,
            rejected=done.rejected,
        ),
        tr(
            N_("Fetched {pulled} changes; files: {up} sent, {down} fetched; {unsent} wait here"),
            pulled=done.pulled,
            up=done.blobs_up,
            down=done.blobs_down,
            unsent=done.unsent,
        ),
    ]
    if done.message and not (done.held_back or done.quarantined):  # those two have a line of their own
        lines.append(done.message)
    elif done.restored:
        given = N_("The hub had been brought back from a backup; {n} changes it lacked were given back")
        level = N_("The hub had been brought back from a backup; it lacked nothing that is here")
        lines.append(tr(given if done.given_back else level, n=done.given_back))
    if done.held_back:
        lines.append(tr(N_("What others did was not fetched: there is too little room on the disk")))
    if done.forked:
        lines.append(tr(N_("A backup had been brought back here; nothing was lost")))
    if done.quarantined:
        lines.append(
            tr(N_("This laptop has been revoked: its work waits at the hub for a person to look at"))
        )
    if done.broken:
        lines.append(done.broken)
    if not done.agrees:
        names = " ".join(area for area, item in done.areas.items() if item.agrees is False)
        lines.append(tr(N_("Laptop and hub differ in {areas}: write a certificate and ask"), areas=names))
    return lines


def _proof_document(proof: Proof) -> dict[str, Any]:
    return {
        "file": str(proof.path),
        "ok": proof.ok,
        "values": proof.values,
        "current": proof.current,
        "in_conflict": proof.in_conflict,
        "superseded": proof.superseded,
        "waiting": proof.waiting,
        "problems": [_plain(item) for item in proof.problems],
        "sheet": str(proof.sheet) if proof.sheet else None,
    }


def _proof_lines(proof: Proof) -> list[str]:
    said = tr(
        N_("{n} values: {current} current, {conflict} contested, {superseded} superseded, {waiting} waiting"),
        n=proof.values,
        current=proof.current,
        conflict=proof.in_conflict,
        superseded=proof.superseded,
        waiting=proof.waiting,
    )
    return [said, *(f"  {item.code}: {item.why}" for item in proof.problems)]


def _report_document(report: BundleReport) -> dict[str, Any]:
    document = _plain(report)
    document["path"] = str(report.path)
    document["problems"] = [_plain(item) for item in report.problems]
    return document


def _plain(item: Any) -> dict[str, Any]:
    """The fields of a plain result."""
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


COMMANDS = (
    Command("sync", N_("One round with the hub: send, fetch, compare"), sync, SyncWords),
    Command("bundle out", N_("Write what the hub lacks as one encrypted file"), bundle_out, BundleOutWords),
    Command("bundle in", N_("Take in a bundle of the hub"), bundle_in, BundleWords),
    Command("bundle verify", N_("Whether a bundle is whole; needs no workspace"), bundle_verify, VerifyWords),
    Command(
        "conflicts", N_("What waits for a decision, both values side by side"), conflicts, ConflictsWords
    ),
    Command("resolve", N_("Decide a conflict; it can be undone"), resolve, ResolveWords),
)
