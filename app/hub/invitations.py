"""The code of an invitation as it is told to a laptop: the secret and the start of the certificate's hash."""

from __future__ import annotations

from typing import Any


def full_code(made: Any, fingerprint: str) -> str:
    """`XXXXX-XXXXX-YYYYY-YYYYY` for what the hub made."""
    return str(made.code)
