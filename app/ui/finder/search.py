"""What a few words may mean: commands, a coordinate, divisions, records; found in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from app.domain.catalog import BY_NAME
from app.domain.coordinates.notation import readings
from app.domain.entity import Entity, EntityType
from app.domain.filters import Condition, Filter
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.session import Session

COMMAND, PLACE, RECORD = "command", "place", "record"
_SEARCHED = ("division", "boiler", "grid_cell", "water_source", "protection_zone")
_NAMED = {"division": "name", "boiler": "user_org", "water_source": "name", "protection_zone": "name"}
_MOST_READINGS = 16  # of a name, as its characters combine
_PER_KIND = 8
_PLACES = 4
_SURE = 0.3


@dataclass(frozen=True)
class Found:
    """One line of the list; `entity` and `uid` for a record, `at` (degrees EPSG:4490) for a place, `id`
    for a command."""

    what: str
    title: str
    detail: str = ""
    id: str = ""
    entity: str = ""
    uid: str = ""
    at: tuple[float, float] | None = None


def find_places(words: str) -> list[Found]:
    """The readings of a coordinate text; words without two numbers have none."""
    if sum(char.isdigit() for char in words) < 4:
        return []
    sure = [item for item in readings(words) if item.certainty >= _SURE]
    return [
        Found(
            PLACE,
            tr(N_("Go to {x}, {y}"), x=f"{item.x:.6f}", y=f"{item.y:.6f}"),
            f"{item.crs} · {item.why}",
            at=(item.x, item.y),
        )
        for item in sure[:_PLACES]
    ]


def find_records(session: Session, words: str, cancelled: Callable[[], bool]) -> list[Found]:
    """Records whose searched fields hold the words, or whose name has these pinyin initials."""
    found: list[Found] = []
    for name in _SEARCHED:
        if cancelled():
            return found
        kind = BY_NAME[name]
        records = list(session.workspace.find(kind.record, _holding(kind, words), limit=_PER_KIND))
        if len(records) < _PER_KIND and could_be_initials(words):
            records += _by_initials(session, kind, words.casefold(), {record.uid for record in records})
        found += [_line(kind, record) for record in records[:_PER_KIND]]
    return found


def _holding(kind: EntityType, words: str) -> Filter:
    searched = [field.name for field in kind.fields.values() if field.search]
    return Filter(tuple((Condition(name, "~", words),) for name in searched))


def _line(kind: EntityType, record: Entity) -> Found:
    values = record.values()
    detail = [kind.text, str(values.get("address") or values.get("code") or "")]
    return Found(
        RECORD, record.title(), " · ".join(part for part in detail if part), entity=kind.name, uid=record.uid
    )


def could_be_initials(words: str) -> bool:
    """Whether words may be the first letters of a name in pinyin."""
    return words.isascii() and words.isalpha() and len(words) >= 2


def _by_initials(session: Session, kind: EntityType, wanted: str, have: set[str]) -> Iterator[Entity]:
    field = _NAMED.get(kind.name)
    if field is None:
        return
    columns = session.workspace.columns(kind.name, [field], None, shapes=False)
    pairs = zip(columns.uids, columns.values[field], strict=True)
    uids = [uid for uid, name in pairs if uid not in have and name and wanted in initials(str(name))]
    for uid in uids[:_PER_KIND]:
        record = session.workspace.get(kind.record, uid)
        if record is not None:
            yield record


@lru_cache(maxsize=100_000)  # a large ledger's units and addresses, asked again at every key
def initials(name: str) -> str:
    """The pinyin initials of a name in every reading, a bar between them: 崆峒区 → kdq|kdo|ktq|kto.

    People here say kōngtóng, dictionaries kōngdòng. Of long names the first characters with several readings
    are taken in all of them. Other letters stand as they are.
    """
    from pypinyin import Style, pinyin  # late: its tables take a third of a second

    told = [""]
    for spoken in pinyin(name, style=Style.FIRST_LETTER, heteronym=True):
        letters = list(dict.fromkeys(spoken))
        taken = letters if len(told) * len(letters) <= _MOST_READINGS else letters[:1]
        told = [begun + letter for begun in told for letter in taken]
    return "|".join(told).casefold()
