"""What the compiled part of the digests offers; `digest.py` says what the shares are."""

from collections.abc import Callable
from typing import Any

def cell(entity: str, uid: str, field: str, value: Any, other: Callable[[Any], bytes]) -> int: ...
def change(
    entity: str, uid: str, before: dict[str, Any], after: dict[str, Any], other: Callable[[Any], bytes]
) -> int: ...
def row(entity: str, uid: str, cells: dict[str, Any], other: Callable[[Any], bytes]) -> int: ...
