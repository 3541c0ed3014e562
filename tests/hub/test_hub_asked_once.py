"""One question where two ask the same."""

from __future__ import annotations

import json

from app.domain.entities.conflict import Conflict
from hub.office_hub import HubBench


def test_two_deletions_against_one_edit_are_one_question(bench: HubBench) -> None:
    writer, one, two, three = (bench.laptop() for _ in range(4))
    made = writer.enter("officer")
    writer.push()
    for laptop in (writer, one, two, three):
        laptop.pull()
    writer.edit("officer", made.uid, note="一")
    writer.push()
    for laptop in (one, two):
        laptop.delete("officer2", made.uid)
        assert laptop.push().conflicts == 1
    [asked] = bench.records(Conflict)
    assert (asked.kind, asked.situation, json.loads(asked.kept or "")) == (
        "edit_kept",
        "open",
        {"note": "一"},
    )
    writer.edit("officer", made.uid, note="二")
    writer.push()
    three.delete("officer2", made.uid)
    assert three.push().conflicts == 1
    assert len(bench.records(Conflict)) == 2, "other values stand now, which the first question does not show"
    assert bench.boiler(made.uid) is not None
    bench.check()
