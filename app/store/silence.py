"""A connection whose triggers do not fire: for a writer that notes cells and keeps the spatial index itself.

A trigger on a table of sixty columns reads all of them twice for each row, even when it then does nothing.
SQLite lets a program that knows what it does leave them out on its own connection; others' fire as ever.
"""

from __future__ import annotations

import ctypes
import platform
import sqlite3
import sys

from app.store.library import library

_ENABLE_TRIGGER = 1003  # SQLITE_DBCONFIG_ENABLE_TRIGGER
_ASK = -1


def silenced(connection: sqlite3.Connection) -> bool:
    """Whether the connection's triggers are left out from now on; where it cannot be, they fire."""
    return _set(connection, 0)


def heard(connection: sqlite3.Connection) -> None:
    """Let the triggers fire again."""
    _set(connection, 1)


if sys.version_info >= (3, 12):

    def _set(connection: sqlite3.Connection, wanted: int) -> bool:
        connection.setconfig(_ENABLE_TRIGGER, bool(wanted))
        return connection.getconfig(_ENABLE_TRIGGER) == bool(wanted)

else:  # 3.11 has no way to ask, and its layout will not change any more

    def _set(connection: sqlite3.Connection, wanted: int) -> bool:
        if platform.python_implementation() != "CPython" or sys.platform == "darwin":
            return False  # another layout; another way to hand over a variable number of arguments
        try:
            configure = library().sqlite3_db_config
        except (OSError, AttributeError):
            return False
        # The handle is the first thing a Connection holds after what every object has.
        handle = ctypes.c_void_p.from_address(id(connection) + object.__basicsize__)
        if not handle.value:
            return False
        found = ctypes.c_int(_ASK)
        configure.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
        failed = configure(handle, _ENABLE_TRIGGER, wanted, ctypes.byref(found))
        return not failed and found.value == wanted
