"""What lies under a place of the map, in words: read in the drawing thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.carto.features import FeatureColumns
from app.carto.hit import Hit
from app.carto.layers import NOT_DRAWN, Layer
from app.carto.scale import scale_text
from app.domain.catalog import BY_NAME
from app.domain.entities.boiler_codes import words_of_state
from app.i18n import N_, tr
from app.ui.map.picture import Scene

if TYPE_CHECKING:
    from app.actions.session import Session

MOST = 100  # more in one list is no help: the user is told to come closer


@dataclass(frozen=True)
class Under:
    """One thing under the pointer: what it is called, what it is, and where it comes from.

    A record has its entity and uid; a feature of a file, or ground that is worked out, has `values` by
    heading instead.
    """

    title: str
    detail: str
    entity: str
    uid: str
    values: Mapping[str, str] | None = None


def described(session: Session, scene: Scene, hits: Sequence[Hit]) -> list[Under]:
    """The first MOST hits in words, in their order; what is no longer there is left out."""
    found = (
        _record(session, hit) if hit.entity in BY_NAME else _feature(session, scene, hit) for hit in hits
    )
    return [item for item, _ in zip((one for one in found if one is not None), range(MOST), strict=False)]


def described_hidden(session: Session, scene: Scene, hits: Sequence[Hit], scale: float) -> list[Under]:
    """Hits in layers that are not in the picture, each with why it is not."""
    found = []
    for hit in hits[:MOST]:
        layer = scene.theme.layer(hit.layer)
        for item in described(session, scene, [hit]) if layer else []:
            why = _why_hidden(layer, scale) if layer else ""
            found.append(replace(item, detail=" · ".join(part for part in (item.detail, why) if part)))
    return found


def _why_hidden(layer: Layer, scale: float) -> str:
    if not layer.visible:
        return tr(N_("not shown: “{layer}” is switched off"), layer=tr(layer.title))
    nearest, farthest = layer.scales
    if scale > farthest:
        words, limit = N_("not shown: “{layer}” from {scale} on"), farthest
    else:
        words, limit = N_("not shown: “{layer}” only up to {scale}"), nearest
    return tr(words, layer=tr(layer.title), scale=scale_text(limit))


def _record(session: Session, hit: Hit) -> Under | None:
    kind = BY_NAME[hit.entity]
    record = session.workspace.get(kind.record, hit.uid)
    if record is None:
        return None
    state = getattr(record, "status", None) if "status" in kind.fields else None
    parts = [kind.text, words_of_state(state) if state else ""]
    return Under(record.title(), " · ".join(part for part in parts if part), hit.entity, hit.uid)


def _feature(session: Session, scene: Scene, hit: Hit) -> Under | None:
    from app.actions.map_layers import map_layers  # late: actions load after the first paint

    layer = scene.theme.layer(hit.layer)
    if layer is None:
        return None
    held = map_layers(session).loaded(layer.id)
    columns = scene.layers.source.columns(hit.entity, layer.fields(), None) if held is None else held
    uids = list(columns.uids)
    if hit.uid not in uids:
        return None
    row = uids.index(hit.uid)
    values = {name: _words(column[row]) for name, column in columns.values.items()}
    title = _class_title(layer, columns, row) if held is None else _name(layer, values, hit.uid)
    return Under(title, tr(layer.title), hit.entity, hit.uid, values)


def _class_title(layer: Layer, columns: FeatureColumns, row: int) -> str:
    at = int(layer.rule.classify(columns)[row])
    return tr(layer.title if at == NOT_DRAWN else layer.rule.classes[at].title)


def _name(layer: Layer, values: Mapping[str, str], uid: str) -> str:
    """What the layer writes beside the feature, else the first value that is not a number."""
    written = values.get(layer.label.field, "") if layer.label else ""
    spoken = (value for value in values.values() if value and not value.replace(".", "", 1).isdigit())
    return written or next(spoken, "") or tr(N_("Feature {n}"), n=uid)


def _words(value: Any) -> str:
    if value is None or value != value:
        return ""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
