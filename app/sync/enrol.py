"""Enrolment over the network: keys are made, the hub takes them for a code, and the file becomes a replica.

A line that is cut on the way loses nothing: what the hub answered is kept beside the file until the workspace
is there, and asking again with the same keys gives the same laptop.
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec

from app import __version__, disk
from app.domain.values import as_moment
from app.errors import AppError, Cancelled, Invalid, StoreFailure
from app.i18n import N_, tr
from app.store.encryption import disk_state
from app.store.failures import translated
from app.store.replica_facts import ReplicaFacts
from app.store.snapshot import install_snapshot
from app.store.workspace import Workspace
from app.sync import signing
from app.sync.client import Client
from app.sync.identity import keystore, way_to_hub
from app.sync.invitation import OpenInvitation, check_role, letters_of, parse_code, read_invitation
from app.sync.keys import DeviceKeys, device_uid
from app.sync.keystore import Held
from app.sync.messages import EnrolAnswer, EnrolRequest, encode_message
from app.sync.moments import Heed
from app.sync.results import Progress
from app.sync.transport import Transport


def utc_now() -> datetime:
    """The laptop's clock."""
    return datetime.now(UTC)


def _no_heed() -> None:
    """Nobody wants to stop."""


SCHEMA = 1  # the number of what a batch may hold


class Door(Protocol):
    """What takes a new laptop in."""

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Ask to become one of the hub's laptops."""
        ...


@dataclass(frozen=True)
class Owner:
    """Whose PIN wraps the keys where the system has no keystore: a person's uid and PIN, or nobody's."""

    person: str = ""
    pin: str | None = None


@dataclass(frozen=True)
class Joined:
    """What enrolment brought: this laptop's facts and its keys."""

    facts: ReplicaFacts
    keys: DeviceKeys


class _Kept(msgspec.Struct, frozen=True):
    code: str
    url: str
    fingerprint: str
    keys: bytes
    answer: EnrolAnswer | None = None


@dataclass(frozen=True)
class Asker:
    """What a laptop says of itself. One that was enrolled before names its hub and area, and with new keys
    the signed grants of the laptop it was; one that brings its file the role of whoever is signed in;
    whether its disk is encrypted."""

    hub: str = ""
    area: str = ""
    former: bytes = b""
    role: str = ""
    disk: str = ""


def join(
    url: str,
    code: str,
    beside: Path,
    now: Callable[[], datetime],
    asker: Asker = Asker(),
    heed: Heed = _no_heed,
) -> Joined:
    """Ask the hub at `url` to take this laptop in. `beside` is the workspace the answer is kept beside until
    `settle` is called; `heed` is called while the hub is waited for, and raises to stop. Raises
    HubUnreachable, NotAllowed `bad_code`, Invalid `wrong_fingerprint`, Refused `other_role` where whoever
    asks could not sign in any more."""
    start = parse_code(code).fingerprint
    kept = _read(beside, code, url) or _Kept(code, url, start, DeviceKeys.make().to_bytes())
    keys = DeviceKeys.from_bytes(kept.keys)
    if kept.answer is None:
        _write(beside, kept)
        client = Client(url, start)
        client.heed(heed)
        try:
            told = dataclasses.replace(asker, disk=disk_state(beside.absolute().parent))
            answer = ask(client, code, keys, SCHEMA, told)
        except AppError as error:
            if error.exit_code != 6 and not isinstance(error, Cancelled):  # the hub has said no
                settle(beside)
            raise
        finally:
            client.close()
        kept = msgspec.structs.replace(kept, answer=answer, fingerprint=client.fingerprint)
        _write(beside, kept)
    assert kept.answer is not None
    return Joined(facts_of_answer(kept.answer, url, kept.fingerprint, now()), keys)


def waiting(progress: Progress) -> Heed:
    """Tells somebody who watches, and may stop it there, that the hub is waited for."""
    return partial(progress, 0, 0, "")


def ask(door: Door, code: str, keys: DeviceKeys, schema: int, asker: Asker = Asker()) -> EnrolAnswer:
    """Hand in the code and the public keys."""
    return door.enrol(enrol_request(code, keys, schema, asker))


def enrol_request(code: str, keys: DeviceKeys, schema: int, asker: Asker = Asker()) -> EnrolRequest:
    """The request for a code, with the public keys and the proof that the private one is here."""
    bare = EnrolRequest(
        code=letters_of(code),
        sign_key=keys.sign_public,
        recipient=keys.recipient,
        schema=schema,
        program=__version__,
        signature=b"",
        label=socket.gethostname()[:80],
        hub=asker.hub,
        area=asker.area,
        former=asker.former,
        role=asker.role,
        disk=asker.disk,
    )
    return msgspec.structs.replace(bare, signature=signing.sign(signing.ENROL, bare.claim, keys.sign_seed))


def facts_of_answer(answer: EnrolAnswer, url: str, fingerprint: str, now: datetime) -> ReplicaFacts:
    """This laptop's place at the hub, as the hub told it."""
    return ReplicaFacts(
        hub=answer.hub,
        url=url.rstrip("/"),
        fingerprint=fingerprint,
        hub_key=bytes(answer.hub_key),
        hub_recipient=answer.hub_recipient,
        device=answer.device,
        epoch=answer.epoch,
        area=answer.area,
        root=answer.root,
        role_cap=answer.role_cap,
        founding=answer.founding,
        hub_time_ms=answer.hub_time,
        enrolled_at=as_moment(now.astimezone(UTC)),
    )


