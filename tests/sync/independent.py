"""The verifier of resources/verify as a module: it is no part of the program and lies on no import path."""

from __future__ import annotations

import sys
from pathlib import Path

VERIFY = Path(__file__).resolve().parents[2] / "resources" / "verify"
sys.path.append(str(VERIFY))
import gridward_verify as verifier  # noqa: E402

__all__ = ["VERIFY", "verifier"]
