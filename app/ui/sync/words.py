"""The one honest line about what is sent and what is safe, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.values import as_datetime, bureau_day, show_moment
from app.errors import AppError, HubUnreachable
from app.i18n import N_, tr
from app.ui.tasks import waited_for

if TYPE_CHECKING:
    from app.actions.syncing import SyncStatus

_DAY = len("2026-11-23")
# Why rounds fail, in two or three words, by the code of what was raised; other failures say less here and
# more in the tip.
_FAILED = {
    "keys_locked": N_("Keys locked"),
    "keys_missing": N_("Keys missing"),
    "wrong_fingerprint": N_("Another hub answers"),
    "untrusted_certificate": N_("Nobody vouches for the hub’s certificate"),
    "not_a_hub": N_("No hub at this address"),
    "unknown_device": N_("The hub does not know this laptop"),
    "disk_full": N_("The hub’s disk is full"),
    "too_many": N_("The hub is busy"),
    "too_old": N_("Program too old"),
    "blobs": N_("The hub cannot reach its attachments"),
    "hub_failed": N_("The hub has failed"),
}


@dataclass(frozen=True)
class Line:
    """What the line says, the tone of its colour ("" is quiet), its icon, and a longer sentence."""

    words: str
    tone: str
    icon: str
    tip: str


@dataclass(frozen=True)
class Trying:
    """How the rounds of this laptop go: what the last one failed with (None when it did not), since when the
    hub is out of reach, and when it is asked again by itself (moments, or empty)."""

    failure: Exception | None = None
    offline_since: str = ""
    next_try: str = ""


@dataclass(frozen=True)
class Asking:
    """Uids of conflicts: those that whoever is signed in decides, those of this laptop that others decide,
    and what the hub did not take of it. Of the last two only what they have not looked at."""

    mine: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.mine) + len(self.others) + len(self.refused)


def line_of(status: SyncStatus, today: str, trying: Trying = Trying(), asking: Asking = Asking()) -> Line:
    """The line of a state; `today` is the bureau's day (ISO), for leaving out the date."""
    if status.wanted and status.state != "revoked":
        first = _outdated(status)
    elif _is_held_up(status, trying):
        first = _held_up(status, today, trying)
    else:
        makers = {"alone": _alone, "safe": _safe, "unsent": _unsent, "revoked": _revoked}
        first = makers[status.state](status, today)
    parts = [first.words]
    tip = first.tip
    if is_restored(status, today):
        parts.append(tr(N_("the hub was restored")))
        tip = f"{tip}\n{restored_words(status)}"
    if status.short:
        parts.append(tr(N_("no room to fetch")))
        tip = f"{tip}\n{tr(N_('There is too little room on the disk: what others did is not fetched.'))}"
    if status.waiting_for_reason:
        parts.append(tr(N_("{n} wait for a reason"), n=f"{status.waiting_for_reason:,}"))
    if status.state == "revoked":
        asking = Asking()  # the hub takes no decision from here
    for said, why, uids in _asked(asking):
        parts.append(tr(said, n=f"{len(uids):,}"))
        tip = f"{tip}\n{tr(why)}" if why else tip
    asks = bool(status.waiting_for_reason or asking.count or status.short)
    tone = first.tone if first.tone in ("warning", "danger") or not asks else "warning"
    return Line(" · ".join(parts), tone, first.icon, tip)


def _asked(asking: Asking) -> list[tuple[str, str, tuple[str, ...]]]:
    """What is said in the line, and why in the tip."""
    told = (
        (
            N_("{n} not accepted"),
            N_("The hub did not accept part of what was written here. It is kept; the inbox says why."),
            asking.refused,
        ),
        (N_("{n} to decide"), "", asking.mine),
        (
            N_("{n} for others to decide"),
            N_("Something written here and something of others contradict each other: somebody decides."),
            asking.others,
        ),
    )
    return [item for item in told if item[2]]


def is_restored(status: SyncStatus, today: str) -> bool:
    """Whether the hub turned out today to have been brought back from a backup."""
    return bool(status.restored_at) and bureau_day(as_datetime(status.restored_at)) == today


def restored_words(status: SyncStatus) -> str:
    """When the hub turned out to have been brought back from a backup, and what it got back from here."""
    if not status.restored_at:
        return ""
    said = N_("The hub was restored from a backup. Noticed {when}; {n} changes were given back from here.")
    if not status.given_back:
        said = N_("The hub was restored from a backup. Noticed {when}; it lacked nothing that is only here.")
    return tr(said, when=show_moment(status.restored_at), n=f"{status.given_back:,}")


