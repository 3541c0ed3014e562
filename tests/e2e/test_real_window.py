"""A real window under an X server: two people of two units accept a boiler, by keys and mouse."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from shared_demo import shared_demo

DRIVER = Path(__file__).with_name("drive_window.py")
ROOT = Path(__file__).parents[2]
NEEDED = ("Xvfb", "xdotool", "import")

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED), reason="needs Xvfb, xdotool and ImageMagick"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo workspace."""
    return shared_demo(tmp_path_factory).path.parent


@pytest.fixture
def screen(request: pytest.FixtureRequest) -> Iterator[tuple[str, tuple[int, int]]]:
    """An X server with a screen of the wanted size; gives its display name."""
    width, height = request.param
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    try:
        yield f":{number}", (width, height)
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.mark.parametrize("screen", [(1920, 1080)], indirect=True)
def test_two_people_accept_a_boiler(demo: Path, screen: tuple[str, tuple[int, int]], tmp_path: Path) -> None:
    """On a large screen in dark; the whole life below is on a small one in light."""
    display, size = screen
    shutil.copytree(demo, tmp_path / "demo")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    paper = tmp_path / "验收表.png"
    Image.new("RGB", (60, 80), "white").save(paper)
    arguments = [tmp_path / "demo" / "pingliang.gpkg", pictures, paper, *size, "dark", "acceptance"]
    seen = _drive(display, arguments, tmp_path)
    assert seen["heavy_at_first_paint"] == []
    assert seen["title"] == seen["expected"]["title"]
    assert seen["row_selected"]
    assert seen["marked_on_map"]
    assert len(set(seen["signed_by"])) == 2
    assert all(name in seen["history"] for name in seen["signed_by"])
    for name in ("boiler", "finder", "step", "accepted", "today"):
        with Image.open(pictures / f"{name}.png") as picture:
            assert picture.size == size
            assert len(picture.convert("RGB").resize((200, 120)).getcolors(24000) or ()) > 40, name


@pytest.mark.parametrize("screen", [(1366, 768)], indirect=True)
def test_a_boiler_is_found_and_cleared_in_the_window_by_all_it_needs(
    demo: Path, screen: tuple[str, tuple[int, int]], tmp_path: Path
) -> None:
    display, size = screen
    shutil.copytree(demo, tmp_path / "demo")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    paper = tmp_path / "佐证.png"
    Image.new("RGB", (60, 80), "white").save(paper)
    arguments = [tmp_path / "demo" / "pingliang.gpkg", pictures, paper, *size, "light", "life"]
    seen = _drive(display, arguments, tmp_path)
    assert [state for _, state in seen["life"]] == [
        "suspect", "registered", "registered", "planned", "in_progress", "applied", "town_ok", "town_ok",
        "town_ok", "county_ok", "notice", "cleared",
    ]  # fmt: skip
    who = {login for login, _ in seen["life"]}
    assert len(who) == 8
    assert (pictures / "cleared.png").is_file()


def _drive(display: str, arguments: list[Any], home: Path) -> dict[str, Any]:
    surroundings = {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "GRIDWARD_CONFIG": str(home / "config"),
        "GRIDWARD_LOGS": str(home / "logs"),
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
    }
    command = [sys.executable, str(DRIVER), *(str(word) for word in arguments)]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
