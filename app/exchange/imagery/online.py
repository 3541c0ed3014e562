"""Tianditu's tiles by WMTS: what was fetched lies in a folder; only `fetch_wanted` uses the network."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.domain.imagery import MERCATOR, ImageryFacts
from app.errors import Invalid
from app.exchange.imagery.pyramid import TilePyramid, mercator_level
from app.i18n import N_

PREFIX = "online:"
OFFLINE = "offline"
# Layer -> what it is called; `_w` of Tianditu is Web Mercator on CGCS2000, so its tiles are not shifted.
LAYERS = {
    "img": N_("Tianditu pictures"),
    "vec": N_("Tianditu map"),
    "cia": N_("Tianditu names for pictures"),
    "cva": N_("Tianditu names for the map"),
    "ter": N_("Tianditu relief"),
}
_ADDRESS = (
    "https://t{server}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
)
_SERVERS = 8
_LEVELS = range(1, 19)
_LARGEST_TILE = 2_000_000
_MOST_WANTED = 200
_AT_ONCE = 24
_SECONDS = 15.0
logging.getLogger("httpx").setLevel(logging.WARNING)  # below that it writes addresses, and the key is in them
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


@dataclass(frozen=True)
class Access:
    """The user's own key, where tiles are kept, how many bytes of them; a transport for tests."""

    key: str
    folder: Path
    most_bytes: int = 500_000_000
    transport: httpx.BaseTransport | None = None


class OnlineTiles(TilePyramid):
    """One layer of Tianditu. What is drawn and not there yet is wanted; the last view's tiles come first."""

    def __init__(self, layer: str, access: Access) -> None:
        if layer not in LAYERS:
            raise Invalid(N_("There is no online map “{name}”."), code="unknown_layer", name=layer)
        self._layer, self._access = layer, access
        self._wanted: dict[tuple[int, int, int], None] = {}
        self._guard = threading.Lock()
        super().__init__([mercator_level(number) for number in _LEVELS], self._from_folder, crs=MERCATOR)

    def facts(self) -> ImageryFacts:
        """What is known of it."""
        return ImageryFacts("WMTS", None, (_LEVELS[0], _LEVELS[-1]), MERCATOR, "天地图")

    def wants(self) -> bool:
        """Whether tiles that were drawn are still to be fetched."""
        with self._guard:
            return bool(self._wanted)

    def fetch_wanted(self, stopped: Callable[[], bool]) -> int:
        """Fetch some of what is wanted, the last first; how many came. Raises Invalid when the key is
        refused, and with the code OFFLINE without a network; what is wanted is then forgotten."""
        with self._guard:
            some = list(reversed(self._wanted))[:_AT_ONCE]
            for at in some:
                del self._wanted[at]
        came = 0
        try:
            with httpx.Client(timeout=_SECONDS, transport=self._access.transport) as client:
                for at in itertools.takewhile(lambda _: not stopped(), some):
                    came += self._keep(at, self._get(client, *at))
        except Invalid:
            with self._guard:
                self._wanted.clear()
            raise
        self.retry_missing()
        return came

    def _get(self, client: httpx.Client, z: int, x: int, y: int) -> bytes:
        address = _ADDRESS.format(
            server=(x + y) % _SERVERS, layer=self._layer, z=z, x=x, y=y, key=self._access.key
        )
        try:
            answer = client.get(address)
        except httpx.HTTPError as error:
            raise Invalid(
                N_("Tianditu cannot be reached; what was fetched before is shown."), code=OFFLINE
            ) from error
        if answer.status_code in (401, 403, 418, 429):
            raise Invalid(
                N_("Tianditu refuses this key or this many tiles (answer {answer})."),
                hint=N_("Check the key and its daily allowance in your account of Tianditu."),
                code="key_refused",
                answer=answer.status_code,
            )
        good = answer.status_code == 200 and len(answer.content) <= _LARGEST_TILE
        return answer.content if good and answer.content.startswith(_PICTURES) else b""

    # ---- the folder

    def _path(self, z: int, x: int, y: int) -> Path:
        return self._access.folder / self._layer / str(z) / str(x) / f"{y}.tile"

    def _from_folder(self, z: int, x: int, y: int) -> bytes | None:
        try:
            return self._path(z, x, y).read_bytes()
        except OSError:
            with self._guard:
                self._wanted.pop((z, x, y), None)
                self._wanted[z, x, y] = None
                while len(self._wanted) > _MOST_WANTED:
                    del self._wanted[next(iter(self._wanted))]
            return None

    def _keep(self, at: tuple[int, int, int], blob: bytes) -> int:
        if not blob:
            return 0
        path = self._path(*at)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_bytes(blob)
            fresh.replace(path)
        except OSError:
            return 0
        return 1


def trim(folder: Path, most_bytes: int) -> int:
    """Remove the tiles fetched longest ago until the folder is small enough; how many were removed."""
    found = []
    for path in folder.rglob("*.tile"):
        try:
            facts = path.stat()
        except OSError:
            continue
        found.append((facts.st_mtime, facts.st_size, path))
    total, removed = sum(size for _, size, _ in found), 0
    for _, size, path in sorted(found, key=lambda item: item[0]):
        if total <= most_bytes:
            break
        with suppress(OSError):  # somebody reads it just now: next time
            path.unlink(missing_ok=True)
            total -= size
            removed += 1
    return removed
