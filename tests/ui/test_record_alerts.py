"""What must not be missed about a record, and what is odd about its photographs."""

from __future__ import annotations

from app.actions.records import RecordView
from app.domain.entities.boiler import Boiler
from app.ui.record.alerts import alerts_of

TODAY = "2026-11-23"


def _view(status: str, **values: object) -> RecordView:
    boiler = Boiler(uid="b", ledger_no="PL-1", status=status, **values)  # type: ignore[arg-type]
    return RecordView(boiler, status, status, (), (), ())


def test_a_seal_that_has_run_out_has_to_be_looked_at_again() -> None:
    assert "2026-11-01" in alerts_of(_view("sealed", sealed_until="2026-11-01"), TODAY)[0]
    assert alerts_of(_view("sealed", sealed_until="2027-11-01"), TODAY) == []
    assert len(alerts_of(_view("sealed"), TODAY)) == 1


def test_reasons_of_return_reports_of_rebounds_and_missed_dates_are_told() -> None:
    assert alerts_of(_view("returned", return_reason="照片看不清"), TODAY) == ["退回原因：照片看不清"]
    assert alerts_of(_view("applied", return_reason="照片看不清"), TODAY) == []
    assert "2026-11-20" in alerts_of(_view("cleared", rebound_reported="2026-11-20"), TODAY)[0]
    assert "2026-10" in alerts_of(_view("in_progress", due_date="2026-10"), TODAY)[0]
    assert alerts_of(_view("in_progress", due_date="2026-11"), TODAY) == []
    assert alerts_of(_view("cleared", due_date="2026-10-01"), TODAY) == []
