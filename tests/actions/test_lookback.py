"""Look-back: a draw that can be repeated from its seed, a list that says so, results from the boilers."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from actions.office import Office
from app.actions.drawnfrom import condition_words, expression_of
from app.actions.history import undo
from app.actions.lookback import GOOD, OPEN, _Finding, _result, draw_lookback, find_round, rounds, visits_of
from app.actions.reports import ReportOrder, make_report
from app.domain.drawing import draw
from app.domain.entities.lookback import LookbackRound
from app.errors import Invalid, NotAllowed, Refused


def test_anybody_can_draw_again_with_the_seed() -> None:
    names = [f"PL-{no:04d}" for no in range(1, 250)]
    drawn = draw("2026-平凉", names, 25)
    assert drawn == draw("2026-平凉", reversed(names), 25)
    by_hand = sorted(names, key=lambda name: hashlib.sha256(f"2026-平凉:{name}".encode()).hexdigest())[:25]
    assert drawn == by_hand
    assert draw("2026-崆峒", names, 25) != drawn


def test_every_name_has_about_the_same_chance() -> None:
    names = [f"n{no}" for no in range(20)]
    times = dict.fromkeys(names, 0)
    for seed in range(2000):
        for name in draw(str(seed), names, 5):
            times[name] += 1
    assert all(400 < count < 600 for count in times.values())  # 500 each, eleven standard deviations wide


def test_a_round_is_drawn_from_the_cleared_and_followed_to_its_results(
    office: Office, tmp_path: Path
) -> None:
    cleared = office.cleared()
    second = office.cleared(ledger_no="KT-2")
    office.enter(ledger_no="KT-3")
    office.as_("city")
    made = draw_lookback(office.session, "2026年第一轮", 100, seed="s")
    assert (made.population, made.drawn, made.seed) == (2, 2, "s")
    assert [item.boiler.ledger_no for item in visits_of(office.session, made)] == draw(
        "s", [cleared.ledger_no, "KT-2"], 2
    )
    office.do("city", "look_back", cleared, ["lookback_photo"], lookback_round=made.name)
    office.do("inspector", "rebound", second, ["rebound_photo"], reason="冒烟")
    found = {item.boiler.ledger_no: item.result for item in visits_of(office.session, made)}
    assert found == {cleared.ledger_no: "good", "KT-2": "reported"}
    make_report(office.session, ReportOrder("lookback", of=(made.name,)), tmp_path / "l.csv")
    with (tmp_path / "l.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 3
    done = make_report(office.session, ReportOrder("lookback"), tmp_path / "l.docx")
    assert done.rows == 2
    paper = docx.Document(str(tmp_path / "l.docx"))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert {cleared.ledger_no, "KT-2"} <= set(cells)
    assert {made.name, "第1号（共2台），随机种子 s", "第2号（共2台），随机种子 s"} <= set(cells)
    looked_for = {
        "炉体已移除",
        "烟囱与管道已切断",
        "煤场已清空",
        "现场有燃煤痕迹",
    }  # of end state A, which was accepted
    assert looked_for <= set(cells)
    assert "炉膛已破坏或关键部件拆除" not in cells


def test_a_round_keeps_its_own_findings_whatever_comes_after(office: Office) -> None:
    first, second = office.cleared(), office.cleared(ledger_no="KT-2")
    office.as_("city")
    one = draw_lookback(office.session, "一", 100)
    office.do("city", "look_back", first, ["lookback_photo"], lookback_round="一")
    office.do("inspector", "rebound", second, ["rebound_photo"], reason="复燃")
    office.do("leader", "confirm_rebound", second, rebound_reason="relit")
    office.clock.forward(days=30)
    office.as_("city")
    two = draw_lookback(office.session, "二", 100)
    office.do("city", "look_back", first, ["lookback_photo"], lookback_round="二")
    office.do("inspector", "rebound", first, ["rebound_photo"], reason="原址新建")  # after both visits

    def found(made: LookbackRound) -> dict[str, str]:
        return {item.boiler.ledger_no: item.result for item in visits_of(office.session, made)}

    assert found(one) == {first.ledger_no: "good", "KT-2": "rebound"}
    assert found(two) == {first.ledger_no: "good"}
    newest, oldest = rounds(office.session)
    assert (newest.round.name, newest.drawn, newest.visited) == ("二", 1, 1)
    assert (oldest.drawn, oldest.good, oldest.reported, oldest.rebound, oldest.visited) == (2, 1, 0, 1, 2)


def test_a_visit_taken_back_is_open_again(office: Office) -> None:
    boiler = office.cleared()
    office.as_("city")
    made = draw_lookback(office.session, "一", 100)
    office.do("city", "look_back", boiler, ["lookback_photo"], lookback_round="一")
    assert [item.result for item in visits_of(office.session, made)] == ["good"]
    undo(office.session, "误点")
    assert [item.result for item in visits_of(office.session, made)] == ["open"]
    assert rounds(office.session)[0].visited == 0


def test_a_seed_is_made_when_none_is_given_and_a_name_is_used_once(office: Office) -> None:
    office.cleared()
    office.as_("leader")
    assert len(draw_lookback(office.session, "一", 10).seed) == 16
    with pytest.raises(Invalid):
        draw_lookback(office.session, "一", 10)
    assert find_round(office.session, "").name == "一"
    with pytest.raises(Refused):
        find_round(office.session, "二")


@pytest.mark.parametrize("share", [0, -1, 100.5])
def test_an_impossible_share_is_refused(office: Office, share: float) -> None:
    office.cleared()
    office.as_("city")
    with pytest.raises(Invalid):
        draw_lookback(office.session, "一", share)


def test_counties_do_not_draw_and_nothing_cannot_be_drawn_from(office: Office) -> None:
    office.enter()
    office.as_("clerk")
    with pytest.raises(NotAllowed):
        draw_lookback(office.session, "一", 10)
    office.as_("city")
    with pytest.raises(Refused):
        draw_lookback(office.session, "一", 10)


def test_a_laptop_that_came_later_still_knows_what_a_visit_found() -> None:
    """It has the records and their signatures, and not when each value was written."""
    signed = _Finding("look_back", "2026-11-20T02:00:00.000Z", "2026-11-20T02:00:00.000Z")
    assert _result([signed], [], named_now=True) == (GOOD, "2026-11-20")
    assert _result([signed], [], named_now=False) == (OPEN, "")


def test_a_draw_says_what_it_was_drawn_from_and_is_repeated_by_it(office: Office, tmp_path: Path) -> None:
    for number in range(3):
        office.cleared(ledger_no=f"KT-{number}")
    office.as_("city")
    within = expression_of(within="620802", end_state="A")
    made = draw_lookback(office.session, "限定", 70, where=within, seed="s")
    assert (made.population, made.drawn) == (3, 3)
    with pytest.raises(Refused):
        draw_lookback(office.session, "别县", 70, where=expression_of(within="620821"), seed="s")
    (said,) = [item.limited for item in rounds(office.session)]
    assert "行政区划在崆峒区内" in said
    assert f"（命令行写法：{within}）" in said
    again = draw_lookback(office.session, "重抽", 70, where=within, seed="s")
    drawn = [[item.boiler.ledger_no for item in visits_of(office.session, each)] for each in (made, again)]
    assert drawn[0] == drawn[1]
    done = make_report(office.session, ReportOrder("lookback", of=("限定",)), tmp_path / "l.xlsx")
    assert said in done.text
    make_report(office.session, ReportOrder("lookback", of=("限定",)), tmp_path / "l.docx")
    paper = docx.Document(str(tmp_path / "l.docx"))
    assert said in {cell.text for table in paper.tables for row in table.rows for cell in row.cells}
    named = replace(made, condition="contact=张三")
    assert "张三" in condition_words(office.session, named)
    assert condition_words(office.session, named, public=True) == "抽取范围另有限定，不予公开。"


def test_by_a_clock_that_was_set_back_findings_still_follow_their_draws(office: Office) -> None:
    """A draw, a visit by a tablet months behind, the next draw and visit by it: each counts for its own."""
    cleared = office.cleared()
    office.as_("city")
    first = draw_lookback(office.session, "第一轮", 100, seed="s")
    office.clock.forward(days=-90)

    def results() -> list[str]:
        return [visits_of(office.session, made)[0].result for made in (first, second)]

    office.do("city", "look_back", cleared, ["lookback_photo"], lookback_round="第一轮")
    assert visits_of(office.session, first)[0].result == GOOD
    office.clock.forward(minutes=5)
    office.as_("city")
    second = draw_lookback(office.session, "第二轮", 100, seed="s")
    assert second.drawn_at > first.drawn_at and results() == [GOOD, OPEN]
    office.clock.forward(minutes=5)
    office.do(
        "city", "look_back", office.boiler(cleared.ledger_no), ["lookback_photo"], lookback_round="第二轮"
    )
    assert results() == [GOOD, GOOD]
    office.clock.forward(minutes=5)
    office.do("inspector", "rebound", office.boiler(cleared.ledger_no), ["rebound_photo"], reason="冒烟")
    assert results() == [GOOD, GOOD], "the first finding of each stands"
