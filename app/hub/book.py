"""The hub's tables: one per entity with who wrote what last; the books of areas, log, acts and laptops."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from app.domain.entity import GEOMETRY, EntityType, Shape
from app.domain.fields import Field, Kind
from app.store import limits
from app.store.geom import Geom
from app.store.tables import STORED_TYPES, Line, column_type, known

SCHEMA = 12
ALIVE = "h_alive"
# Fields that the hub looks records up by, beside uid, area and place. Other fields that a laptop's file has
# indexes for have none here: each would be written with every row, and no question of the hub would read it.
ASKED_FIELDS = frozenset((
    ("approval", "owner"), ("attachment", "owner"), ("attachment", "sha256"), ("boiler", "user_org"),
    ("conflict", "owner"), ("conflict", "situation"),
    ("redaction", "owner"), ("redaction", "paper"), ("redaction", "sha256"),
))  # fmt: skip
# What the hub keeps of each row beside its fields: the area, the highest stamp, whether it is there, the
# stamps ({field id: [number, site, clock]}, "*" for the fields without one of their own), and who entered or
# edited it in this round ({person: 1}).
Json = Text().with_variant(JSONB(), "postgresql")

BOOK = MetaData()

FACTS = Table(
    "hub_fact",
    BOOK,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
AREAS = Table(
    "hub_area", BOOK,
    Column("code", String(12), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("digest", String(32), nullable=False),
)  # fmt: skip
SITES = Table(
    "hub_site", BOOK,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("device", String(36), nullable=False),
    Column("epoch", Integer, nullable=False),
    Index("ux_hub_site", "device", "epoch", unique=True),
)  # fmt: skip
DEVICES = Table(
    "hub_device", BOOK,
    Column("uid", String(36), primary_key=True),
    Column("area", String(12), nullable=False),
    Column("role_cap", String(4), nullable=False),
    Column("sign_key", LargeBinary, nullable=False),
    Column("recipient", String(200), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("next", BigInteger, nullable=False),
    Column("chain", LargeBinary, nullable=False),
    Column("founding", Boolean, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("last_sync", BigInteger),
    Column("clock_off", BigInteger),
    Column("cursors", Text),  # what it said it had folded, by area, as JSON
    Column("delivered", Text),  # what it was given last
    Column("revoked_at", BigInteger),
    Column("revoked_after", BigInteger),
    Column("revoked_why", Text),
    Column("revoked_by", Text),  # the name of a person, or `shell:` and who used the hub's machine
    Column("label", Text),
    Column("former", String(36)),  # the laptop whose file goes on as this one, with new keys
    Column("program", String(40)),  # the version it said last; "" when it said none, empty before it came
    Column("disk", String(10)),  # whether its disk is encrypted, as it said last: app/store/encryption.py
    Column("journal", String(10)),  # whether its journal is whole, as it said last
)  # fmt: skip
INVITES = Table(
    "hub_invite", BOOK,
    Column("secret", LargeBinary, primary_key=True),  # its SHA-256
    Column("area", String(12), nullable=False),
    Column("role", String(4), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("used_by", String(36)),
)  # fmt: skip
ACTS = Table(
    "hub_act", BOOK,
    Column("uid", String(64), primary_key=True),
    Column("site", Integer, nullable=False),
    Column("person", String(64), nullable=False),
    Column("person_name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("wall", Text, nullable=False),
    Column("undoes", String(64)),
    Column("undone_by", String(64)),
    Column("kept", Text),  # of a step: what it changed, before and after, as JSON, to take it back by
    Column("batch", BigInteger),  # the first number of the batch it came in, by `site`; empty where none did
)  # fmt: skip
BATCHES = Table(
    "hub_batch", BOOK,
    Column("sha256", LargeBinary, primary_key=True),
    Column("device", String(36), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("answer", Text, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Index("ix_hub_batch_device", "device", "epoch", "first"),
)  # fmt: skip
# Partitioned by month in PostgreSQL, which wants the partition's column in the key.
LOG = Table(
    "hub_log", BOOK,
    Column("area", String(12), primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("received", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("device", String(36), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("head", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (received)",
)  # fmt: skip

# PIN verifiers, by the mark that stands for one in the record: app/hub/verifiers.py.
VERIFIERS = Table(
    "hub_verifier", BOOK,
    Column("mark", String(60), primary_key=True),
    Column("person", String(64), nullable=False),
    Column("verifier", Text, nullable=False),
)  # fmt: skip
# Who opens the admin pages by which passphrase, and links to choose one: app/hub/passphrases.py.
PASSPHRASES = Table(
    "hub_passphrase", BOOK,
    Column("person", String(64), primary_key=True),
    Column("verifier", Text),
    Column("link", LargeBinary),  # the SHA-256 of what a one-time link carries
    Column("link_until", BigInteger),
)  # fmt: skip
TRIES = Table(
    "hub_try", BOOK,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", LargeBinary, nullable=False),  # a keyed hash of the name or address, not it itself
    Column("at", BigInteger, nullable=False),
    Index("ix_hub_try", "what", "at"),
)  # fmt: skip
# Blocks that a hub brought back from a backup had lost and laptops gave back, with the site their cells are
# stamped with: app/hub/returning.py. They stay as they were signed.
LOST = Table(
    "hub_lost", BOOK,
    Column("head", LargeBinary, primary_key=True),
    Column("area", String(12), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("branch", String(40), nullable=False),  # the first block of the stretch
    Column("fork", BigInteger, nullable=False),  # the last number before the loss
    Column("site", Integer, nullable=False),
    Column("device", String(36), nullable=False),  # who gave it back
    Column("received", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Index("ix_hub_lost_branch", "branch", "last"),
    Index("ix_hub_lost_area", "area", "last"),
)  # fmt: skip
# Under which numbers of its area's log stands what a lost block told, where the hub had that otherwise:
# whoever had seen the block has seen those (app/hub/seeing.py).
STANDING = Table(
    "hub_standing", BOOK,
    Column("head", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
)  # fmt: skip
# What papers a laptop lacked when its last bundle came, as it said (PapersWanted): app/hub/papers.py.
ASKED = Table(
    "hub_asked", BOOK,
    Column("device", String(36), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip
# Which entries of an act the hub has, of acts that may have come in parts only: app/hub/parts.py.
PARTS = Table(
    "hub_part", BOOK,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("act", String(64), nullable=False),
    Column("marks", LargeBinary, nullable=False),
    Index("ix_hub_part", "act"),
)  # fmt: skip


@lru_cache(maxsize=1)
def entity_tables() -> dict[str, Table]:
    """The table of each entity, by its name."""
    return {kind.name: _table(kind) for kind in STORED_TYPES}


def field_ids(kind: EntityType) -> tuple[str, ...]:
    """The columns of an entity as they travel: its fields' ids, and the geometry."""
    return _ids(kind.name)[0]


