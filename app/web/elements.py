"""The parts of a page that Folium puts together: our layers, the head, the legend and the foot."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from branca.element import Element, MacroElement
from folium.template import Template

from app.i18n import N_, tr
from app.web.content import LegendEntry, WebLayer
from app.web.meta import PageMeta
from app.web.public import units_words


class RecordLayer(MacroElement):
    """Fills a Folium feature group with the records of one layer."""

    _template = Template(
        """{% macro script(this, kwargs) %}
gridward.draw({{ this.map_name }}, {{ this.group_name }}, {{ this.content }});
{% endmacro %}"""
    )

    def __init__(self, layer: WebLayer, headings: Sequence[str], names: tuple[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "RecordLayer"
        self.map_name, self.group_name = names
        content = {
            "drawing": layer.drawing,
            "headings": list(headings),
            "zooms": layer.zooms,
            "order": layer.order,
            "words": {"synthetic": tr(N_("Simulated"))},
        }
        self.content = as_script(content)


class Finish(MacroElement):
    """The last line of the page's script: where to look at first, in [[south, west], [north, east]]."""

    _template = Template(
        """{% macro script(this, kwargs) %}
gridward.finish({{ this.map_name }}, {{ this.bounds }});
{% endmacro %}"""
    )

    def __init__(self, map_name: str, bounds: list[list[float]]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Finish"
        self.map_name = map_name
        self.bounds = as_script(bounds)


class Verbatim(Element):
    """Text that goes into the page as it is, never read as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text


def as_script(value: Any) -> str:
    """`value` as JSON that may stand inside a script element, whatever words the records hold.

    Folium reads the finished script as a template once more, so nothing in it may look like one.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = re.sub(r"\{(?=[{%#])", r"\\u007b", text)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def head_html(meta: PageMeta, synthetic: bool) -> str:
    """The bar above the map: title, dates, secrecy, the mark of simulated content."""
    facts = [tr(N_("As of {day}"), day=meta.as_of), tr(N_("Made on {day}"), day=meta.made_on)]
    if meta.made_by:
        facts.insert(0, meta.made_by)
    mark = f'<span class="gw-mark">{escape(tr(N_("Simulated")))}</span>' if synthetic else ""
    return (
        f'<header class="gw-head"><h1>{escape(meta.title)}{mark}</h1>'
        f'<span class="gw-secrecy">{escape(meta.secrecy)}</span>'
        f'<span class="gw-facts">{escape("　".join(facts))}</span></header>'
    )


def foot_html(meta: PageMeta, synthetic: bool) -> str:
    """The line below the map: what the boundaries are worth, what is simulated, where they come from."""
    lines = [tr(N_("Boundaries are for orientation only, not for deciding where a border runs."))]
    if synthetic:
        lines.append(tr(N_("Everything marked as simulated was made from a fixed seed and is not real.")))
    if meta.public:
        lines.append(tr(N_("Public edition: positions, persons and phones are not in this file.")))
    lines.append(tr(N_("Boundaries: Tianditu, generalised. CGCS2000.")))
    return f'<footer class="gw-foot">{"".join(f"<span>{escape(line)}</span>" for line in lines)}</footer>'


def legend_html(layers: Sequence[WebLayer], meta: PageMeta) -> str:
    """The legend with counts, as a panel that folds away on a phone."""
    theme = [layer for layer in layers if layer.legend and not layer.base]
    base = [layer for layer in layers if layer.legend and layer.base]
    blocks = [_heading(layer) + _table(layer.legend) + _notes(layer) for layer in theme]
    if base:
        entries = [entry for layer in base for entry in layer.legend]
        blocks.append(f"<h2>{escape(tr(N_('Base map')))}</h2>{_table(entries, counted=False)}")
    blocks += [f"<p>{escape(line)}</p>" for line in meta.remarks]
    title = escape(tr(N_("Legend")))
    return (
        f'<div class="gw-legend-box"><div id="gw-legend">{"".join(blocks)}</div>'
        f'<button id="gw-legend-button" type="button">{title}</button></div>'
    )


def _heading(layer: WebLayer) -> str:
    """The layer's title, unless its only line says the same."""
    if [entry.words for entry in layer.legend] == [layer.title]:
        return ""
    return f"<h2>{escape(layer.title)}</h2>"


def _table(entries: Sequence[LegendEntry], counted: bool = True) -> str:
    rows = []
    for entry in entries:
        number = _count(entry) if counted else ""
        rows.append(
            f'<tr><td class="gw-swatch">{entry.swatch}</td><td>{escape(entry.words)}</td>'
            f'<td class="gw-number">{escape(number)}</td></tr>'
        )
    return f"<table>{''.join(rows)}{_total(entries) if counted else ''}</table>"


def _count(entry: LegendEntry) -> str:
    return str(entry.count) if entry.tph is None else units_words(entry.count, round(entry.tph, 2))


def _total(entries: Sequence[LegendEntry]) -> str:
    if not entries or entries[0].tph is None:
        return ""
    words = units_words(sum(e.count for e in entries), round(sum(e.tph or 0.0 for e in entries), 2))
    return f'<tr><td></td><td>{escape(tr(N_("Total")))}</td><td class="gw-number">{escape(words)}</td></tr>'


def _notes(layer: WebLayer) -> str:
    missing = sum(entry.unplaced for entry in layer.legend)
    lines = [layer.sizes] if layer.sizes else []
    if missing:
        lines.append(tr(N_("{n} of them have no position and are not on the map."), n=missing))
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
