"""The account of papers: what was taken away is gone everywhere, and what a signature rests on is there."""

from __future__ import annotations

from app.domain.casework import current_approvals
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import Approval, Attachment, Redaction
from app.domain.filters import equal
from app.domain.rights import WRITERS
from app.domain.workflows.boiler import BOILER
from sync.oracle import Lost, Replay
from sync.world import World


def check_papers(world: World, replay: Replay) -> None:
    """Nobody has a paper or a file that was taken away, and who took it may; signed evidence is there."""
    everywhere = world.laptops["city"].workspace
    gone = everywhere.find(Redaction)
    living = {item.uid: item.sha256 for item in everywhere.find(Attachment)}
    roles = {uid: row.get("role") for (entity, uid), row in replay.rows.items() if entity == "person"}
    for item in gone:
        if item.paper in living:
            raise Lost(f"a paper that was taken away is back: {item.paper}")
        if roles.get(item.removed_by) not in WRITERS[Redaction.TYPE.name]:
            raise Lost(f"a paper was taken away by {roles.get(item.removed_by)}")
    for sha256 in {item.sha256 for item in gone} - set(living.values()):
        if world.hub.blobs.size(sha256) is not None:
            raise Lost(f"a file that was taken away is still at the hub: {sha256}")
        for name, laptop in world.laptops.items():
            if not laptop.revoked and laptop.workspace.attachment_path(sha256).exists():
                raise Lost(f"a file that was taken away is still at {name}: {sha256}")
    _check_evidence(world, replay)


def _check_evidence(world: World, replay: Replay) -> None:
    """Each signature that counts still has the papers that its step asked for. What a restored hub was given
    back had been judged before it was lost, so whoever signed since, upon a paper that went, is not asked."""
    city = world.laptops["city"].workspace
    back = {str(replay.rows[place].get("owner")) for place in replay.returned & replay.rows.keys()}
    for boiler in city.find(Boiler):
        if boiler.uid in back or boiler.uid in {uid for _, uid in replay.returned}:
            continue
        signed = city.find(Approval, equal(owner=boiler.uid), order="signed_at")
        papers = city.find(Attachment, equal(owner=boiler.uid))
        have = {item.kind for item in papers if item.round_no == boiler.round_no}
        taken = {item.action for item in current_approvals(signed, boiler.round_no)}
        wanted = {kind for row in BOILER.transitions if row.action in taken for kind in row.evidence}
        if wanted - have:
            raise Lost(f"signed evidence vanished: {sorted(wanted - have)} of {boiler.ledger_no}")
