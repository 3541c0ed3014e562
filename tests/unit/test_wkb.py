"""Which bytes may go to GEOS: a geometry of one level, whoever wrote it."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.domain.wkb import is_plain

AREA = "POLYGON ((0 0, 0 9, 9 9, 0 0), (1 2, 1 3, 2 3, 1 2))"
PLAIN = (
    "POINT (1 2)", "POINT Z (1 2 3)", "POINT ZM (1 2 3 4)", "POINT EMPTY", "LINESTRING (0 0, 1 1)",
    "LINESTRING EMPTY", AREA, "POLYGON EMPTY", "MULTIPOINT (1 2, 3 4)",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
    "MULTIPOLYGON (((0 0, 0 9, 9 9, 0 0)), ((20 20, 20 29, 29 29, 20 20), (21 22, 21 23, 22 23, 21 22)))",
    "MULTIPOLYGON Z (((0 0 1, 0 9 1, 9 9 1, 0 0 1)))",
)  # fmt: skip


@pytest.mark.parametrize("words", PLAIN)
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("flavor", ["extended", "iso"])
def test_what_a_column_may_hold_is_plain(words: str, order: int, flavor: str) -> None:
    shape = shapely.set_srid(shapely.from_wkt(words), 4490)
    wkb = shapely.to_wkb(shape, byte_order=order, flavor=flavor, include_srid=flavor == "extended")
    assert is_plain(wkb)
    assert not any(is_plain(wkb[:end]) for end in range(len(wkb)))  # cut anywhere


def test_what_lies_within_another_is_not() -> None:
    inner = shapely.to_wkb(shapely.from_wkt("GEOMETRYCOLLECTION (POINT (1 2))"), byte_order=1)
    within = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00" + inner  # a collection among several areas
    assert not is_plain(inner)
    assert not is_plain(within)
    assert not is_plain(b"\x01\x06\x00\x00\x00\x01\x00\x00\x00" * 2)  # several areas within several areas


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(wkb: bytes) -> None:
    assert is_plain(wkb) in (True, False)
