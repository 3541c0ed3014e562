"""The map's arrangement beside the workspace and the files laid over the map: read, kept, their faults."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.actions.session import Session
from app.carto.features import Extent, FeatureColumns, no_features, within
from app.carto.layers import Layer
from app.carto.mapbook import FEATURES, TILES, AddedLayer, MapBook
from app.carto.pictures import is_picture
from app.domain.coordinates.zones import GCJ02, STORED
from app.domain.imagery import Imagery, ImageryFacts, Outlines, Pixels
from app.errors import AppError, Invalid, StoreFailure
from app.exchange import laid
from app.exchange.imagery import online
from app.exchange.imagery.opening import open_imagery, picture_parts
from app.exchange.laid import OfferedLayer as OfferedLayer
from app.exchange.missing import need_there
from app.exchange.ticking import Tick, go_on
from app.exchange.whole import whole
from app.i18n import N_, tr

_LOG = logging.getLogger(__name__)
_FORMAT = 1


class MapLayers:
    """What belongs to the map of one open workspace. The book is replaced, never changed; files are read in
    a thread and shown from then on."""

    def __init__(self, workspace: Path, *, read_only: bool = False) -> None:
        self.file = workspace.with_suffix(".map.json")
        self._folder = workspace.parent
        self._read_only = read_only
        self.fault: AppError | None = None
        self.faults: dict[str, AppError] = {}
        self._columns: dict[str, FeatureColumns] = {}
        self._pictures: dict[str, Imagery] = {}
        self._facts: dict[str, ImageryFacts] = {}
        self._online: dict[str, online.OnlineTiles] = {}
        self.access: online.Access | None = None  # nothing is fetched until somebody allows it
        self.book = self._read()

    # ---- the book

    def _read(self) -> MapBook:
        try:
            given = json.loads(self.file.read_text("utf-8"))
            if not isinstance(given, dict) or given.get("format") != _FORMAT:
                raise ValueError("unknown format")
            return MapBook.from_mapping(given)
        except FileNotFoundError:
            return MapBook()
        except (OSError, ValueError, AppError) as error:
            _LOG.warning("%s cannot be used: %s", self.file.name, error)
            self.fault = Invalid(
                N_("The arrangement of the map ({file}) cannot be used."),
                hint=N_("The map is shown as it comes. Your records are not touched."),
                code="bad_map_file",
                file=self.file.name,
            )
            return MapBook()

    def keep(self) -> None:
        """Write the book beside the workspace; raises StoreFailure, and the book holds all the same.

        A file that could not be used is set aside, not written over.
        """
        if self._read_only:
            return
        content = json.dumps({"format": _FORMAT, **self.book.as_mapping()}, ensure_ascii=False, indent=1)
        try:
            if self.fault is not None:
                self.file.replace(self.file.with_suffix(".damaged"))
                self.fault = None
            with whole(self.file) as part:
                part.write_text(content, "utf-8")
        except (OSError, StoreFailure) as error:
            raise StoreFailure(
                N_("The arrangement of the map cannot be kept beside the workspace."),
                hint=N_("It holds until the program is closed. Check that the folder can be written."),
                code="map_unwritable",
            ) from error

    # ---- files

    def where(self, layer: AddedLayer) -> Path:
        """The file of an added layer; a relative path counts from the workspace."""
        return self._folder / layer.path

    def naming(self, path: Path) -> str:
        """How a file is remembered: from the workspace when it lies beside or below it, else in full."""
        full = path.absolute()
        if full.is_relative_to(self._folder.absolute()):
            return full.relative_to(self._folder.absolute()).as_posix()
        return str(full)

    def load(self, layer: AddedLayer, tick: Tick = go_on) -> None:
        """Read an added layer of features; a fault is remembered by layer, not raised, also that `tick` has
        cancelled it.

        What comes of a layer that was taken off the map or put elsewhere meanwhile counts no more.
        """
        try:
            found, fault = features_of(self.where(layer), layer, tick), None
        except AppError as error:
            found, fault = None, error
        if self.book.layer(layer.id) != layer:
            return
        if found is not None:
            self._columns[layer.id] = found
            self.faults.pop(layer.id, None)
        elif fault is not None:
            self._columns.pop(layer.id, None)
            self.faults[layer.id] = fault

    def load_missing(self, tick: Tick = go_on) -> None:
        """Read every added layer of features that has not been tried yet."""
        for layer in self.book.added:
            if layer.kind == FEATURES and layer.id not in self._columns and layer.id not in self.faults:
                self.load(layer, tick)

    def forget(self, layer_id: str) -> None:
        """Let go of what was read of a layer."""
        self._columns.pop(layer_id, None)
        self.faults.pop(layer_id, None)
        self._online.pop(layer_id, None)
        picture = self._pictures.pop(layer_id, None)
        if picture is not None:
            picture.close()

    def loaded(self, layer_id: str) -> FeatureColumns | None:
        """What was read of a layer."""
        return self._columns.get(layer_id)

    def columns(self, entity: str, fields: Sequence[str], extent: Extent | None) -> FeatureColumns:
        """The features of an added layer; none until it has been read."""
        found = self._columns.get(entity.split(".", 1)[-1])
        if found is None:
            return no_features()
        kept = FeatureColumns(found.uids, found.geometry, {name: found.column(name) for name in fields})
        return kept if extent is None else within(kept, extent)

    def imagery(self, entity: str) -> Imagery | None:
        """The picture of an added layer, opened when it is first drawn; a fault is remembered, not raised."""
        layer = self.book.layer(entity.split(".", 1)[-1])
        if layer is None or layer.kind != TILES or layer.id in self.faults:
            return None
        if layer.id not in self._pictures:
            try:
                found, facts = self._opened(layer)
            except AppError as error:
                self.faults[layer.id] = error
                return None
            if self.book.layer(layer.id) != layer:  # taken off the map or put elsewhere meanwhile
                found.close()
                return None
            found.shifted = layer.crs == GCJ02
            self._facts[layer.id] = facts
            self._pictures[layer.id] = Guarded(found, lambda error: self._broke(layer.id, error))
        return self._pictures[layer.id]

    def _opened(self, layer: AddedLayer) -> tuple[Imagery, ImageryFacts]:
        if not layer.path.startswith(online.PREFIX):
            return open_imagery(self.where(layer), layer.part, layer.system)
        if self.access is None:
            raise Invalid(
                N_("Online maps are switched off on this laptop."),
                hint=N_("Switch them on with your own key, or take the layer off the map."),
                code="online_off",
            )
        found = online.OnlineTiles(layer.part, self.access)
        self._online[layer.id] = found
        return found, found.facts()

    def wants_online(self) -> bool:
        """Whether tiles that were drawn are still to be fetched."""
        return any(tiles.wants() for tiles in list(self._online.values()))

    def fetch_online(self, stopped: Callable[[], bool]) -> int:
        """Fetch some of the tiles that were drawn; how many came. Raises Invalid as `OnlineTiles` does; a
        refused key is remembered as the fault of its layer."""
        came = 0
        for layer_id, tiles in list(self._online.items()):
            try:
                came += tiles.fetch_wanted(stopped)
            except Invalid as error:
                if error.code != online.OFFLINE:
                    self._broke(layer_id, error)
                raise
        return came

    def allow_online(self, key: str, folder: Path) -> None:
        """Let Tianditu's layers fetch with a key and keep their tiles in a folder; without a key, not."""
        self.access = online.Access(key, folder) if key else None
        for layer in self.book.added:
            if layer.path.startswith(online.PREFIX):
                self.forget(layer.id)

    def trim_online(self) -> None:
        """Keep the folder of fetched tiles within its size; goes through all of them, so in a thread."""
        access = self.access
        if access is not None and access.folder.is_dir():
            online.trim(access.folder, access.most_bytes)

    def empty_online(self, folder: Path) -> int:
        """Remove every fetched tile, those in memory too; how many files there were. Goes through all of
        them, so in a thread."""
        for layer_id in list(self._online):
            self.forget(layer_id)
        return online.trim(folder, 0)

    def _broke(self, layer_id: str, error: AppError) -> None:
        if layer_id in self._pictures:  # else it was let go of while it was read
            self.faults[layer_id] = error

    def picture_extent(self, layer_id: str) -> Extent | None:
        """Where a picture lies, in degrees, as far as its file says or its tiles show; opens it."""
        layer = self.book.layer(layer_id)
        if layer is None or self.imagery(layer.entity) is None:
            return None
        return self._facts[layer_id].extent

    def credit(self, layer_id: str) -> str:
        """Whom a picture is from, in its file's own words, else by the layer's name; empty for one that
        cannot be shown."""
        layer = self.book.layer(layer_id)
        if layer is None or self.imagery(layer.entity) is None:
            return ""
        return self._facts[layer_id].credit or tr(layer.title)

    def close(self) -> None:
        """Let go of every file."""
        for layer_id in list(self._pictures):
            self.forget(layer_id)


