"""No moment that a laptop states lies in the hub's future; what it signed stays as it came."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.domain.changes import new_uid
from app.domain.entities.lookback import LookbackRound
from app.domain.values import as_moment
from app.hub.book import BATCHES
from app.hub.dating import stated_moments
from app.hub.uncontested import may_go_quickly
from app.store.tables import STORED_TYPES
from app.sync.signing import unpack_signed
from app.sync.wire import decode_batch
from hub.office_hub import CITY, HubBench


def test_which_moments_a_laptop_states() -> None:
    found = {kind.name: set(stated_moments(kind.name)) for kind in STORED_TYPES}
    assert {name: those for name, those in found.items() if those} == {
        "attachment": {"added_at"},
        "baseline": {"frozen_at"},
        "conflict": {"settled_at"},
        "lookback_round": {"drawn_at"},
        "redaction": {"removed_at"},
        "report_snapshot": {"frozen_at"},
        "report_withdrawal": {"withdrawn_at"},
    }
    quick = [name for name, those in found.items() if those and may_go_quickly(name, "i")]
    assert not quick, "by the road of what nobody contests no moment is looked at"


def test_a_record_is_not_of_the_future_and_its_batch_stays(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R5")
    laptop.pull()
    laptop.skew_ms = 400 * 24 * 3600 * 1000
    stated = as_moment(bench.clock.now + timedelta(days=400))
    latest = as_moment(bench.clock.now)
    uids = [new_uid() for _ in range(6)]
    for place, uid in enumerate(uids):
        if place in (0, 1):
            laptop.act("city", "lookback")
        laptop.insert(
            LookbackRound(uid=uid, name=f"第{place}轮", population=9, drawn=3, seed="1", drawn_at=stated)
        )
    signed = laptop.batch()
    laptop.push()
    laptop.pull()
    assert {effect.cells["drawn_at"] for effect in laptop.answers} == {latest}
    assert {bench.record(LookbackRound, uid).drawn_at for uid in uids} == {latest}
    acts = [act for block in bench.blocks(CITY) for act in block.acts if act.action == "lookback"]
    assert [act.wall for act in acts] == [latest, latest]
    with bench.hub.database.reading() as connection:
        (kept,) = connection.execute(select(BATCHES.c.signed)).scalars()
    assert kept == signed, "what was signed stays as it came"
    said = decode_batch(unpack_signed(kept).body)
    assert {act.wall for act in said.acts} == {stated}
    assert {entry.cells["drawn_at"] for entry in said.entries} == {stated}
    bench.check()


def test_a_past_moment_stands_as_it_is_said(bench: HubBench) -> None:
    laptop = bench.laptop(CITY, "R5")
    laptop.pull()
    laptop.act("city", "lookback")
    uid, said = new_uid(), "1999-12-31T16:00:00.000Z"
    laptop.insert(LookbackRound(uid=uid, name="旧", population=9, drawn=3, seed="1", drawn_at=said))
    laptop.push()
    assert bench.record(LookbackRound, uid).drawn_at == said
