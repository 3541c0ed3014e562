"""Scale, extent and degrees of a view, and the round scales of a sheet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.carto.graticule import degree_label, ticks
from app.carto.projection import convergence_deg, extent_in_degrees, project_extent, to_degrees, to_map
from app.carto.scale import ROUND_SCALES, fitting_scale, require_fit, scale_bar, scale_text
from app.carto.view import MapView
from app.errors import Invalid

CITY = (105.3, 34.9, 107.8, 35.9)


def a_view(scale: float = 50_000.0) -> MapView:
    return MapView("EPSG:4545", (380_000.0, 3_935_000.0), scale, 200.0, 100.0, 96.0)


def test_a_point_on_the_seam_has_its_two_known_eastings() -> None:
    point = np.array([[106.5, 35.4]])
    assert to_map(point, "EPSG:4544")[0, 0] == pytest.approx(636_267.7, abs=0.1)
    assert to_map(point, "EPSG:4545")[0, 0] == pytest.approx(363_732.3, abs=0.1)


def test_a_projected_extent_holds_its_bent_edges() -> None:
    x0, y0, x1, y1 = project_extent(CITY, "tm:106.5")
    corners = to_map(np.array([[105.3, 34.9], [107.8, 34.9]]), "tm:106.5")
    assert y0 < corners[:, 1].min()
    lon0, lat0, lon1, lat1 = extent_in_degrees((x0, y0, x1, y1), "tm:106.5")
    assert lon0 <= 105.3
    assert lat0 <= 34.9
    assert lon1 >= 107.8
    assert lat1 >= 35.9


def test_true_north_turns_west_of_the_meridian() -> None:
    assert convergence_deg(106.65, 35.5, "EPSG:4545") == pytest.approx(-0.784, abs=0.01)
    assert convergence_deg(106.65, 35.5, "EPSG:4490") == 0.0


def test_a_view_of_an_extent_shows_all_of_it() -> None:
    view = MapView.of_degrees(CITY, (1920, 1080), "tm:106.5")
    x0, y0, x1, y1 = project_extent(CITY, "tm:106.5")
    shown = view.extent
    assert shown[0] <= x0 + 1e-6
    assert shown[1] <= y0 + 1e-6
    assert shown[2] >= x1 - 1e-6
    assert shown[3] >= y1 - 1e-6
    assert view.size_px == (1920, 1080)


@given(st.floats(0.2, 5.0), st.floats(0, 750), st.floats(0, 370))
def test_zooming_keeps_the_place_under_the_pointer(factor: float, x: float, y: float) -> None:
    before = a_view()
    after = before.zoomed(factor, (x, y))
    assert after.scale == pytest.approx(before.scale / factor)
    assert after.degrees_at(x, y) == pytest.approx(before.degrees_at(x, y), abs=1e-9)


def test_a_pixel_and_its_degrees_are_the_same_place() -> None:
    lon, lat = a_view().degrees_at(100.0, 50.0)
    assert a_view().px_of(lon, lat) == pytest.approx((100.0, 50.0), abs=1e-4)


def test_dragging_the_paper_moves_what_is_under_it() -> None:
    view = a_view()
    place = view.degrees_at(100.0, 100.0)
    assert view.panned(30.0, -20.0).degrees_at(130.0, 80.0) == pytest.approx(place, abs=1e-9)


def test_resizing_keeps_centre_and_scale() -> None:
    view = a_view().resized((640, 480), 144.0)
    assert (view.centre, view.scale, view.size_px) == (a_view().centre, 50_000.0, (640, 480))


def test_fitting_a_point_goes_near_but_never_further_out() -> None:
    assert a_view().fitted((1.0, 2.0, 1.0, 2.0)).scale == 5000.0
    assert a_view(1000.0).fitted((1.0, 2.0, 1.0, 2.0)).scale == 1000.0


def test_zoom_stops_at_the_limits() -> None:
    assert a_view().zoomed(1e12).scale == 50.0
    assert a_view().zoomed(1e-12).scale == 50_000_000.0


def test_the_largest_round_scale_that_fits_is_chosen() -> None:
    assert fitting_scale((0, 0, 25_000, 10_000), 250.0, 200.0) == 100_000
    assert fitting_scale((0, 0, 25_001, 10_000), 250.0, 200.0) == 120_000
    assert list(ROUND_SCALES) == sorted(set(ROUND_SCALES))


def test_a_scale_too_large_is_refused_and_names_the_one_that_fits() -> None:
    require_fit((0, 0, 25_000, 10_000), 250.0, 200.0, 100_000)
    with pytest.raises(Invalid) as caught:
        require_fit((0, 0, 25_000, 10_000), 250.0, 200.0, 50_000)
    assert caught.value.code == "scale_too_large"
    assert scale_text(100_000) in caught.value.hint


@pytest.mark.parametrize("denominator", ROUND_SCALES)
def test_every_bar_is_round_and_fits(denominator: int) -> None:
    bar = scale_bar(denominator, 60.0)
    assert 20.0 < bar.length_mm <= 60.0
    assert bar.step_m * 1000 == pytest.approx(bar.step_mm * denominator)
    assert str(int(bar.step_m * 1000)).rstrip("0") in {"1", "2", "5"}


def test_the_bar_says_kilometres_when_it_is_long() -> None:
    assert scale_bar(50_000, 60.0).labels() == ["0", "0.5", "1", "1.5", "2 千米"]
    assert scale_bar(2_000, 60.0).labels()[-1] == "80 米"


def test_ticks_stand_where_their_degrees_are() -> None:
    view = MapView.of_degrees((106.4, 35.3, 107.1, 35.7), (1200, 900), "EPSG:4545")
    for tick in ticks(view, 10.0):
        x = {"left": 0.0, "right": view.width_mm}.get(tick.edge, tick.at_mm)
        y = {"top": 0.0, "bottom": view.height_mm}.get(tick.edge, tick.at_mm)
        lon, lat = to_degrees(view.from_mm(np.array([[x, y]])), view.crs)[0]
        expected = lon if tick.edge in ("top", "bottom") else lat
        assert tick.degrees == pytest.approx(expected, abs=2e-5)
    assert {tick.label for tick in ticks(view, 10.0) if tick.edge == "top"} >= {"106°30′E", "106°40′E"}


def test_degrees_are_written_with_seconds_only_when_needed() -> None:
    assert degree_label(106.5, "E") == "106°30′E"
    assert degree_label(35.99999999, "N") == "36°00′N"
    assert degree_label(106.508333, "E", 0.5 / 60) == "106°30′30″E"
