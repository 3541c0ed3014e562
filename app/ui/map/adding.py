"""Files laid over the map: which there are, in which system their coordinates are, where they have gone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.carto.mapbook import AddedLayer
from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.map.adddialog import AddDialog
from app.ui.map.arranging import MapArranging
from app.ui.tasks import Token

if TYPE_CHECKING:
    from app.actions.map_layers import Offered

FEATURE_ENDINGS = (".shp", ".geojson", ".json", ".kml", ".kmz", ".gpx", ".dxf", ".gpkg", ".zip")


def may_be_added(files: Sequence[Path]) -> bool:
    """Whether these files could be shown on the map."""
    return bool(files) and all(path.suffix.lower() in FEATURE_ENDINGS for path in files)


class AddingFiles(QObject):
    """Asks for files, looks into them in a thread, asks about them, lays them over the map."""

    def __init__(self, desk: Desk, arranging: MapArranging, owner: QWidget) -> None:
        super().__init__(owner)
        self._desk, self._arranging, self._owner = desk, arranging, owner

    def choose(self) -> None:
        """Files from a folder."""
        patterns = " ".join(f"*{ending}" for ending in FEATURE_ENDINGS)
        names, _ = QFileDialog.getOpenFileNames(
            self._owner,
            tr(N_("Lay a file over the map…")).rstrip("…"),
            "",
            f"{tr(N_('Map files'))} ({patterns})",
        )
        self.offer([Path(name) for name in names])

    def offer(self, files: Sequence[Path]) -> None:
        """Look into files and ask what of them is to be shown."""
        for path in files:
            self._desk.tasks.run(
                self, partial(_look_into, path), partial(self._ask, path), title=tr(N_("Reading map files"))
            )

    def _ask(self, path: Path, offers: list[Offered]) -> None:
        dialog = AddDialog(path.name, offers, self._owner.window())
        dialog.accepted.connect(lambda: self._add(path, dialog.chosen()))
        dialog.open()

    def _add(self, path: Path, chosen: list[AddedLayer]) -> None:
        layers = self._arranging.layers
        if layers is not None and chosen:
            where = layers.naming(path)
            self._arranging.add([layer.at(where) for layer in chosen])

    def fetch(self, layer: str) -> None:
        """The file of an added layer, from where it is now."""
        found, layers = self._arranging.book.layer(layer), self._arranging.layers
        if found is None or layers is None:
            return
        name, _ = QFileDialog.getOpenFileName(
            self._owner, tr(N_("The file of “{name}”"), name=found.title), str(layers.where(found).parent)
        )
        if name:
            self._arranging.relocate(layer, Path(name))


def _look_into(path: Path, token: Token) -> list[Offered]:
    from app.actions.map_layers import offered_layers  # late: actions load after the first paint

    return offered_layers(path)