def running_line(done: int, total: int, words: str, silent: bool = False) -> Line:
    """The line while a round is under way; `silent` when the hub has been waited for for a while. The words
    of a round that counts nothing yet are what it waits for."""
    if silent:
        told = N_(
            "The hub lets us wait. You can go on working; all is kept here. Click to see more, or to stop."
        )
        return Line(tr(N_("Waiting for the hub…")), "", "sync", tr(told))
    if waits := waited_for(done, total, words):
        tip = N_("All is kept here. Click to see more, or to stop.")
        return Line(waits, "warning", "sync", tr(tip))
    share = tr(N_("Syncing… {share} %"), share=100 * done // total) if total else tr(N_("Syncing…"))
    tip = N_("You can go on working. Click to see what is being sent, or to stop.")
    return Line(share, "", "sync", tr(tip))


def near_moment(value: str, today: str) -> str:
    """A moment as a person says it: only the time on the same day, else month, day and time."""
    shown = show_moment(value)
    return shown[_DAY + 1 :] if shown[:_DAY] == today else shown[5:] if shown[:4] == today[:4] else shown


def unsent_words(count: int, files: int = 0) -> str:
    """How many changes and papers the hub has not got, and that they are safe."""
    said = N_("{n} unsent · safe on this laptop")
    if files:
        said = N_("{n} unsent and {files} papers · safe on this laptop")
        said = said if count else N_("{files} papers unsent · safe on this laptop")
    return tr(said, n=f"{count:,}", files=f"{files:,}")


def _alone(status: SyncStatus, _: str) -> Line:
    tip = N_("This workspace belongs to no hub. Everything is written to this laptop at once.")
    return Line(tr(N_("On this laptop")), "", "laptop", tr(tip))


def _safe(status: SyncStatus, today: str) -> Line:
    if not status.last_sync:
        tip = N_("The hub has not heard from this laptop yet. Sync, or bring it a bundle on a USB stick.")
        return Line(tr(N_("Not synced yet")), "warning", "offline", f"{tr(tip)}\n{status.last_error}".strip())
    words = tr(N_("All sent · last sync {when}"), when=near_moment(status.last_sync, today))
    if status.damaged:
        from app.actions.syncing import damaged_words  # late: actions load after the first paint

        words = f"{words} · {tr(N_('{n} papers damaged, not sent'), n=len(status.damaged))}"
        return Line(words, "warning", "warning", damaged_words(status.damaged))
    if status.last_error:
        return Line(words, "", "offline", status.last_error)
    return Line(words, "good", "safe", tr(N_("The hub has answered for every change of this laptop.")))


def _unsent(status: SyncStatus, _: str) -> Line:
    tip = N_("Changes are written to this laptop at once; the bureau's server has not got them yet.")
    return Line(unsent_words(status.unsent, status.files_unsent), "", "safe", tr(tip))


def _waits(status: SyncStatus) -> bool:
    """Whether anything here is not at the hub."""
    return bool(status.unsent or status.files_unsent)


def _is_held_up(status: SyncStatus, trying: Trying) -> bool:
    """Whether rounds fail. What was never in touch says so instead, unless there is more to say than that."""
    if status.state in ("alone", "revoked"):
        return False
    if trying.failure is not None and not isinstance(trying.failure, HubUnreachable):
        return True
    failed = trying.failure is not None or bool(trying.offline_since)
    return status.state == "offline" or (failed and bool(status.last_sync or _waits(status)))


def _held_up(status: SyncStatus, today: str, trying: Trying) -> Line:
    failure, code = trying.failure, getattr(trying.failure, "code", "")
    away = failure is None or code == HubUnreachable.code
    if away:
        words = tr(N_("Offline"))
        if trying.offline_since:
            words = tr(N_("Offline since {when}"), when=near_moment(trying.offline_since, today))
        tip = N_("The hub cannot be reached. Go on working: all is kept here and sent when it answers again.")
        told = [tr(tip), status.last_error]
    else:
        words = tr(_FAILED.get(code, N_("Sync fails")))
        told = [failure.told if isinstance(failure, AppError) else str(failure)]
    waits = unsent_words(status.unsent, status.files_unsent)
    parts = [words, waits if _waits(status) else tr(N_("nothing unsent"))]
    if trying.next_try and code != "keys_locked":  # signing in is what begins the next round then
        parts.insert(1, tr(N_("next try {when}"), when=near_moment(trying.next_try, today)))
    tone = "" if away and not _waits(status) else "warning"
    return Line(" · ".join(parts), tone, "offline" if away else "warning", "\n".join(filter(None, told)))


def _outdated(status: SyncStatus) -> Line:
    from app.actions.syncing import wanted_words  # late: actions load after the first paint

    waits = unsent_words(status.unsent, status.files_unsent) if _waits(status) else tr(N_("nothing unsent"))
    words = tr(N_("Install version {least} or newer to sync"), least=status.wanted)
    return Line(f"{words} · {waits}", "warning", "warning", wanted_words(status.wanted))


def _revoked(status: SyncStatus, _: str) -> Line:
    words = tr(N_("This laptop was revoked"))
    left = status.unsent - status.handed_in
    if status.handed_in and not left:
        words = f"{words} · {tr(N_('{n} at the hub for a person to look at'), n=f'{status.handed_in:,}')}"
    elif status.unsent:
        words = f"{words} · {tr(N_('{n} unsent, kept here'), n=f'{left:,}')}"
    tip = N_("The hub takes nothing from this laptop any more. Nothing is lost; ask the bureau.")
    return Line(words, "danger", "blocked", tr(tip))
