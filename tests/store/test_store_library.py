"""SQLite's counting of its memory: left off where nobody uses it yet, and never under an open connection."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_SAYS = """
import ctypes, sqlite3, sys
from pathlib import Path
from app.store.library import library, uncounted
used = library().sqlite3_memory_used
used.restype = ctypes.c_int64
early = sqlite3.connect(":memory:") if sys.argv[1] == "early" else None
done = uncounted()
file = early or sqlite3.connect(":memory:")
file.execute("CREATE TABLE t (a)")
file.execute("INSERT INTO t VALUES ('x')")
print(done, used() > 0, file.execute("SELECT a FROM t").fetchone()[0], uncounted())
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="the setting is not made there")
@pytest.mark.parametrize(("when", "told"), [("late", "True False x True"), ("early", "False True x False")])
def test_memory_is_no_longer_counted_unless_somebody_has_a_connection(when: str, told: str) -> None:
    root = Path(__file__).parents[2]
    asked = [sys.executable, "-c", _SAYS, when]
    said = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=True).stdout
    assert said.strip() == told
