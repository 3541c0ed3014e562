"""Pushing: plain changes are decided, ordered and durable, whoever else writes and whatever is repeated."""

from __future__ import annotations

import pytest

from app.errors import Invalid, NotAllowed
from app.hub.hub import Hub
from hub.office_hub import COUNTY, TOWN, HubBench, boiler


def test_a_new_boiler_and_an_edit_reach_another_laptop(bench: HubBench) -> None:
    one, two = bench.laptop(), bench.laptop()
    made = one.enter("officer")
    assert one.push().accepted == 1
    two.pull()
    two.edit("inspector", made.uid, note="核实过", rated_tph=4.0)
    assert two.push().accepted == 1
    found = bench.boiler(made.uid)
    assert found is not None
    assert found == made.replace(note="核实过", rated_tph=4.0)
    kinds = [(effect.op, effect.verdict) for effect in one.pull() if effect.entity == "boiler"]
    assert kinds == [("i", "accepted"), ("u", "accepted")]
    bench.check()
