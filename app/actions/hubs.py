"""The bureau's server from a shell: make it, invite and revoke laptops, look at it, copy it."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.actions.divisions import real_divisions
from app.actions.laptop import granted_verifier
from app.actions.people import verifier
from app.actions.session import Session
from app.actions.steps import editors_of
from app.domain.areas import OWNERS, ROOTED, covers
from app.domain.casework import WORKFLOWS
from app.domain.catalog import ENTITIES
from app.domain.changes import new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.papers import Attachment
from app.domain.entities.people import Person, is_at_hub
from app.domain.entity import Entity
from app.domain.values import check
from app.errors import Invalid
from app.hub import backup as copies
from app.hub.admin.visits import link_address, may_enter
from app.hub.devices import Invite
from app.hub.exporting import export_log as write_log
from app.hub.founding import Entered, First
from app.hub.hub import Hub
from app.hub.objects import Blobs
from app.hub.opening import make_hub, objects_of, opened
from app.hub.passphrases import Passphrases
from app.hub.place import HubPlace, find_place
from app.hub.sticks import Recovered, give_bundle, take_bundle
from app.hub.views import areas_to_invite, device_lines, moment_of, moment_text
from app.i18n import N_, tr
from app.store.workspace import Workspace
from app.sync.invitation import Invitation, make_code, parse_code, write_invitation
from app.sync.pinning import check_address
from app.sync.recovery import RecoveryKey

VERDICTS = ("accepted", "merged", "conflicts", "rejected")
SECRET_VARIABLE = "GRIDWARD_ADMIN_SECRET"  # the passphrase of the admin pages, for whom no link is wanted
LONGEST_INVITE = 7 * 24 * 60  # minutes; a stick may be on its way for days


def place_of(folder: Path | None = None, url: str | None = None) -> HubPlace:
    """The hub that was named, else that of GRIDWARD_HUB, else the one in this folder; raises Invalid."""
    return find_place(folder, url)


def init_hub(
    place: HubPlace, area: str, admin: tuple[str, str] | None = None, source: Path | None = None
) -> dict[str, Any]:
    """Make a hub for an area, with its divisions and an administrator (name, PIN), or with the records and
    evidence of a workspace; without both the first laptop that syncs brings the records.

    Raises Refused `exists`, Invalid for an unknown area or a workspace of another one.
    """
    now = utc_now()
    if source is not None:
        return _from_workspace(place, area, source, now)
    records: list[Entity] = []
    if admin is not None:
        login, pin = _login(admin[0]), admin[1]
        person = Person(uid=new_uid(), login=login, name=login, role="R0", area=area, verifier=verifier(pin))
        records = [*real_divisions(area), person]
    else:
        real_divisions(area)  # the area exists
    hub = make_hub(place, area, records, now)
    try:
        if admin is not None and (chosen := os.environ.get(SECRET_VARIABLE)):
            Passphrases(hub.database).choose(person.uid, chosen)
        return status_of(hub)
    finally:
        hub.close()


def invite(
    place: HubPlace, area: str, role: str, minutes: int = 10, url: str = "", out: Path | None = None
) -> dict[str, Any]:
    """A one-time code for a laptop; `url` is the address it is told, else the one the server last had.

    With `out` an invitation file as well, which its code opens and which brings the records along: a laptop
    without a network joins by it.
    """
    url = check_address(url) if url else ""
    served, fingerprint = place.serving()
    if not 1 <= minutes <= LONGEST_INVITE:
        raise Invalid(N_("A code is good for 1 to {n} minutes"), n=LONGEST_INVITE, code="bad_minutes")
    with opened(place) as hub:
        _check_area(hub, area)
        document = _invite(hub.invite(area, role, minutes, utc_now()), url or served, fingerprint)
        if out is not None:
            _write_invitation(hub, document, out)
            document["file"] = str(out)
    return document


def _check_area(hub: Hub, area: str) -> None:
    """Raise Invalid for an area that no laptop may be of; a code with a digit less names several towns."""
    if not area.isdigit() or not covers(hub.root, area):
        raise Invalid(N_("{area} is not in the hub's area {root}"), area=area, root=hub.root,
                      code="unknown_division")  # fmt: skip
    names = hub.division_names()  # none before the first laptop has brought them
    if names and area not in areas_to_invite(names, hub.root):
        raise Invalid(
            N_("{area} is no county or township of the hub"),
            hint=N_("Look at the code: a county has 6 digits, a township 9. Nothing was changed."),
            area=area,
            code="unknown_division",
        )


def admin_secret(place: HubPlace, login: str, url: str = "", passphrase: str = "") -> dict[str, Any]:
    """Let somebody into the admin pages: a one-time link to choose a passphrase by, or the given one is set.

    Raises Invalid for an unknown name, a role that does not open the pages, or a poor passphrase.
    """
    served, _ = place.serving()
    with opened(place) as hub:
        found = [item for item in hub.people() if item.login == login]
        if len(found) != 1 or not may_enter(found[0]):
            raise Invalid(
                N_("There is nobody named {login} whom the admin pages are open to"),
                hint=N_("They are open to administrators and the city bureau."),
                login=login,
                code="unknown_person",
            )
        passphrases = Passphrases(hub.database)
        if passphrase:
            passphrases.choose(found[0].uid, passphrase)
            return {"person": login, "link": "", "set": True}
        made = passphrases.make_link(found[0].uid, utc_now())
    return {"person": login, "link": link_address(url or served, made), "set": False}


def administrator(place: HubPlace, login: str, pin: str) -> dict[str, Any]:
    """Make somebody an administrator of the hub's whole area with this PIN, as the hub's own act: whoever has
    a shell and the hub's database could do all that a hub does. Who it was is kept.

    Raises Invalid for an empty or overlong name, a poor PIN, or a hub that nobody has begun.
    """
    login, kept = _login(login), verifier(pin)
    with opened(place) as hub:
        if not hub.status().founded:
            raise Invalid(N_("This hub is empty: the first laptop that syncs brings its people"),
                          hint=N_("Nothing was changed."), code="not_founded")  # fmt: skip
        made = hub.appoint(login, kept, utc_now(), f"shell:{getpass.getuser()}")
    return {"person": login, "uid": made.uid, "made": made.made}


def _login(written: str) -> str:
    login = written.strip()
    if not login:
        raise Invalid(N_("A person needs a sign-in name"), hint=N_("Nothing was changed."), code="missing")
    return str(check(Person.TYPE.fields["login"], login))


def devices(place: HubPlace) -> list[dict[str, Any]]:
    """Every laptop: where, since when, last sync, how many entries behind, whether revoked."""
    with opened(place) as hub:
        return [line.document() for line in device_lines(hub)]


def revoke(place: HubPlace, device: str, reason: str) -> dict[str, Any]:
    """Stop taking a laptop's work as it comes; `device` may be the beginning of its identifier.

    Of any role: whoever has a shell and the hub's database could do all that a hub does. Who it was is kept.
    """
    if not reason.strip():
        raise Invalid(N_("A reason is needed"), hint=N_("Nothing was changed."), code="missing")
    with opened(place) as hub:
        hub.revoke(_device(hub, device), utc_now(), reason.strip(), f"shell:{getpass.getuser()}")
        return next(line.document() for line in device_lines(hub) if line.uid.startswith(device))


def status(place: HubPlace) -> dict[str, Any]:
    """What the hub is and holds."""
    with opened(place) as hub:
        return status_of(hub)


def conflicts(place: HubPlace, area: str | None = None) -> list[dict[str, Any]]:
    """The open conflicts with both values."""
    with opened(place) as hub:
        return [_conflict(item) for item in hub.conflicts(area)]


def bundle_in(place: HubPlace, file: Path, recovery: RecoveryKey | None = None) -> dict[str, Any]:
    """Take a laptop's bundle from a stick; raises BundleProblem for one that is cut, altered or not for this
    hub. The recovery key opens those of a lost hub too: they wait for a person, as late work does."""
    recovered = None
    if recovery is not None:
        why = tr(N_("Written for a lost hub and read by the recovery key: who wrote it is not proved"))
        recovered = Recovered(recovery.identity, f"shell:{getpass.getuser()}", why)
    with opened(place) as hub:
        taken = take_bundle(hub, file, utc_now(), recovered)
    counts = {name: sum(getattr(item, name) for item in taken.answers) for name in VERDICTS}
    return {
        "device": taken.device,
        "batches": len(taken.answers),
        "states": [item.state for item in taken.answers],
        **counts,
        "blobs": taken.blobs,
        "given_back": taken.given_back,
        "papers_wanted": taken.asked,
        "lost_hub": taken.lost_hub or None,
    }


def bundle_out(place: HubPlace, device: str, file: Path) -> dict[str, Any]:
    """Write what a laptop has not seen as a bundle for it, read back and found whole."""
    with opened(place) as hub:
        uid = _device(hub, device)
        given = give_bundle(hub, uid, file, utc_now())
    made = given.written
    return {
        "bundle": str(made.path),
        "device": uid,
        "volumes": [str(volume) for volume in made.volumes],
        "size": made.size,
        "verified": True,
        "blobs": given.files,
        "pictures": given.pictures,
        "papers_left": given.left,
        "papers_unknown": given.unknown,
    }


def backup(place: HubPlace, folder: Path) -> Path:
    """A checked copy of an embedded hub, made while it serves; gives the copy's folder."""
    return copies.backup(place, folder, utc_now())


