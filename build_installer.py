"""Builds the installable program: a folder that needs no Python, and on Debian a .deb of it.

    ./dev build [--no-deb] [--no-trial]

The folder is `dist/gridward`. A program is built for the system it is built on: for Windows run this on
Windows; for the oldest Linux to be supported build on a Linux as old as that one. Nothing is signed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app import __version__

HOME = Path(__file__).resolve().parent
FOLDER = HOME / "dist" / "gridward"
WINDOWS = sys.platform == "win32"
PROGRAM = FOLDER / ("gridward.exe" if WINDOWS else "gridward")
# PyInstaller follows imports; these are read or imported in ways it cannot follow.
COLLECT = ("--collect-submodules", "pyogrio", "--collect-data", "pyogrio", "--collect-data", "folium",
           "--collect-submodules", "rasterio", "--collect-data", "rasterio",
           "--collect-data", "branca", "--collect-data", "docx", "--collect-submodules", "uvicorn",
           "--collect-submodules", "keyring.backends", "--copy-metadata", "keyring")  # fmt: skip
_LICENCE = re.compile(r"(?:LICEN[CS]E|COPYING|NOTICE)[\w-]*(?:\.(?:txt|md|rst))?$", re.IGNORECASE)
LEAVE_OUT = ("tkinter", "matplotlib", "pytest", "hypothesis", "mypy", "IPython", "setuptools")
CONTROL = """Package: gridward
Version: {version}
Architecture: {architecture}
Maintainer: the Gridward maintainers
Installed-Size: {kilobytes}
Depends: {depends}
Section: science
Priority: optional
Description: offline map and ledger of an environment bureau
 Coal boilers, grid cells, water sources and protection zones on one map,
 with their workflow, printed sheets and a shared page that needs no network.
"""
DESKTOP = """[Desktop Entry]
Type=Application
Name=Gridward
Name[zh_CN]=网格卫士
Comment=Offline map and ledger of an environment bureau
Comment[zh_CN]=生态环境局离线地图与台账
Exec=gridward
Terminal=false
Categories=Science;
"""


def build_folder() -> None:
    """Collect the program, its libraries and its files in `dist/gridward`."""
    if find_spec("PyInstaller") is None:
        sys.exit("PyInstaller is missing. Run this as ./dev build, which installs it.")
    beside = os.pathsep
    command = [
        sys.executable, "-m", "PyInstaller", "--noconfirm", "--onedir", "--name", "gridward",
        "--log-level", "WARN", "--distpath", str(FOLDER.parent),
        "--workpath", str(HOME / "build"), "--specpath", str(HOME / "build"),
        "--add-data", f"{HOME / 'resources'}{beside}resources",
        "--add-data", f"{HOME / 'maps'}{beside}maps",
        "--paths", str(HOME), *COLLECT,
    ]  # fmt: skip
    for module in LEAVE_OUT:
        command += ["--exclude-module", module]
    if subprocess.run([*command, str(HOME / "app" / "__main__.py")], check=False).returncode != 0:
        sys.exit("PyInstaller could not build the program; its last lines above say why.")
    shutil.copy2(HOME / "LICENSE", FOLDER)
    copied = copy_licences(FOLDER / "licences")
    print(f"{FOLDER}: {_megabytes(FOLDER)} MB, with the licences of {copied} libraries")


def copy_licences(target: Path) -> int:
    """The licences of the libraries inside, a folder for each: PyInstaller leaves them behind, though they
    are to go along. Gives the number of libraries."""
    waiting = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    copied: dict[str, int] = {}
    while waiting:
        words = waiting.pop()
        name = re.split(r"[^\w.-]", words)[0].lower().replace("_", "-")
        found = None if name in copied else _installed(name)
        if found is None:
            continue
        texts = [file for file in found.files or () if _LICENCE.match(file.name)]
        for file in texts:
            place = target.joinpath(name, *(file.parts[1:] or file.parts))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), place)
        copied[name] = len(texts)
        extras = re.findall(r"\w+", words.partition("[")[2].partition("]")[0])
        waiting += [
            other for other in found.requires or ()
            if "extra ==" not in other or any(f'"{extra}"' in other for extra in extras)
        ]  # fmt: skip
    return sum(map(bool, copied.values()))


def _installed(name: str) -> Distribution | None:
    """An installed library; None when this system does without it."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def try_it() -> None:
    """Let the built program make the demo without a display; a program that cannot is not packed."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        command = [str(PROGRAM), "demo", folder, "--headless"]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        written = sorted(path.name for path in Path(folder).iterdir())
        if result.returncode != 0:
            sys.exit(f"The built program does not run ({result.returncode}):\n{result.stderr[-4000:]}")
        print("The built program made the demo:", ", ".join(written))
        try_picture(Path(folder), environment)
    try_hub()


def try_picture(folder: Path, environment: dict[str, str]) -> None:
    """Let the built program draw an orthophoto under the demo's map: its GDAL is collected by hand."""
    import numpy as np
    import rasterio
    from PIL import Image
    from rasterio.transform import Affine

    blue = np.zeros((3, 64, 64), dtype=np.uint8)
    blue[2] = 200
    place = {"transform": Affine(0.002, 0.0, 106.6, 0.0, -0.002, 35.6), "crs": "EPSG:4490"}
    with rasterio.open(
        folder / "photo.tif", "w", driver="GTiff", width=64, height=64, count=3, dtype="uint8", **place
    ) as file:
        file.write(blue)
    layer = {"id": "a1", "title": "photo", "kind": "tiles", "path": "photo.tif", "crs": "EPSG:4490"}
    arranged = {"format": 1, "themes": {}, "chosen": {}, "added": [layer]}
    (folder / "pingliang.map.json").write_text(json.dumps(arranged), "utf-8")
    picture = folder / "photo.png"
    extent = ["--extent", "106.61,35.49,106.71,35.59", "--size", "200x200"]
    command = [str(PROGRAM), "-w", str(folder / "pingliang.gpkg"), "render", "-o", str(picture), *extent]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"The built program draws no map:\n{result.stderr[-4000:]}")
    with Image.open(picture) as image:
        shown = np.mean(np.all(np.abs(np.asarray(image.convert("RGB"), int) - [0, 0, 200]) < 3, axis=2))
    if shown < 0.3:
        sys.exit("The built program does not show a GeoTIFF under the map.")
    print(f"The built program showed a GeoTIFF under the map ({shown:.0%} of the picture)")


