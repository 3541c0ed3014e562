"""Numbers for records of a ledger that has none, so that they can be called by one and found again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from app.domain.entity import Entity, EntityType
from app.exchange.reading import Draft
from app.exchange.rules.base import Rules
from app.i18n import N_, tr


def give_numbers(drafts: Sequence[Draft], existing: Sequence[Entity], kind: EntityType, rules: Rules) -> None:
    """Call each row by a number: that of the same thing imported before, or the next free one of its
    county."""
    known: dict[tuple[str, ...], list[str]] = defaultdict(list)
    taken = {str(getattr(record, kind.key)) for record in existing}
    for record in existing:
        known[tuple(str(getattr(record, name, None)) for name in rules.same_thing)].append(
            str(getattr(record, kind.key))
        )
    serials: dict[str, int] = defaultdict(int)
    for draft in drafts:
        if draft.refusals:
            continue
        same = known.get(tuple(str(draft.values.get(name)) for name in rules.same_thing))
        number = (
            re.sub(r"-\d+$", "", same.pop(0)) if same and draft.count > 1 else same.pop(0) if same else ""
        )
        if not number:
            prefix = str(draft.values.get("div_code") or draft.initial.get("div_code") or "000000")[:6]
            number = _next(prefix, serials, taken)
        draft.values[kind.key] = number
        draft.warn(
            "number_made",
            tr(N_("The ledger has no numbers; this row was given {number}."), number=number),
            kind.key,
        )


def _next(prefix: str, serials: dict[str, int], taken: set[str]) -> str:
    while True:
        serials[prefix] += 1
        number = f"{prefix}-{serials[prefix]:04d}"
        if number not in taken and f"{number}-1" not in taken:
            return number
