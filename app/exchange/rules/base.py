"""The shape of a ledger's own import rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)  # there is one of each, and what follows from it is kept by it
class Rules:
    """What a ledger's files mean beyond the entity's declaration.

    `after_words` in a group heading mean “what replaced it”: the fields of `after_fields` become others
    there and those of `after_blocked` are not read at all. `headings` are more spellings of a field's
    heading; `never` are patterns of headings that are not a field's for all their likeness; `turned` says
    (pattern, from, to) which field a heading means instead. `more_words` are more words for a field's codes.
    `count_field` holds how many things one row
    stands for; `each_field` is the amount that may mean each or all of them. `bare_limits` are the largest
    believable numbers written without a unit. `claim_field` keeps status words; `state_claimed` turns one
    into a state for `--accept-claims`. `finish` completes a row's values, given the units they were written
    in, and returns (code, field, why) of what looks wrong. `told_apart` are fields that tell records with the
    same key apart, such as the year of an outline.
    """

    after_words: tuple[str, ...] = ()
    before_words: tuple[str, ...] = ()
    after_fields: Mapping[str, str] = field(default_factory=dict)
    after_blocked: frozenset[str] = frozenset()
    not_read: frozenset[str] = frozenset()
    headings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    more_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    never: Mapping[str, str] = field(default_factory=dict)
    turned: tuple[tuple[str, str, str], ...] = ()
    count_field: str = ""
    each_field: str = ""
    bare_limits: Mapping[str, float] = field(default_factory=dict)
    past_dates: frozenset[str] = frozenset()
    text_of_date: Mapping[str, str] = field(default_factory=dict)
    claim_field: str = ""
    state_claimed: Callable[[str, str], str | None] | None = None
    same_thing: tuple[str, ...] = ()
    told_apart: tuple[str, ...] = ()
    finish: Callable[[dict[str, Any], Mapping[str, str]], list[tuple[str, str, str]]] | None = None
    initial: Mapping[str, object] = field(default_factory=dict)

    def code_in(self, field: str, heading: str) -> str:
        """The code of the longest known word in a heading (“生物质改造”), or an empty text."""
        more = self.more_words.get(field, {})
        known = [word for word in more if word in heading]
        return more[max(known, key=len)] if known else ""