def attach_workspace(workspace: Workspace, joined: Joined, owner: Owner) -> Held:
    """Make an existing workspace the replica; all its work waits to be sent. Gives where the keys lie."""
    check_free(workspace)
    held = keep_keys(workspace, joined, owner)
    workspace.replica.enrol(joined.facts)
    return held


def keep_keys(workspace: Workspace, joined: Joined, owner: Owner) -> Held:
    """Put the keys into the best place there is."""
    return keystore(workspace, joined.facts.device).keep(joined.keys, owner.person, owner.pin)


def new_workspace(file: Path, joined: Joined, progress: Progress, transport: Transport | None = None) -> None:
    """Make `file` from the hub's snapshot; without one it stays empty, to be filled by the first round.

    Raises HubUnreachable (what came is kept, and goes on), StoreFailure.
    """
    packed = file.with_name(f".{file.name}.snapshot.part")

    last: list[tuple[int, int, str]] = [(0, 0, "")]

    def tell(words: str, done: int, whole: int) -> None:
        last[0] = (done, whole, words)
        progress(*last[0])

    def making(done: int, whole: int) -> None:
        """Once all records are written the hub looks through the file and packs it, nobody knows how long."""
        if done < whole:
            tell(tr(N_("The hub makes the snapshot")), done, whole)
        else:
            tell(tr(N_("The hub packs the snapshot")), 0, 0)

    hub = transport or way_to_hub(joined.facts, joined.keys)
    hub.heed(lambda: progress(*last[0]))  # whoever waits is shown what came last, and asked whether to go on
    try:
        hub.snapshot(packed, partial(tell, tr(N_("Fetching the snapshot"))), making)
        install_snapshot(packed, file, joined.facts, progress=_unpacking(progress))
    except Cancelled:  # what came is kept, and the same code goes on
        raise
    except AppError as error:
        if error.exit_code == 6 or (isinstance(error, StoreFailure) and error.code != "snapshot_damaged"):
            raise
        begin_empty(file, joined.facts)
    finally:
        hub.close()
    packed.unlink(missing_ok=True)


def join_by_file(
    invitation: Path, code: str, now: Callable[[], datetime], role: str = ""
) -> tuple[OpenInvitation, Joined, bytes]:
    """Open an invitation file with its code: the invitation, this laptop's place, and the request that the
    first bundle carries. Raises Invalid `wrong_code`, or what is wrong with the file, and Refused
    `other_role` when it is not for the `role` of whoever brings a file with work in it."""
    opened = read_invitation(invitation, parse_code(code))
    told, keys = opened.invitation, DeviceKeys.make()
    if not told.founding:
        check_role(role, told.role)
    answer = EnrolAnswer(
        device=told.device or device_uid(keys.sign_public),
        epoch=1,
        hub=told.hub,
        hub_key=told.hub_key,
        hub_recipient=told.hub_recipient,
        area=told.area,
        root=told.root,
        role_cap=told.role,
        founding=told.founding,
    )
    request = encode_message(enrol_request(code, keys, SCHEMA))
    return opened, Joined(facts_of_answer(answer, told.url, told.fingerprint, now()), keys), request


def _unpacking(progress: Progress) -> Callable[[int, int], None]:
    words = tr(N_("Unpacking the snapshot"))
    return lambda done, whole: progress(done, whole, words)


def workspace_of_file(file: Path, opened: OpenInvitation, joined: Joined, progress: Progress) -> None:
    """Make `file` from the snapshot in an invitation; without one it stays empty until the hub's bundle."""
    if not opened.snapshot:
        begin_empty(file, joined.facts)
        return
    packed = file.with_name(f".{file.name}.snapshot.part")
    try:
        opened.extract_snapshot(packed)
        install_snapshot(packed, file, joined.facts, progress=_unpacking(progress))
    finally:
        packed.unlink(missing_ok=True)


def settle(beside: Path) -> None:
    """Forget what was kept for an enrolment that was cut: the workspace is there now."""
    _place(beside).unlink(missing_ok=True)


def begin_empty(file: Path, facts: ReplicaFacts) -> None:
    """A replica that holds nothing yet; its first round brings everything."""
    file.unlink(missing_ok=True)
    with Workspace.create(file, area=facts.root, title=facts.root) as workspace:
        workspace.replica.enrol(facts)


def check_free(workspace: Workspace) -> None:
    """Raise Invalid when the workspace belongs to a hub already."""
    if workspace.replica.enrolled:
        raise Invalid(
            N_("This workspace belongs to a hub already"),
            hint=N_("Make a new file for another hub."),
            code="already_enrolled",
        )


def _place(beside: Path) -> Path:
    return beside.with_name(f".{beside.name}.enrol")


def _read(beside: Path, code: str, url: str) -> _Kept | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeError):
        found = msgspec.msgpack.decode(_place(beside).read_bytes(), type=_Kept)
        if found.code == code and found.url == url:
            return found
    return None


def _write(beside: Path, kept: _Kept) -> None:
    with translated(beside):
        disk.write(_place(beside), msgspec.msgpack.encode(kept))
