"""One HTML file with the map in it: Folium's page, Leaflet and the Chinese font inside, no address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Figure

from app.carto.features import FeatureSource
from app.carto.theme import Theme
from app.domain.catalog import BY_NAME
from app.errors import Invalid, StoreFailure
from app.i18n import N_, language, tr
from app.web import assets
from app.web.content import WebLayer, web_layers
from app.web.elements import Finish, RecordLayer, Verbatim, foot_html, head_html, legend_html
from app.web.fonts import font_face
from app.web.meta import PageMeta
from app.web.popups import Popups
from app.web.public import public_theme, summed_layers

_ADDRESS = re.compile(r"\b(?:https?|wss?|ftp):(?=//)", re.IGNORECASE)
_CLOSE = 0.4  # of the area's width
_LEAST_VIEW_DEG = 0.02  # about two kilometres, so that one boiler is not seen from a metre above
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class PageReport:
    """What was written: the file, its size in bytes, and how many features each layer has."""

    path: Path
    size: int
    features: dict[str, int]


def write_page(
    theme: Theme, source: FeatureSource, meta: PageMeta, target: Path, progress: Progress | None = None
) -> PageReport:
    """Write the theme's features as one page that needs no network.

    `source` answers for entity names of the catalogue (EPSG:4490). The public edition of `meta` holds counts
    by township instead of single records. Raises Invalid when there is nothing to show, StoreFailure when the
    file cannot be written; a file that was there before stays until the new one is whole.
    """
    tell = progress or (lambda done, total, words: None)
    tell(0, 3, tr(N_("Reading the features")))
    popups = Popups(source, meta.public)
    layers = _layers(theme, source, popups, meta.public)
    if not any(layer.features for layer in layers):
        raise Invalid(N_("There is nothing to show on this page."), code="nothing_to_share")
    tell(1, 3, tr(N_("Writing the page")))
    page = _page(layers, popups.headings, meta, _home(theme, source, meta.public))
    tell(2, 3, tr(N_("Embedding the Chinese font")))
    page = without_addresses(page).replace("/*gridward-font*/", font_face(page), 1)
    _save(page, target)
    tell(3, 3, "")
    return PageReport(target, len(page.encode("utf-8")), {layer.id: layer.features for layer in layers})


def _layers(theme: Theme, source: FeatureSource, popups: Popups, public: bool) -> list[WebLayer]:
    if not public:
        return web_layers(theme, source, popups)
    layers = web_layers(public_theme(theme), source, popups) + summed_layers(theme, source, popups)
    return sorted(layers, key=lambda layer: layer.order)


def _home(theme: Theme, source: FeatureSource, public: bool) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees of what the page looks at first, with a margin.

    Records that lie close together are looked at by themselves, others with their whole area. A public page
    always shows the area: where it looked would tell where the hidden records are.
    """
    entities = {layer.entity for layer in theme.layers if layer.group != "base" and layer.entity in BY_NAME}
    area = _bounds(source, ["division"])
    own = None if public else _bounds(source, sorted(entities))
    if own is not None and (area is None or own[2] - own[0] < _CLOSE * (area[2] - area[0])):
        area = own
    west, south, east, north = area or (105.2, 34.8, 107.9, 36.0)
    margin = max(_LEAST_VIEW_DEG - (east - west), 0.0) / 2 + 0.02 * (east - west)
    return west - margin, south - margin, east + margin, north + margin


def _bounds(source: FeatureSource, entities: Sequence[str]) -> tuple[float, float, float, float] | None:
    found = [source.columns(name, (), None).geometry for name in entities]
    shapes = [shape for column in found for shape in column if shape is not None]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(np.asarray(shapes, dtype=object))
    return float(west), float(south), float(east), float(north)


def _page(
    layers: Sequence[WebLayer],
    headings: Sequence[str],
    meta: PageMeta,
    home: tuple[float, float, float, float],
) -> str:
    figure = Figure(title=meta.title)
    board = folium.Map(
        tiles=None, prefer_canvas=True, zoom_control=True, attribution_control=False, min_zoom=5, max_zoom=18,
        zoom_snap=0.25, zoom_delta=0.5,
    )  # fmt: skip
    # Folium would load these from other people's servers; what is needed of them stands in the head.
    board.default_js, board.default_css = [], []
    figure.add_child(board)
    west, south, east, north = home
    for layer in layers:
        group = folium.FeatureGroup(name=layer.title, show=layer.visible, control=True)
        board.add_child(group)
        group.add_child(RecordLayer(layer, headings, (board.get_name(), group.get_name())))
    folium.LayerControl(collapsed=True, position="topright").add_to(board)
    board.add_child(Finish(board.get_name(), [[south, west], [north, east]]))
    _dress(figure, layers, meta)
    return str(figure.render())


def _dress(figure: Any, layers: Sequence[WebLayer], meta: PageMeta) -> None:
    """Head, legend and foot; styles and scripts inside the page."""
    synthetic = any(layer.synthetic for layer in layers)
    head = (
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<!-- Leaflet 1.9.4\n{assets.leaflet_licence()}\n-->"
        f"<style>/*gridward-font*/</style><style>{assets.leaflet_styles()}</style>"
        f"<style>{assets.own('share.css')}</style>"
        f"<script>{assets.leaflet_script()}</script><script>{assets.own('share.js')}</script>"
    )
    figure.header.add_child(Verbatim(head), name="gridward")
    figure.html.add_child(Verbatim(head_html(meta, synthetic)), name="gridward_head")
    figure.html.add_child(Verbatim(legend_html(layers, meta)), name="gridward_legend")
    figure.html.add_child(Verbatim(foot_html(meta, synthetic)), name="gridward_foot")


def without_addresses(page: str) -> str:
    """The page with its language set and any scheme of a network address taken out of it.

    A record's note may hold an address; as text it stays readable without its scheme.
    """
    return _ADDRESS.sub("", page).replace("<html>", f'<html lang="{language().replace("_", "-")}">', 1)


def _save(page: str, target: Path) -> None:
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(page, encoding="utf-8", newline="\n")
        part.replace(target)
    except OSError as error:
        with suppress(OSError):  # the folder itself may be what is wrong
            part.unlink(missing_ok=True)
        raise StoreFailure(
            N_("The page {name} could not be written: {why}"),
            hint=N_("Choose another folder or free some space; nothing else was changed."),
            name=target.name,
            why=error.strerror or str(error),
        ) from error
