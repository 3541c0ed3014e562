"""The admin pages in a real browser beside a real hub and a real laptop, over TLS and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.sync.invitation import parse_code
from hub_server.browser import CHROMIUM, Browser
from hub_server.served import PIN, Served, gridward, served

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
PASSPHRASE = "vier worte die nicht passen"
PAGES = ("", "minimum", "devices", "devices/invite", "people", "areas", "conflicts", "quarantine")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    """A hub with an administrator, served with a certificate of its own."""
    from datetime import UTC, datetime

    from app.hub import tls

    folder = tmp_path_factory.mktemp("browsed") / "hub"
    gridward("hub", "init", folder, "--area", "620800", "--admin", "admin", GRIDWARD_PIN=PIN)
    gridward("hub", "admin-secret", "admin", folder, GRIDWARD_ADMIN_SECRET=PASSPHRASE)
    made = tls.self_made(folder / "tls", ["127.0.0.1"], datetime.now(UTC))
    with served(folder, "--cert", str(made.file), "--key", str(made.key)) as found:
        yield found, folder


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    found = Browser(tmp_path)
    found.size(1366, 768)
    yield found
    found.close()


def sign_in(browser: Browser, url: str) -> None:
    browser.go(f"{url}/admin/")
    assert browser.run("location.pathname") == "/admin/sign-in"
    browser.type("#login", "admin")
    browser.type("#passphrase", PASSPHRASE)
    browser.press("button.main")
    assert browser.run("location.pathname") == "/admin/"


def test_an_administrator_invites_a_laptop_sees_it_sync_and_revokes_it(
    browser: Browser, hub: tuple[Served, Path], tmp_path: Path
) -> None:
    server, folder = hub
    sign_in(browser, server.url)
    browser.go(f"{server.url}/admin/devices")
    browser.press("a.main")
    browser.run("document.querySelector('#area').value = '620802'")
    browser.press("form .main")
    code = browser.run("document.querySelector('#code').innerText")
    assert server.fingerprint.startswith(parse_code(code).fingerprint)
    assert browser.run("document.querySelector('.qr svg').getBoundingClientRect().width") >= 200
    file = tmp_path / "laptop.gpkg"
    gridward("-w", file, "enrol", "--hub", server.url, "--code", code)
    synced = json.loads(gridward("-w", file, "sync", "--json").stdout)
    assert synced["agrees"] and synced["areas"]["620800"]["seq"] > 100
    browser.go(f"{server.url}/admin/devices")
    assert "620802" in browser.run("document.querySelector('tbody').innerText")
    browser.press(".act a")
    browser.type("#reason", "电脑丢失")
    browser.press("button.danger")
    assert browser.run("location.pathname") == "/admin/devices"
    assert browser.run("document.querySelectorAll('.mark.bad').length") == 1
    refused = gridward("-w", file, "sync", "--json", check=False)
    assert (refused.returncode, json.loads(refused.stdout)["error"]) == (3, "revoked")
    [stopped] = json.loads(gridward("hub", "devices", folder, "--json").stdout)
    assert stopped["revoked_at"] and (stopped["revoked_by"], stopped["revoked_why"]) == ("admin", "电脑丢失")


def test_nothing_is_wider_than_a_small_screen_in_both_languages_and_at_night(
    browser: Browser, hub: tuple[Served, Path], tmp_path: Path
) -> None:
    server, _ = hub
    sign_in(browser, server.url)
    heads = set()
    for dark in (False, True):
        browser.dark(dark)
        for name in PAGES:
            browser.go(f"{server.url}/admin/{name}")
            assert browser.run("document.documentElement.scrollWidth") <= 1366
            assert browser.run("[...document.querySelectorAll('button,a')].every(e => e.innerText.trim())")
            heads.add(browser.run("document.querySelector('h1').innerText"))
        ground = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(27, 33, 39)") is dark
        browser.press('form[action="/admin/language"] button')
    assert len(heads) == 2 * len(PAGES) - 1  # both languages; the overview is headed by the division
    host = urlsplit(server.url).netloc
    assert {urlsplit(url).netloc for url in browser.asked if not url.startswith("data:")} == {host}
    browser.size(400, 800)
    for name in PAGES:  # and no table hides its last columns on a telephone
        browser.go(f"{server.url}/admin/{name}")
        assert browser.run("document.documentElement.scrollWidth") <= 400
        wide = "[...document.querySelectorAll('.table')].some(e => e.scrollWidth > e.clientWidth)"
        assert not browser.run(wide), name
    cookies = browser.call("Network.getCookies")["cookies"]
    assert all(item["httpOnly"] and item["secure"] and item["sameSite"] == "Strict" for item in cookies)
    assert browser.run("document.cookie") == ""


def test_signing_out_ends_the_visit(browser: Browser, hub: tuple[Served, Path]) -> None:
    server, _ = hub
    sign_in(browser, server.url)
    browser.press('form[action="/admin/sign-out"] button')
    browser.go(f"{server.url}/admin/devices")
    assert browser.run("location.pathname") == "/admin/sign-in"


def test_a_link_of_the_shell_opens_the_pages_once(browser: Browser, hub: tuple[Served, Path]) -> None:
    server, folder = hub
    made = json.loads(gridward("hub", "admin-secret", "admin", folder, "--json").stdout)
    assert made["link"].startswith(f"{server.url}/admin/first/")
    browser.go(made["link"])
    browser.type("#passphrase", PASSPHRASE)
    browser.type("#again", PASSPHRASE)
    browser.press("button.main")
    assert browser.run("location.pathname") == "/admin/"
    browser.go(made["link"])
    assert browser.run("document.querySelector('#passphrase')") is None
    refused = gridward("hub", "admin-secret", "nobody", folder, "--json", check=False)
    assert (refused.returncode, json.loads(refused.stdout)["error"]) == (1, "unknown_person")
