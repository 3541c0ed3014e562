"""Labels never lie over each other, and words are measured and broken as Chinese asks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.carto.display import Text
from app.carto.labels import MIDDLE, LabelWish, PlacedLabel, label_ops, place_labels
from app.carto.measure import text_width_mm, wrap
from app.carto.symbols import TextStyle

STYLE = TextStyle(2.0)
FRAME = (120.0, 80.0)
NOTHING_THERE = np.empty((0, 4))


def wish(x: float, y: float, text: str = "128", **more: object) -> LabelWish:
    return LabelWish(x, y, text, STYLE, clear_mm=1.2, **more)  # type: ignore[arg-type]


def overlaps(a: PlacedLabel, b: PlacedLabel) -> bool:
    return a.box[0] < b.box[2] and a.box[2] > b.box[0] and a.box[1] < b.box[3] and a.box[3] > b.box[1]


@given(st.lists(st.tuples(st.floats(1, 119), st.floats(1, 79)), max_size=40), st.booleans())
def test_no_label_covers_another_or_leaves_the_frame(places: list[tuple[float, float]], leader: bool) -> None:
    placed, missed = place_labels([wish(x, y, leader=leader) for x, y in places], FRAME, NOTHING_THERE)
    assert len(placed) + missed == len(places)
    for index, label in enumerate(placed):
        assert label.box[0] >= 0
        assert label.box[1] >= 0
        assert label.box[2] <= FRAME[0]
        assert label.box[3] <= FRAME[1]
        assert not any(overlaps(label, other) for other in placed[:index])


def test_a_free_point_has_its_label_close_on_the_right() -> None:
    placed, _ = place_labels([wish(50, 40)], FRAME, NOTHING_THERE)
    assert placed[0].leader_to is None
    assert placed[0].box[0] == pytest.approx(50 + 1.2 + 0.35)


def test_labels_keep_off_obstacles() -> None:
    table = np.array([[51.0, 0.0, 120.0, 80.0]])
    placed, _ = place_labels([wish(50, 40)], FRAME, table)
    assert placed[0].box[2] <= 51.0


def test_a_crowd_gets_leaders_only_when_they_are_allowed() -> None:
    crowd = [wish(60 + dx * 0.4, 40 + dy * 0.4, leader=True) for dx in range(5) for dy in range(5)]
    placed, missed = place_labels(crowd, FRAME, NOTHING_THERE)
    assert missed == 0
    assert any(label.leader_to for label in placed)
    plain = [wish(w.x, w.y) for w in crowd]
    assert place_labels(plain, FRAME, NOTHING_THERE)[1] > 0


def test_the_important_label_gets_the_place() -> None:
    wishes = [wish(50, 40, "minor", priority=1), wish(50, 40, "major", priority=9)]
    placed, _ = place_labels(wishes, FRAME, NOTHING_THERE)
    assert placed[0].wish.text == "major"
    assert placed[0].box[0] > 50


def test_the_name_of_an_area_is_written_once() -> None:
    twice = [wish(50, 40, "泾川县", placing=MIDDLE), wish(58, 44, "泾川县", placing=MIDDLE)]
    placed, missed = place_labels(twice, FRAME, NOTHING_THERE)
    assert (len(placed), missed) == (1, 0)


def test_a_label_goes_the_way_it_is_told() -> None:
    placed, _ = place_labels([wish(50, 40, toward=np.pi)], FRAME, NOTHING_THERE)
    assert placed[0].box[2] < 50


def test_words_are_drawn_over_all_leaders() -> None:
    crowd = [wish(60, 40, str(n), leader=True) for n in range(12)]
    ops = label_ops(place_labels(crowd, FRAME, NOTHING_THERE)[0], "#000000")
    assert not isinstance(ops[0], Text)
    assert all(isinstance(op, Text) for op in ops[1:])


def test_widths_follow_the_font() -> None:
    assert text_width_mm("平凉", TextStyle(10.0)) == pytest.approx(20.0)
    assert text_width_mm("1:50", TextStyle(10.0)) == pytest.approx(5.55 * 3 + 2.78)
    assert text_width_mm("平凉", TextStyle(10.0, spacing_mm=1.0)) == pytest.approx(21.0)
    assert text_width_mm("", STYLE) == 0.0


def test_chinese_breaks_anywhere_but_not_before_a_full_stop() -> None:
    lines = wrap("行政区域界线仅供参考。", TextStyle(1.0), 10.2)
    assert lines == ["行政区域界线仅供参", "考。"]
    assert wrap("审图号：甘S(2026)001号", TextStyle(1.0), 6.0) == ["审图号：甘", "S(2026)001", "号"]


@given(st.text(alphabet="平凉市ab 1，。", min_size=1, max_size=60), st.floats(3.0, 20.0))
def test_wrapping_loses_nothing_but_spaces(text: str, width: float) -> None:
    lines = wrap(text, TextStyle(1.0), width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
