"""Commands on places: what lies at a position, and how a written position can be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from app.cli.answer import Answer, pairs, table
from app.cli.declare import Command, word
from app.cli.records import REASON
from app.cli.shell import Shell
from app.errors import Invalid
from app.i18n import N_, listed, tr

if TYPE_CHECKING:
    from app.domain.coordinates.notation import Reading

_POSITION = N_("A position in any notation: X Y, or a text such as 106°40′E 35°32′N")


@dataclass(frozen=True)
class PositionWords:
    """A position, in one word or several."""

    position: Annotated[list[str], word("POSITION", _POSITION)]


def locate(shell: Shell, words: PositionWords) -> Answer:
    """What lies at a position and who answers for it."""
    from app.actions.places import locate as found_at  # late: help pages need no database

    reading = _best(" ".join(words.position))
    with shell.session() as session:
        found = found_at(session, reading.x, reading.y)
    document = {
        "x": round(reading.x, 8),
        "y": round(reading.y, 8),
        "crs": reading.crs,
        "certainty": reading.certainty,
        "why": reading.why,
        "division": _last(found.divisions),
        "divisions": list(found.divisions),
        "cell": _last(found.cells),
        "cells": list(found.cells),
        "people": list(found.people),
        "zones": list(found.zones),
        "zone_level": _strictest(found.zones),
        "in_builtup": found.in_builtup,
        "band": found.band,
    }
    return Answer(document, pairs(_in_words(document)))


def coord(shell: Shell, words: PositionWords) -> Answer:
    """The readings of a written position; no workspace is needed."""
    from app.domain.coordinates.notation import interpret  # late: help pages need no projections

    found = interpret(" ".join(words.position))
    readings = [_reading(item) for item in found.readings]
    document: dict[str, Any] = {"readings": readings}
    if not readings:
        document["refuse"] = found.refuse
        return Answer(document, [found.refuse])
    rows = [
        [f"{item.certainty:.2f}", item.crs, f"{item.x:.6f}", f"{item.y:.6f}", item.why]
        for item in found.readings
    ]
    headings = [tr(N_("Certainty")), tr(N_("System")), "x", "y", tr(N_("Why"))]
    return Answer(document, table(headings, rows))


def _best(text: str) -> Reading:
    from app.domain.coordinates.notation import interpret  # late: help pages need no projections

    found = interpret(text)
    if not found.readings:
        raise Invalid(N_("“{text}” cannot be read as a position: {why}"), text=text, why=found.refuse,
                      code="unreadable")  # fmt: skip
    return found.readings[0]


def _reading(item: Reading) -> dict[str, Any]:
    return {
        "crs": item.crs,
        "x": round(item.x, 8),
        "y": round(item.y, 8),
        "certainty": round(item.certainty, 3),
        "why": item.why,
        "precision_m": item.precision_m,
        "swapped": item.swapped,
    }


def _last(found: tuple[dict[str, Any], ...]) -> dict[str, Any] | None:
    return found[-1] if found else None


def _strictest(zones: tuple[dict[str, Any], ...]) -> str | None:
    levels = {zone["level"] for zone in zones}
    return next((level for level in ("first", "second", "quasi") if level in levels), None)


def _in_words(document: dict[str, Any]) -> dict[str, Any]:
    from app.domain.entities.people import DUTIES  # late: only for people
    from app.domain.entities.water import ZONE_LEVELS

    inside = document["in_builtup"]
    return {
        tr(
            N_("Position")
        ): f"{document['x']:.6f}, {document['y']:.6f}  ({document['crs']}, {document['why']})",
        tr(N_("Division")): " ".join(item["name"] for item in document["divisions"]) or "-",
        tr(N_("Cell")): listed(item["grid_code"] for item in document["cells"]) or "-",
        tr(N_("People")): listed(
            f"{DUTIES.label(item['duty'])} {item['name']} {item['phone'] or ''}".strip()
            for item in document["people"]
        )
        or "-",
        tr(N_("Protection zone")): listed(
            f"{item['name']} ({ZONE_LEVELS.label(item['level'])})" for item in document["zones"]
        )
        or "-",
        tr(N_("Inside the built-up area")): tr(N_("not known")) if inside is None else inside,
    }


@dataclass(frozen=True)
class KindWords:
    """A kind of records."""

    kind: Annotated[str, word("KIND", N_("cell, zone, builtup or division"))]


@dataclass(frozen=True)
class ShapesWords:
    """New shapes for records."""

    kind: Annotated[str, word("KIND", N_("cell, zone, builtup, boiler, sketch or another with a place"))]
    source: Annotated[Path, word("FILE", N_("GeoJSON in degrees; features name records by uid or key"))]
    reason: Annotated[str, REASON] = ""


def shapes(shell: Shell, words: ShapesWords) -> Answer:
    """Give records the shapes of a file, as one change set."""
    from app.actions.shapes import read_shapes, save_shapes  # late: help pages need no database

    with shell.session(write=True) as session:
        drawn = read_shapes(session, words.kind, words.source)
        done = save_shapes(session, drawn, words.reason)
    changed = [uid for uids in done.touched.values() for uid in uids] if done else []
    return Answer({"changed": changed}, [tr(N_("{n} shapes changed"), n=len(changed))])


def topology(shell: Shell, words: KindWords) -> Answer:
    """Where areas of a kind do not fit together."""
    from app.actions.shapes import check_topology  # late: help pages need no database

    with shell.session() as session:
        found = check_topology(session, words.kind)
    document: list[dict[str, Any]] = [
        {
            "code": item.code,
            "uids": list(item.uids),
            "titles": list(item.titles),
            "x": None if item.place.is_empty else round(item.place.representative_point().x, 8),
            "y": None if item.place.is_empty else round(item.place.representative_point().y, 8),
            "area_m2": None if item.area_m2 is None else round(item.area_m2, 2),
            "why": item.words,
        }
        for item in found
    ]
    rows = [[item["why"], listed(item["titles"]), item["x"], item["y"], item["area_m2"]] for item in document]
    headings = [tr(N_("Fault")), tr(N_("Records")), "x", "y", "m²"]
    return Answer(document, table(headings, rows) if rows else [tr(N_("Everything fits together"))])


COMMANDS = (
    Command("locate", N_("Division, cell, people, protection zone and built-up area at a position"), locate,
            PositionWords),
    Command("coord", N_("How a written position can be read, best reading first"), coord, PositionWords),
    Command("shapes", N_("Give records the shapes of a GeoJSON file"), shapes, ShapesWords),
    Command("topology", N_("Where areas overlap, leave gaps or cross themselves"), topology, KindWords),
)  # fmt: skip
