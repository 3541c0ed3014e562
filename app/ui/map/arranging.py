"""Arranges the layers of the map for the person at it: themes, order, look, files laid over it; remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.carto.arranging import Arrangement
from app.carto.legend import GROUP_TITLES
from app.carto.mapbook import FEATURES, AddedLayer, MapBook
from app.carto.theme import DARK, LIGHT, Theme
from app.errors import AppError, Cancelled
from app.i18n import N_, tr
from app.settings import OFF, ON, tiles_folder
from app.ui.desk import Desk
from app.ui.tasks import Callbacks, Lane, Token
from app.ui.theme import colours

if TYPE_CHECKING:
    from app.actions.map_layers import MapLayers

Tick = Callable[[float], None]  # called with the share that is done; may raise to cancel
_AGAIN_MS = 60_000  # without a network it is not tried again sooner
THEME_OF = {  # ledger -> its first theme
    "boiler": "boilers",
    "grid_cell": "cells",
    "water_source": "sources",
    "built_up_area": "boilers",
    "patrol": "coverage",
}


def reading(token: Token) -> Tick:
    """What a map file's reader calls with the share that is done; raises Cancelled when it is to stop."""
    from app.actions.watching import Watch  # late: actions load after the first paint

    stopped = Cancelled(
        N_("The file was not read: it was stopped."), hint=N_("Read it again by the menu of its layer.")
    )
    return Watch(token.progress, token.cancelled).ticker("", stopped)


def palette_in_use() -> str:
    """The map's palette that goes with the window's."""
    return DARK if colours().dark else LIGHT


def _group_named(name: str) -> str:
    """The group that is shown with a name: a shipped one, or one of a person's own."""
    return next((group for group, words in GROUP_TITLES.items() if tr(words) == name), name)


