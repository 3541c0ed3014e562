"""Two values side by side for every field, each under who wrote it, when, on which laptop and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.actions.acts import action_words
from app.domain.values import show_moment
from app.i18n import N_, tr
from app.ui import metrics
from app.ui.names import Names
from app.ui.parts import heading, muted

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView, Side
    from app.actions.contested import FieldSide

_SHORT = 8  # letters of a laptop's name that tell it from the others of a bureau
_STANDS, _OTHER = N_("What stands"), N_("The other value")
# What the two sides are called where the general words would say too little.
_CALLED = {
    "rejected": (_STANDS, N_("What the hub refused")),
    "void": (N_("The record as it is"), N_("What was signed")),
    "edit_kept": (N_("The edit"), N_("The deletion")),
    "revived": (N_("The edit"), N_("The deletion")),
    "duplicate": (N_("This entry"), N_("The other entry")),
    "quarantine": (_STANDS, N_("From the revoked laptop")),
}

# What holds a paper or a signature together inside: nothing to compare by. Its record is in the title, who
# and when in the heading.
_INSIDE = frozenset((
    "owner_entity", "owner", "sha256", "mime", "size", "added_by", "added_at",
    "action", "person", "person_name", "fingerprint", "signed_at",
))  # fmt: skip
_OF_RECORDS = ("attachment", "approval")


def shown_fields(view: ConflictView) -> tuple[FieldSide, ...]:
    """The fields that a person compares by."""
    if view.record.entity not in _OF_RECORDS:
        return view.fields
    return tuple(item for item in view.fields if item.field not in _INSIDE)


def side_names(view: ConflictView) -> tuple[str, str]:
    """What the two sides of a conflict are called."""
    kept, offered = _CALLED.get(view.kind, (_STANDS, _OTHER))
    if view.own_number:
        kept, offered = N_("The first"), N_("The second")
    return tr(kept), tr(offered)


def value_words(field: FieldSide, names: Names) -> tuple[str, str]:
    """Both values of a field as a person reads them, divisions by name."""
    declared, texts = field.declared, (field.kept_text, field.offered_text)
    if declared is None:
        return texts
    kept, offered = names.show(declared, field.kept), names.show(declared, field.offered)
    return texts[0] if "kept" in field.unfit else kept, texts[1] if "offered" in field.unfit else offered


class Sides(QWidget):
    """A heading for each side, then a row for each field."""

    def __init__(
        self, view: ConflictView, names: Names, proposal: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        metrics.tight(grid, 0, 0)
        grid.setHorizontalSpacing(metrics.grid(2))
        grid.setVerticalSpacing(metrics.grid(1.5))
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(2, 1)
        called = side_names(view)
        nothing = tr(N_("The record as it is") if view.record.exists else N_("Nothing is there"))
        for column, (side, which) in enumerate(((view.kept, "kept"), (view.offered, "offered")), 1):
            proposed = proposal == which and view.situation == "open"
            name = f"{column}  {called[column - 1]}"
            grid.addWidget(_head(name, side, nothing, proposed=proposed), 0, column)
        told = [(field.label, value_words(field, names)) for field in shown_fields(view)]
        told.sort(key=lambda row: row[1][0] == row[1][1])  # what differs comes first
        for at, (name, (one, other)) in enumerate(told, 1):
            label = muted(name)
            label.setFixedWidth(metrics.chars(13))
            grid.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop)
            for column, words in enumerate((one, other), 1):
                grid.addWidget(_value(words, same=one == other), at, column, Qt.AlignmentFlag.AlignTop)
        grid.setColumnMinimumWidth(0, metrics.chars(13))


def _head(name: str, side: Side, nothing: str, *, proposed: bool) -> QFrame:
    frame = QFrame()
    frame.setObjectName("side")
    column = QVBoxLayout(frame)
    metrics.tight(column, 2, 0.5)
    top = QHBoxLayout()
    title = heading(name)
    title.setWordWrap(True)
    top.addWidget(title, 1)
    tags = [tr(N_("proposed"))] if proposed else []
    tags += [tr(N_("this laptop"))] if side.mine else []
    if tags:
        tag = QLabel(" · ".join(tags))
        tag.setProperty("good", proposed)
        tag.setProperty("muted", not proposed)
        top.addWidget(tag, 0, Qt.AlignmentFlag.AlignTop)
    column.addLayout(top)
    for words in side_lines(side) or [nothing]:
        column.addWidget(_plain(words))
    column.addStretch(1)
    return frame


def side_lines(side: Side) -> list[str]:
    """Who, when, on which laptop; what was done and why. Nothing where nobody wrote that side."""
    if not (side.by or side.at or side.device or side.action or side.reason):
        return []
    when = show_moment(side.at) if side.at else ""
    laptop = tr(N_("laptop {name}"), name=side.device[:_SHORT]) if side.device else ""
    first = " · ".join(part for part in (side.by or tr(N_("nobody known")), when, laptop) if part)
    lines = [first]
    if side.action:
        lines.append(action_words(side.action))
    if side.changed:
        lines.append(side.changed)
    if side.reason:
        lines.append(tr(N_("Reason: {reason}"), reason=side.reason))
    return lines


def _value(words: str, *, same: bool) -> QLabel:
    label = _plain(words or "—")
    label.setProperty("muted", same)
    label.setContentsMargins(metrics.grid(2), 0, 0, 0)
    return label


def _plain(words: str) -> QLabel:
    label = QLabel(words, wordWrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
