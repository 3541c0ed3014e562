"""Keeps how a ledger is arranged: as it was left, for the next start, and as views under names."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QMenu, QPushButton

from app.i18n import N_, tr
from app.ui import messages
from app.ui.desk import Desk
from app.ui.ledger.arranging import Arranging
from app.ui.ledger.filterbar import FilterBar
from app.ui.ledger.layout import ColumnLayout
from app.ui.ledger.views import Kept, View, read_kept, write_kept

_QUIET_MS = 400
_MOST_VIEWS = 60
_LONGEST_NAME = 40


class Viewing(QObject):
    """The button “Views” and what it does.

    Views under names belong to the laptop, for all who work on it; how the ledger is left belongs to whoever
    is signed in.
    """

    def __init__(self, desk: Desk, arranging: Arranging, layout: ColumnLayout, bar: FilterBar) -> None:
        super().__init__(bar)
        self._desk, self._arranging, self._layout, self._bar = desk, arranging, layout, bar
        self._kind = arranging.kind
        self._who = _person(desk)
        self.name = ""
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self._menu = QMenu(self.button)
        self._menu.aboutToShow.connect(self.fill_menu)
        self.button.setMenu(self._menu)
        self._as_left()
        self._delay = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._delay.timeout.connect(self.remember)
        layout.changed.connect(self._delay.start)
        arranging.changed.connect(self._delay.start)
        desk.actor_changed.connect(self._switch)

    @property
    def kept(self) -> Kept:
        """What is kept for this ledger."""
        return read_kept(self._desk.preferences.ledger_views, self._kind, self._who)

    def now(self, name: str = "") -> View:
        """How the ledger is arranged now."""
        arranging, layout = self._arranging, self._layout
        return View(
            name, layout.shown(), layout.widths(), layout.frozen, arranging.sorts,
            tuple(arranging.filters.values()), arranging.groups, self._bar.held(),
        )  # fmt: skip

    def use(self, name: str) -> None:
        """Arrange the ledger as a view has it."""
        view = self.kept.view(name)
        if view is None:
            return
        self.name = name
        self._take(view, boxes=True)
        self._say()
        self.remember()

    def save(self, name: str) -> None:
        """Keep the arrangement under a name; one of the same name is overwritten."""
        clean = " ".join(name.split())
        if not clean:
            return
        if clean not in self.kept.names() and len(self.kept.named) >= _MOST_VIEWS:
            messages.tell(
                self._bar, tr(N_("A ledger keeps at most {n} views; remove one first."), n=_MOST_VIEWS)
            )
            return
        self.name = clean
        self._keep(self.kept.with_view(self.now(clean)))
        self._say()
        self._desk.said.emit(tr(N_("The view “{name}” is saved"), name=clean))

    def remove(self, name: str) -> None:
        """Forget a view; the table stays as it is."""
        self.name = "" if self.name == name else self.name
        self._keep(self.kept.without(name))
        self._say()

    def standard(self) -> None:
        """The ledger as it was before anybody arranged it."""
        self.name = ""
        self._layout.freeze(0)
        self._layout.standard()
        self._bar.put({})
        self._arranging.put(self._arranging.first_sorts(), (), ())
        self._say()

    def remember(self) -> None:
        """Keep how the ledger is left."""
        self._delay.stop()
        self._keep(Kept(self.now(self.name), self.kept.named))

    def fill_menu(self) -> None:
        """The views, the one in use ticked, and what can be done with them."""
        menu = self._menu
        menu.clear()
        for name in self.kept.names():
            action = menu.addAction(name, lambda name=name: self.use(name))
            action.setCheckable(True)
            action.setChecked(name == self.name)
        menu.addSeparator()
        if self.name:
            menu.addAction(
                tr(N_("Save the view “{name}” again"), name=self.name), lambda: self.save(self.name)
            )
        menu.addAction(tr(N_("Save as a view…")), self.ask_name)
        if self.kept.named:
            gone = menu.addMenu(tr(N_("Remove a view")))
            for name in self.kept.names():
                gone.addAction(name, lambda name=name: self.ask_remove(name))
        menu.addAction(tr(N_("Columns, order and filters as at first")), self.standard)

    def ask_name(self) -> None:
        """Ask for the name of a view; a name that is taken is asked about."""
        asked = messages.ask_word(self._bar, N_("Save as a view"), N_("Name of the view"), self.name)
        name = asked[:_LONGEST_NAME]
        if not name:
            return
        taken = " ".join(name.split()) in self.kept.names()
        question = tr(N_("There is a view “{name}” already. Overwrite it?"), name=name.strip())
        if not taken or messages.ask(self._bar, question, tr(N_("Overwrite"))):
            self.save(name)

    def ask_remove(self, name: str) -> None:
        """Remove a view after asking."""
        if messages.ask(self._bar, tr(N_("Remove the view “{name}”?"), name=name), tr(N_("Remove"))):
            self.remove(name)

    def flush(self) -> None:
        """Keep at once what waits to be kept: the window closes, or another workspace comes."""
        if self._delay.isActive():
            self.remember()

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """The pane is hidden: the window closes or shows another page."""
        if event.type() == QEvent.Type.Hide:
            self.flush()
        return False

    def _switch(self) -> None:
        """Somebody else signed in: keep how it is left, and arrange it as this person left it."""
        who = _person(self._desk)
        if who == self._who or self._desk.actor is None:
            return
        self.flush()
        self._who = who
        self._as_left()

    def _as_left(self) -> None:
        kept = self.kept
        if kept.now is not None:
            self.name = kept.now.name if kept.now.name in kept.names() else ""
            self._take(kept.now, boxes=False)
        self._say()

    def _take(self, view: View, *, boxes: bool) -> None:
        self._layout.show(view.columns, view.widths)
        self._layout.freeze(view.frozen)
        if boxes:
            self._bar.put(view.boxes)
        self._arranging.put(view.sorts, view.filters, view.groups)

    def _keep(self, kept: Kept) -> None:
        held = self._desk.preferences.ledger_views
        self._desk.remember(ledger_views=write_kept(held, self._kind, kept, self._who))

    def _say(self) -> None:
        self.button.setText(
            f"{tr(N_('View: {name}'), name=_short(self.name)) if self.name else tr(N_('Views'))} ▾"
        )
        self.button.setToolTip(self.name)


def _person(desk: Desk) -> str:
    return desk.actor.uid if desk.actor else ""


def _short(name: str) -> str:
    return name if len(name) <= 8 else name[:7] + "…"