class Guarded:
    """A picture whose file may become unreadable while it is shown: then it is told and left out."""

    def __init__(self, held: Imagery, broke: Callable[[AppError], None]) -> None:
        self._held, self._broke = held, broke
        self.crs, self.shifted = held.crs, held.shifted

    def piece(self, extent: Extent, per_px: float) -> Pixels | Outlines | None:
        """What is there of an extent."""
        try:
            return self._held.piece(extent, per_px)
        except AppError as error:
            self._broke(error)
            return None

    def close(self) -> None:
        """Let go of the file."""
        self._held.close()


def map_layers(session: Session) -> MapLayers:
    """The map of a session's workspace, read once."""
    if session.maps is None:
        session.maps = MapLayers(session.workspace.path, read_only=session.workspace.read_only)
    return session.maps


def offered_layers(path: Path, tick: Tick = go_on) -> list[OfferedLayer]:
    """The layers of a map file with features that have a place; raises Invalid naming what is wrong, and what
    `tick` raises."""
    need_there(path)
    return laid.offered_layers(path, tick)


def pictures_under(session: Session, theme_id: str) -> tuple[Layer, ...]:
    """The pictures that a theme shows, for a sheet of it."""
    theme = map_layers(session).book.theme(theme_id)
    return tuple(layer for layer in theme.layers if is_picture(layer) and layer.visible)


