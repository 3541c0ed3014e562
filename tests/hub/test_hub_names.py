"""A conflict names its record as people know it, by whatever road the push came."""

from __future__ import annotations

import pytest
import shapely
from shapely.geometry import MultiPolygon, box

from app.domain.changes import new_uid
from app.domain.entities.conflict import Conflict
from app.domain.entities.grid_cell import GridCell
from app.hub.gathering import SMALL
from hub.office_hub import COUNTY, TOWN, HubBench, wkb


@pytest.mark.parametrize("many", [False, True], ids=["small", "large"])
def test_a_boiler_goes_by_its_number_and_its_unit(bench: HubBench, many: bool) -> None:
    first, second = bench.laptop(TOWN), bench.laptop(TOWN)
    made = first.enter(ledger_no="KTQ-7", user_org="柳湖洗浴")
    paper = first.paper(made, "nameplate", "officer")
    first.push()
    second.pull()
    for laptop, x in ((first, 106.65), (second, 106.67)):
        laptop.edit("officer", made.uid, geometry=wkb(x, 35.54))
        if many and laptop is second:
            for _ in range(SMALL + 1):
                laptop.enter()
        laptop.push()
    bench.hub.revoke(first.uid, bench.clock.now, "丢失")
    first.act("officer", "attach")
    first.insert(paper)
    assert first.push().state == "quarantined"
    named = {item.owner_entity: item.owner_title for item in bench.records(Conflict)}
    assert named == {"boiler": "KTQ-7 柳湖洗浴", "attachment": "KTQ-7 柳湖洗浴 · nameplate.jpg"}


def test_a_cell_goes_by_its_code_and_its_name(bench: HubBench) -> None:
    first, second = bench.laptop(COUNTY, "R4"), bench.laptop(COUNTY, "R4")
    cell = GridCell(
        uid=new_uid(),
        grid_code="KTQ-LH-03",
        name="柳湖三格",
        kind="regular",
        div_code=TOWN,
        geometry=square(106.7),
    )
    first.act("clerk", "add")
    first.insert(cell)
    first.push()
    second.pull()
    for laptop, east in ((first, 106.8), (second, 106.9)):
        shape = bytes(shapely.to_wkb(square(east), byte_order=1))
        laptop.edit("clerk", cell.uid, "grid_cell", geometry=shape)
        laptop.push()
    assert [(item.kind, item.owner_title) for item in bench.records(Conflict)] == [
        ("pick", "KTQ-LH-03 柳湖三格")
    ]


def square(east: float) -> MultiPolygon:
    """An outline up to this longitude."""
    return MultiPolygon([box(106.6, 35.5, east, 35.6)])
