"""The list of conflicts: two lines each, what it is about and what is at odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.catalog import entity_type
from app.domain.entities.conflict import PROPOSALS
from app.domain.values import show_moment
from app.i18n import N_, listed, tr

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView

_Index = QModelIndex | QPersistentModelIndex
QUARANTINE, REFUSED, VOID = "quarantine", "rejected", "void"  # kinds of conflicts
KEPT, OFFERED = "kept", "offered"
ABOUT_DELETION = ("edit_kept", "revived")
MINE, OTHERS, REVOKED, MERGED, SETTLED = "mine", "others", "revoked", "merged", "settled"
SHELVES = (
    (MINE, N_("For me {n}")),
    (OTHERS, N_("For others {n}")),
    (REVOKED, N_("From revoked laptops {n}")),
    (MERGED, N_("By rule {n}")),
    (SETTLED, N_("Settled")),
)


def shelf_of(view: ConflictView) -> str:
    """Which list a conflict stands in."""
    if view.situation != "open":
        return SETTLED if view.settled_by else MERGED
    if view.kind == QUARANTINE:
        return REVOKED
    return MINE if view.can_decide else OTHERS


class ConflictList(QAbstractListModel):
    """Holds what one list shows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.views: tuple[ConflictView, ...] = ()

    def show_views(self, views: Sequence[ConflictView]) -> None:
        """Show these."""
        self.beginResetModel()
        self.views = tuple(views)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  as Qt declares it
        """How many."""
        return 0 if parent.isValid() else len(self.views)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words of a row."""
        if not 0 <= index.row() < len(self.views):
            return None
        view = self.views[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{view.record.title}\n{what_differs(view)} · {view.kind_text}"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            raised = tr(N_("Raised {when}"), when=show_moment(view.raised_at))
            return f"{kind_of(view)} · {view.record.title}\n{view.kind_text}\n{what_differs(view)}\n{raised}"
        return None


def is_decidable(view: ConflictView) -> bool:
    """Whether I may take a side: of an open conflict, or of one that a rule settled and no person yet."""
    return view.can_decide and (view.situation == "open" or not view.settled_by)


def may_take(view: ConflictView, side: str) -> bool:
    """Whether I may take this side as things stand; of late work only once it is known what is in the way.
    A void signature cannot be taken: the step is taken again."""
    waits = view.kind == QUARANTINE and not view.in_full
    return is_decidable(view) and not (side == OFFERED and (view.obstacle or waits or view.kind == VOID))


def what_differs(view: ConflictView) -> str:
    """The fields at odds in a few words, or the kind of record where none is."""
    labels = [field.label for field in view.fields]
    if not labels:
        return kind_of(view)
    few = listed(labels[:3])
    return few if len(labels) <= 3 else tr(N_("{fields} and {n} more"), fields=few, n=len(labels) - 3)


def kind_of(view: ConflictView) -> str:
    """What kind of record a conflict is about."""
    return entity_type(view.record.entity).text


def deed_of(view: ConflictView, side: str) -> str:
    """What the key that takes this side says it does."""
    if side == "offered" and view.kind == QUARANTINE:
        if view.step:
            return tr(N_("Take this step again in my name"))
        return tr(N_("Take it in under my name"))
    if view.kind in ABOUT_DELETION:
        return tr(N_("Keep the record") if side == KEPT else N_("Delete the record"))
    return PROPOSALS.label(side)
