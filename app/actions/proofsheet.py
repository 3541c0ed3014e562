"""The certificate that nothing was lost as a sheet to be filed, beside the file that is checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.actions.boilerpapers import bureau_of
from app.actions.outputs import output_file
from app.actions.session import Session
from app.domain.entities.division import Division
from app.domain.entities.people import ROLES, Person
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.printing.proof_sheet import AreaLine, ProofContent, proof_page
from app.sync.identity import facts_of
from app.sync.results import Proof

_STEPS = (
    N_("The file beside this sheet has the SHA-256 above (sha256sum, certutil -hashfile)."),
    N_("The bureau writes out the hub’s log: gridward hub export-log -o LOG"),
    N_(
        "python gridward_verify.py LOG CERTIFICATE --key KEY, with the key above as the bureau knows it: it"
        " proves every signature, replays the log, and names the first fault."
    ),
    N_("gridward_verify.py needs no part of this program; docs/proof.md says all that it does."),
)


def print_proof(session: Session, proof: Proof, target: Path) -> Path:
    """Write the sheet of a certificate that was just written. Raises StoreFailure."""
    from app.render.pdf import write_pdf  # late: most actions draw nothing

    place = output_file(session, target)
    write_pdf([proof_page(content_of(session, proof))], place)
    return place


def content_of(session: Session, proof: Proof) -> ProofContent:
    """What the sheet says: the sums of the certificate, and by what somebody knows its file and its hub."""
    with proof.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    facts, key = facts_of(session.workspace), facts_of(session.workspace).hub_key.hex()
    names = {item.code: item.name for item in session.workspace.find(Division)}
    actor, root = session.actor, names.get(facts.root, facts.root)
    made_by = tr(N_("nobody signed in"))
    if actor is not None:
        made_by = f"{actor.name}（{ROLES.label(actor.role)}）"
    return ProofContent(
        bureau=bureau_of(session),
        made_on=show_moment(proof.made_at),
        unaccounted=len(proof.problems),
        counts=_counts(proof),
        areas=[
            AreaLine(f"{names.get(area.code, '')} {area.code}".strip(), area.seq, area.digest, area.same)
            for area in proof.areas
        ],
        facts=[
            (tr(N_("Hub")), f"{tr(N_('Hub of {place}'), place=root)}\n{facts.url or facts.hub}\n{facts.hub}"),
            (tr(N_("Key that signs the hub’s log")), key),
            (tr(N_("This laptop")), f"{names.get(facts.area, '')} {facts.area}\n{facts.device}"),
            (tr(N_("Certificate file")), proof.path.name),
            (tr(N_("SHA-256 of the file")), sha256),
            (tr(N_("Made")), f"{show_moment(proof.made_at)}　{made_by}"),
        ],
        steps=[tr(step) for step in _STEPS],
        synthetic=any(item.synthetic for item in session.workspace.find(Person)),
    )  # fmt: skip


def _counts(proof: Proof) -> list[tuple[str, str]]:
    told = (
        (N_("Values ever entered"), proof.values),
        (N_("Current"), proof.current),
        (N_("Kept in a conflict"), proof.in_conflict),
        (N_("Superseded by a named act"), proof.superseded),
        (N_("Waiting for the hub"), proof.waiting),
        (N_("Entries of the hub’s log"), sum(area.seq for area in proof.areas)),
    )
    return [(tr(name), f"{count:,}") for name, count in told]
