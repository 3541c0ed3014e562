"""What must not be missed about a record: rebound, return, a seal that has run out, a missed due date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.records import RecordView

_WAITING = ("registered", "planned", "in_progress", "returned", "rebound")


def alerts_of(view: RecordView, today: str) -> list[str]:
    """The sentences for one record, none for most."""
    held, state = view.record.values(), view.state
    found = [view.rebound.text] if view.rebound else []
    if state == "returned" and held.get("return_reason"):
        found.append(tr(N_("Sent back: {reason}"), reason=held["return_reason"]))
    if state == "cleared" and held.get("rebound_reported"):
        found.append(
            tr(N_("A rebound was reported on {day}; the city confirms it"), day=held["rebound_reported"])
        )
    until = held.get("sealed_until")
    if state == "sealed" and not until:
        found.append(tr(N_("Nobody wrote until when the seal runs: it has to be re-checked")))
    elif state == "sealed" and until and until <= today:
        found.append(tr(N_("The seal ran until {day}: it has to be re-checked"), day=until))
    due = held.get("due_date")
    if state in _WAITING and due and due < today[: len(due)]:
        found.append(tr(N_("Past its due date ({day})"), day=due))
    if view.zones_unknown:
        found.append(view.zones_unknown)
    return found
