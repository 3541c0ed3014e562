"""Files laid over the map: which there are, in which system their coordinates are, where they have gone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.carto.mapbook import AddedLayer
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui.desk import Desk
from app.ui.map.adddialog import AddDialog
from app.ui.map.arranging import MapArranging, reading
from app.ui.map.onlinedialog import OnlineDialog
from app.ui.map.picturedialog import PictureDialog
from app.ui.tasks import Token

if TYPE_CHECKING:
    from app.actions.map_layers import OfferedLayer, OfferedPicture

PICTURE_ENDINGS = (".mbtiles", ".pmtiles", ".tif", ".tiff")
FEATURE_ENDINGS = (".shp", ".geojson", ".json", ".kml", ".kmz", ".gpx", ".dxf", ".gpkg", ".zip")


def may_be_added(files: Sequence[Path]) -> bool:
    """Whether these files could be shown on the map; of a folder it is seen when it is looked into."""
    endings = (*FEATURE_ENDINGS, *PICTURE_ENDINGS)
    return bool(files) and all(path.suffix.lower() in endings or path.is_dir() for path in files)


@dataclass(frozen=True)
class Found:
    """What a file holds for the map."""

    features: list[OfferedLayer]
    pictures: list[OfferedPicture]


class AddingFiles(QObject):
    """Asks for files, looks into them in a thread, asks about them, lays them over the map."""

    def __init__(self, desk: Desk, arranging: MapArranging, owner: QWidget) -> None:
        super().__init__(owner)
        self._desk, self._arranging, self._owner = desk, arranging, owner

    def choose(self) -> None:
        """Files from a folder."""
        patterns = " ".join(f"*{ending}" for ending in (*FEATURE_ENDINGS, *PICTURE_ENDINGS))
        names, _ = QFileDialog.getOpenFileNames(
            self._owner,
            tr(N_("Lay a file over the map…")).rstrip("…"),
            "",
            f"{tr(N_('Map files'))} ({patterns})",
        )
        self.offer([Path(name) for name in names])

    def choose_folder(self) -> None:
        """A folder of tiles."""
        name = QFileDialog.getExistingDirectory(self._owner, tr(N_("A folder of tiles z/x/y")))
        if name:
            self.offer([Path(name)])

    def offer(self, files: Sequence[Path]) -> None:
        """Look into files and ask what of them is to be shown."""
        for path in files:
            self._desk.tasks.run(
                self, partial(_look_into, path), partial(self._ask, path), title=tr(N_("Reading map files"))
            )

    def _ask(self, path: Path, found: Found) -> None:
        window = self._owner.window()
        if found.features:
            features = AddDialog(path.name, found.features, window)
            features.accepted.connect(lambda: self._add(path, features.chosen()))
            features.open()
        if found.pictures:
            pictures = PictureDialog(path.name, found.pictures, window)
            pictures.accepted.connect(lambda: self._add(path, pictures.chosen()))
            pictures.open()

    def _add(self, path: Path, chosen: list[AddedLayer]) -> None:
        layers = self._arranging.layers
        if layers is not None and chosen:
            where = layers.naming(path)
            self._arranging.add([layer.at(where) for layer in chosen])

    def ask_online(self) -> None:
        """Online maps: on or off, the key, which layers."""
        from app.actions.map_layers import online_layers  # late: actions load after the first paint

        offered = [replace(layer, title=tr(layer.title)) for layer in online_layers()]
        dialog = OnlineDialog(self._desk.preferences, offered, self._owner.window())
        dialog.emptied.connect(self._arranging.empty_tiles)
        dialog.accepted.connect(
            lambda: self._arranging.go_online(dialog.on.isChecked(), dialog.key_written(), dialog.chosen())
        )
        dialog.open()

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


def _look_into(path: Path, token: Token) -> Found:
    """Raises Invalid for a file that holds neither features nor pictures, Cancelled when it is stopped."""
    from app.actions.map_layers import offered_layers, offered_pictures  # late: loads after the first paint

    tick = reading(token)
    pictures = offered_pictures(path)
    if pictures and path.suffix.lower() == ".gpkg":
        with suppress(Invalid):
            return Found(offered_layers(path, tick), pictures)
    return Found([] if pictures else offered_layers(path, tick), pictures)
