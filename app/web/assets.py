"""Leaflet for inside the page: its script and styles with every address and outside picture taken out."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

from app.errors import StoreFailure
from app.i18n import N_
from app.resources import resource


@lru_cache(maxsize=1)
def leaflet_script() -> str:
    """Leaflet's script; names of standards that look like addresses are put together at run time."""
    script = _text("web", "leaflet.js")
    script = re.sub(r"//# sourceMappingURL=.*", "", script)  # browsers with open tools would ask for it
    # the prefix of the attribution is a link to Leaflet's site
    script = script.replace("https://leafletjs.com", "")
    return script.replace('"http://www.w3.org/2000/svg"', '["http:","","www.w3.org","2000","svg"].join("/")')


@lru_cache(maxsize=1)
def leaflet_styles() -> str:
    """Leaflet's style sheet with its pictures as data and no address in a comment."""
    styles = re.sub(r"/\*.*?\*/", "", _text("web", "leaflet.css"), flags=re.DOTALL)
    return re.sub(r"url\(images/([\w.-]+)\)", lambda match: f"url({picture(match[1])})", styles)


@lru_cache(maxsize=8)
def picture(name: str) -> str:
    """One of Leaflet's pictures as a data URI."""
    path = resource("web", "images", name)
    try:
        return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError as error:
        raise _missing(name) from error


@lru_cache(maxsize=1)
def leaflet_licence() -> str:
    """The licence that has to travel with Leaflet."""
    return _text("licences", "Leaflet-BSD-2-Clause.txt")


@lru_cache(maxsize=4)
def own(name: str) -> str:
    """Our own script or style sheet of the page."""
    return _text("web", name)


def _text(*parts: str) -> str:
    try:
        return resource(*parts).read_text("utf-8")
    except OSError as error:
        raise _missing(parts[-1]) from error


def _missing(name: str) -> StoreFailure:
    return StoreFailure(
        N_("The file {name} that belongs to the program cannot be read."),
        hint=N_("Install the program again; your own records are not touched."),
        code="bad_installation",
        name=name,
    )
