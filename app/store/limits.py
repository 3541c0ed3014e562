"""The declared limits in the database: CHECKs in PostGIS, and here triggers that hold other programs to them.

This program checks values itself, with a sentence for the user, and takes what the hub has accepted. Triggers
instead of CHECKs, because SQLite cannot change a CHECK when a code list grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from app.domain.entity import EntityType
from app.domain.fields import Field, Kind
from app.store.journal import CONTEXT, FOREIGN
from app.store.rtree import quoted


def _listed(codes: Iterable[str]) -> str:
    listed = ", ".join(f"'{code}'" for code in codes)
    return f"{{cell}} IN ({listed})"


def _as_one_constant(codes: Iterable[str]) -> str:
    """The same for PostgreSQL, which reads the tree of every CHECK of a table anew for each statement that
    writes there: of a list each code is a node with ten parts, an array is one."""
    listed = ",".join(f'"{code}"' for code in codes)
    return f"{{cell}} = ANY ('{{{{{listed}}}}}'::text[])"


def conditions(field: Field, one_of: Callable[[Iterable[str]], str] = _listed) -> Iterator[tuple[str, str]]:
    """What must hold for a value that is there: the condition on `{cell}`, and in words for the error."""
    if field.choices and field.kind is not Kind.TEXTS:  # several of them stand in one cell
        yield one_of(field.choices.codes), "one of its codes"
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        if field.minimum is not None:
            yield f"{{cell}} >= {field.minimum!r}", f"at least {field.minimum:g}"
        if field.maximum is not None:
            yield f"{{cell}} <= {field.maximum!r}", f"at most {field.maximum:g}"


def checks(kind: EntityType) -> list[tuple[str, str]]:
    """Name and SQL of an entity's CHECK constraints, for PostgreSQL."""
    return [
        (f"ck_{kind.name}_{item.id}_{number}", condition.format(cell=quoted(item.id)))
        for item in kind.stored.values()
        for number, (condition, _) in enumerate(conditions(item, _as_one_constant))
    ]


def triggers(kind: EntityType, table: str) -> list[str]:
    """Triggers that refuse what another program must not write; rows that are only added stay as they are."""
    t, foreign = quoted(table), f"{CONTEXT} = {FOREIGN}"
    made = []
    refusals = " ".join(_refusal(item) for item in kind.stored.values())
    if refusals.strip():
        for moment in ("INSERT", "UPDATE"):
            made.append(
                f"CREATE TRIGGER limits_{kind.name}_{moment.lower()} BEFORE {moment} ON {t}"
                f" WHEN {foreign} BEGIN {refusals} END"
            )
    if kind.append_only:
        of = ", ".join(quoted(item.id) for item in kind.stored.values())
        for moment, scope in (("UPDATE", f" OF {of}"), ("DELETE", "")):
            made.append(
                f"CREATE TRIGGER keep_{kind.name}_{moment.lower()} BEFORE {moment}{scope} ON {t}"
                f" WHEN {foreign} BEGIN SELECT RAISE(ABORT, 'rows of {kind.name} are only added'); END"
            )
    return made


def _refusal(field: Field) -> str:
    cell = f"NEW.{quoted(field.id)}"
    return " ".join(
        f"SELECT RAISE(ABORT, '{field.id} must be {words}')"
        f" WHERE {cell} IS NOT NULL AND NOT ({condition.format(cell=cell)});"
        for condition, words in conditions(field)
    )
