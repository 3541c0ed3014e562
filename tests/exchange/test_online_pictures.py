"""Tianditu's tiles: fetched only when allowed and drawn; what was fetched is shown without a network."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import picture_files
from app.actions.map_layers import MapLayers, online_layers
from app.domain.coordinates.zones import STORED, transform
from app.domain.imagery import Pixels
from app.errors import Invalid
from app.exchange.imagery.online import OFFLINE, Access, OnlineTiles, trim

AT = (106.66, 35.54)
Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers like Tianditu and remembers what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[httpx.Request] = []
        self.status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        at = (int(request.url.params[name]) for name in ("TILEMATRIX", "TILECOL", "TILEROW"))
        return httpx.Response(self.status, content=picture_files.tile(*at))


def _tiles(folder: Path, answer: Answer) -> OnlineTiles:
    return OnlineTiles("img", Access("my-key", folder, transport=httpx.MockTransport(answer)))


def _look(tiles: OnlineTiles, per_px: float = 5.0) -> object:
    x, y = (float(value) for value in transform(*AT, STORED, tiles.crs))
    return tiles.piece((x - 600, y - 600, x + 600, y + 600), per_px)


def test_drawing_fetches_nothing_and_fetching_brings_what_was_drawn(tmp_path: Path) -> None:
    server = Server()
    tiles = _tiles(tmp_path, server)
    assert _look(tiles) is None
    assert server.asked == []
    while tiles.wants():
        tiles.fetch_wanted(lambda: False)
    assert {request.url.params["tk"] for request in server.asked} == {"my-key"}
    assert {request.url.host for request in server.asked} <= {f"t{n}.tianditu.gov.cn" for n in range(8)}
    found = _look(tiles)
    assert isinstance(found, Pixels)
    assert found.rgba[..., 2].mean() == pytest.approx(128, abs=1)
    asked = len(server.asked)
    assert isinstance(_look(_tiles(tmp_path, server)), Pixels)  # the next start, from the folder
    assert len(server.asked) == asked


def test_the_key_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tiles = _tiles(tmp_path, Server())
    _look(tiles)
    assert tiles.fetch_wanted(lambda: False)
    assert "my-key" not in caplog.text


def test_without_a_network_the_folder_is_shown_and_the_failure_said(tmp_path: Path) -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down", request=request)

    tiles = _tiles(tmp_path, down)
    _look(tiles)
    with pytest.raises(Invalid) as caught:
        tiles.fetch_wanted(lambda: False)
    assert caught.value.code == OFFLINE
    assert not tiles.wants()  # it is not tried again by itself


@pytest.mark.parametrize("status", [401, 403, 418, 429])
def test_a_refused_key_is_said(status: int, tmp_path: Path) -> None:
    tiles = _tiles(tmp_path, Server(status))
    _look(tiles)
    with pytest.raises(Invalid, match=str(status)):
        tiles.fetch_wanted(lambda: False)


@pytest.mark.parametrize("content", [b"<html>no</html>", b"", b"\x89PNG" + b"0" * 3_000_000])
def test_an_answer_that_is_no_tile_is_not_kept(content: bytes, tmp_path: Path) -> None:
    tiles = _tiles(tmp_path, lambda _: httpx.Response(200, content=content))
    _look(tiles)
    assert tiles.fetch_wanted(lambda: False) == 0
    assert list(tmp_path.rglob("*.tile")) == []


def test_fetching_stops_when_asked_to(tmp_path: Path) -> None:
    server = Server()
    tiles = _tiles(tmp_path, server)
    _look(tiles)
    assert tiles.fetch_wanted(lambda: True) == 0
    assert server.asked == []


def test_the_folder_is_kept_small(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / "img" / "1" / f"{number}.tile"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    assert trim(tmp_path, 450) == 6
    assert sorted(path.stem for path in tmp_path.rglob("*.tile")) == ["6", "7", "8", "9"]


def test_a_tile_that_somebody_holds_stays_until_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "1.tile").write_bytes(b"x" * 100)

    def held(path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(str(path))

    monkeypatch.setattr(Path, "unlink", held)
    assert trim(tmp_path, 50) == 0


def test_switched_off_there_is_no_online_map_and_its_layer_says_so(tmp_path: Path) -> None:
    maps = MapLayers(tmp_path / "w.gpkg")
    maps.book = maps.book.adding(online_layers()[0])
    assert maps.imagery("tiles.a1") is None
    assert maps.faults["a1"].code == "online_off"
    maps.allow_online("my-key", tmp_path / "tiles")
    assert maps.imagery("tiles.a1") is not None
    assert not maps.faults
    maps.keep()
    assert "my-key" not in maps.file.read_text("utf-8")
    maps.allow_online("", tmp_path / "tiles")
    assert maps.imagery("tiles.a1") is None
    maps.close()
