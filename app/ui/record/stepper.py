"""The status stepper: the main line from found to cleared, and where the record stands on it or beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.entities.boiler_codes import STATES, STATUS_GROUPS, group_of
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.symbols import status_icon
from app.ui.theme import colours

# The words of map and legend, in the order a boiler goes through them; each with a state to take its
# symbol from.
LINE = (
    ("unverified", "suspect"),
    ("to_treat", "registered"),
    ("treating", "in_progress"),
    ("accepting", "applied"),
    ("notice", "notice"),
    ("cleared", "cleared"),
)
_WORDS, _SMALLEST = 0.85, 0.6  # sizes of the words, of the application's font
# States off the line stand at the place they leave it from.
_BESIDE = {"sealed": "treating", "rebound": "treating", "retained": "to_treat", "excluded": "unverified"}


class Stepper(QWidget):
    """Drawn, not built of widgets: it must stay readable at any width and font."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_state(self, state: str | None) -> None:
        """Show where a boiler in this state stands; None hides the stepper."""
        self._state = state or ""
        self.setVisible(bool(state))
        if state:
            words = tr(N_("Status: {state}"), state=STATES.label(state))
            self.setAccessibleName(words)
            self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the symbols and the lines of words that this width takes."""
        return QSize(metrics.grid(80), self.heightForWidth(self.width()))

    def hasHeightForWidth(self) -> bool:
        """A narrow stepper breaks its words."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Symbols, and one or two lines of words."""
        bold = QFontMetrics(metrics.sized(_WORDS, bold=True))
        longest = max(bold.horizontalAdvance(STATUS_GROUPS.label(code)) for code in STATUS_GROUPS.codes)
        lines = 1 if longest + 2 <= width / len(LINE) else 2
        return round(metrics.grid(6) + lines * self._metrics().height() + metrics.grid(1))

    def place(self) -> int:
        """The place on the line that the state stands at, from 0."""
        group = group_of(self._state)
        wanted = _BESIDE.get(group, group)
        return next(at for at, (name, _) in enumerate(LINE) if name == wanted)

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(metrics.sized(_WORDS))

    def _factor(self, cell: float) -> float:
        """Words are set smaller where the longest of them would not fit, as in English on a narrow panel."""
        bold = QFontMetrics(metrics.sized(_WORDS, bold=True))
        words = " ".join(STATUS_GROUPS.label(code) for code in STATUS_GROUPS.codes).split()
        longest = max(bold.horizontalAdvance(word) for word in words)
        return max(_SMALLEST, min(_WORDS, _WORDS * (cell - 2) / longest))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line with a symbol at each step; those behind are filled, the present one is named in bold."""
        if not self._state:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cell, here = self.width() / len(LINE), self.place()
        self._draw_line(painter, cell, here)
        for at, (group, state) in enumerate(LINE):
            own = at == here
            shown = self._state if own else state
            label = STATUS_GROUPS.label(group_of(self._state) if own else group)
            self._draw_step(
                painter, QRectF(at * cell, 0, cell, self.height()), shown, label, (own, at <= here)
            )
        painter.end()

    def _draw_line(self, painter: QPainter, cell: float, here: int) -> None:
        look, middle = colours(), metrics.grid(3)
        for at in range(len(LINE) - 1):
            painter.setPen(QPen(QColor(look.accent if at < here else look.border), metrics.grid(0.5)))
            painter.drawLine(round((at + 0.5) * cell), middle, round((at + 1.5) * cell), middle)

    def _draw_step(
        self, painter: QPainter, box: QRectF, state: str, label: str, stands: tuple[bool, bool]
    ) -> None:
        own, reached = stands
        look, side = colours(), metrics.grid(6)
        disc = QRectF(box.center().x() - side / 2, 0, side, side)
        painter.setPen(QPen(QColor(look.accent if own else look.border), 2 if own else 1))
        painter.setBrush(QColor(look.selection if own else look.base))
        painter.drawEllipse(disc.adjusted(1, 1, -1, -1))
        if own:
            status_icon(state).paint(painter, disc.adjusted(4, 4, -4, -4).toRect())
        else:
            painter.setPen(QColor(look.accent if reached else look.muted))
            painter.setFont(metrics.sized(0.8, bold=True))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, "✓" if reached else "·")
        painter.setFont(metrics.sized(self._factor(box.width()), bold=own))
        painter.setPen(QColor(look.text if own else look.muted))
        words = QRectF(box.left() + 1, side + metrics.grid(0.5), box.width() - 2, box.height() - side)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(words, int(flags), label)
