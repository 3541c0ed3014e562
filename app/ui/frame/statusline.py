"""The line at the foot: coordinates, division and cell under the pointer, map scale, background work."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QProgressBar, QStackedWidget, QStatusBar, QToolButton, QWidget

from app.carto.scale import scale_text
from app.carto.view import MapView
from app.domain.coordinates.formats import show_position
from app.i18n import N_, tr
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.map.places import under

_REST_MS = 160  # the pointer must rest before the workspace is asked what lies there
_SAID_MS = 8000


class StatusLine(QStatusBar):
    """Follows the pointer on the map; shows one piece of background work with a way to stop it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._at: tuple[float, float] | None = None
        self.setSizeGripEnabled(False)
        self._position, self._place, self._scale = QLabel(), QLabel(), QLabel()
        self._position.setMinimumWidth(metrics.chars(38))
        self._work = QLabel()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedSize(metrics.chars(18), metrics.grid(3))
        self._stop = QToolButton()
        self._stop.setProperty("flat", True)
        self._stop.setToolTip(tr(N_("Stop this work")))
        self._stop.setAccessibleName(tr(N_("Stop this work")))
        icons.wear(self._stop, "close")
        self._stop.clicked.connect(self._cancel)
        self.addWidget(self._position)
        self.addWidget(self._place, 1)
        for box in (self._work, self._bar, self._stop, self._scale):
            self.addPermanentWidget(box)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._ask)
        desk.said.connect(self._say)  # not a lambda: it would outlive this bar
        desk.tasks.busy.connect(self._show_work)
        self._show_work("", 0, 0)

    def _say(self, words: str) -> None:
        self.showMessage(words, _SAID_MS)

    def point(self, lon: float, lat: float) -> None:
        """The pointer is here (degrees EPSG:4490)."""
        self._at = (lon, lat)
        self._position.setText(show_position(lon, lat, self._desk.preferences.notation))
        self._rest.start()

    def leave(self) -> None:
        """The pointer has left the map."""
        self._at = None
        self._rest.stop()
        self._position.clear()
        self._place.clear()

    def show_view(self, view: MapView) -> None:
        """The scale of the map."""
        self._scale.setText(scale_text(float(f"{view.scale:.3g}")))
        self._scale.setToolTip(tr(N_("Scale on a screen of {dpi} dots an inch"), dpi=round(view.dpi)))

    def follow(self, pages: QStackedWidget, with_map: QWidget) -> None:
        """The scale is shown with the page that has the map in it."""
        pages.currentChanged.connect(lambda at: self._scale.setVisible(pages.widget(at) is with_map))

    def _ask(self) -> None:
        if self._at is not None:
            lon, lat = self._at
            self._desk.read(
                self, lambda session, _: under(session, lon, lat), self._show_place, topic="under"
            )

    def _show_place(self, found: tuple[str, str]) -> None:
        if self._at is None:
            return
        division, cell = found
        words = division or tr(N_("outside the area"))
        self._place.setText(f"{words} · {tr(N_('Cell {code}'), code=cell)}" if cell else words)

    def _show_work(self, title: str, done: int, total: int) -> None:
        for box in (self._work, self._bar, self._stop):
            box.setVisible(bool(title))
        self._work.setText(title)
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _cancel(self) -> None:
        for task in self._desk.tasks.under_way()[:1]:
            task.cancel()
            self._desk.said.emit(tr(N_("Asked to stop: {work}"), work=task.title))
