"""A built program takes along the licences of the libraries in it."""

from __future__ import annotations

from pathlib import Path

import build_installer


def test_each_library_has_a_folder_with_its_licence(tmp_path: Path) -> None:
    copied = build_installer.copy_licences(tmp_path)
    there = {folder.name for folder in tmp_path.iterdir()}
    assert len(there) == copied > 30
    assert {"pi-heif", "numpy", "shapely", "psycopg-binary"} <= there, "those asked for with a word too"
    assert not {"pytest", "ruff"} & there, "what only makes the program is not in it"
    assert all(any(path.is_file() for path in (tmp_path / name).rglob("*")) for name in there)
