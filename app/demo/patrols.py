"""Simulated patrols of the township cells in the weeks after the story, some townships diligent, some not."""

from __future__ import annotations

from datetime import date, timedelta

from app.actions.patrols import record_patrol
from app.actions.session import Session
from app.demo.seed import MARK, Clock, day, dice
from app.domain.entities.grid_cell import GridCell
from app.domain.filters import equal
from app.domain.patrols import patrols_a_month

_FIRST, _DAYS = date(2026, 11, 1), 20
_DILIGENCE = (0.0, 0.4, 0.8, 1.6, 1.6)  # of what is arranged; a fifth of the townships records none


def walk(session: Session, clock: Clock) -> None:
    """Record the patrols of each day as one walk; the session's person must be one of the city."""
    source = dice("patrols")
    cells = sorted(
        session.workspace.find(GridCell, equal(kind="admin", level=3)), key=lambda cell: cell.grid_code
    )
    chance = {
        cell.grid_code: source.choice(_DILIGENCE) * (patrols_a_month(cell.patrol_freq) or 0) / 30
        for cell in cells
    }
    for ahead in range(_DAYS):
        today = (_FIRST + timedelta(days=ahead)).isoformat()
        clock.move_to(day(today, 18))
        walked = [code for code, share in chance.items() if source.random() < share]
        found = "problem" if source.random() < 0.15 else "normal"
        if walked:
            values = {"patrolled_on": today, "result": found, "inspectors": (f"网格员{MARK}",)}
            record_patrol(session, walked[:50], values)