def unique_ids(kind: EntityType) -> tuple[str, ...]:
    """The ids of the fields that no two living records may share."""
    return _ids(kind.name)[1]


@lru_cache(maxsize=64)
def _ids(entity: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kind = known(entity)
    shape = (GEOMETRY,) if kind.shape is not Shape.NONE else ()
    every = (*shape, *(item.id for item in kind.stored.values()))
    return every, tuple(item.id for item in kind.stored.values() if item.unique)


def _table(kind: EntityType) -> Table:
    columns: list[Column[Any]] = [
        Column("uid", Line(36, collation="C"), primary_key=True),  # short uids are ranges of letters
        Column("h_area", Line(12), nullable=False),
        Column("h_seq", BigInteger, nullable=False),
        Column(ALIVE, Boolean, nullable=False),
        Column("h_stamps", Json, nullable=False),
        Column("h_editors", Json),
    ]
    if kind.shape is not Shape.NONE:
        columns.append(Column(GEOMETRY, Geom(kind.shape)))
    columns += [Column(item.id, _type(item)) for item in kind.stored.values()]
    rules = [
        CheckConstraint(words, name=name).ddl_if(dialect="postgresql") for name, words in limits.checks(kind)
    ]
    table = Table(kind.name, BOOK, *columns, *rules, postgresql_with={"fillfactor": 85})
    _index(kind, table)
    return table


def _type(field: Field) -> TypeEngine[Any]:
    return BigInteger() if field.kind is Kind.INTEGER else column_type(field)


def unasked_indexes() -> list[str]:
    """The indexes that hubs up to version 7 had of fields which no question looks records up by."""
    return [
        _index_name(kind, item)
        for kind in STORED_TYPES
        for item in kind.stored.values()
        if item.indexed and not item.unique and (kind.name, item.id) not in ASKED_FIELDS
    ]


def _index_name(kind: EntityType, field: Field) -> str:
    return f"ix_{kind.name}_{field.id}"


def _index(kind: EntityType, table: Table) -> None:
    """Keys hold among living records only: a deleted one gives its number free."""
    Index(f"ix_{kind.name}_h_area", table.c.h_area)
    for item in kind.stored.values():
        column = table.c[item.id]
        if item.unique:
            living = text(ALIVE)
            Index(
                f"ux_{kind.name}_{item.id}", column, unique=True, postgresql_where=living, sqlite_where=living
            )
        elif (kind.name, item.id) in ASKED_FIELDS:
            Index(_index_name(kind, item), column)
    if kind.shape is not Shape.NONE:
        Index(f"ix_{kind.name}_{GEOMETRY}", table.c[GEOMETRY], postgresql_using="gist").ddl_if(
            dialect="postgresql"
        )
