"""The SQLite library of this process, and the one setting of it that holds for all its connections.

SQLite counts the memory it takes, under one lock for the whole process, twice for each piece. Debian's build
has no small reserve for each connection, so it takes a piece for nearly everything it does: the counting
costs a tenth of a write. Nobody here asks how much it is, and no limit is set that would need it.
"""

from __future__ import annotations

import ctypes
import platform
import sys

_CONFIG_MEMSTATUS = 9  # SQLITE_CONFIG_MEMSTATUS
_ANY = 64  # bytes of a piece that is taken to see whether it is counted


def library() -> ctypes.CDLL:
    """The SQLite that Python's own module uses: never a second one on the same file. Raises OSError."""
    import _sqlite3

    name = getattr(_sqlite3, "__file__", None)
    return ctypes.CDLL("sqlite3.dll" if sys.platform == "win32" else name)


def uncounted() -> bool:
    """Let SQLite no longer count its memory; whether it does not count now.

    It can be told only while nobody uses it: what has memory by then, such as another part's open connection,
    keeps it as it is. So it does on macOS, where a variable number of arguments is handed over otherwise.
    """
    if platform.python_implementation() != "CPython" or sys.platform == "darwin":
        return False
    try:
        sqlite = library()
        used, take = sqlite.sqlite3_memory_used, sqlite.sqlite3_malloc
        give, configure = sqlite.sqlite3_free, sqlite.sqlite3_config
        stop, start = sqlite.sqlite3_shutdown, sqlite.sqlite3_initialize
    except (OSError, AttributeError):
        return False
    used.restype = ctypes.c_int64
    take.restype = ctypes.c_void_p
    give.argtypes = (ctypes.c_void_p,)
    if used():
        return False
    piece = take(_ANY)
    counts = used() > 0
    give(piece)
    if not counts:
        return True
    failed = stop() or configure(_CONFIG_MEMSTATUS, 0)
    if start():
        raise RuntimeError("SQLite does not start again")
    return not failed
