"""The bars for edits another program made in the file, which asks for a name and a reason, for little room
on the disk, and for a journal that is not whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.domain.catalog import BY_NAME
from app.domain.entities.people import ROLES
from app.domain.values import show_moment
from app.i18n import N_, listed, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.dialogs.reason import ReasonDialog
from app.ui.names import Names
from app.ui.theme import colours

_MOST = 200
_LOOK_MS = 2000  # how often the file is asked whether anybody has written: two stats, no reading
_DONE = {"insert": N_("added"), "update": N_("changed"), "delete": N_("deleted")}


class RoomBar(QWidget):
    """Says how much is free and what to do; hidden while there is enough."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        self._sign, self._words = QLabel(), QLabel(wordWrap=True)
        row = QHBoxLayout(self)
        metrics.tight(row, 1.5, 2)
        row.addWidget(self._sign)
        row.addWidget(self._words, 1)
        desk.room.said.connect(self.refresh)
        self.refresh()

    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def refresh(self) -> None:
        """Show or hide."""
        room, look = self._desk.room, colours()
        closed = bool(room.why_closed)
        name, colour = ("blocked", look.danger) if closed else ("warning", look.warning)
        self._sign.setPixmap(icons.pixmap(name, metrics.grid(5), colour))
        self._words.setText(room.words)
        self.setProperty("alarm", closed)
        self.style().polish(self)
        self.setVisible(bool(room.words))


class ChainBar(QWidget):
    """Says that the journal is not whole, for as long as the workspace lies open."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("alarm", True)
        self._desk = desk
        sign, self._words = QLabel(), QLabel(wordWrap=True)
        sign.setPixmap(icons.pixmap("warning", metrics.grid(5), colours().danger))
        row = QHBoxLayout(self)
        metrics.tight(row, 1.5, 2)
        row.addWidget(sign)
        row.addWidget(self._words, 1)
        desk.chain.said.connect(self.refresh)
        self.refresh()

    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def refresh(self) -> None:
        """Show or hide."""
        self._words.setText(self._desk.chain.words)
        self.setVisible(bool(self._desk.chain.words))


class ForeignEditsBar(QWidget):
    """Hidden while there is nothing to answer for."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._desk = desk
        self._edits: Sequence[Any] = ()
        self._told: list[tuple[str, str]] = []  # of the first edits the record's name and where it belongs
        self._stamp: tuple[tuple[int, int], ...] | None = None  # the file's as it was last looked into
        self.known = -1  # the last edit that every view has heard of; below 0 until the file was looked into
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sign = QLabel()
        sign.setPixmap(icons.pixmap("warning", metrics.grid(5), colours().warning))
        self._words = QLabel(wordWrap=True)
        self.button = QPushButton(tr(N_("Confirm these edits…")))
        self.button.clicked.connect(self.ask)
        row = QHBoxLayout(self)
        metrics.tight(row, 1.5, 2)
        row.addWidget(sign)
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        self.hide()
        desk.opened.connect(self._opened)
        desk.actor_changed.connect(self.look)
        desk.room.changed.connect(self._close)
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self.glance)

    def _opened(self) -> None:
        self.known = -1
        self.look()
        self._clock.start()

    def glance(self) -> None:
        """Look when anybody has written to the file since: another program does not say so."""
        session = self._desk.session
        if session is None:
            self._clock.stop()
        elif _stamp_of(session.workspace.path) != self._stamp:
            self.look()

    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def _close(self) -> None:
        self.button.setEnabled(not self._desk.room.why_closed)
        self.button.setToolTip(self._desk.room.why_closed)

    def look(self) -> None:
        """Ask the workspace what waits."""
        if self._desk.session is None:
            self.hide()
            return
        self._stamp = _stamp_of(self._desk.session.workspace.path)

        def work(session: Any, _: Any) -> Any:
            from app.actions.history import (
                SEALERS,
                external_edits,
            )  # late: actions load after the first paint

            may = session.actor is None or session.actor.role in SEALERS
            edits = external_edits(session)
            return edits, _told(session, edits), "" if may else listed(map(ROLES.label, SEALERS))

        self._desk.read(self, work, self._show, topic="foreign")

    def _show(self, found: tuple[Sequence[Any], list[tuple[str, str]], str]) -> None:
        edits = self._edits = found[0]
        self._told = found[1]
        self._tell_of(edits)
        self.button.setVisible(not found[2])
        records = len({(edit.entity, edit.uid) for edit in edits})
        words = N_(
            "{n} records were changed by another program. They are not sent until somebody answers for them."
        )
        if found[2]:
            words = N_(
                "{n} records were changed by another program; somebody else ({roles}) answers for them."
            )
        self._words.setText(tr(words, n=records, roles=found[2]))
        self.setVisible(bool(edits))

    def _tell_of(self, edits: Sequence[Any]) -> None:
        """Have every view read again what has been changed since the file was opened."""
        first, newest = self.known < 0, edits[-1].seq if edits else 0
        touched: dict[str, dict[str, None]] = {}
        for edit in edits:
            if edit.seq > self.known:
                touched.setdefault(edit.entity, {})[edit.uid] = None
        self.known = max(self.known, newest)
        if touched and not first:
            self._desk.tell_changed({entity: tuple(uids) for entity, uids in touched.items()})

    def ask(self) -> None:
        """Ask for the reason, then put the person's name under the edits that they see."""
        shown = self._edits
        lines = [_line(edit, told, self._desk.names) for edit, told in zip(shown, self._told, strict=False)]
        if len(shown) > _MOST:
            lines.append(tr(N_("… and {n} more"), n=len(shown) - _MOST))
        dialog = ReasonDialog(
            tr(N_("Edits from another program")),
            tr(N_("Your name is put under these edits. Say why they were made.")),
            tr(N_("Put my name under them")),
            lines,
            self.window(),
        )

        def work(session: Any, _: Any) -> int:
            from app.actions.history import seal  # late: actions load after the first paint

            return seal(session, dialog.reason(), shown[-1].seq)

        def send() -> None:
            self._desk.act(self, work, self._sealed, title=tr(N_("Confirming edits")))

        dialog.accepted.connect(send)
        dialog.open()

    def _sealed(self, count: int) -> None:
        self._desk.said.emit(tr(N_("{n} edits now carry your name"), n=count))
        self.look()


