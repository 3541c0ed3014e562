"""The one honest line about what is sent and what is safe, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.values import as_datetime, bureau_day, show_moment
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.syncing import SyncStatus

_DAY = len("2026-11-23")


@dataclass(frozen=True)
class Line:
    """What the line says, the tone of its colour ("" is quiet), its icon, and a longer sentence."""

    words: str
    tone: str
    icon: str
    tip: str


def line_of(
    status: SyncStatus, today: str, offline_since: str = "", to_decide: int = 0, next_try: str = ""
) -> Line:
    """The line of a state.

    `today` is the bureau's day (ISO), for leaving out the date; `offline_since` the first failure seen;
    `to_decide` the conflicts this person may decide; `next_try` when the hub is asked again by itself.
    """
    if status.state == "offline" or (status.state == "safe" and status.last_sync and offline_since):
        first = _offline(status, today, offline_since, next_try)
    else:
        makers = {"alone": _alone, "safe": _safe, "unsent": _unsent, "revoked": _revoked}
        first = makers[status.state](status, today)
    parts = [first.words]
    tip = first.tip
    if is_restored(status, today):
        parts.append(tr(N_("the hub was restored")))
        tip = f"{tip}\n{restored_words(status)}"
    if status.waiting_for_reason:
        parts.append(tr(N_("{n} wait for a reason"), n=f"{status.waiting_for_reason:,}"))
    if to_decide:
        parts.append(tr(N_("{n} to decide"), n=f"{to_decide:,}"))
    asks = bool(status.waiting_for_reason or to_decide)
    tone = first.tone if first.tone in ("warning", "danger") or not asks else "warning"
    return Line(" · ".join(parts), tone, first.icon, tip)


def is_restored(status: SyncStatus, today: str) -> bool:
    """Whether the hub turned out today to have been brought back from a backup."""
    return bool(status.restored_at) and bureau_day(as_datetime(status.restored_at)) == today


def restored_words(status: SyncStatus) -> str:
    """When the hub turned out to have been brought back from a backup, and what it got back from here."""
    if not status.restored_at:
        return ""
    said = N_("The hub was restored from a backup. Noticed {when}; {n} changes were given back from here.")
    return tr(said, when=show_moment(status.restored_at), n=f"{status.given_back:,}")


def running_line(done: int, total: int) -> Line:
    """The line while a round is under way."""
    share = tr(N_("Syncing… {share} %"), share=100 * done // total) if total else tr(N_("Syncing…"))
    tip = N_("You can go on working. Click to see what is being sent, or to stop.")
    return Line(share, "", "sync", tr(tip))


def near_moment(value: str, today: str) -> str:
    """A moment as a person says it: only the time on the same day, else month, day and time."""
    shown = show_moment(value)
    return shown[_DAY + 1 :] if shown[:_DAY] == today else shown[5:] if shown[:4] == today[:4] else shown


def unsent_words(count: int) -> str:
    """How many changes the hub has not got, and that they are safe."""
    return tr(N_("{n} unsent · safe on this laptop"), n=f"{count:,}")


def _alone(status: SyncStatus, _: str) -> Line:
    tip = N_("This workspace belongs to no hub. Everything is written to this laptop at once.")
    return Line(tr(N_("On this laptop")), "", "laptop", tr(tip))


def _safe(status: SyncStatus, today: str) -> Line:
    if not status.last_sync:
        tip = N_("The hub has not heard from this laptop yet. Sync, or bring it a bundle on a USB stick.")
        return Line(tr(N_("Not synced yet")), "warning", "offline", f"{tr(tip)}\n{status.last_error}".strip())
    words = tr(N_("All sent · last sync {when}"), when=near_moment(status.last_sync, today))
    if status.last_error:
        return Line(words, "", "offline", status.last_error)
    return Line(words, "good", "safe", tr(N_("The hub has answered for every change of this laptop.")))


def _unsent(status: SyncStatus, _: str) -> Line:
    tip = N_("Changes are written to this laptop at once; the bureau's server has not got them yet.")
    return Line(unsent_words(status.unsent), "", "safe", tr(tip))


def _offline(status: SyncStatus, today: str, since: str, next_try: str) -> Line:
    words = tr(N_("Offline"))
    if since:
        words = tr(N_("Offline since {when}"), when=near_moment(since, today))
    rest = unsent_words(status.unsent) if status.unsent else tr(N_("nothing unsent"))
    tip = N_("The hub cannot be reached. Go on working: all is kept here and sent when it answers again.")
    again = tr(N_("Next try {when}"), when=near_moment(next_try, today)) if next_try else ""
    told = "\n".join(part for part in (tr(tip), status.last_error, again) if part)
    return Line(f"{words} · {rest}", "warning" if status.unsent else "", "offline", told)


def _revoked(status: SyncStatus, _: str) -> Line:
    words = tr(N_("This laptop was revoked"))
    if status.unsent:
        words = f"{words} · {tr(N_('{n} unsent, kept here'), n=f'{status.unsent:,}')}"
    tip = N_("The hub takes nothing from this laptop any more. Nothing is lost; ask the bureau.")
    return Line(words, "danger", "blocked", tr(tip))
