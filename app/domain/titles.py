"""What people call a record that belongs to another one: by that one, for its own title says too little.

A paper's title is the name of its file, a signature's the word of its step: neither says which boiler.
"""

from __future__ import annotations

from collections.abc import Mapping

# Whether the record's own title follows its owner's: a file's name does, the word of a step says nothing.
_BY_OWNER: Mapping[str, bool] = {
    "attachment": True, "redaction": True, "approval": False, "assignment": False, "intake": True,
}  # fmt: skip


def goes_by_owner(entity: str) -> bool:
    """Whether records of this kind are named by the one they belong to."""
    return entity in _BY_OWNER


def title_within(entity: str, own: str, owner: str) -> str:
    """The name of a record with this title, whose owner has that one; empty where the owner is not known."""
    if not owner or entity not in _BY_OWNER:
        return own
    return f"{owner} · {own}" if _BY_OWNER[entity] and own else owner