def _stamp_of(path: Path) -> tuple[tuple[int, int], ...]:
    """When the file and its log were written last, and how long they are."""
    found = []
    for name in (path, path.with_name(f"{path.name}-wal")):
        try:
            told = name.stat()
        except OSError:
            continue
        found.append((told.st_mtime_ns, told.st_size))
    return tuple(found)


def _told(session: Any, edits: Sequence[Any]) -> list[tuple[str, str]]:
    """Of the first edits what the record is called, and of a new one where it belongs."""
    from app.actions.history import title_of_edit  # late: actions load after the first paint
    from app.actions.whereabouts import whereabouts

    places = whereabouts(session, edits[:_MOST])
    told = []
    for edit in edits[:_MOST]:
        place = places.get((edit.entity, edit.uid)) if edit.operation == "insert" else None
        told.append((title_of_edit(session, edit), place.said if place else ""))
    return told


def _line(edit: Any, told: tuple[str, str], names: Names) -> str:
    title, said = told
    kind = BY_NAME.get(edit.entity)
    done = tr(_DONE.get(edit.operation, edit.operation))
    parts = [show_moment(edit.at), kind.text if kind else edit.entity, title, done]
    for change in edit.changes[:4]:
        field = kind.fields.get(change.field) if kind else None
        if field is not None:
            before, after = (names.show(field, value) or "—" for value in (change.before, change.after))
            parts.append(f"{tr(field.label)} {before} → {after}")
    return " · ".join(parts) + (f"\n    {said}" if said else "")
