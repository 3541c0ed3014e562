"""One editor per kind of field: shows a value, gives back what was written, or says why it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.domain.fields import Field, Kind
from app.domain.values import BUREAU_TIME, as_moment, parse, show
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.names import Names

_LONG_TEXT = 250
_MOMENT = "%Y-%m-%d %H:%M"


class Editor(QWidget):
    """The common frame: the input, the unit behind it, and the reason below when the value is refused."""

    edited = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._reason = QLabel(wordWrap=True)
        self._reason.setProperty("danger", True)
        self._reason.hide()
        column = QVBoxLayout(self)
        metrics.tight(column, 0, 0.5)
        self._row = QHBoxLayout()
        self._row.setSpacing(metrics.grid(1))
        column.addLayout(self._row)
        column.addWidget(self._reason)

    def hold(self, box: QWidget) -> None:
        """Take the input widget in."""
        self._row.addWidget(box, 1)
        if self.field.unit:
            unit = QLabel(tr(self.field.unit))
            unit.setProperty("muted", True)
            self._row.addWidget(unit)
        self.setFocusProxy(box)
        box.setAccessibleName(self.field.heading)
        if self.field.hint:
            box.setToolTip(tr(self.field.hint))

    def value(self) -> Any:
        """What was written; raises Invalid with the reason."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value."""
        raise NotImplementedError

    def written(self) -> str:
        """The text that was written or chosen, whether it can be taken or not."""
        raise NotImplementedError

    def show_written(self, text: str) -> None:
        """Show a text that was written and could not be taken."""
        for line in self.findChildren(QLineEdit):
            line.setText(text)

    def refuse(self, reason: str) -> None:
        """Show why the value cannot be taken; an empty reason takes the message away."""
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))


class LineEditor(Editor):
    """Text, numbers, dates and lists of short texts: written, then parsed by the field's kind."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._line = QLineEdit()
        if field.kind in (Kind.TEXT, Kind.REFERENCE):
            self._line.setMaxLength(field.length)
        self._line.setPlaceholderText(_placeholder(field))
        self._line.textEdited.connect(self.edited)
        self.hold(self._line)

    def value(self) -> Any:
        """The parsed text."""
        return parse(self.field, self._line.text())

    def written(self) -> str:
        """The line as it stands."""
        return self._line.text()

    def set_value(self, value: Any) -> None:
        """Show the value as it would be written."""
        self._line.setText("" if value is None else _written(self.field, value))


class MomentEditor(LineEditor):
    """A point in time, written in the bureau's time and kept in UTC."""

    def value(self) -> Any:
        """The stored moment; raises Invalid when the text is no moment."""
        written = self._line.text().strip()
        if not written:
            return None
        try:
            return as_moment(datetime.strptime(written, _MOMENT).replace(tzinfo=BUREAU_TIME))
        except ValueError:
            raise Invalid(
                N_("{field}: write a moment as 2026-11-23 18:00"), field=tr(self.field.label)
            ) from None


