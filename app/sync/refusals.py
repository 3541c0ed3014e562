"""What the hub's refusals mean on the laptop: the right kind of error, in the user's own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import AppError, Changed, Conflict, HubUnreachable, Invalid, NotAllowed, Refused
from app.i18n import N_

SAFE = N_("Everything is safe on this laptop. Try again later, or carry it to the hub by stick.")
TOO_OLD = "too_old"  # the code: a program below the lowest version that the hub works with
_WORDS: Mapping[str, tuple[type[AppError], str, str]] = {
    "bad_code": (
        NotAllowed,
        N_("The code is wrong, has been used, or is too old"),
        N_("Nothing was changed. Ask the bureau for a new one."),
    ),
    "revoked": (
        NotAllowed,
        N_("The bureau has revoked this laptop"),
        N_("Your work is safe here and goes to the bureau for a person to look at. Ask the bureau."),
    ),
    "unknown_device": (
        NotAllowed,
        N_("The hub does not know this laptop"),
        N_(
            "Nothing was sent, and everything is safe here. If the hub was restored from a backup, ask the"
            " bureau for a new code and join the hub again with this same file."
        ),
    ),
    "bad_signature": (
        NotAllowed,
        N_("The hub does not accept this laptop’s signature"),
        N_("Nothing was sent. Ask the bureau for a new code and enrol again; your work stays."),
    ),
    "not_a_hub": (
        HubUnreachable,
        N_("What answers at {url} is no hub"),
        N_("Everything is safe on this laptop. Check the address and the port."),
    ),
    "no_tls": (
        HubUnreachable,
        N_("What answers at {url} does not encrypt"),
        N_("Nothing was sent, and everything is safe on this laptop. Check the address and the port."),
    ),
    "wants_tls": (
        HubUnreachable,
        N_("The hub at {url} wants to be spoken to encrypted"),
        N_("Nothing was sent. Write https:// in place of http://."),
    ),
    "hub_behind": (
        Conflict,
        N_("The hub has less than this laptop has seen: it was brought back from a backup"),
        N_("Everything is safe on this laptop. Ask whoever looks after the hub."),
    ),
    "disk_full": (
        HubUnreachable,
        N_("The hub’s disk is full: it takes nothing in now"),
        N_("Everything is safe on this laptop and waits. Tell whoever looks after the hub."),
    ),
    TOO_OLD: (
        Refused,
        N_("The hub does not work with this version of the program any more"),
        N_(
            "Everything is safe on this laptop, and you can go on working. Install the newest version, then"
            " sync again."
        ),
    ),
    "blobs": (HubUnreachable, N_("The hub cannot reach its attachments"), SAFE),
    "too_many": (HubUnreachable, N_("The hub is too busy"), SAFE),
    "too_slow": (HubUnreachable, N_("The hub gave up waiting: the network is too slow"), SAFE),
}
_KINDS: Mapping[int, type[AppError]] = {
    401: NotAllowed, 403: NotAllowed, 404: Refused, 409: Changed, 429: HubUnreachable, 408: HubUnreachable,
}  # fmt: skip


def error_of(refusal: Mapping[str, Any], status: int, url: str) -> AppError:
    """The error to raise for a refusal with this HTTP status."""
    code = str(refusal.get("error", ""))
    if code in _WORDS:
        kind, message, hint = _WORDS[code]
        return kind(message, hint=hint, code=code, url=url)
    said = str(refusal.get("message", "")) or str(status)
    details = refusal.get("details")
    if status >= 500:
        return HubUnreachable(
            N_("The hub at {url} has failed: {why}"), hint=SAFE, code="hub_failed", url=url, why=said
        )
    kind = _KINDS.get(status, Invalid)
    return kind(
        N_("The hub refused: {why}"),
        hint=N_("{said}") if refusal.get("hint") else "",
        details=details if isinstance(details, list) else (),
        code=code or "hub_refused",
        why=said,
        said=str(refusal.get("hint", "")),
    )


def outdated(program: str, least: str) -> Refused:
    """The refusal of a program below `least`, the lowest version that a hub works with; "" is not known."""
    said = N_("The hub works with version {least} of the program or newer; this laptop’s is {program}")
    if not program:
        said = N_("The hub works with version {least} of the program or newer; this laptop’s is older")
    return Refused(
        said,
        hint=N_(
            "Everything is safe on this laptop, and you can go on working. Install version {least} or newer,"
            " then sync again."
        ),
        program=program,
        least=least,
        code=TOO_OLD,
    )


def unreachable(url: str, why: object) -> HubUnreachable:
    """The error for a hub that does not answer, saying what is safe."""
    return HubUnreachable(N_("The hub at {url} does not answer"), hint=SAFE, url=url, details=[str(why)])
