"""Whether a workbook holds macros. They are never run: what they would have filled in is not there."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

# Excel's own programs: a VBA project, or sheets of macros as Excel 4 had them.
_PARTS = re.compile(r"(?i)^xl/(?:vbaProject\.bin|macrosheets/.+)$")
_PROJECT = "_VBA_PROJECT_CUR".encode("utf-16-le")  # the folder of an old workbook that holds its project


def holds_macros(path: Path, form: str) -> bool:
    """Whether the xlsx, xlsm, xlsb (`form` xlsx) or xls at `path` holds macros; false when it cannot be
    told."""
    try:
        if form == "xls":
            return _PROJECT in path.read_bytes()
        with zipfile.ZipFile(path) as package:
            return any(_PARTS.match(name) for name in package.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