class ParagraphEditor(Editor):
    """Long text in several lines."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QPlainTextEdit()
        self._box.setTabChangesFocus(True)
        self._box.setFixedHeight(metrics.line_height() * 3)
        self._box.textChanged.connect(self.edited)
        self.hold(self._box)

    def value(self) -> Any:
        """The text, checked for its length."""
        return parse(self.field, self._box.toPlainText())

    def written(self) -> str:
        """The text as it stands."""
        return self._box.toPlainText()

    def set_value(self, value: Any) -> None:
        """Show the text."""
        self._box.setPlainText(value or "")


class ListEditor(Editor):
    """One of a closed list, or unknown; yes and no are such a list too."""

    def __init__(self, field: Field, offered: Mapping[Any, str], parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QComboBox()
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(8)
        if not field.required:
            self._box.addItem("—", None)
        for value, label in offered.items():
            self._box.addItem(label, value)
        self._box.activated.connect(self.edited)
        self.hold(self._box)

    def value(self) -> Any:
        """The chosen code, or None."""
        return self._box.currentData()

    def written(self) -> str:
        """The label that is chosen."""
        return "" if self._box.currentData() is None else self._box.currentText()

    def set_value(self, value: Any) -> None:
        """Choose a code; one that is not offered is added, so that showing never changes a record."""
        at = self._box.findData(value)
        if at < 0 and value is not None:
            self._box.addItem(show(self.field, value), value)
            at = self._box.count() - 1
        self._box.setCurrentIndex(at)


class ReferenceEditor(Editor):
    """A record of another entity by its name, found by typing part of it."""

    def __init__(self, field: Field, known: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QComboBox(editable=True)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(8)
        for held, name in known.items():
            self._box.addItem(f"{name}  {held}" if len(held) <= 12 else name, held)
        completer = self._box.completer()
        if isinstance(completer, QCompleter):
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self._box.editTextChanged.connect(self.edited)
        self.hold(self._box)

    def value(self) -> Any:
        """The uid or code behind the name; raises Invalid when the name is not known."""
        written = self._box.currentText().strip()
        if not written:
            return None
        for at in range(self._box.count()):
            held = str(self._box.itemData(at))
            if written in (self._box.itemText(at), held, self._box.itemText(at).removesuffix(f"  {held}")):
                return held
        raise Invalid(N_("{field}: there is no “{value}”"), field=tr(self.field.label), value=written)

    def written(self) -> str:
        """The name or code as it stands."""
        return self._box.currentText()

    def set_value(self, value: Any) -> None:
        """Show the record that is referred to."""
        at = self._box.findData(value) if value else -1
        self._box.setCurrentIndex(at)
        if at < 0:
            self._box.setEditText(str(value or ""))


def editor_for(field: Field, names: Names, parent: QWidget | None = None) -> Editor:
    """The editor of a field."""
    return _MAKERS[field.kind](field, names, parent)


def cell_editor(field: Field, names: Names, parent: QWidget) -> Editor:
    """The editor of a field in a cell of a table: one line, without its unit, nothing cut off unseen."""
    editor = LineEditor(field, parent) if field.kind is Kind.TEXT else editor_for(field, names, parent)
    for unit in editor.findChildren(QLabel):
        unit.hide()
    for line in editor.findChildren(QLineEdit):
        line.setMaxLength(32_767)
    return editor


def _paragraph_or_line(field: Field, _names: Names, parent: QWidget | None) -> Editor:
    return ParagraphEditor(field, parent) if field.length >= _LONG_TEXT else LineEditor(field, parent)


def _line(field: Field, _names: Names, parent: QWidget | None) -> Editor:
    return LineEditor(field, parent)


def _line_or_boxes(field: Field, _names: Names, parent: QWidget | None) -> Editor:
    if field.choices is None:
        return LineEditor(field, parent)
    from app.ui.forms.checklist import ChecklistEditor  # late: it stands on this file

    return ChecklistEditor(field, parent)


def _moment(field: Field, _names: Names, parent: QWidget | None) -> Editor:
    return MomentEditor(field, parent)


def _list(field: Field, _names: Names, parent: QWidget | None) -> Editor:
    labels = {code: field.choices.label(code) for code in field.choices.codes} if field.choices else {}
    return ListEditor(field, labels, parent)


def _yes_no(field: Field, _names: Names, parent: QWidget | None) -> Editor:
    return ListEditor(field, {True: tr(N_("Yes")), False: tr(N_("No"))}, parent)


def _reference(field: Field, names: Names, parent: QWidget | None) -> Editor:
    return ReferenceEditor(field, names.known(field.refers_to), parent)


_MAKERS: Mapping[Kind, Callable[[Field, Names, QWidget | None], Editor]] = {
    Kind.TEXT: _paragraph_or_line,
    Kind.NUMBER: _line,
    Kind.INTEGER: _line,
    Kind.DATE: _line,
    Kind.MOMENT: _moment,
    Kind.TEXTS: _line_or_boxes,
    Kind.BOOLEAN: _yes_no,
    Kind.CHOICE: _list,
    Kind.STATE: _list,
    Kind.REFERENCE: _reference,
}


def _placeholder(field: Field) -> str:
    if field.kind is Kind.DATE:
        return tr(N_("2018, 2018-10 or 2018-10-05"))
    if field.kind is Kind.TEXTS:
        return tr(N_("Several, with a comma between"))
    return ""


def _written(field: Field, value: Any) -> str:
    """A number keeps all its digits in a form: opening and saving must not round it."""
    if field.kind is Kind.NUMBER:
        return f"{value:.10g}"
    return show(field, value)
