"""Measures a ledger of 50,000 boilers: opening, sorting and filtering, and the frames while it scrolls.

xvfb-run -s "-screen 0 1920x1080x24" python benchmarks/ledger.py [ROWS]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.actions.session import Session
from app.bootstrap import create_workspace
from app.domain.changes import insert, new_uid
from app.domain.entities.boiler import Boiler
from app.settings import Preferences
from app.ui.application import make_application
from app.ui.desk import Desk
from app.ui.ledger.columnfilter import ColumnFilter
from app.ui.ledger.pane import LedgerPane
from app.ui.ledger.rows import Question, read_rows
from app.ui.ledger.table import LedgerTable
from app.ui.names import Names

PAGES = 200
FRAME_MS = 16
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KEYS = {  # pressed in turn
    "PageDown": ((Qt.Key.Key_PageDown,),),
    "Shift+Page": ((Qt.Key.Key_PageDown, _SHIFT),),
    "Down": ((Qt.Key.Key_Down,),),
    "End, Home": ((Qt.Key.Key_End, _CTRL), (Qt.Key.Key_Home, _CTRL)),
}
KIND = Boiler.TYPE
SCENES = (  # size of the window, frozen columns, groups
    ((1366, 300), 0, ()),
    ((1366, 768), 0, ()),
    ((1920, 1040), 0, ()),
    ((1920, 1040), 3, ("county", "township")),
)


def main(rows: int) -> None:
    """Fill a workspace, then say what each thing takes."""
    make_application()
    with tempfile.TemporaryDirectory() as folder:
        session = create_workspace(Path(folder) / "ledger.gpkg", "620800", "bench", "246810")
        fill(session, rows)
        measure(session)
        session.close()


def fill(session: Session, rows: int) -> None:
    """Synthetic boilers in every county."""
    made = [
        Boiler(
            uid=new_uid(),
            ledger_no=f"B-{at:06}",
            user_org=f"第{at}小学锅炉房",
            div_code=f"62080{at % 7 + 2}{at % 20:03}",
            rated_tph=(at % 40 + 1) / 2,
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
    scroll(session)


def scroll(session: Session) -> None:
    """Frames of the ledger in a real window: the wheel, the page keys, and the scroll bar dragged far."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRIDWARD_CONFIG"] = folder
        app, desk = make_application(), Desk(Preferences())
        desk.lay(session)
        pane = LedgerPane(desk, KIND)
        pane.show()
        _until(app, lambda: desk.tasks.idle() and pane.model.rowCount() > 0)
        for size, frozen, groups in SCENES:
            pane.resize(*size)
            pane.arranging.layout.freeze(frozen)
            pane.arranging.put(pane.arranging.first_sorts(), (), groups)
            _until(app, lambda: desk.tasks.idle())
            name = f"{size[0]}×{size[1]}, {frozen} frozen{', grouped' if groups else ''}"
            for step, taken in _frames(app, pane.table).items():
                p50, p95 = share(taken, 0.5), share(taken, 0.95)
                print(f"{name:30} {step:10} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms of {FRAME_MS} ms")
        pane.close()
        desk.tasks.close()


def _frames(app: QApplication, table: LedgerTable) -> dict[str, list[float]]:
    """CPU milliseconds of the GUI thread for each frame, from the step to its painting done."""
    bar = table.verticalScrollBar()
    bar.setValue(0)
    _until(app, lambda: False, 0.3)
    far, seen = bar.maximum() // PAGES, _Painted(table)
    taken = {
        "wheel": [_frame(app, seen, partial(_wheel, table)) for _ in range(2 * PAGES)],
        "pages": [_frame(app, seen, partial(bar.setValue, n * bar.pageStep())) for n in range(9, 9 + PAGES)],
    }
    taken |= _pressed(app, table, seen)
    bar.setValue(0)
    _until(app, lambda: False, 0.2)
    bar.setSliderDown(True)
    taken["dragged"] = [_frame(app, seen, partial(bar.setValue, n * far)) for n in range(PAGES)]
    taken["let go"] = [_frame(app, seen, partial(bar.setSliderDown, False))]
    return taken


def _pressed(app: QApplication, table: LedgerTable, seen: _Painted) -> dict[str, list[float]]:
    """The same for keys held down, from the first row on."""
    taken: dict[str, list[float]] = {}
    for name, keys in KEYS.items():
        table.setCurrentIndex(table.ledger.index(0, 0))
        _until(app, lambda: False, 0.2)
        presses = [keys[at % len(keys)] for at in range(PAGES // 2)]
        taken[name] = [_frame(app, seen, partial(QTest.keyClick, table, *key)) for key in presses]
    return taken


def _frame(app: QApplication, seen: _Painted, step: Callable[[], object]) -> float:
    begun, before, limit = time.thread_time(), seen.times, time.monotonic() + 1
    step()
    while seen.times == before and time.monotonic() < limit:
        app.processEvents()
    return (time.thread_time() - begun) * 1000


class _Painted(QObject):
    """Counts how often a table was painted."""

    def __init__(self, table: LedgerTable) -> None:
        super().__init__(table)
        self.times = 0
        table.viewport().installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Only counts."""
        self.times += event.type() == QEvent.Type.Paint
        return False


def _wheel(table: LedgerTable) -> None:
    view, at = table.viewport(), QPointF(200, 60)
    turn = QWheelEvent(
        at,
        view.mapToGlobal(at),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.sendEvent(view, turn)


def _until(app: QApplication, done: Callable[[], bool], seconds: float = 30) -> None:
    limit = time.monotonic() + seconds
    while not done() and time.monotonic() < limit:
        app.processEvents()


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
