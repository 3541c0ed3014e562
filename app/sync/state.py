"""Names of what a replica keeps in its file beside the records, and how the last round ended."""

from __future__ import annotations

from app.store.workspace import Workspace

GRANTS = "grants"
LAST_ERROR = "last_error"
REVOKED = "revoked"


def note_outcome(workspace: Workspace, error: str, *, revoked: bool = False) -> None:
    """Keep how the last round ended, for the status line."""
    replica = workspace.replica
    for name, value in ((LAST_ERROR, error.encode()), (REVOKED, b"1" if revoked else b"")):
        if (replica.private(name) or b"") != value:
            replica.set_private(name, value or None)
