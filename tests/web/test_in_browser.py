"""The shared page in a real browser without a network; skipped where no Chromium is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from page_cases import usual

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), "")
# The browser's own business: updates, clock, word lists. A page of ours has no reason to go there.
ITS_OWN = re.compile(r"^https?://[\w.-]*\b(?:google|googleapis|gvt1|gstatic)\.com[/:]")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
    "--disable-component-update", "--no-first-run", "--virtual-time-budget=3000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
PROBE = """<script>setTimeout(function () {
  var marker = document.querySelector(".gw-marker");
  marker.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  setTimeout(function () {
    document.body.setAttribute("data-font", document.fonts.check('16px "Gridward Page"', "网格图例"));
    var loaded = performance.getEntriesByType("resource").map(function (e) { return e.name; });
    var away = loaded.filter(function (name) { return !/^data:/.test(name); });
    document.body.setAttribute("data-loaded", away.join(" "));
    document.body.setAttribute("data-popup", (document.querySelector(".gw-popup") || {}).innerText || "");
  }, 400);
}, 400);</script></html>"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")


def browse(folder: Path, page: str, *options: str) -> str:
    """What Chromium printed after opening the page from a file, with a profile of its own."""
    file = folder / "page.html"
    file.write_text(page, "utf-8")
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *options, file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout


def asked_for(log: Path) -> list[str]:
    """The addresses the network log of a visit names, but for those that never leave the computer."""
    text = log.read_text("utf-8", errors="replace")
    urls = re.findall(r'"url":"([^"]+)"', text)
    away = [url for url in urls if not url.startswith(("file:", "data:", "blob:", "chrome", "about:"))]
    return [url for url in away if not ITS_OWN.match(url)]


@pytest.mark.parametrize("public", [False, True])
def test_the_page_draws_itself_and_asks_nobody(tmp_path: Path, public: bool) -> None:
    log = tmp_path / "net.json"
    page = usual(public=public)[0].replace("</html>", PROBE)
    seen = browse(tmp_path, page, "--dump-dom", f"--log-net-log={log}", "--window-size=1366,768")
    assert 'data-ready="1"' in seen
    assert seen.count("gw-marker") >= (1 if public else 2)
    assert asked_for(log) == []
    assert 'data-loaded=""' in seen
    popup = re.search(r'data-popup="([^"]*)"', seen)
    assert popup is not None
    assert ("柳湖镇" if public else "台账编号") in popup[1]
    assert 'data-font="true"' in seen


def test_the_chinese_words_are_drawn_with_the_font_inside(tmp_path: Path) -> None:
    page = usual()[0]
    without = re.sub(r"@font-face\{.*?\}", "", page, count=1)
    pictures = []
    for number, text in enumerate((page, without)):
        picture = tmp_path / f"{number}.png"
        browse(tmp_path, text, f"--screenshot={picture}", "--window-size=900,500")
        pictures.append(Image.open(picture).convert("L").crop((0, 0, 420, 36)))
    difference = ImageChops.difference(*pictures).point(lambda value: 255 if value > 60 else 0)
    assert sum(difference.histogram()[200:]) > 300  # pixels of the title that another font draws otherwise


def test_on_a_telephone_nothing_is_wider_than_the_screen(tmp_path: Path) -> None:
    probe = """<script>setTimeout(function () {
      var parts = document.querySelectorAll("header *, footer *, .gw-legend-box, .gw-legend-box *");
      var wide = [].filter.call(parts, function (part) {
        return part.getBoundingClientRect().right > window.innerWidth + 1;
      });
      document.body.setAttribute("data-wide", wide.length + "/" + window.innerWidth);
    }, 500);</script></html>"""
    seen = browse(tmp_path, usual()[0].replace("</html>", probe), "--dump-dom", "--window-size=500,850")
    found = re.search(r'data-wide="(\d+)/(\d+)"', seen)
    assert found is not None
    assert int(found[1]) == 0, json.dumps(found.groups())
