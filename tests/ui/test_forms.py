"""Forms: every kind of field shows its value and gives it back, and says why it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.catalog import ENTITIES
from app.domain.entities.boiler import Boiler
from app.domain.fields import Field, Kind
from app.errors import Invalid
from app.ui.forms.editors import editor_for
from app.ui.forms.form import Form
from app.ui.names import Names
from app.ui.record.arrangement import ARRANGED, arranged, editable

NAMES = Names({"division": {"620802": "崆峒区", "620821": "泾川县"}})
SAMPLES: dict[Kind, Any] = {
    Kind.TEXT: "柳湖镇中心小学",
    Kind.NUMBER: 1.2345678,
    Kind.INTEGER: 3,
    Kind.BOOLEAN: False,
    Kind.CHOICE: "heating",
    Kind.DATE: "2018-10",
    Kind.MOMENT: "2026-11-23T10:00:00.000Z",
    Kind.STATE: "cleared",
    Kind.REFERENCE: "620821",
    Kind.TEXTS: ("华亭县", "安口"),
}


def a_field(kind: Kind) -> Field:
    fields = Boiler.TYPE.fields
    found = {Kind.CHOICE: fields["usage"], Kind.STATE: fields["status"], Kind.REFERENCE: fields["div_code"]}
    return found.get(kind) or Field(kind, "Value", name="value")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_gives_back_what_it_shows(qapp: Any, kind: Kind) -> None:
    editor = editor_for(a_field(kind), NAMES)
    editor.set_value(SAMPLES[kind])
    assert editor.value() == SAMPLES[kind]
    editor.set_value(None)
    assert editor.value() in (None, ())


def test_a_code_that_is_not_offered_is_kept(qapp: Any) -> None:
    editor = editor_for(a_field(Kind.CHOICE), NAMES)
    editor.set_value("a_code_of_a_newer_program")
    assert editor.value() == "a_code_of_a_newer_program"


def test_only_what_differs_is_given_back(qapp: Any) -> None:
    form = Form(NAMES)
    form.add_group("", [Boiler.TYPE.fields[name] for name in ("user_org", "rated_tph", "div_code")])
    form.fill({"user_org": "甲厂", "rated_tph": 4.0, "div_code": "620802"})
    assert form.changes() == {}
    form.editor("rated_tph").set_value(6.0)
    assert form.changes() == {"rated_tph": 6.0}


def test_a_refused_value_is_explained_beside_its_field(qapp: Any) -> None:
    form = Form(NAMES)
    form.add_group("", [Boiler.TYPE.fields["ledger_no"], Boiler.TYPE.fields["rated_tph"]])
    form.fill({"ledger_no": "", "rated_tph": -1})
    with pytest.raises(Invalid):
        form.values()
    for name in form.names():
        words = [label.text() for label in form.editor(name).findChildren(_label())]
        assert any(words), name


def test_every_field_is_arranged_on_the_panel() -> None:
    left_out = {
        f"{record.TYPE.name}.{name}"
        for record in ENTITIES
        if record.TYPE.name in ARRANGED
        for name in record.TYPE.fields
        if name not in {field.name for _, fields in arranged(record.TYPE) for field in fields}
    }
    assert left_out == {"patrol.cell"}  # a uid; the code of the cell is there


def test_forms_never_offer_what_only_a_step_or_the_program_changes() -> None:
    offered = {name for name, field in Boiler.TYPE.fields.items() if editable(field)}
    assert not offered & {"status", "grid_code", "cleared_on", "seal_no", "round_no"}
    assert {"user_org", "rated_tph", "address"} <= offered


def _label() -> type:
    from PySide6.QtWidgets import QLabel

    return QLabel
