"""What stands before a value where a document is shown to a person; with --json its own names stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cli.answer import pairs
from app.i18n import N_, tr

_WORDS = {
    "area": N_("Division"),
    "boilers": N_("Boilers"),
    "changes": N_("Changes"),
    "code": N_("Code"),
    "conflicts": N_("Conflicts"),
    "counts": N_("Records"),
    "device": N_("Laptop"),
    "devices": N_("Laptops"),
    "disk": N_("Free on the disk"),
    "engine": N_("Database"),
    "expires": N_("Good until"),
    "external_edits": N_("Edits of other programs"),
    "file": N_("File"),
    "fingerprint": N_("Certificate SHA-256"),
    "format": N_("Format"),
    "format_version": N_("Version of the format"),
    "founded": N_("Founded"),
    "broken_journals": N_("Journals of laptops that are not whole"),
    "administrators": N_("Administrators of the whole who can sign in"),
    "given_back": N_("Given back after a restore"),
    "head": N_("End of the chain"),
    "hub": N_("Hub"),
    "invitation": N_("Invitation file"),
    "kind": N_("Kind"),
    "made_at": N_("Made at"),
    "minimum_program": N_("Lowest version that may sync"),
    "path": N_("File"),
    "people": N_("People who sign in"),
    "problems": N_("Problems"),
    "program": N_("Program"),
    "recovery_key": N_("Recovery key since"),
    "restored_at": N_("Restored at"),
    "role": N_("Role"),
    "schema_version": N_("Version of the tables"),
    "size": N_("Size"),
    "synthetic": N_("Made up (simulated)"),
    "transactions": N_("Acts"),
    "unattributed": N_("Without a name"),
    "unsent": N_("Unsent"),
    "url": N_("Address"),
    "volume": N_("Volume"),
    "volumes": N_("Volumes"),
    # what `check` looks at
    "attachments": N_("Attachments"),
    "database": N_("Database file"),
    "geopackage": N_("GeoPackage"),
    "journal": N_("Journal"),
    "records": N_("Records against the journal"),
    "spatial_index": N_("Spatial index"),
    "triggers": N_("Triggers"),
}


def heading(name: str) -> str:
    """The word for a name of a document; the name itself where there is none."""
    return tr(_WORDS[name]) if name in _WORDS else name


def named_pairs(document: Mapping[str, Any]) -> list[str]:
    """One line for each value that a document has, under its word."""
    return pairs({heading(name): value for name, value in document.items()})
