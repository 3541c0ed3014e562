"""The map's symbols for a browser: markers as inline SVG, areas and lines as Leaflet path styles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.carto.symbols import NONE, SHAPES, Marker, Part, Ring, Symbol, paint_of

PX_PER_MM = 5.0  # a finger needs more than the 3.8 of a screen's own millimetre
_HATCH_OPACITY = 0.18  # a canvas has no hatches; a thin tint stands for them


def marker_svg(marker: Marker, factor: float = 1.0) -> tuple[str, float]:
    """A marker as SVG text without addresses in it, and its width and height in CSS pixels."""
    size = marker.size_mm * factor * PX_PER_MM
    margin = 0.5 + (marker.line_mm / 2 + marker.casing_mm) / marker.size_mm + 0.08
    box = size * margin * 2
    parts = SHAPES[marker.shape]
    drawn = [_casing(parts[0], marker), *(_part(part, marker) for part in parts)]
    view = f"{-margin:.3f} {-margin:.3f} {2 * margin:.3f} {2 * margin:.3f}"
    return f'<svg width="{box:.1f}" height="{box:.1f}" viewBox="{view}">{"".join(drawn)}</svg>', box


def swatch_svg(symbol: Symbol) -> str:
    """A legend box for areas and lines, or the marker itself."""
    if symbol.marker is not None:
        return marker_svg(symbol.marker)[0]
    style = path_style(symbol)
    fill = (
        f'fill="{style["fillColor"]}" fill-opacity="{style["fillOpacity"]}"'
        if style["fill"]
        else 'fill="none"'
    )
    stroke = f'stroke="{style["color"]}" stroke-width="{style["weight"]}"' if style["stroke"] else ""
    dash = f' stroke-dasharray="{style["dashArray"]}"' if style.get("dashArray") else ""
    box = f'<rect x="2" y="2" width="20" height="10" {fill} {stroke}{dash}/>'
    return f'<svg width="24" height="14" viewBox="0 0 24 14">{box}</svg>'


def path_style(symbol: Symbol) -> dict[str, Any]:
    """Leaflet's options for an area or line."""
    style: dict[str, Any] = {"stroke": symbol.line is not None, "fill": symbol.fill is not None}
    if symbol.line is not None:
        style["color"] = symbol.line.colour
        style["weight"] = round(max(0.6, symbol.line.width_mm * PX_PER_MM), 2)
        style["opacity"] = symbol.line.opacity
        if symbol.line.dash:
            style["dashArray"] = " ".join(f"{length * PX_PER_MM * 0.8:.1f}" for length in symbol.line.dash)
    if symbol.fill is not None:
        hatch = symbol.fill.hatch
        tinted = not symbol.fill.colour and hatch is not None
        style["fillColor"] = hatch.colour if tinted and hatch else symbol.fill.colour or NONE
        style["fillOpacity"] = _HATCH_OPACITY if tinted else symbol.fill.opacity
    return style


def ring_chart_svg(shares: Sequence[tuple[str, int]], size: float) -> str:
    """A ring divided by (colour, count), with the total in its middle: one township of a public page."""
    total = sum(count for _, count in shares)
    middle, radius, width = size / 2, size * 0.36, size * 0.2
    around = 2 * 3.14159265 * radius
    arcs, start = [], 0.0
    for colour, count in shares:
        length = around * count / total
        arcs.append(
            f'<circle cx="{middle:.1f}" cy="{middle:.1f}" r="{radius:.2f}" fill="none" stroke="{colour}" '
            f'stroke-width="{width:.2f}" stroke-dasharray="{length:.2f} {around - length + 0.01:.2f}" '
            f'stroke-dashoffset="{-start:.2f}" transform="rotate(-90 {middle:.1f} {middle:.1f})"/>'
        )
        start += length
    disc = f'<circle cx="{middle:.1f}" cy="{middle:.1f}" r="{radius + width / 2 + 1.2:.2f}" fill="#ffffff"/>'
    words = (
        f'<text x="{middle:.1f}" y="{middle:.1f}" text-anchor="middle" dominant-baseline="central" '
        f'font-size="{size * 0.3:.1f}" font-weight="700" fill="#22262b">{total}</text>'
    )
    return f'<svg width="{size:.1f}" height="{size:.1f}">{disc}{"".join(arcs)}{words}</svg>'


def _casing(part: Part, marker: Marker) -> str:
    if marker.casing_mm <= 0 or not part.rings:
        return ""
    width = (marker.line_mm + 2 * marker.casing_mm) / marker.size_mm
    outline = _path(part.rings[:1], True)
    return f'<path d="{outline}" fill="none" stroke="{marker.casing}" stroke-width="{width:.3f}"/>'


def _part(part: Part, marker: Marker) -> str:
    fill = paint_of(part.fill, marker) if part.closed else ""
    stroke = paint_of(part.stroke, marker)
    drawn = f' stroke="{stroke}" stroke-width="{marker.line_mm / marker.size_mm:.3f}"' if stroke else ""
    return f'<path d="{_path(part.rings, part.closed)}" fill="{fill or "none"}"{drawn}/>'


def _path(rings: Sequence[Ring], closed: bool) -> str:
    end = "Z" if closed else ""
    return "".join("M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ring) + end for ring in rings)
