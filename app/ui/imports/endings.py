"""Which dropped files are ledgers, by their endings; the importer itself looks at what is inside."""

from __future__ import annotations

from pathlib import Path

LEDGERS = (
    ".xlsx", ".xls", ".xlsm", ".xlsb", ".et", ".ods", ".xml", ".mht", ".mhtml", ".html", ".htm", ".csv",
    ".tsv", ".txt", ".shp", ".zip", ".geojson", ".json", ".gpkg", ".kml", ".kmz", ".gpx", ".dxf",
)  # fmt: skip


def is_ledger(path: Path) -> bool:
    """Whether the wizard is opened for a file that is dropped."""
    return path.suffix.lower() in LEDGERS
