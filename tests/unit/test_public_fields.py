"""What a public edition may hold: no people, no phones, nothing that names a place to the kilometre."""

from __future__ import annotations

from app.domain.catalog import BY_NAME


def test_a_public_boiler_names_nobody_and_no_exact_place() -> None:
    public = {field.name for field in BY_NAME["boiler"].public_fields()}
    kept_back = {"contact", "contact_phone", "resp_person", "grid_code", "original_position"}
    assert public.isdisjoint(kept_back)
    assert {"ledger_no", "user_org", "status", "rated_tph", "div_code"} <= public


def test_wells_and_pins_never_leave() -> None:
    assert {field.name for field in BY_NAME["intake"].public_fields()} == {"synthetic"}
    assert "verifier" not in {field.name for field in BY_NAME["person"].public_fields()}
