"""A boiler is moved to another town while a laptop of the old one has written upon it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.actions.acts import action_words, passage_words
from app.actions.conflicts import open_conflicts
from app.actions.records import delete_record
from app.actions.syncing import prove
from app.domain.entities.conflict import Conflict
from app.errors import AppError, Refused
from app.hub.exporting import export_log
from app.sync.wire import decode_block
from sync.independent import verifier
from sync.lan import COUNTY, TOWN, TOWN2, Lan, Laptop


def certified(lan: Lan, folder: Path, *laptops: Laptop) -> list[int]:
    """How many values give way on each laptop; the verifier believes every certificate."""
    log, out, found = folder / "log.sqlite", folder / "proof.json", []
    log.unlink(missing_ok=True)
    export_log(lan.hub, log)
    for laptop in laptops:
        proof = prove(laptop.session, out)
        assert proof.ok and not proof.waiting, proof.problems
        verifier.check_certificate(json.loads(out.read_text("utf-8")), log)
        found.append(proof.superseded)
    return found


def test_its_laptop_hears_the_answer_but_not_the_values(lan: Lan, tmp_path: Path) -> None:
    town, county = lan.laptop(TOWN, "R2"), lan.laptop(COUNTY, "R3")
    town.enter("inspector", "T-1", note="一")
    lan.drain(town, county)
    town.edit("officer", "T-1", note="二")
    county.edit("clerk", "T-1", div_code=TOWN2)
    county.edit("clerk", "T-1", note="三")
    lan.drain(county, town)
    blocks = [decode_block(block.body) for block in lan.hub.log(TOWN)]
    effects = [effect for block in blocks for effect in block.effects]
    answers = [(effect.op, effect.cells, effect.note) for effect in effects if effect.dseq == 2]
    assert answers == [("n", {}, "outside_area")]
    assert not town.replica.pending().changes, "it does not wait for an answer in a log that it does not read"
    with pytest.raises(AppError):  # it went with the move
        town.boiler("T-1")
    (conflict,) = county.session.workspace.find(Conflict)
    assert (conflict.kept, json.loads(conflict.offered or "")) == ("{}", {"note": "二"})
    (told,) = town.session.workspace.find(Conflict)
    assert told.uid == conflict.uid, "it stands where its writer hears the answer"
    (view,) = open_conflicts(county.session, all=True)
    assert [(side.kept, side.offered) for side in view.fields] == [("三", "二")], "beside what stands now"
    certified(lan, tmp_path, town, county)
    county.edit("clerk", "T-1", div_code=TOWN)
    lan.drain(county, town)
    town.edit("officer", "T-1", note="四")
    lan.drain(town, county)
    assert county.boiler("T-1").note == town.boiler("T-1").note == "四"
    assert all(certified(lan, tmp_path, town, county))


def test_whoever_has_only_one_half_of_a_move_is_told(lan: Lan) -> None:
    left, came = passage_words("delete", "edit"), passage_words("insert", "edit")
    town, other, county = lan.laptop(TOWN, "R2"), lan.laptop(TOWN2, "R2"), lan.laptop(COUNTY, "R3")
    town.enter("inspector", "T-1")
    town.enter("inspector", "T-2", place=(106.70, 35.55), address="别处", user_org="崆峒区第二小学")
    lan.drain(town, county, other)
    county.edit("clerk", "T-1", reason="搬迁", div_code=TOWN2)
    delete_record(county.as_("clerk"), county.boiler("T-2"), "重复登记")
    lan.drain(county, town, other)
    with pytest.raises(Refused) as gone:
        town.boiler("T-1")
    assert "clerk" in gone.value.hint and left in gone.value.hint
    with pytest.raises(Refused) as deleted:
        town.boiler("T-2")
    assert action_words("delete") in deleted.value.hint and left not in deleted.value.hint
    with pytest.raises(Refused) as never:
        town.boiler("T-3")
    assert not never.value.hint
    uid = other.boiler("T-1").uid
    assert [_said(laptop, uid) for laptop in (other, county)] == [[came], []]
    county.edit("clerk", "T-1", div_code=TOWN)
    lan.drain(county, town, other)
    assert _said(town, uid) == [came, left]


def _said(laptop: Laptop, uid: str) -> list[str]:
    """What a boiler's history says of moves whose other half is not here, the newest first."""
    entries = laptop.session.workspace.history("boiler", uid)
    said = [passage_words(entry.operation, entry.action) for entry in entries]
    return [words for words in said if words]
