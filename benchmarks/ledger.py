"""Measures a ledger of 50,000 boilers: opening, sorting and filtering, and painting its pages.

QT_QPA_PLATFORM=offscreen python benchmarks/ledger.py [ROWS]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.changes import insert, new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entity import Entity, EntityType
from app.ui.application import make_application
from app.ui.ledger.columnfilter import ColumnFilter
from app.ui.ledger.model import LedgerModel
from app.ui.ledger.rows import Question, read_page, read_rows
from app.ui.ledger.table import LedgerTable
from app.ui.names import Names

PAGES = 200
KIND = Boiler.TYPE


def main(rows: int) -> None:
    """Fill a workspace, then say what each thing takes."""
    make_application()
    with tempfile.TemporaryDirectory() as folder:
        session = create_workspace(Path(folder) / "ledger.gpkg", "620800", "bench", "246810")
        fill(session, rows)
        base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        measure(session)
        more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) / 1024
        print(f"memory the ledger added   {more:8.0f} MB")
        session.close()


def fill(session: Session, rows: int) -> None:
    """Synthetic boilers in every county."""
    made = [
        Boiler(
            uid=new_uid(),
            ledger_no=f"B-{at:06}",
            user_org=f"第{at}小学锅炉房",
            div_code=f"62080{at % 7 + 2}{at % 20:03}",
            rated_tph=at % 40 / 2,
            fuel=("bituminous", "gas", "biomass")[at % 3],
            address=f"人民路{at % 500}号",
            synthetic=True,
        )
        for at in range(rows)
    ]
    session.commit([insert(record) for record in made], "add", "bench")


def measure(session: Session) -> None:
    """Questions in the order a person asks them, then page after page."""
    plain = Question(KIND, sorts=(("ledger_no", False),))
    asked = {
        "open, by number": plain,
        "sort by two columns": Question(KIND, sorts=(("fuel", False), ("rated_tph", True))),
        "filter a column": Question(KIND, columns=(ColumnFilter("rated_tph", low="10"),)),
        "group by township": Question(KIND, groups=("county", "township")),
        "pinyin initials, first": Question(KIND, words="rml"),
        "pinyin initials, again": Question(KIND, words="rml"),
    }
    for name, question in asked.items():
        print(f"{name:25} {timed(partial(read_rows, session, question, Names())):8.0f} ms")
    paint(session, plain)


def paint(session: Session, question: Question) -> None:
    """Paint successive pages; each reads what it needs by indexed page reads."""
    reads: list[float] = []

    def page(kind: EntityType, uids: Sequence[str]) -> dict[str, Entity]:
        begun = time.perf_counter()
        found = read_page(session, kind, uids)
        reads.append((time.perf_counter() - begun) * 1000)
        return found

    model = LedgerModel(KIND, page, Names())
    table = LedgerTable(model)
    table.resize(1366, 400)
    table.show()
    model.show_rows(read_rows(session, question, Names()))
    table.grab()
    step = max(1, (model.rowCount() - 20) // PAGES)
    taken = []
    for row in range(0, step * PAGES, step):
        begun = time.perf_counter()
        table.scrollTo(model.index(row, 0), table.ScrollHint.PositionAtTop)
        table.grab()
        taken.append((time.perf_counter() - begun) * 1000)
    near = [timed(partial(scroll, table, model, at)) for at in range(1000, 1600, 3)]
    print(f"jump to a far page    p50 {share(taken, 0.5):8.1f} ms   p95 {share(taken, 0.95):8.1f} ms")
    print(f"scroll by three rows  p50 {share(near, 0.5):8.1f} ms   p95 {share(near, 0.95):8.1f} ms")
    print(f"of it one page read   p50 {share(reads, 0.5):8.1f} ms   p95 {share(reads, 0.95):8.1f} ms")


def scroll(table: LedgerTable, model: LedgerModel, row: int) -> None:
    """One step of scrolling, painted."""
    table.scrollTo(model.index(row, 0), table.ScrollHint.PositionAtTop)
    table.grab()


def timed(work: Callable[[], object]) -> float:
    """How long something takes, in ms."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def share(taken: Sequence[float], part: float) -> float:
    """The value that this part of the measurements stays under."""
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * part))]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
