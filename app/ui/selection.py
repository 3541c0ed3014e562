"""The one selection that map, ledger and record show: views set it and follow it, never each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.i18n import N_, tr

MOST = 5000  # what is marked on the map and shown in its place at once


@dataclass(frozen=True)
class Selected:
    """Records of one entity; `current` is the one the record panel shows (empty means none)."""

    entity: str = ""
    uids: tuple[str, ...] = ()
    current: str = ""

    def __contains__(self, uid: object) -> bool:
        return uid in self.uids


class Selection(QObject):
    """Holds what is selected and tells everybody when it changes."""

    changed = Signal(object)  # Selected

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = Selected()

    @property
    def now(self) -> Selected:
        """What is selected."""
        return self._now

    def choose(self, entity: str, uids: Iterable[str], current: str = "") -> None:
        """Select these records; without `current` the first is the one shown."""
        picked = tuple(dict.fromkeys(uids))
        self._set(Selected(entity, picked, current or (picked[0] if picked else "")))

    def toggle(self, entity: str, uid: str) -> None:
        """Add a record to the selection, or take it away."""
        old = self._now.uids if self._now.entity == entity else ()
        uids = tuple(kept for kept in old if kept != uid) if uid in old else (*old, uid)
        self.choose(entity, uids, uid if uid in uids else "")

    def forget(self, entity: str, gone: Iterable[str]) -> None:
        """Drop records that no longer exist."""
        missing = set(gone)
        if self._now.entity == entity and missing & set(self._now.uids):
            self.choose(entity, [uid for uid in self._now.uids if uid not in missing])

    def clear(self) -> None:
        """Select nothing."""
        self._set(Selected(self._now.entity))

    def _set(self, wanted: Selected) -> None:
        if wanted != self._now:
            self._now = wanted
            self.changed.emit(wanted)


def cut(uids: Sequence[str], say: Callable[[str], object]) -> list[str]:
    """As many of these, each named once, as are selected at once; says so when some are left out."""
    if len(uids) > MOST:
        say(tr(N_("{n} found: the first {most} are selected, not more at once"), n=len(uids), most=MOST))
    return list(uids[:MOST])
