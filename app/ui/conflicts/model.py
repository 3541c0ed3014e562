"""The list of conflicts: two lines each, what it is about and what is at odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.catalog import entity_type
from app.domain.entities.conflict import APART as APART
from app.domain.entities.conflict import KEPT as KEPT
from app.domain.entities.conflict import NEAR as NEAR
from app.domain.entities.conflict import OFFERED as OFFERED
from app.domain.entities.conflict import PROPOSALS
from app.domain.values import show_moment
from app.i18n import N_, listed, tr
from app.ui.conflicts.sides import shown_fields

if TYPE_CHECKING:
    from app.actions.conflicts import ConflictView

_Index = QModelIndex | QPersistentModelIndex
QUARANTINE, REFUSED, VOID = "quarantine", "rejected", "void"  # kinds of conflicts
ABOUT_DELETION = ("edit_kept", "revived")
LATE_DELETION = "late_deletion"  # the rule's word for what a revoked laptop had deleted
_TELLING = ("user_org", "address")  # what tells that two boilers are not one
MINE, OTHERS, REVOKED = "mine", "others", "revoked"
NOT_TAKEN, MERGED, SETTLED = "not_taken", "merged", "settled"
SHELVES = (
    (MINE, N_("For me {n}")),
    (OTHERS, N_("For others {n}")),
    (REVOKED, N_("From revoked laptops {n}")),
    (NOT_TAKEN, N_("Not accepted {n}")),
    (MERGED, N_("By rule {n}")),
    (SETTLED, N_("Settled")),
)


def shelf_of(view: ConflictView) -> str:
    """Which list a conflict stands in."""
    if view.situation != "open":
        return SETTLED if view.settled_by else NOT_TAKEN if is_refused(view) else MERGED
    if view.kind == QUARANTINE:
        return REVOKED
    return MINE if view.can_decide else OTHERS


def is_refused(view: ConflictView) -> bool:
    """Whether the hub did not take something, and no person has settled it."""
    return view.kind in (REFUSED, VOID) and not view.settled_by


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
    if side == APART:
        return is_decidable(view) and bool(view.own_number)
    waits = view.kind == QUARANTINE and not view.in_full
    return is_decidable(view) and not (side == OFFERED and (view.obstacle or waits or view.kind == VOID))


def what_differs(view: ConflictView) -> str:
    """The fields at odds in a few words, or the kind of record where none is."""
    labels = [field.label for field in shown_fields(view)]
    if not labels:
        return kind_of(view)
    few = listed(labels[:3])
    return few if len(labels) <= 3 else tr(N_("{fields} and {n} more"), fields=few, n=len(labels) - 3)


def kind_of(view: ConflictView) -> str:
    """What kind of record a conflict is about."""
    return entity_type(view.record.entity).text


def takes_whole(view: ConflictView, side: str) -> bool:
    """Whether this side takes the record away: then no value of it is to be shown as what will stand."""
    return side == OFFERED and (view.kind in ABOUT_DELETION or view.note in (LATE_DELETION, NEAR))


def proposal_of(view: ConflictView) -> str:
    """The side that is proposed; both where two of one number are plainly not the same thing."""
    told = [item for item in view.fields if item.field in _TELLING]
    if view.own_number and any(item.kept != item.offered for item in told):
        return APART
    return view.proposal


def deed_of(view: ConflictView, side: str) -> str:
    """What the key that takes this side says it does."""
    if side == APART:
        return tr(N_("Keep both, the second as {number}"), number=view.own_number or "…")
    if view.note == NEAR:
        return tr(N_("Keep both") if side == KEPT else N_("Delete this entry"))
    if view.kind in ABOUT_DELETION or view.note == LATE_DELETION:
        return tr(N_("Keep the record") if side == KEPT else N_("Delete the record"))
    if side == KEPT and view.kind == QUARANTINE and not view.record.exists:
        return tr(N_("Leave it out"))  # nothing stands that could be kept
    if side == OFFERED and view.kind == QUARANTINE:
        return tr(N_("Take this step again in my name") if view.step else N_("Take it in under my name"))
    if view.own_number:
        return tr(N_("Keep only the first") if side == KEPT else N_("Only the second’s values"))
    return PROPOSALS.label(side)
