"""A form of declared fields: shows values, gives back what differs, points at what cannot be taken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from app.domain.fields import Field
from app.errors import Invalid
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.forms.editors import Editor, editor_for
from app.ui.names import Names


class Form(QWidget):
    """Editors under headings, in the order given."""

    edited = Signal()

    def __init__(self, names: Names, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self._editors: dict[str, Editor] = {}
        self._before: dict[str, Any] = {}
        self._shown: dict[str, str] = {}
        self._column = QVBoxLayout(self)
        metrics.tight(self._column, 0, 2)

    def add_group(self, title: str, fields: Iterable[Field], needed: Collection[str] = ()) -> None:
        """Add editors below a heading (an empty title gives none); `needed` are marked as required too."""
        if title:
            heading = QLabel(title)
            heading.setFont(metrics.sized(1.0, bold=True))
            self._column.addWidget(heading)
        rows = QFormLayout()
        rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.setHorizontalSpacing(metrics.grid(3))
        rows.setVerticalSpacing(metrics.grid(1.5))
        for field in fields:
            editor = editor_for(field, self._names, self)
            editor.edited.connect(self.edited)
            self._editors[field.name] = editor
            star = " *" if field.required or field.name in needed else ""
            label = QLabel(tr(field.label) + star)
            label.setBuddy(editor)
            rows.addRow(label, editor)
        self._column.addLayout(rows)

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show values; what is not named stays unknown."""
        self._before = {name: values.get(name) for name in self._editors}
        for name, editor in self._editors.items():
            editor.set_value(values.get(name))
        self._shown = {name: editor.written() for name, editor in self._editors.items()}

    def preset(self, values: Mapping[str, Any]) -> None:
        """Write values that were not there before; they are changes, but nobody typed them."""
        for name in values.keys() & self._editors.keys():
            self._editors[name].set_value(values[name])
            self._shown[name] = self._editors[name].written()

    def editor(self, name: str) -> Editor:
        """The editor of a field."""
        return self._editors[name]

    def names(self) -> tuple[str, ...]:
        """The fields of the form, in order."""
        return tuple(self._editors)

    def values(self) -> dict[str, Any]:
        """Every field's value; raises Invalid after marking each one that cannot be taken."""
        return self._collect(only_changed=False)

    def changes(self) -> dict[str, Any]:
        """The fields that differ from what `fill` showed; raises Invalid like `values`."""
        return self._collect(only_changed=True)

    def touched(self) -> bool:
        """Whether something else was written than `fill` showed, whether it can be taken or not."""
        return any(editor.written() != self._shown[name] for name, editor in self._editors.items())

    def _collect(self, *, only_changed: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: tuple[Editor, Invalid] | None = None
        for name, editor in self._editors.items():
            try:
                value = _required(editor)
            except Invalid as reason:
                editor.refuse(reason.message)
                first = first or (editor, reason)
                continue
            editor.refuse("")
            if not only_changed or value != self._before.get(name):
                found[name] = value
        if first:
            first[0].setFocus()
            raise first[1]
        return found


def _required(editor: Editor) -> Any:
    value = editor.value()
    if editor.field.required and value in (None, "", ()):
        raise Invalid(N_("{field} is needed"), field=tr(editor.field.label))
    return value
