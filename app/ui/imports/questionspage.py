"""What the importer has to ask: each question with its choices, the proposal, and the reason for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.i18n import N_, listed, tr
from app.ui import metrics
from app.ui.parts import card

_WORDS = {
    "EPSG:4490": N_("CGCS2000 or WGS 84 degrees"),
    "gcj02": N_("GCJ-02 (Amap, Tencent)"),
    "bd09": N_("BD-09 (Baidu)"),
    "xy": N_("as written: longitude, latitude"),
    "yx": N_("the other way round: latitude, longitude"),
    "each": N_("each unit has this output"),
    "total": N_("all units together have this output"),
    "new": N_("another one: take it in as new"),
    "skip": N_("the same one: leave the row out"),
    "fit": N_("for each row by where it falls"),
    "packed": N_("degrees, minutes and seconds in one number"),
    "all": N_("all of this kind"),
    "by_part": N_("differently for each table: ask for each"),
}
_MOST_ROWS = 12
_MOST_SHEETS = 8


class QuestionsPage(QScrollArea):
    """A card a question; answered ones stay to be seen and changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self._boxes: dict[str, QComboBox] = {}
        self._asked: dict[str, Any] = {}
        self.claims = QCheckBox(
            tr(N_("Accept what the ledger says is finished (needs the document as the reason)"))
        )
        self.claims.hide()

    def show_questions(self, questions: Sequence[Any], may_accept_claims: bool) -> None:
        """Show the open questions after those answered before."""
        given = self.answers()
        for question in questions:
            self._asked[question.key] = question
        self.claims.setParent(None)
        self._boxes.clear()
        body = QWidget()
        column = QVBoxLayout(body)
        metrics.tight(column, 1, 3)
        if not self._asked:
            column.addWidget(QLabel(tr(N_("Nothing has to be asked: the file is clear."))))
        for key, question in self._asked.items():
            column.addWidget(self._card(question, given.get(key, question.proposal)))
        column.addWidget(self.claims)
        self.claims.setVisible(may_accept_claims)
        column.addStretch(1)
        self.setWidget(body)

    def answers(self) -> dict[str, str]:
        """The choices, by the key of the question."""
        return {code: str(box.currentData()) for code, box in self._boxes.items()}

    def _card(self, question: Any, chosen: str) -> QWidget:
        frame = card()
        column = QVBoxLayout(frame)
        metrics.tight(column, 3, 1.5)
        what = QLabel(f"{question.part}：{question.what}" if question.part else question.what, wordWrap=True)
        what.setFont(metrics.sized(1.0, bold=True))
        box = QComboBox()
        for choice in dict.fromkeys((*question.choices, question.proposal)):
            words = _in_words(question.code, choice)
            if choice == question.proposal:
                words = tr(N_("{choice} — proposed"), choice=words)
            box.addItem(words, choice)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.setAccessibleName(what.text())
        why = QLabel("\n".join((question.why, *_where(question.by_sheet))), wordWrap=True)
        why.setProperty("muted", True)
        column.addWidget(what)
        column.addWidget(box)
        column.addWidget(why)
        self._boxes[question.key] = box
        return frame


def _where(by_sheet: Mapping[str, Sequence[int]]) -> list[str]:
    """The rows a question is about, a line for each sheet; the sheet is named where several are read."""
    lines = []
    for sheet, rows in list(by_sheet.items())[:_MOST_SHEETS]:
        more = " …" if len(rows) > _MOST_ROWS else ""
        said = tr(N_("Rows {rows}"), rows=listed(str(row) for row in rows[:_MOST_ROWS]) + more)
        lines.append(f"{sheet}：{said}" if sheet else said)
    return [*lines, "…"] if len(by_sheet) > _MOST_SHEETS else lines


def _in_words(code: str, choice: str) -> str:
    if code == "zone" and choice.isdigit():
        return tr(N_("zone {zone}, central meridian {lon}°E"), zone=choice, lon=3 * int(choice))
    return f"{tr(_WORDS[choice])} ({choice})" if choice in _WORDS else choice
