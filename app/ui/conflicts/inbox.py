"""The inbox: what I may decide first, what others decide, what came from revoked laptops, what is settled."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QSplitter,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.domain.entities.conflict import Conflict
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.conflicts.asking import asking_of, looked_at, seen_by
from app.ui.conflicts.decide import decide
from app.ui.conflicts.detail import ConflictDetail
from app.ui.conflicts.model import (
    APART,
    KEPT,
    MERGED,
    MINE,
    NOT_TAKEN,
    OFFERED,
    REVOKED,
    SETTLED,
    SHELVES,
    ConflictList,
    is_refused,
    may_take,
    shelf_of,
)
from app.ui.conflicts.placemap import Scenes
from app.ui.desk import Desk, Touched
from app.ui.parts import muted

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView

_EMPTY = {
    MINE: N_(
        "Nothing waits for your decision. Where two people changed the same thing, both values come here."
    ),
    SETTLED: N_("Nothing has been settled yet."),
}
_NONE = N_("Nothing here.")
_RARE = (REVOKED, NOT_TAKEN, MERGED)  # shown only when something is there


class ConflictsPage(QSplitter):
    """`wanted` asks the window to show a record."""

    wanted = Signal(str, str)  # entity, uid

    def __init__(self, desk: Desk, scenes: Scenes, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._desk = desk
        self._views: Sequence[ConflictView] = ()
        self._by_shelf: dict[str, list[ConflictView]] = {}
        self._wish = ""  # the conflict to show
        self._wishes: Sequence[str] = ()  # of which the first to be read is shown
        self.shelves = QTabBar(documentMode=True, expanding=False)
        self.shelves.setUsesScrollButtons(True)
        for name, _ in SHELVES:
            self.shelves.setTabData(self.shelves.addTab(""), name)
        self.model = ConflictList(self)
        self.list = _list_view(self.model)
        self.detail = ConflictDetail(desk, scenes)
        self._none = muted()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()
        self._connect()
        self._take([])

    def _connect(self) -> None:
        self.shelves.currentChanged.connect(lambda _: self._show_shelf())
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._open(now))
        self.detail.taken.connect(self._decide)
        self.detail.wanted.connect(self.wanted)
        self._desk.changed.connect(self._records_changed)
        self._desk.actor_changed.connect(self.reload)
        for key, side in (("1", KEPT), ("2", OFFERED), ("3", APART)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda side=side: self._decide(side))

    def showEvent(self, event: QShowEvent) -> None:
        """The keys work at once, and what is listed is looked at; in place of an empty list one that asks."""
        super().showEvent(event)
        if not self._by_shelf[self._shelf()] and not self._wishes:
            asking = self._desk.sync.asking
            self.show_conflict(*(asking.mine or asking.refused or asking.others))
        self._take_keys()
        self._note_seen()

    def _take_keys(self) -> None:
        (self.list if self.model.views else self).setFocus()

    # ---- reading

    def reload(self) -> None:
        """Read the conflicts again."""
        if self._desk.session is None:
            self._take([])
            return
        self._desk.read(self, _read, self._take, topic="conflicts")

    def show_of(self, owner: str) -> None:
        """Show the first conflict of a record: one that is open, else what the hub refused."""
        about = [view for views in self._by_shelf.values() for view in views if view.record.uid == owner]
        about.sort(key=lambda view: (view.situation != "open", bool(view.settled_by)))
        if about:
            self.show_conflict(about[0].uid)

    def show_conflict(self, *uids: str) -> None:
        """Show the first of these conflicts, of several what the hub refused, in whichever list it stands; at
        the latest when it is read."""
        self._wishes = uids
        self._follow_wish()

    def _follow_wish(self) -> None:
        found = [view for views in self._by_shelf.values() for view in views if view.uid in self._wishes]
        if found:
            view = min(found, key=lambda view: not is_refused(view))
            self._wish, self._wishes = view.uid, ()
            self._go_to_shelf(shelf_of(view))
            self._show_shelf()
            self._take_keys()

    def _records_changed(self, touched: Touched) -> None:
        if Conflict.TYPE.name in touched:
            self.reload()

    def _take(self, views: Sequence[ConflictView]) -> None:
        self._by_shelf = {name: [] for name, _ in SHELVES}
        for view in views:
            self._by_shelf[shelf_of(view)].append(view)
        for at, (name, label) in enumerate(SHELVES):
            self.shelves.setTabText(at, tr(label, n=len(self._by_shelf[name])))
            self.shelves.setTabVisible(at, name not in _RARE or bool(self._by_shelf[name]))
        self._views = views
        self._count()
        self._show_shelf()
        self._follow_wish()

    def _count(self) -> None:
        """Tell the sync line what asks for somebody."""
        actor, kept = self._desk.actor, self._desk.preferences.seen_conflicts
        self._desk.sync.ask(asking_of(self._views, seen_by(kept, actor.uid if actor else "")))

    def _note_seen(self) -> None:
        """What stands in a list that is shown to somebody has been looked at."""
        actor, asking = self._desk.actor, self._desk.sync.asking
        views = self._by_shelf[self._shelf()]
        if actor is None or not self.isVisible():
            return
        if not {view.uid for view in views}.isdisjoint((*asking.others, *asking.refused)):
            kept = looked_at(self._desk.preferences.seen_conflicts, actor.uid, self._views, views)
            self._desk.remember(seen_conflicts=kept)
            self._count()

    # ---- showing

    def _shelf(self) -> str:
        return str(self.shelves.tabData(self.shelves.currentIndex()))

    def _go_to_shelf(self, shelf: str) -> None:
        at = next(at for at, (name, _) in enumerate(SHELVES) if name == shelf)
        self.shelves.setCurrentIndex(at)

    def _show_shelf(self) -> None:
        views = self._by_shelf[self._shelf()]
        before = self.list.currentIndex().row()
        shown = self._wish or (self.detail.view.uid if self.detail.view else "")
        self.model.show_views(views)
        self._none.setText(tr(_EMPTY.get(self._shelf(), _NONE)))
        self._left.setCurrentIndex(0 if views else 1)
        if not views:
            self._right.setCurrentIndex(1)
            self.detail.view = None
            return
        at = next((at for at, view in enumerate(views) if view.uid == shown), None)
        self._wish = ""
        row = at if at is not None else min(max(0, before), len(views) - 1)
        self.list.setCurrentIndex(self.model.index(row))
        self._open(self.list.currentIndex())
        self._note_seen()

    def _open(self, index: QModelIndex) -> None:
        if 0 <= index.row() < len(self.model.views):
            self._right.setCurrentIndex(0)
            view = self.model.views[index.row()]
            self.detail.show_view(view)
            if not view.in_full:
                self._desk.read(self, partial(_read_one, uid=view.uid), self._show_full, topic="conflict")

    def _show_full(self, view: ConflictView | None) -> None:
        shown = self.detail.view
        if view is not None and shown is not None and shown.uid == view.uid:
            self.detail.show_view(view)

    # ---- deciding

    def _decide(self, side: str) -> None:
        view = self.detail.view
        if view is not None and may_take(view, side):
            decide(self._desk, view, side, self.window())

    # ---- layout

    def _lay_out(self) -> None:
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        metrics.tight(column, 0, 0)
        column.addWidget(self.shelves)
        pages = QWidget()
        column.addWidget(pages, 1)
        self._left = _stack(pages, self.list, self._none)
        self._right = _stack(right, self.detail, muted())
        left.setMinimumWidth(metrics.chars(44))
        self.addWidget(left)
        self.addWidget(right)
        self.setStretchFactor(1, 1)
        self.setChildrenCollapsible(False)
        self.setSizes([metrics.chars(62), metrics.chars(100)])


class _AsWide(QStyledItemDelegate):
    """Rows as wide as the list, so that what is too long ends in dots."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The usual height."""
        return QSize(0, super().sizeHint(option, index).height())


def _stack(owner: QWidget, full: QWidget, empty: QWidget) -> QStackedLayout:
    stack = QStackedLayout(owner)
    stack.addWidget(full)
    around = QWidget()
    column = QVBoxLayout(around)
    metrics.tight(column, 6, 0)
    column.addWidget(empty)
    column.addStretch(1)
    stack.addWidget(around)
    return stack


def _list_view(model: ConflictList) -> QListView:
    view = QListView()
    view.setModel(model)
    view.setObjectName("inbox")
    view.setItemDelegate(_AsWide(view))
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setUniformItemSizes(True)
    view.setAlternatingRowColors(True)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setTextElideMode(Qt.TextElideMode.ElideRight)
    view.setFrameShape(QListView.Shape.NoFrame)
    view.setAccessibleName(tr(N_("Conflicts")))
    return view


def _read(session: Any, _: Any) -> Sequence[ConflictView]:
    from app.actions import conflicts  # late: actions load after the first paint

    return conflicts.open_conflicts(session, all=True, in_full=False)


def _read_one(session: Any, _: Any, uid: str) -> ConflictView | None:
    from app.actions import conflicts  # late: actions load after the first paint

    return conflicts.conflict_in_full(session, uid)
