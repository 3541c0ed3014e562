"""The left side of the map: the theme, the tree of its layers, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.map.arranging import MapArranging
from app.ui.map.layers import LayerTree
from app.ui.messages import ask, ask_word


class LayerPane(QWidget):
    """Arranges through `MapArranging`; asks for dialogs by signals."""

    wanted = Signal(str)  # the properties of a layer
    adding = Signal()  # a file is to be chosen
    adding_folder = Signal()  # a folder of tiles is to be chosen
    going_online = Signal()  # online maps are to be switched on or off
    fetching = Signal(str)  # the file of an added layer is to be looked for
    zooming = Signal(str)  # to a layer

    def __init__(self, arranging: MapArranging, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._arranging = arranging
        self.tree = LayerTree(self)
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(tr(N_("Map theme")))
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.chooser.setMinimumContentsLength(8)
        self.actions_by_name: dict[str, QAction] = {}
        self._make_actions()
        self._lay_out()
        self._connect()

    def _connect(self) -> None:
        arranging, tree = self._arranging, self.tree
        self.chooser.activated.connect(lambda at: arranging.choose(self.chooser.itemData(at)))
        tree.switched.connect(arranging.switch)
        tree.renamed.connect(arranging.rename)
        tree.moved.connect(arranging.move)
        tree.grouped.connect(arranging.group)
        tree.group_renamed.connect(arranging.rename_group)
        tree.group_moved.connect(arranging.move_group)
        tree.wanted.connect(self.wanted)
        tree.asked.connect(self._show_menu)
        tree.currentItemChanged.connect(lambda *_: self._enable())

    def show_arrangement(self, palette: str) -> None:
        """The themes there are and the layers of the one that is shown."""
        arranging, book = self._arranging, self._arranging.book
        self.chooser.clear()
        for theme_id in book.theme_ids():
            self.chooser.addItem(tr(book.title_of(theme_id)), theme_id)
        self.chooser.setCurrentIndex(self.chooser.findData(arranging.theme_id))
        self.chooser.setToolTip(self.chooser.currentText())
        self.tree.show_theme(arranging.theme(palette))
        self.tree.show_faults(arranging.faults())
        self._enable()

    def clear(self) -> None:
        """No workspace."""
        self.chooser.clear()
        self.tree.clear()

    # ---- what can be done

    def _make_actions(self) -> None:
        tree, arranging = self.tree, self._arranging
        rows = (
            ("add", "add", N_("Lay a file over the map…"), self.adding.emit),
            ("folder", "", N_("Lay a folder of tiles under the map…"), self.adding_folder.emit),
            ("online", "", N_("Online map (Tianditu)…"), self.going_online.emit),
            ("properties", "style", N_("Symbols, labels, scales…"), lambda: self.wanted.emit(tree.current())),
            ("up", "up", N_("Move the layer or group up (Alt+Up)"), lambda: tree.shift_current(True)),
            (
                "down",
                "down",
                N_("Move the layer or group down (Alt+Down)"),
                lambda: tree.shift_current(False),
            ),
            ("rename", "", N_("Rename (F2)"), tree.rename_current),
            ("group", "", N_("Move to a group…"), self._ask_group),
            ("zoom", "", N_("Zoom to the layer"), lambda: self.zooming.emit(tree.current())),
            ("again", "", N_("Read the file again"), lambda: arranging.read_again(tree.current())),
            ("fetch", "", N_("The file is elsewhere…"), lambda: self.fetching.emit(tree.current())),
            ("remove", "delete", N_("Take off the map"), self._remove),
            ("save", "", N_("Save as a theme…"), self._save),
            ("drop", "", N_("Remove this theme"), self._drop),
            ("first", "", N_("As it came"), self._as_shipped),
        )
        for name, icon, words, run in rows:
            made = QAction(icons.icon(icon) if icon else QIcon(), tr(words), self)
            made.triggered.connect(lambda _=False, run=run: run())
            self.actions_by_name[name] = made

    def _enable(self) -> None:
        layer, acts = self.tree.current(), self.actions_by_name
        added = self._arranging.book.layer(layer) if layer else None
        for name in ("properties", "group", "zoom"):
            acts[name].setEnabled(bool(layer))
        for name in ("up", "down", "rename"):
            acts[name].setEnabled(bool(layer or self.tree.current_group()))
        for name in ("again", "fetch", "remove"):
            acts[name].setEnabled(added is not None)
        acts["drop"].setEnabled(self._arranging.book.is_own(self._arranging.theme_id))

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.chooser, 1)
        menu = QMenu(self)
        names = ("add", "folder", "online", "save", "drop", "first")
        menu.addActions([self.actions_by_name[name] for name in names])
        more = self._button("layers", tr(N_("Themes and files")))
        more.setMenu(menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        top.addWidget(more)
        foot = QHBoxLayout()
        for name in ("add", "properties", "up", "down", "remove"):
            button = self._button("", "")
            button.setDefaultAction(self.actions_by_name[name])
            foot.addWidget(button)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        metrics.tight(column, 0.5, 0.5)
        column.addLayout(top)
        column.addWidget(self.tree, 1)
        column.addLayout(foot)

    def _button(self, icon: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("flat", True)
        if icon:
            icons.wear(button, icon)
            button.setToolTip(words)
            button.setAccessibleName(words)
        return button

    def _show_menu(self, layer: str, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(
            [self.actions_by_name[n] for n in ("properties", "rename", "group", "zoom", "up", "down")]
        )
        if self._arranging.book.layer(layer) is not None:
            menu.addSeparator()
            menu.addActions([self.actions_by_name[name] for name in ("again", "fetch", "remove")])
        menu.popup(at)

    def _remove(self) -> None:
        layer = self._arranging.book.layer(self.tree.current())
        question = N_("Take “{name}” off the map?")
        hint = tr(N_("Its file stays where it is; how the layer was shown is forgotten."))
        if layer and ask(self, tr(question, name=layer.title), tr(N_("Take off the map")), hint):
            self._arranging.remove(layer.id)

    def _save(self) -> None:
        name = ask_word(self, N_("Save as a theme"), N_("Name of the theme"))
        if name:
            self._arranging.save_as(name)

    def _drop(self) -> None:
        question = tr(N_("Remove the theme “{name}”?"), name=self.chooser.currentText())
        if ask(self, question, tr(N_("Remove this theme"))):
            self._arranging.drop_theme()

    def _as_shipped(self) -> None:
        question = tr(N_("Show all layers of this theme as they came?"))
        hint = tr(N_("Own symbols, names, order and scales of this theme are forgotten."))
        if ask(self, question, tr(N_("As it came")), hint):
            self._arranging.as_shipped()

    def _ask_group(self) -> None:
        layer = self.tree.current()
        name = ask_word(self, N_("Move to a group…"), N_("Name of the group, new or old"))
        if layer and name:
            self._arranging.to_group(layer, name)
