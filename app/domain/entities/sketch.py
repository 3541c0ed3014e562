"""Sketches (标绘): points, lines and areas that people draw on the map beside the ledgers."""

from __future__ import annotations

from app.domain.entity import Entity, Shape, entity
from app.domain.fields import Withheld, boolean, choice, codes, reference, text
from app.i18n import N_

FORMS = codes(
    ("point", N_("Point"), ["点"]),
    ("line", N_("Line"), ["线"]),
    ("area", N_("Polygon"), ["面"]),
)


@entity(label=N_("Sketch"), cli="sketch", key="uid", title=("name",), shape=Shape.GEOMETRY)
class Sketch(Entity):
    """What somebody drew: a route, a stretch of river, a place to look at. It counts nowhere."""

    name: str = text(N_("Name"), length=80, required=True, search=True, aliases=("名称",))
    form: str | None = choice(N_("Form"), FORMS, default=None, derived=True)
    note: str | None = text(N_("Note"), default=None, length=500, withheld=Withheld.WORDS, aliases=("备注",))
    div_code: str | None = reference(N_("Division"), "division", default=None, length=12, aliases=("行政区",))
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


def form_of(shape_type: str) -> str | None:
    """The form of a geometry by its type's name, such as `MultiPolygon`."""
    kinds = {"Point": "point", "LineString": "line", "MultiLineString": "line"}
    return kinds.get(shape_type, "area" if "Polygon" in shape_type else None)
