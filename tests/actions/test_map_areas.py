"""Very many areas on the map: the sidecar beside the file, changed records, the same picture as without."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine

from app.actions import map_areas
from app.actions.maps import feature_source
from app.actions.session import Session
from app.carto import compose_many, sidecar
from app.carto import hit as carto_hit
from app.carto import many as carto_many
from app.carto.compose import display_list
from app.carto.display import DisplayList, Mosaic
from app.carto.hit import identify, in_box, in_outline
from app.carto.keeping import ProjectedLayers
from app.carto.layers import LabelRule, Layer, SymbolClass, SymbolRule
from app.carto.many import ManyAreas
from app.carto.marking import highlight
from app.carto.projected import ProjectedFeatures
from app.carto.projection import to_degrees
from app.carto.symbols import Fill, Hatch, Line, Symbol, TextStyle
from app.carto.theme import Theme, read_theme
from app.carto.view import MapView
from app.domain.changes import Actor, delete, insert, update
from app.domain.entities.boiler import Boiler
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.patrol import Patrol
from app.store.workspace import Workspace
from conftest import Clock

CRS = "EPSG:4545"
SIDE = 40
COLOURS = ("#2c7bb6", "#fee08b", "#d7191c")
FILLS = tuple(
    SymbolClass(str(level), f"Level {level}", Symbol(Fill(colour), Line("#555555", 0.1)), values=(level,))
    for level, colour in enumerate(COLOURS, 1)
)
PLAIN = Layer(
    "cells", "Cells", "grid_cell", SymbolRule(FILLS, "level"), where_not={"kind": ("admin",)}, order=20
)
NAMES = LabelRule("grid_code", TextStyle(2.0), "middle", must_fit=True)
HATCHED = Symbol(Fill("", 1.0, Hatch("#0000ff")), Line("#000000", 0.4, (2.0, 1.0)))


def theme(*layers: Layer) -> Theme:
    return Theme("test", "Test", layers, read_theme("boilers").colours)


def square(column: int, row: int) -> shapely.MultiPolygon:
    x, y = 106.5 + column * 0.01, 35.2 + row * 0.008
    return shapely.MultiPolygon([shapely.box(x, y, x + 0.01, y + 0.008)])


@pytest.fixture
def session(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """1,600 cells, one of them two squares with a hole, and a township around them."""
    monkeypatch.setattr(map_areas, "_MANY", 100)
    monkeypatch.setattr(carto_many, "FEW", 300)
    monkeypatch.setattr(compose_many, "FEW", 300)
    monkeypatch.setattr(carto_hit, "FEW", 300)
    session = at_work(Workspace.create(tmp_path / "cells.gpkg", "620800", "test"), clock)
    cells = [
        GridCell(
            uid=session.new_uid(),
            geometry=square(number % SIDE, number // SIDE),
            grid_code=f"C{number:04d}",
            kind="regular",
            level=number % 3 + 1,
        )
        for number in range(SIDE * SIDE)
    ]
    hole = shapely.box(106.452, 35.252, 106.458, 35.256)
    odd = shapely.MultiPolygon(
        [shapely.box(106.45, 35.25, 106.46, 35.258).difference(hole), square(-9, 9).geoms[0]]
    )
    cells[7] = cells[7].replace(geometry=odd)
    around = GridCell(
        uid=session.new_uid(),
        geometry=shapely.MultiPolygon([shapely.box(106.4, 35.1, 107.0, 35.6)]),
        grid_code="TOWN",
        name="镇",
        kind="admin",
        level=3,
    )
    session.commit(map(insert, [around, *cells]), "test")
    yield session
    session.close()


def at_work(workspace: Workspace, clock: Clock) -> Session:
    session = Session(workspace)
    session.now, session.actor = clock, Actor("u", "admin", "R0")
    return session


def view(factor: float = 1.0) -> MapView:
    return MapView.of_degrees((106.4, 35.15, 107.0, 35.6), (400, 300), CRS).zoomed(factor)


def pixels(picture: DisplayList, shown: MapView) -> np.ndarray:
    from app.render.image import paint_to_image

    image = paint_to_image(picture, shown)
    return (
        np.frombuffer(image.constBits(), np.uint8)
        .reshape(image.height(), image.width(), 4)[..., :3]
        .astype(int)
    )


def layers_of(session: Session) -> ProjectedLayers:
    return ProjectedLayers(feature_source(session))


def many_of(session: Session, before: ManyAreas | None = None) -> ManyAreas:
    source = feature_source(session)
    found = source.many("grid_cell", ("kind", "level"), CRS, before)  # type: ignore[attr-defined]
    assert isinstance(found, ManyAreas)
    return found


def sidecars(session: Session) -> list[Path]:
    return sorted(map_areas.sidecar_folder(session.workspace.path).glob("*"))


def cell(session: Session, code: str) -> GridCell:
    found = session.workspace.by_key(GridCell, code)
    assert found is not None
    return found


@pytest.mark.parametrize("factor", [1.0, 3.0, 40.0, 0.1])
def test_the_picture_is_that_of_features_drawn_each_for_itself(
    session: Session, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, drawn = view(factor), theme(PLAIN)
    fast = display_list(drawn, layers_of(session), shown)
    assert any(isinstance(op, Mosaic) for op in fast.ops) is (factor < 40)  # a handful are drawn as outlines
    monkeypatch.setattr(map_areas, "can_be_many", lambda: False)
    slow = display_list(drawn, layers_of(session), shown)
    assert fast.drawn == slow.drawn
    apart = np.abs(pixels(fast, shown) - pixels(slow, shown)).max(axis=2)
    assert (apart > 40).mean() < 0.02
    assert len(np.unique(pixels(fast, shown).reshape(-1, 3), axis=0)) > (3 if factor < 40 else 1)


def test_words_hatches_and_few_features_are_drawn_as_always(session: Session) -> None:
    town = Layer(
        "town", "Town", "grid_cell", SymbolRule((SymbolClass("all", "Town", Symbol(None, Line("#000"))),)),
        where={"kind": ("admin",)}, label=LabelRule("name", TextStyle(3.0), "middle"),
    )  # fmt: skip
    hatched = Layer("h", "H", "grid_cell", SymbolRule((SymbolClass("all", "H", HATCHED),)))
    named = Layer("n", "N", "grid_cell", PLAIN.rule, where={"kind": ("regular",)}, label=NAMES)
    kept = layers_of(session)
    far = display_list(theme(town, named), kept, view())
    assert "镇" in [op.text for op in far.ops if hasattr(op, "text")]
    near = view(12.0)
    words = {op.text for op in display_list(theme(named), kept, near).ops if hasattr(op, "text")}
    assert len(words) > 3
    assert all(word[0] == "C" for word in words)
    hatches = display_list(theme(hatched), kept, near).ops
    assert not any(isinstance(op, Mosaic) for op in hatches)
    assert any(isinstance(op, Mosaic) for op in display_list(theme(hatched), kept, view()).ops)


def test_a_click_a_box_and_a_mark_find_records(session: Session) -> None:
    kept, shown = layers_of(session), view()
    wanted = cell(session, "C0820")
    x, y = shown.px_of(*shapely.get_coordinates(shapely.centroid(wanted.geometry))[0])
    assert [hit.uid for hit in identify(theme(PLAIN), kept, shown, (x, y), 0.1)] == [wanted.uid]
    found = in_box(theme(PLAIN), kept, shown, (x - 12, y - 12, x + 12, y + 12), "cells")
    assert wanted.uid in found
    assert 4 <= len(found) < 60
    assert len(highlight(theme(PLAIN), kept, shown, {"grid_cell": [wanted.uid]})) == 2


def test_a_box_over_more_than_few_finds_them_all(session: Session) -> None:
    shown, kept = view(), layers_of(session)
    found = in_box(theme(PLAIN), kept, shown, (0.0, 0.0, 400.0, 300.0), "cells")
    drawn = display_list(theme(PLAIN), kept, shown).drawn
    assert len(found) == len(set(found)) == sum(item.count for item in drawn) == SIDE * SIDE
    half = in_box(theme(PLAIN), kept, shown, (0.0, 0.0, 200.0, 300.0), "cells")
    assert 0.35 * SIDE * SIDE < len(half) < 0.65 * SIDE * SIDE
    triangle = ((0.0, 0.0), (400.0, 0.0), (0.0, 300.0))
    corner = in_outline(theme(PLAIN), kept, shown, triangle, "cells")
    assert set(corner) < set(found)
    assert 0.4 * SIDE * SIDE < len(corner) < 0.6 * SIDE * SIDE


def test_the_sidecar_is_read_instead_of_the_records(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = many_of(session)
    assert len(sidecars(session)) == 1
    monkeypatch.setattr(session.workspace, "blocks", None)  # nothing may be read
    again = many_of(session)
    assert np.array_equal(first.areas.xy, again.areas.xy)
    assert np.array_equal(first.classes(PLAIN), again.classes(PLAIN))
    assert first.uids.tolist() == again.uids.tolist()


def test_a_sidecar_on_a_stick_is_read_so_that_the_stick_may_go(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = many_of(session)
    assert sidecar.stays(Path.home()) and not sidecar.stays(Path("/proc/self"))
    monkeypatch.setattr(sidecar, "stays", lambda _: False)
    monkeypatch.setattr(session.workspace, "blocks", None)  # nothing may be read of the records
    away = many_of(session)
    (path,) = sidecars(session)
    os.truncate(path, 0)  # as the stick is pulled out: mapped memory would end the program
    assert np.array_equal(here.areas.xy, away.areas.xy)
    assert here.uids.tolist() == away.uids.tolist()


@pytest.mark.parametrize("place", [0, 3, 20, 60, 300, 9_000, 40_000, -1])
def test_a_damaged_sidecar_is_not_trusted_and_made_again(session: Session, place: int) -> None:
    many_of(session)
    (path,) = sidecars(session)
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[place] ^= 0x40
    for content in (bytes(broken), whole[: len(whole) // 2], whole[:10], b"", b"\x00" * len(whole)):
        path.write_bytes(content)
        found = many_of(session)
        assert len(found) == SIDE * SIDE + 1
        assert path.read_bytes()[:-8] == whole[:-8]


def test_a_sidecar_of_another_file_is_not_taken(session: Session, tmp_path: Path, clock: Clock) -> None:
    many_of(session)
    other = at_work(Workspace.create(tmp_path / "other.gpkg", "620800", "other"), clock)
    one = GridCell(uid=other.new_uid(), geometry=square(0, 0), grid_code="X", kind="regular")
    other.commit([insert(one.replace(uid=other.new_uid(), grid_code=f"X{n}")) for n in range(150)], "test")
    target = map_areas.sidecar_folder(other.workspace.path)
    target.mkdir()
    (target / sidecars(session)[0].name).write_bytes(sidecars(session)[0].read_bytes())
    assert len(many_of(other)) == 150
    other.close()


def test_a_restored_file_makes_the_sidecar_stale(session: Session, clock: Clock) -> None:
    session.workspace.close()
    path = session.workspace.path
    before = path.read_bytes()
    later = at_work(Workspace.open(path), clock)
    later.commit(
        [
            delete(
                cell(later, "C0001"),
            )
        ],
        "test",
    )
    assert len(many_of(later)) == SIDE * SIDE
    later.close()
    path.write_bytes(before)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    restored = Session(Workspace.open(path))
    assert len(many_of(restored)) == SIDE * SIDE + 1
    restored.close()


def test_changed_records_are_all_that_is_read_again(session: Session) -> None:
    before = many_of(session)
    asked: list[object] = []
    blocks = session.workspace.blocks

    def counting(*words: object) -> object:
        asked.append(words)
        return blocks(*words)  # type: ignore[arg-type]

    session.workspace.blocks = counting  # type: ignore[method-assign, assignment]
    recoloured, moved, gone = (cell(session, code) for code in ("C0004", "C0900", "C1500"))
    fresh = GridCell(uid=session.new_uid(), geometry=square(60, 5), grid_code="NEW", kind="regular", level=2)
    session.commit(
        [
            update(recoloured, level=3),
            update(moved, geometry=square(70, 70)),
            delete(gone),
            insert(fresh),
        ],
        "test",
    )
    after = many_of(session, before)
    assert len(asked) == 1
    assert len(asked[0]) == 3  # type: ignore[arg-type]  # entity, fields and the changed records only
    session.workspace.blocks = blocks  # type: ignore[method-assign]
    for path in sidecars(session):
        path.unlink()
    anew = many_of(session)
    assert sorted(map(tuple, after.uids.tolist())) == sorted(map(tuple, anew.uids.tolist()))
    assert after.uids.tolist() == anew.uids.tolist()
    assert np.array_equal(after.classes(PLAIN), anew.classes(PLAIN))
    assert np.allclose(after.areas.xy + after.areas.origin, anew.areas.xy + anew.areas.origin, atol=0.02)
    assert np.array_equal(after.areas.areas, anew.areas.areas)
    shown = view()
    boxes = [areas.areas.touching(areas.classes(PLAIN), shown.extent).tolist() for areas in (after, anew)]
    assert boxes[0] == boxes[1]


def test_an_edit_by_another_program_is_seen_at_the_next_opening(session: Session) -> None:
    many_of(session)
    path = session.workspace.path
    session.close()
    from app.store.connect import opened

    with closing(opened(path, "rw")) as raw, raw:
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("UPDATE 网格 SET level = 2 WHERE grid_code = 'C0000'")
    again = Session(Workspace.open(path))
    found = many_of(again)
    assert found.columns["level"].taken(np.array([1])) == [2]
    again.close()


def test_bad_outlines_in_the_file_have_no_area_and_stop_nothing(session: Session) -> None:
    from app.store.connect import opened

    path = session.workspace.path
    session.close()
    bad = {
        "C0100": b"",
        "C0101": b"GP\x00\x01\x8a\x11\x00\x00\x01\x06\x00\x00\x00\xff\xff\xff\xff",
        "C0102": b"no geometry at all",
        "C0103": bytes.fromhex("4750000000000000") + shapely.to_wkb(square(2, 2), byte_order=0),
        "C0104": bytes.fromhex("4750000000000000")
        + shapely.to_wkb(shapely.force_3d(square(3, 3)), byte_order=1, output_dimension=3),
        "C0105": bytes.fromhex("4750000000000000") + shapely.to_wkb(shapely.Point(1, 2)),
        "C0106": bytes.fromhex("4750000000000000") + shapely.to_wkb(shapely.box(400, 35, 401, 36)),
    }
    with closing(opened(path, "rw")) as raw, raw:
        for (name,) in raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'rtree_网格%'"
        ).fetchall():
            raw.execute(f'DROP TRIGGER "{name}"')
        for code, blob in bad.items():
            raw.execute("UPDATE 网格 SET geometry = ? WHERE grid_code = ?", (blob, code))
    again = Session(Workspace.open(path))
    found = many_of(again)
    rings = np.diff(found.areas.areas.astype(int))[101:108]
    assert rings.tolist() == [0, 0, 0, 1, 1, 0, 0]
    looks = theme(PLAIN)
    assert found.placeless(looks.layers[0]) == len(bad) - 2, "told beside the map"
    display_list(looks, layers_of(again), view())
    again.close()


def test_memory_stays_small(session: Session) -> None:
    found = many_of(session)
    found.classes(PLAIN)
    assert found.nbytes / len(found) <= 62


# ---- columns that no record holds


LEFT = Layer(
    "left",
    "Left",
    "grid_cell",
    SymbolRule(
        (SymbolClass("none", "None", Symbol(Fill("#eeeeee"))), SymbolClass("some", "Some", HATCHED)),
        "boilers_left",
        (1.0,),
    ),
    where_not={"kind": ("admin",)},
)


def boilers_at(session: Session, *places: tuple[float, float]) -> list[Boiler]:
    made = [
        Boiler(uid=session.new_uid(), ledger_no=f"KT-{n}", geometry=shapely.Point(*place), status="planned")
        for n, place in enumerate(places)
    ]
    session.commit(map(insert, made), "test")
    return made


def patrol_of(session: Session, uid: str) -> Patrol:
    made, today = session.new_uid(), session.today
    return Patrol(uid=made, cell=uid, grid_code="C", patrolled_on=today, mode="routine", result="normal")


def test_worked_out_columns_are_those_of_features_each_for_itself(session: Session) -> None:
    odd = [
        (106.455, 35.254),
        (106.451, 35.251),
        (106.415, 35.275),
    ]  # in a hole, around it, elsewhere
    boilers_at(session, (106.505, 35.205), (106.506, 35.206), (106.899, 35.51), (100.0, 30.0), *odd)
    session.commit([update(cell(session, "C0003"), patrol_freq="每周2次")], "test")
    cells = [*(cell(session, code).uid for code in ("C0003", "C0005", "C0003")), session.new_uid()]
    patrols = [patrol_of(session, uid) for uid in cells]
    session.commit(map(insert, patrols), "test")
    fields = ("boilers_left", "patrols_a_month", "patrol_coverage")
    source = feature_source(session)
    many = source.many("grid_cell", fields, CRS, None)  # type: ignore[attr-defined]
    alone = source.columns("grid_cell", fields, None)
    everything = np.arange(len(many))
    taken = many.taken(everything, fields).columns
    assert set(taken.uids) == set(alone.uids)
    for name in fields:
        told = dict(zip(alone.uids, alone.column(name), strict=True))
        assert dict(zip(taken.uids, taken.column(name), strict=True)) == told
    assert sorted(set(taken.column("boilers_left"))) == [0, 1, 2, 6]
    assert {None, 12, 100} == set(taken.column("patrol_coverage"))
    assert len(sidecars(session)) == 1  # and what is worked out is not kept in it
    kept = source.many("grid_cell", ("kind",), CRS, many)  # type: ignore[attr-defined]
    assert set(kept.columns) <= set(GridCell.TYPE.stored)


@pytest.mark.parametrize("factor", [1.0, 40.0])
def test_cells_by_boilers_left_follow_the_boilers(session: Session, factor: float) -> None:
    layers, shown, drawn = layers_of(session), view(factor), theme(LEFT)

    def some() -> int:
        counted = {item.key: item.count for item in display_list(drawn, layers, shown).drawn}
        return counted.get("some", 0)

    middle = shown.from_mm(np.array([[shown.width_mm / 2, shown.height_mm / 2]]))
    lon, lat = to_degrees(middle, CRS)[0].tolist()
    assert some() == 0
    (made,) = boilers_at(session, (lon, lat))
    layers.forget("grid_cell")
    assert some() == 1
    session.commit([update(made, status="cleared")], "test")
    layers.forget("grid_cell")
    assert some() == 0


@pytest.mark.parametrize("layer", [PLAIN, LEFT], ids=["stored", "worked out"])
def test_fill_colours_are_those_gdal_burns(session: Session, layer: Layer) -> None:
    """Where a pixel and all around it lie in one class for GDAL, our picture has exactly its colour."""
    boilers_at(session, *((106.5013 + n * 0.0137, 35.2017 + n * 0.0071) for n in range(28)))
    plain = replace(
        layer, rule=replace(layer.rule, classes=tuple(map(filled, layer.rule.classes, ("", *COLOURS))))
    )
    layers, shown, drawn = layers_of(session), view(), theme(plain)
    got = pixels(display_list(drawn, layers, shown), shown)
    rows = feature_source(session).columns("grid_cell", drawn.fields_of("grid_cell"), None)
    cells = ProjectedFeatures(rows, CRS)
    classes, _ = cells.classified(plain)
    x0, y0, x1, y1 = shown.extent
    high, wide = got.shape[:2]
    burnt = rasterize(
        [(shape, int(number)) for shape, number in zip(cells.geometry, classes, strict=True) if number >= 0],
        out_shape=(high, wide),
        fill=99,
        transform=Affine((x1 - x0) / wide, 0.0, x0, 0.0, (y0 - y1) / high, y1),
        dtype="uint8",
    )
    around = np.lib.stride_tricks.sliding_window_view(np.pad(burnt, 1, mode="edge"), (3, 3))
    alike = around.min(axis=(2, 3)) == around.max(axis=(2, 3))
    assert alike.mean() > 0.3 and len(np.unique(burnt[alike])) > 2
    fills = [item.symbol.fill for item in plain.rule.classes]
    shades = {99: drawn.background, **{n: fill.colour for n, fill in enumerate(fills) if fill}}
    for number in np.unique(burnt[alike]).tolist():
        shade = [int(shades[number][at : at + 2], 16) for at in (5, 3, 1)]  # BGRA in memory
        assert np.unique(got[alike & (burnt == number)], axis=0).tolist() == [shade]


def filled(item: SymbolClass, colour: str) -> SymbolClass:
    return replace(item, symbol=Symbol(Fill(colour or "#1a9641")))


def test_the_extent_of_a_layer_is_told_without_reading_it(session: Session) -> None:
    many = many_of(session)
    rows = feature_source(session).columns("grid_cell", PLAIN.fields(), None)
    alone = ProjectedFeatures(rows, CRS).extent(PLAIN)
    assert alone is not None
    assert many.extent(PLAIN) == pytest.approx(alone, abs=0.5)
    one = replace(PLAIN, where={"level": (1,)}, where_not={})
    few = ProjectedFeatures(rows, CRS).extent(one)
    assert few is not None
    assert many.extent(one) == pytest.approx(few, abs=0.5)
    assert many.extent(replace(PLAIN, where={"level": (9,)})) is None
    assert ProjectedFeatures(rows, CRS).extent(replace(PLAIN, where={"level": (9,)})) is None