def export_log(place: HubPlace, out: Path) -> int:
    """Write the whole log into a file that `resources/verify/gridward_verify.py` checks; gives its blocks."""
    with opened(place) as hub:
        return write_log(hub, out)


def restore(source: Path, place: HubPlace) -> Path | None:
    """Bring a backup back; the folder that was there is kept aside and given."""
    return copies.restore(source, place, utc_now())


def restored(place: HubPlace) -> dict[str, Any]:
    """Tell a hub that its database was brought back from a backup by other means, such as PostgreSQL's."""
    with opened(place) as hub:
        hub.note_restored(utc_now())
        return status_of(hub)


def _write_invitation(hub: Hub, told: dict[str, Any], out: Path) -> None:
    status = hub.status()
    founded = status.founded
    invitation = Invitation(
        hub=hub.uid,
        url=told["url"],
        fingerprint=told["fingerprint"],
        hub_key=hub.key,
        hub_recipient=hub.recipient,
        area=told["area"],
        root=hub.root,
        role=told["role"],
        expires=told["expires"],
        founding=not founded,
        recovery=status.recovery.recipient,
    )
    write_invitation(
        out, invitation, parse_code(told["code"]), hub.snapshot(told["area"]) if founded else None
    )


def _invite(made: Invite, url: str, fingerprint: str) -> dict[str, Any]:
    return {
        "code": str(make_code(made.secret, fingerprint)),
        "url": url,
        "fingerprint": fingerprint,
        "area": made.area,
        "role": made.role,
        "expires": moment_text(moment_of(made.expires)),
    }