def try_hub() -> None:
    """Let the built program make a hub, join it through its server, and write a letter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "GRIDWARD_PIN": "246810", "GRIDWARD_HUB": str(folder / "hub"),
                       "GRIDWARD_CONFIG": str(folder / "config")}  # fmt: skip

        def run(*words: str) -> Any:
            done = subprocess.run([str(PROGRAM), *words, "--json"], env=environment, capture_output=True,
                                  text=True, check=False)  # fmt: skip
            if done.returncode != 0:
                sys.exit(f"The built program refuses {words[0]}:\n{done.stderr[-4000:]}")
            return json.loads(done.stdout)

        run("hub", "init", str(folder / "hub"), "--area", "620802", "--admin", "admin")
        serving = subprocess.Popen([str(PROGRAM), "hub", "serve", "--port", "0", "--json"], env=environment,
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        try:
            assert serving.stdout is not None
            url = json.loads(serving.stdout.readline())["url"]
            code = run("hub", "invite", "--area", "620802", "--role", "R0")["code"]
            laptop = str(folder / "laptop.gpkg")
            run("-w", laptop, "enrol", "--hub", url, "--code", code)
            agrees = run("-w", laptop, "--as", "admin", "sync")["agrees"]
        finally:
            serving.terminate()
            serving.wait(20)
    print("The built program served a hub and joined it; both agree:", agrees)


def make_deb() -> None:
    """Pack the folder as a .deb that installs to /opt/gridward, with a menu entry and a command."""
    if shutil.which("dpkg-deb") is None:
        print("No .deb was made: dpkg-deb is not on this machine. The folder can be copied as it is.")
        return
    stage = HOME / "build" / "deb"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(FOLDER, stage / "opt" / "gridward", symlinks=True)
    _write(stage / "usr" / "share" / "applications" / "gridward.desktop", DESKTOP)
    _write(stage / "usr" / "share" / "doc" / "gridward" / "copyright", (HOME / "LICENSE").read_text("utf-8"))
    command = stage / "usr" / "bin" / "gridward"
    command.parent.mkdir(parents=True)
    command.symlink_to("/opt/gridward/gridward")
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True
    ).stdout.strip()
    control = CONTROL.format(
        version=__version__, architecture=architecture, kilobytes=_megabytes(stage) * 1024, depends=_depends()
    )
    _write(stage / "DEBIAN" / "control", control)
    target = HOME / "dist" / f"gridward_{__version__}_{architecture}.deb"
    # -z1: three quarters of the time of the default goes into the last quarter of the size
    subprocess.run(
        ["dpkg-deb", "-Zxz", "-z1", "--root-owner-group", "-b", str(stage), str(target)], check=True
    )
    print(f"{target}: {target.stat().st_size // 2**20} MB")


def _depends() -> str:
    """The system libraries that ./dev installs for running, and the C library this was built with."""
    listed = re.search(r'^SYSTEM_RUN="([^"]*)"', (HOME / "dev").read_text("utf-8"), re.MULTILINE)
    if listed is None:
        sys.exit("The list SYSTEM_RUN was not found in ./dev.")
    libraries = [name for name in listed[1].split() if name.startswith("lib")]
    return ", ".join([f"libc6 (>= {platform.libc_ver()[1]})", *libraries])


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


def _megabytes(folder: Path) -> int:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) // 2**20


def main() -> None:
    """Build, try, pack, and say what was not done."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    options.add_argument("--no-deb", action="store_true", help="only the folder")
    options.add_argument("--no-trial", action="store_true", help="do not run what was built")
    chosen = options.parse_args()
    build_folder()
    if not chosen.no_trial:
        try_it()
    if WINDOWS:
        print(
            "No installer was made: the folder runs as it is; wrap it with an installer tool of your choice."
        )
    elif not chosen.no_deb:
        make_deb()
    print(f"Built for {platform.system()} {platform.machine()} only, unsigned.")
    if not WINDOWS:
        print(f"It needs glibc {platform.libc_ver()[1]} or newer. For Windows run this script on Windows.")


if __name__ == "__main__":
    main()
