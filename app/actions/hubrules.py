"""What the bureau's server asks of its laptops, from a shell: a lowest version, a recovery key."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

from app import disk
from app.actions.hubs import status_of, utc_now
from app.domain.values import as_moment
from app.errors import Refused, StoreFailure
from app.hub.opening import opened
from app.hub.passphrases import check_passphrase
from app.hub.place import HubPlace
from app.hub.recovery import Recovery, set_recovery
from app.i18n import N_
from app.sync.recovery import make_key


def require_program(place: HubPlace, version: str) -> dict[str, Any]:
    """Let no laptop with a lower version of the program sync; "" lets any. Raises Invalid, Refused."""
    with opened(place) as hub:
        hub.require_program(version, f"shell:{getpass.getuser()}", utc_now())
        return status_of(hub)


def make_recovery_key(
    place: HubPlace, out: Path | None, passphrase: str = "", *, replace: bool = False
) -> dict[str, Any]:
    """Make a recovery key pair: its private half is given once, as text (`key`) or in the new file `out`, and
    never kept at the hub; laptops write bundles for it from their next grants on.

    Raises Refused `exists` when there is one and it is not to be replaced, or for a file that is there or
    lies in the hub's own folder; Invalid `poor_passphrase`.
    """
    if passphrase:
        check_passphrase(passphrase)
    if out is not None:
        _check_safe(place, out)
    made, now = make_key(), utc_now()
    text = made.text(as_moment(now), passphrase)
    with opened(place) as hub:
        half = Recovery(made.recipient, by=f"shell:{getpass.getuser()}", at=int(now.timestamp() * 1000))
        set_recovery(hub.database, half, lambda: _write_key(out, text), replace=replace)
        status = status_of(hub)
    document = {"recipient": made.recipient, "recovery_key": status["recovery_key"]}
    return {**document, "file": str(out)} if out is not None else {**document, "key": text}


def _check_safe(place: HubPlace, out: Path) -> None:
    if out.exists():
        raise Refused(N_("{file} is there already"), hint=N_("Nothing was changed."), file=out, code="exists")
    if out.resolve().is_relative_to(place.folder.resolve()):
        raise Refused(
            N_("The private half is not kept with the hub: whoever takes the one would have the other"),
            hint=N_("Nothing was changed. Write it to a stick, and put that into a safe."),
            code="at_hub",
        )


def _write_key(out: Path | None, text: str) -> None:
    if out is None:
        return
    try:
        disk.write(out.absolute(), text.encode())
    except OSError as error:
        raise StoreFailure(
            N_("{file} cannot be written"), hint=N_("Nothing was changed."), file=out.name,
            details=[str(error)], code="storage",
        ) from error  # fmt: skip