def picture_credits(session: Session, layers: Iterable[Layer]) -> tuple[str, ...]:
    """Whom the pictures among layers that are shown are from, each once."""
    maps = map_layers(session)
    found = (maps.credit(layer.id) for layer in layers if is_picture(layer) and layer.visible)
    return tuple(dict.fromkeys(words for words in found if words))


def online_layers() -> list[AddedLayer]:
    """Tianditu's layers, ready to be added; their words are not yet translated."""
    return [
        AddedLayer("", title, TILES, f"{online.PREFIX}tianditu", STORED, name)
        for name, title in online.LAYERS.items()
    ]


@dataclass(frozen=True)
class OfferedPicture:
    """A picture that may be laid under the map, and what its file says of it."""

    part: str
    facts: ImageryFacts


def offered_pictures(path: Path) -> list[OfferedPicture]:
    """The pictures of a file or folder of tiles or a GeoTIFF; none for a file of features. Raises Invalid."""
    offers = []
    for part in picture_parts(path):
        held, facts = open_imagery(path, part)
        held.close()
        offers.append(OfferedPicture(part, facts))
    return offers


def features_of(path: Path, layer: AddedLayer, tick: Tick = go_on) -> FeatureColumns:
    """The features of a layer in a file, in degrees EPSG:4490; raises Invalid naming the file, and
    what `tick` raises."""
    need_there(path)
    found = laid.read_layer(path, layer.part, layer.encoding, layer.crs, tick)
    return FeatureColumns([str(n) for n in range(1, len(found.geometry) + 1)], found.geometry, found.values)