def _from_workspace(place: HubPlace, area: str, source: Path, now: datetime) -> dict[str, Any]:
    with Workspace.open(source, read_only=True) as workspace:
        if workspace.area != area:
            raise Invalid(N_("The workspace is for {found}, not for {area}"), found=workspace.area, area=area,
                          code="other_area")  # fmt: skip
        place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # before the folder of attachments in it
        hub = make_hub(place, area, _records(workspace, objects_of(place)), now)
        try:
            return status_of(hub)
        finally:
            hub.close()


def _records(workspace: Workspace, blobs: Blobs) -> Iterator[First]:
    """All records, owners before what belongs to them; with a workflow also who entered them, and persons
    with the verifiers that a former hub gave with their grants. A paper's file goes before its record."""
    session = Session(workspace)
    kinds = sorted(ENTITIES, key=lambda kind: (_depth(kind.TYPE.name), ENTITIES.index(kind)))
    for record in (record for kind in kinds for record in workspace.find(kind)):
        if record.TYPE.name in WORKFLOWS:
            yield Entered(record, frozenset(editors_of(session, record)))
            continue
        if isinstance(record, Attachment):
            blobs.put(record.sha256, workspace.verify_attachment(record.sha256))
        remembered = isinstance(record, Person) and is_at_hub(record.verifier)
        yield record.replace(verifier=granted_verifier(workspace, record.uid)) if remembered else record


def _depth(entity: str) -> int:
    if entity in ROOTED:
        return 0
    if entity not in OWNERS:
        return 1
    return 2 if OWNERS[entity][1] else 3


def status_of(hub: Hub) -> dict[str, Any]:
    """What an open hub is and holds."""
    found = hub.status()
    return {
        "area": found.area,
        "areas": {
            code: {"seq": seq, "digest": f"{digest:032x}"} for code, (seq, _, digest) in found.areas.items()
        },
        "devices": found.devices,
        "broken_journals": sum(
            item.journal == "broken" and item.revoked_at is None for item in hub.devices()
        ),
        "people": found.people,
        "administrators": found.administrators,
        "conflicts": found.conflicts,
        "engine": found.engine,
        "founded": found.founded,
        "restored_at": moment_text(moment_of(found.restored_at)) if found.restored_at else None,
        "given_back": found.given_back,
        "minimum_program": found.minimum.version or None,
        "recovery_key": moment_text(moment_of(found.recovery.at or None)),
    }


def _device(hub: Hub, wanted: str) -> str:
    found = [item.device for item in hub.devices() if item.device.startswith(wanted)]
    if len(found) != 1:
        raise Invalid(
            N_("There is no laptop {device}") if not found else N_("Several laptops begin with {device}"),
            hint=N_("hub devices lists them."),
            device=wanted,
            code="unknown_device",
        )
    return found[0]


def _conflict(item: Conflict) -> dict[str, Any]:
    kept, offered = (json.loads(text) if text else {} for text in (item.kept, item.offered))
    return {
        "id": item.uid,
        "kind": item.kind,
        "record": {"kind": item.owner_entity, "id": item.owner, "title": item.owner_title},
        "fields": [
            {"field": name, "kept": kept.get(name), "offered": offered.get(name)}
            for name in dict.fromkeys((*kept, *offered))
        ],
        "kept": {
            "by": item.kept_by, "at": item.kept_at, "device": item.kept_device,
            "reason": item.kept_reason,
        },
        "offered": {
            "by": item.offered_by, "at": item.offered_at, "device": item.offered_device,
            "reason": item.offered_reason,
        },
        "rule": item.note,
        "proposal": item.proposal,
        "decides": item.decides,
        "situation": item.situation,
        "raised_at": item.raised_at,
    }  # fmt: skip


def utc_now() -> datetime:
    """The moment of a command."""
    return datetime.now(UTC)