class MapArranging(QObject):
    """Holds no arrangement of its own: the book lies with the session. `changed` says that the theme is to
    be drawn anew, with the entities whose features are other than before."""

    changed = Signal(object)  # tuple[str, ...]
    arrived = Signal()  # tiles of an online map have been fetched

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self.entity = "boiler"
        self._previewed: tuple[str, Arrangement] | None = None
        self._before = MapBook()  # as opened, or as last saved as a theme: what is not yet anybody's choice
        self._waiting = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        desk.preferences_changed.connect(self.preferred)

    # ---- what there is

    @property
    def layers(self) -> MapLayers | None:
        """The map of the open workspace."""
        session = self._desk.session
        if session is None:
            return None
        from app.actions.map_layers import map_layers  # late: actions load after the first paint

        return map_layers(session)

    @property
    def book(self) -> MapBook:
        """Everything that is arranged."""
        return self.layers.book if self.layers else MapBook()

    @property
    def theme_id(self) -> str:
        """The theme the ledger is shown with."""
        chosen = self.book.chosen.get(self.entity, "")
        return chosen if chosen in self.book.theme_ids() else THEME_OF[self.entity]

    @property
    def arrangement(self) -> Arrangement:
        """How the theme is arranged, what is only being tried included."""
        if self._previewed and self._previewed[0] == self.theme_id:
            return self._previewed[1]
        return self.book.arrangement(self.theme_id)

    def theme(self, palette: str) -> Theme:
        """The theme to draw."""
        return self._tried().theme(self.theme_id, palette)

    def table(self, layer: str) -> dict[str, Any]:
        """The table of one of its layers."""
        return self._tried().table(self.theme_id, layer)

    def _tried(self) -> MapBook:
        return self.book.arranging(self.theme_id, self.arrangement)

    def faults(self) -> dict[str, str]:
        """Why added layers cannot be shown, by layer."""
        layers = self.layers
        found = layers.faults if layers else {}
        return {name: e.told for name, e in found.items()}

    # ---- opening

    def opened(self) -> None:
        """A workspace has been opened: say what could not be read, and read the files laid over its map."""
        layers = self.layers
        if layers is None:
            return
        self._before = layers.book
        self._allow_online(layers)
        if layers.fault is not None:
            self._desk.said.emit(f"{layers.fault.message} {layers.fault.hint}")
        if any(layer.kind == FEATURES for layer in layers.book.added):
            self._read(lambda found, tick: found.load_missing(tick))

    def _read(self, work: Callable[[MapLayers, Tick], None], entities: tuple[str, ...] = ()) -> None:
        """Read files in a thread; the map is drawn with them as soon as they are there."""
        layers = self.layers
        if layers is None:
            return
        touched = entities or tuple(layer.entity for layer in layers.book.added)

        def run(token: Token) -> None:
            work(layers, reading(token))

        self._desk.tasks.run(self, run, lambda _: self._loaded(touched), title=tr(N_("Reading map files")))

    def _loaded(self, entities: tuple[str, ...]) -> None:
        self.changed.emit(entities)
        if faults := self.faults():
            self._desk.said.emit(next(iter(faults.values())))

    # ---- arranging

    def take(self, book: MapBook, entities: tuple[str, ...] = ()) -> None:
        """Show and remember a book."""
        layers = self.layers
        if layers is None:
            return
        self._previewed = None
        layers.book = book
        self.changed.emit(entities)
        self._desk.tasks.run(
            self, lambda _: layers.keep(), Callbacks(lambda _: None, self._not_kept), lane=Lane.WRITE
        )

    def _not_kept(self, error: Exception) -> None:
        if isinstance(error, AppError):
            self._desk.said.emit(error.told)
        else:
            self._desk.failed.emit(error)

    def arrange(self, arrangement: Arrangement) -> None:
        """Show and remember the theme arranged like this."""
        self.take(self.book.arranging(self.theme_id, arrangement))

    def try_out(self, arrangement: Arrangement | None) -> None:
        """Show the theme arranged like this without remembering it; None shows it as remembered. Raises
        Invalid for what cannot be drawn, and shows what was shown."""
        before, self._previewed = self._previewed, (self.theme_id, arrangement) if arrangement else None
        try:
            self.theme(LIGHT)
        except AppError:
            self._previewed = before
            raise
        self.changed.emit(())

    def choose(self, theme_id: str) -> None:
        """Show the ledger with another theme."""
        self.take(self.book.choosing(self.entity, theme_id))

    def switch(self, shown: Mapping[str, bool]) -> None:
        """Layers on or off."""
        arrangement = self.arrangement
        for layer, on in shown.items():
            arrangement = arrangement.changed(layer, {"visible": on})
        self.arrange(arrangement)

    def rename(self, layer: str, title: str) -> None:
        """A layer's own name; an empty one gives back what it was called."""
        self.arrange(
            self.arrangement.changed(layer, {"title": title.strip()}) if title.strip() else self.arrangement
        )

    def move(self, layer: str, beside: str, above: bool) -> None:
        """A layer right above or below another, in its group."""
        order = [table["id"] for table in self._tried().tables(self.theme_id)]
        if layer not in order or beside not in order or layer == beside:
            return
        order.remove(layer)
        order.insert(order.index(beside) + (1 if above else 0), layer)
        group = self.table(beside).get("group", "theme")
        self.arrange(self.arrangement.changed(layer, {"group": group}).moved(order))

    def group(self, layer: str, group: str) -> None:
        """A layer on top of a group."""
        mine = [name for name in self._layers_of(group) if name != layer]
        if mine:
            self.move(layer, mine[-1], True)

    def to_group(self, layer: str, name: str) -> None:
        """A layer into a group by the name it is shown with; the layer's place stays."""
        self.arrange(self.arrangement.changed(layer, {"group": _group_named(name)}))

    def rename_group(self, group: str, title: str) -> None:
        """A group's own name, or into another group of that name; an empty one changes nothing."""
        arrangement = self.arrangement
        for layer in self._layers_of(group) if title.strip() else ():
            arrangement = arrangement.changed(layer, {"group": _group_named(title.strip())})
        self.arrange(arrangement)

    def move_group(self, group: str, beside: str, above: bool) -> None:
        """All layers of a group right above or below all of another."""
        mine, theirs = self._layers_of(group), self._layers_of(beside)
        order = [table["id"] for table in self._tried().tables(self.theme_id) if table["id"] not in mine]
        if mine and theirs:
            at = max(map(order.index, theirs)) + 1 if above else min(map(order.index, theirs))
            self.arrange(self.arrangement.moved([*order[:at], *mine, *order[at:]]))

    def _layers_of(self, group: str) -> list[str]:
        """The layers of a group, from the ground up."""
        tables = self._tried().tables(self.theme_id)
        return [table["id"] for table in tables if table.get("group", "theme") == group]

    def as_shipped(self) -> None:
        """The theme as it came, or an own theme as the one it was made from."""
        now = self.book.arrangement(self.theme_id)
        self.arrange(Arrangement(now.base, now.title))

    def save_as(self, title: str) -> None:
        """Keep what is seen as a theme of one's own, and show it; the theme it was made from is again as it
        was when the workspace was opened."""
        made_from = self.theme_id
        book, fresh = self.book.saved_as(made_from, title, self._before)
        self._before = book.choosing(self.entity, fresh)
        self.take(self._before)
        told = N_("“{name}” is saved; “{other}” is again as it was when the workspace was opened")
        self._desk.said.emit(tr(told, name=title, other=tr(book.title_of(made_from))))

    def drop_theme(self) -> None:
        """Remove the own theme that is shown."""
        if self.book.is_own(self.theme_id):
            self.take(self.book.without_theme(self.theme_id))

    # ---- files

    def add(self, layers: list[AddedLayer]) -> None:
        """Lay files over the map."""
        book = self.book
        for layer in layers:
            book = book.adding(layer)
        fresh = tuple(layer.entity for layer in book.added[len(self.book.added) :])
        self.take(book, fresh)
        self._read(lambda found, tick: found.load_missing(tick), fresh)

    def remove(self, layer: str) -> None:
        """Take an added layer off the map; its file stays."""
        found = self.book.layer(layer)
        if found is not None and self.layers is not None:
            self.layers.forget(layer)
            self._before = self._before.without_layer(layer)
            self.take(self.book.without_layer(layer), (found.entity,))

    def read_again(self, layer: str) -> None:
        """Read an added layer's file again, as it may have been brought back or changed."""
        found = self.book.layer(layer)
        if found is None or self.layers is None:
            return
        self.layers.forget(layer)
        if found.kind == FEATURES:
            self._read(lambda layers, tick: layers.load(found, tick), (found.entity,))
        else:
            self.changed.emit((found.entity,))

    def relocate(self, layer: str, path: Path) -> None:
        """Read an added layer from another place."""
        found, layers = self.book.layer(layer), self.layers
        if found is not None and layers is not None:
            layers.forget(layer)
            self.take(self.book.replacing(found.at(layers.naming(path))), (found.entity,))
            self.read_again(layer)

    # ---- online maps, which are off until somebody switches them on

    def _allow_online(self, layers: MapLayers) -> None:
        chosen = self._desk.preferences
        layers.allow_online((chosen.tianditu_key or "") if chosen.online_maps == ON else "", tiles_folder())
        if layers.access is not None:
            self._desk.tasks.run(self, lambda _: layers.trim_online(), lambda _: None, topic="trim")

    def go_online(self, on: bool, key: str, added: list[AddedLayer]) -> None:
        """Switch online maps on or off on this laptop, with the user's own key, and add layers of them."""
        self._waiting.stop()  # what failed with another key says nothing about this one
        self._desk.prefer(online_maps=ON if on and key else OFF, tianditu_key=key or None)
        if self.layers is not None and added and on and key:
            self.add(added)

    def empty_tiles(self) -> None:
        """Remove what was fetched of online maps on this laptop, and say how much it was."""
        layers = self.layers
        if layers is None:
            return

        def told(count: int) -> None:
            self._desk.said.emit(tr(N_("{n} fetched tiles removed"), n=f"{count:,}"))
            self.changed.emit(tuple(layer.entity for layer in layers.book.added))

        self._desk.tasks.run(self, lambda _: layers.empty_online(tiles_folder()), told)

    def preferred(self) -> None:
        """The preferences have changed: online maps may be on or off now."""
        if self.layers is not None:
            self._allow_online(self.layers)
            self.changed.emit(())

    def fetch_online(self) -> None:
        """After a picture: fetch what it lacked, then say so; after a failure not again for a while."""
        layers = self.layers
        if layers is None or not layers.wants_online() or self._waiting.isActive():
            return
        self._desk.tasks.run(
            self,
            lambda token: layers.fetch_online(token.cancelled),
            Callbacks(lambda came: self.arrived.emit() if came else None, self._offline),
            topic="online",
        )

    def _offline(self, error: Exception) -> None:
        self._waiting.start()
        self._not_kept(error)
        self.changed.emit(())
