"""The map of a look-back: every boiler drawn by what was found there, every rebound, counts that agree."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from actions.office import Office
from app.actions.lookback import draw_lookback, find_round, visits_of
from app.actions.sheets import SheetOrder, choices_of, print_sheet, sheet_pages
from app.carto.display import Text, walk
from app.domain.changes import update
from app.errors import Invalid, Refused
from builders import PLACE


def _words(office: Office, *of: str, **asked: Any) -> list[str]:
    (page,) = sheet_pages(office.session, SheetOrder("lookback_map", of, **asked))
    return [op.text for op in walk(page.ops) if isinstance(op, Text)]


def _round(office: Office) -> None:
    """Two rounds of three cleared boilers, and a rebound outside them."""
    for number in ("KT-1", "KT-2", "KT-3", "KT-4"):
        office.cleared(ledger_no=number, place=(PLACE[0] + int(number[-1]) / 5000, PLACE[1]))
    office.as_("city")
    draw_lookback(office.session, "冬季", 75, seed="7", where="ledger_no!=KT-4")
    office.clock.forward(days=1)
    draw_lookback(office.session, "全部", 100, seed="7", where="ledger_no!=KT-4")
    office.do("inspector", "rebound", office.boiler("KT-4"), ["rebound_photo"], reason="冒烟")
    office.do("city", "confirm_rebound", office.boiler("KT-4"), rebound_reason="relit")


def _visit(office: Office, number: str) -> None:
    office.do("city", "look_back", office.boiler(number), ["lookback_photo"], lookback_round="全部")


def test_the_newest_round_is_shown_with_what_was_found_where(office: Office) -> None:
    _round(office)
    _visit(office, "KT-1")
    office.do("inspector", "rebound", office.boiler("KT-2"), ["rebound_photo"], reason="冒烟")
    office.do("city", "confirm_rebound", office.boiler("KT-2"), rebound_reason="relit")
    words = _words(office)
    found = Counter(item.result for item in visits_of(office.session, find_round(office.session, "全部")))
    assert found == {"good": 1, "rebound": 1, "open": 1}
    assert "平凉市燃煤锅炉反弹与回头看分布图（全部）" in words
    assert {"回头看合格（1）", "回头看未查（1）", "反弹（2）"} <= set(words)
    assert {"1", "2", "3", "KT-4"} <= set(words)  # places in the draw, the ledger number of the other
    at = words.index("合计")
    assert words[at + 1 : at + 6] == ["3", "1", "0", "1", "1"]
    assert any("随机种子7" in word for word in words)


def test_a_way_leads_through_the_boilers_drawn_and_is_not_published(office: Office) -> None:
    _round(office)
    words = _words(office)
    assert "建议走访路线" in words and any("直线连接" in word for word in words)
    at = words.index("走访顺序")
    listed = words[at + 4 :]  # behind the head: place, turn, number, unit, found
    turns = {listed[row * 5 + 2]: listed[row * 5 + 1] for row in range(3)}
    assert [turns[number] for number in ("KT-1", "KT-2", "KT-3")] in (["1", "2", "3"], ["3", "2", "1"])
    for number in ("KT-1", "KT-2", "KT-3"):
        _visit(office, number)
    public = _words(office, public=True)
    assert "建议走访路线" not in public and "走访顺序" not in public


def test_a_round_is_chosen_by_name_and_a_county_shows_its_own(office: Office) -> None:
    _round(office)
    assert [name for _, name in choices_of(office.session, "lookback_map")] == ["全部", "冬季"]
    assert "平凉市燃煤锅炉反弹与回头看分布图（冬季）" in _words(office, "冬季")
    assert "崆峒区燃煤锅炉反弹与回头看分布图（全部）" in _words(office, "620802")
    with pytest.raises(Refused) as refused:
        _words(office, "620826")  # nothing there
    assert refused.value.code == "nothing_to_print"
    with pytest.raises(Invalid):
        _words(office, "没有这一轮")


def test_without_a_round_it_is_a_map_of_rebounds(office: Office) -> None:
    with pytest.raises(Refused):
        _words(office)
    boiler = office.cleared()
    office.as_("city")
    office.session.commit([update(boiler, status="rebound")], "x")
    words = _words(office)
    assert "平凉市燃煤锅炉反弹分布图" in words and "反弹（1）" in words


def test_a_draw_is_not_published_before_the_visits(office: Office, tmp_path: Path) -> None:
    _round(office)
    with pytest.raises(Refused) as refused:
        print_sheet(office.session, SheetOrder("lookback_map", public=True), tmp_path / "p.pdf")
    assert refused.value.code == "not_public" and not (tmp_path / "p.pdf").exists()
    for number in ("KT-1", "KT-2", "KT-3"):
        _visit(office, number)
    print_sheet(office.session, SheetOrder("lookback_map", public=True), tmp_path / "p.pdf")
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")


def test_a_long_draw_is_counted_and_left_to_its_list(office: Office) -> None:
    from app.printing import lookback_map

    _round(office)
    assert "抽取名单" in _words(office)
    lookback_map._MOST_LISTED, kept = 2, lookback_map._MOST_LISTED
    try:
        words = _words(office)
    finally:
        lookback_map._MOST_LISTED = kept
    assert "抽取名单" not in words and any("抽取名单见" in word for word in words)
