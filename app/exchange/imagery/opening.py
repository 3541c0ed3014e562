"""Opens any file or folder of map pictures; says what it is before it is laid under the map."""

from __future__ import annotations

from pathlib import Path

from app.domain.imagery import Imagery, ImageryFacts
from app.exchange.imagery.databases import open_gpkg_tiles, open_mbtiles, tile_tables
from app.exchange.imagery.folders import open_folder, open_pmtiles
from app.exchange.imagery.geotiff import GeoTiff
from app.exchange.missing import need_there

PICTURE_ENDINGS = (".mbtiles", ".pmtiles", ".tif", ".tiff")


def picture_parts(path: Path) -> list[str]:
    """The pictures in a file: tables of a GeoPackage, one nameless for others and for a folder, none where
    there is none."""
    ending = path.suffix.lower()
    if ending == ".gpkg":
        return tile_tables(path)
    return [""] if ending in PICTURE_ENDINGS or path.is_dir() else []


def open_imagery(path: Path, part: str = "", crs: str = "") -> tuple[Imagery, ImageryFacts]:
    """A file or folder of pictures; `crs` is the system of a GeoTIFF that states none. Raises Invalid naming
    the file and what is wrong with it."""
    ending = path.suffix.lower()
    need_there(path)
    if path.is_dir():
        return open_folder(path)
    if ending in (".tif", ".tiff"):
        picture = GeoTiff(path, crs)
        try:
            return picture, picture.facts()
        except BaseException:
            picture.close()
            raise
    if ending == ".gpkg":
        return open_gpkg_tiles(path, part)
    return open_pmtiles(path) if ending == ".pmtiles" else open_mbtiles(path)
