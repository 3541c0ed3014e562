"""Laptops at the hub: invitations, enrolment, numbers and epochs, revocation, and the grants to sign in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, get_args

from sqlalchemy import Connection, insert, select, update

from app.domain.entities.people import ROLES
from app.domain.replication import Batch
from app.domain.rights import RANKS, within_cap
from app.errors import Invalid, NotAllowed, Refused
from app.hub.book import DEVICES, FACTS, INVITES, SITES
from app.i18n import N_
from app.store.encryption import DiskState
from app.sync.grants import read_grants
from app.sync.invitation import ALPHABET, HALF, check_role, letters_of
from app.sync.keys import device_uid
from app.sync.messages import EnrolRequest
from app.sync.signing import ENROL, HEAD_START, verify

_MINUTE = 60_000
GOES_ON, BY_LAPTOP = "goes on as ", "laptop:"  # why and by whom a laptop is revoked that got new keys
MOST_EPOCHS = (1 << 31) - 1


@dataclass(frozen=True)
class Device:
    """A laptop as the hub knows it. Times are in ms since 1970; `next` is the number the hub waits for."""

    uid: str
    area: str
    role_cap: str
    sign_key: bytes
    recipient: str
    epoch: int
    next: int
    chain: bytes
    founding: bool
    enrolled_at: int
    last_sync: int | None
    clock_off: int | None
    cursors: str | None
    delivered: str | None
    revoked_at: int | None
    revoked_after: int | None
    revoked_why: str | None
    revoked_by: str | None
    label: str | None
    former: str | None
    program: str | None
    disk: str | None
    journal: str | None


@dataclass(frozen=True)
class Former:
    """What a laptop was before its file got new keys: up to which role it served, and whether a person had
    revoked it, so that what was written then waits for a person."""

    cap: str
    late: bool


@dataclass(frozen=True)
class Invite:
    """An invitation: ten letters that only its reader knows, for one laptop, until `expires` (ms)."""

    secret: str
    area: str
    role: str
    expires: int


def invite(connection: Connection, area: str, role: str, minutes: int, now: int) -> Invite:
    """A new invitation; the hub keeps only its hash. Raises Invalid for an unknown role."""
    if role not in RANKS:
        raise Invalid(N_("There is no role “{role}”"), hint=N_("Roles: {roles}"), role=role,
                      roles=ROLES.listing(), code="bad_role")  # fmt: skip
    letters = "".join(secrets.choice(ALPHABET) for _ in range(HALF))
    made = Invite(letters, area, role, now + minutes * _MINUTE)
    connection.execute(
        insert(INVITES).values(secret=_hash(letters), area=area, role=role, made_at=now, expires=made.expires)
    )
    return made


def enrol(
    connection: Connection, request: EnrolRequest, now: int, *, founding: bool, hub_key: bytes = b""
) -> Device:
    """Make a laptop of an invitation and the keys it has made; raises NotAllowed `bad_code`.

    The same laptop may ask again when the answer was lost: it gets the same identity. A file that goes on
    under new keys shows the grants of the laptop it was (`hub_key` proves them): that one is revoked.
    """
    verify(ENROL, request.claim, request.signature, request.sign_key)
    query = select(INVITES).where(INVITES.c.secret == _hash(request.code)).with_for_update()
    found = connection.execute(query).first()
    if found is not None and found.used_by is not None:
        known = device(connection, found.used_by)
        if known is not None and known.sign_key == request.sign_key and known.next == 1:
            return known
    if found is None or found.used_by is not None or found.expires < now:
        raise NotAllowed(
            N_("The code is wrong, used, or too old"), hint=N_("Ask for a new invitation."), code="bad_code"
        )
    _check_former(connection, request, found.area)
    if not founding:
        check_role(request.role, found.role)
    uid = device_uid(request.sign_key)
    if device(connection, uid) is not None:
        raise Refused(
            N_("This laptop is enrolled at the hub already, by another invitation"),
            hint=N_("Go on syncing with it. To enrol it anew begin with a new file; the code is still good."),
            code="known_device",
        )
    _insert(connection, request, found, (uid, now, founding), _former(connection, request, hub_key))
    connection.execute(update(INVITES).where(INVITES.c.secret == found.secret).values(used_by=uid))
    made = device(connection, uid)
    assert made is not None
    return made


def _insert(
    connection: Connection,
    request: EnrolRequest,
    invite: Any,
    new: tuple[str, int, bool],
    former: Device | None,
) -> None:
    """Note a new laptop (its uid, when, whether it founds the hub), and what becomes of the one it was."""
    uid, now, founding = new
    if former is not None:
        _check_goes_on(former, invite.area, invite.role)
        founding = founding or (former.founding and former.revoked_at is None)
    connection.execute(
        insert(DEVICES).values(
            uid=uid, area=invite.area, role_cap=invite.role, sign_key=request.sign_key,
            recipient=request.recipient, epoch=1, next=1, chain=HEAD_START, founding=founding,
            enrolled_at=now, label=request.label[:80] or None, disk=known_disk(request.disk) or None,
            former=former.uid if former is not None else None,
        )
    )  # fmt: skip
    if former is not None:
        revoke(connection, former.uid, now, GOES_ON + uid, BY_LAPTOP + uid)
        change(connection, former.uid, founding=False)


def formers(connection: Connection, found: Device) -> dict[str, Former]:
    """What a laptop was before, by the uids it had then; empty for nearly all."""
    known: dict[str, Former] = {}
    after, uid = found.uid, found.former
    while uid is not None and uid not in known:
        before = device(connection, uid)
        if before is None:
            break
        known[uid] = Former(before.role_cap, before.revoked_by != BY_LAPTOP + after)
        after, uid = uid, before.former
    return known


def known_disk(told: str) -> str:
    """What a laptop says of its disk, where that is a word of this program; else ""."""
    return told if told in get_args(DiskState) else ""


def known_journal(told: str) -> str:
    """What a laptop says of its journal, in the same way."""
    return told if told in ("whole", "broken") else ""


def _former(connection: Connection, request: EnrolRequest, hub_key: bytes) -> Device | None:
    """The laptop that the grants in a request were made for; None when it is a new one, or forgotten. Raises
    Invalid for grants that this hub did not sign."""
    if not request.former:
        return None
    named = read_grants(request.former, hub_key).device
    return device(connection, named, lock=True) if named else None


def _check_goes_on(former: Device, area: str, role: str) -> None:
    """Raise Refused where a code may not let a file of this laptop go on: its work would be refused."""
    if former.area != area:
        raise _other_area(former.area, area)
    if not within_cap(former.role_cap, role):
        raise Refused(
            N_("This laptop serves persons up to {mine}, the invitation is for {role}"),
            hint=N_("Nothing was changed. Ask the bureau for an invitation for {mine}."),
            mine=ROLES.word(former.role_cap),
            role=ROLES.word(role),
            code="other_role",
        )


def _check_former(connection: Connection, request: EnrolRequest, area: str) -> None:
    """Raise Refused for a laptop that was enrolled at another hub, or for another area than its code is."""
    hub = connection.execute(select(FACTS.c.value).where(FACTS.c.name == "hub")).scalar_one()
    if request.hub not in ("", bytes(hub).decode()):
        raise Refused(
            N_("This workspace belongs to another hub"),
            hint=N_("Nothing was changed. Make a new file for another hub."),
            code="other_hub",
        )
    if request.area not in ("", area):
        raise _other_area(request.area, area)


def _other_area(mine: str, area: str) -> Refused:
    return Refused(
        N_("This laptop is one of {mine}, the invitation is for {area}"),
        hint=N_("Nothing was changed. Ask the bureau for an invitation for {mine}."),
        mine=mine,
        area=area,
        code="other_area",
    )


def device(connection: Connection, uid: str, *, lock: bool = False) -> Device | None:
    """A laptop by its uid; locked, no other push of it goes on at the same time."""
    query = select(DEVICES).where(DEVICES.c.uid == uid)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return device_of(row) if row is not None else None


def known_device(connection: Connection, uid: str) -> Device:
    """A laptop by its uid; raises NotAllowed `unknown_device`."""
    found = device(connection, uid)
    if found is None:
        raise NotAllowed(N_("The hub does not know this laptop"), code="unknown_device")
    return found


def devices(connection: Connection) -> list[Device]:
    """All laptops, in the order they came."""
    rows = connection.execute(select(DEVICES).order_by(DEVICES.c.enrolled_at, DEVICES.c.uid))
    return [device_of(row) for row in rows]


def change(connection: Connection, uid: str, **values: Any) -> None:
    """Note something about a laptop."""
    connection.execute(update(DEVICES).where(DEVICES.c.uid == uid).values(**values))


def renew(connection: Connection, found: Device, above: int) -> int:
    """Let a laptop go on under a new epoch, above the one it is in itself; gives that."""
    epoch = min(max(found.epoch, above) + 1, MOST_EPOCHS)
    change(connection, found.uid, epoch=epoch, next=1, chain=HEAD_START)
    return epoch


def revoke(connection: Connection, uid: str, now: int, reason: str, by: str) -> Device:
    """Take a laptop's work no longer as it comes; what it sends from now on waits for a person.

    Raises Invalid for an unknown laptop.
    """
    found = device(connection, uid, lock=True)
    if found is None:
        raise Invalid(N_("There is no laptop {device}"), device=uid, code="unknown_device")
    if found.revoked_at is None:
        told = {"revoked_why": reason, "revoked_by": by}
        change(connection, uid, revoked_at=now, revoked_after=found.next - 1, **told)
    done = device(connection, uid)
    assert done is not None
    return done


def stand_in(connection: Connection, batch: Batch, where: tuple[str, int], by: str, why: str) -> None:
    """Have a revoked laptop without a key stand for one of a lost hub (`where`: this hub's root, and when),
    as far as it came before this batch. Raises Invalid `foreign` for a laptop that this hub knows."""
    root, now = where
    found = device(connection, batch.device, lock=True)
    if found is None:
        connection.execute(
            insert(DEVICES).values(
                uid=batch.device, area=root, role_cap="R1", sign_key=b"", recipient="", epoch=batch.epoch,
                next=batch.first, chain=batch.previous, founding=False, enrolled_at=now, revoked_at=now,
                revoked_after=0, revoked_by=by, revoked_why=why,
            )
        )  # fmt: skip
        return
    if found.sign_key:
        raise Invalid(
            N_("Laptop {device} is one of this hub; its work comes by its own bundles"),
            hint=N_("Nothing was changed."),
            device=found.uid,
            code="foreign",
        )
    change(connection, found.uid, epoch=batch.epoch, next=batch.first, chain=batch.previous)


def site_of(connection: Connection, uid: str, epoch: int) -> int:
    """The small number of a laptop in one of its epochs; 0 is the hub itself."""
    query = select(SITES.c.id).where(SITES.c.device == uid, SITES.c.epoch == epoch)
    found = connection.execute(query).scalar()
    if found is None:
        connection.execute(insert(SITES).values(device=uid, epoch=epoch))
        found = connection.execute(query).scalar_one()
    return int(found)


def known_code(code: str) -> str:
    """The letters of a typed code that are the secret."""
    return "".join(letter for letter in letters_of(code) if letter in ALPHABET)[:HALF]


def _hash(code: str) -> bytes:
    return sha256(known_code(code).encode()).digest()


def device_of(row: Sequence[Any]) -> Device:
    """A laptop of its row, as `DEVICES` has the columns."""
    values = dict(zip(DEVICES.columns.keys(), row, strict=True))
    values.update(sign_key=bytes(values["sign_key"]), chain=bytes(values["chain"]))
    return Device(**values)
