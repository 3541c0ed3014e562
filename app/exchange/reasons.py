"""Why a file cannot be read, in the user's words; what the library said itself goes into the details."""

from __future__ import annotations

import re

from app.i18n import N_, tr

# Words of SQLite, GDAL, PROJ and Python, and what they mean to somebody who holds the file.
_MEANINGS = (
    (r"not a database|not a (?:tiff|known)|not recogni[sz]ed|unknown.*format|bad magic|cannot identify",
     N_("it is of another format than its name says, or its beginning is damaged")),
    (r"malformed|corrupt|truncated|unexpected end|invalid (?:block|distance|code|stored)|crc",
     N_("its content is damaged or cut short")),
    (r"no such (?:table|column|view)|no layer|layer .* could not be",
     N_("it lacks tables that such a file has")),
    (r"i/o error|input/output", N_("its disk or stick gives errors when it is read")),
    (r"encrypt", N_("it is encrypted")),
    (r"permission|access is denied", N_("this account may not read it")),
    (r"unable to open|could not open|cannot open|no such file|not found",
     N_("it is gone, or in use elsewhere")),
    (r"\bcrs\b|\bsrs\b|\bproj\b|coordinate reference|\bepsg\b",
     N_("its coordinate system cannot be read")),
    (r"codec|decode|encoding", N_("its text cannot be read in its encoding")),
)  # fmt: skip
_PLACE = re.compile(r"at line (\d+), column (\d+)")
_MOST_SAID = 300


def reason_of(error: Exception) -> str:
    """What is wrong with a file, by what a library said of it, in the user's language."""
    said = str(error)
    if place := _PLACE.search(said):
        return tr(N_("line {line} is wrong at its sign {column}"), line=place[1], column=place[2])
    meant = (words for pattern, words in _MEANINGS if re.search(pattern, said, re.IGNORECASE))
    return tr(next(meant, N_("what is in it cannot be read")))


def said_by(error: Exception) -> list[str]:
    """The library's own words, for the details of an error."""
    return [f"{type(error).__name__}: {str(error)[:_MOST_SAID]}".rstrip(": ")]
