"""What a public edition may hold: no people, no phones, nothing that names a place to the kilometre."""

from __future__ import annotations

from app.domain.catalog import BY_NAME
from app.domain.fields import Kind, Merge


def test_a_public_boiler_names_nobody_and_no_exact_place() -> None:
    public = {field.name for field in BY_NAME["boiler"].public_fields()}
    kept_back = {"contact", "contact_phone", "resp_person", "grid_code", "original_position", "coord_src",
                 "due_text", "status_claim", "note", "return_reason"}  # fmt: skip
    assert public.isdisjoint(kept_back)
    assert {"ledger_no", "user_org", "status", "rated_tph", "div_code"} <= public


def test_wells_and_pins_never_leave() -> None:
    assert {field.name for field in BY_NAME["intake"].public_fields()} == {"synthetic"}
    assert "verifier" not in {field.name for field in BY_NAME["person"].public_fields()}


def test_what_may_be_written_freely_was_looked_at_before_it_went_public() -> None:
    """A new text of some length is withheld, or somebody put it on this list."""
    of_units_and_papers = {
        "boiler.user_org",
        "boiler.owner_org",
        "boiler.resp_org",
        "boiler.sup_org",
        "boiler.address",
        "boiler.model",
        "boiler.apc",
        "boiler.batch",
        "boiler.policy_doc",
        "division.name",
        "division.boundary_authority",
        "org.name",
        "person.org",
        "grid_cell.name",
        "water_source.name",
        "protection_zone.name",
        "protection_zone.approval_no",
        "protection_zone.approval_org",
        "built_up_area.name",
        "sketch.name",
        "approval.org",
        "baseline.name",
        "baseline.document",
        "lookback_round.name",
        "lookback_round.document",
        "report_snapshot.name",
        "report_snapshot.baseline",
        "report_withdrawal.name",
        "setting.name",
        "setting.value",
        "water_source.legacy_codes",
        "conflict.taken",
    }
    free = {
        f"{kind.name}.{field.name}"
        for kind in BY_NAME.values()
        for field in kind.public_fields()
        if field.kind is Kind.TEXT and field.length > 40 and field.merge is not Merge.HUB
        if field.name not in ("fingerprint", "sha256", "content", "seed", "mime", "journal")  # by the program
    }
    assert free <= of_units_and_papers, free - of_units_and_papers
