"""Words above a ledger: the database finds what reading every record would find."""

from __future__ import annotations

from pathlib import Path

from app.bootstrap import open_workspace
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.entity import Entity
from app.domain.filters import parse_filter
from app.ui.finder.search import could_be_initials, initials
from app.ui.frame.opening import read_names
from app.ui.ledger.rows import Question, read_rows
from app.ui.names import Names

BOILERS = (
    "学校",
    "崆峒",
    "柳湖",
    "kdq",
    "ktq",
    "LHZ",
    "lhz 学校",
    "pl-0",
    "中学 县",
    "q",
    "不存在",
    "jcx zx",
)
CELLS = ("柳湖", "lhz", "LHz 0", "g0 崆峒")


def test_the_database_finds_the_words_that_reading_every_record_finds(demo_file: Path) -> None:
    session = open_workspace(demo_file)
    names, counts = read_names(session), []
    for kind, asked in ((Boiler, BOILERS), (GridCell, CELLS)):
        records = session.workspace.find(kind)
        for words in asked:
            wanted = {record.uid for record in records if _holds(record, words, names)}
            assert set(read_rows(session, Question(kind.TYPE, words=words), names).uids) == wanted, words
            counts.append(len(wanted))
    assert sum(count > 0 for count in counts) > 10 and 0 in counts
    where = parse_filter("status=cleared or status=sealed", Boiler.TYPE)
    both = read_rows(session, Question(Boiler.TYPE, where, "崆峒"), names).uids
    meant = [record for record in session.workspace.find(Boiler, where) if _holds(record, "崆峒", names)]
    assert set(both) == {record.uid for record in meant} and both
    session.close()


def _holds(record: Entity, words: str, names: Names) -> bool:
    """What is meant, said plainly: each word in a field, in a division's name, or as initials."""
    values = record.values()
    fields = [field.name for field in record.TYPE.fields.values() if field.search]
    places = names.places(str(values["div_code"] or "")).split()
    held = [str(values[name] or "").casefold() for name in fields] + [place.casefold() for place in places]
    spoken = [str(values[name] or "") for name in fields if name in ("user_org", "name", "address")]
    said = [initials(part) for part in (*places, *spoken)]
    return all(
        any(word in part for part in held) or (could_be_initials(word) and any(word in part for part in said))
        for word in words.casefold().split()
    )
