"""The admin pages: who gets in, what they show, and what a hostile form or guess does."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.domain.entities.conflict import Conflict
from hub_server.small_hub import NOW, PIN, SmallHub, device_line, person, received_ms

WORDS = ("", "devices", "devices/invite", "people", "areas", "conflicts", "quarantine")
PAGES = tuple(f"/admin/{word}" for word in WORDS)


@pytest.fixture(autouse=True)
def bureau(hub: SmallHub) -> None:
    """Three persons, three laptops, a conflict."""
    hub.people_ += [person("admin", "R0"), person("city", "R5"), person("clerk", "R3", area="620802"),
                    person("gone", "R5", disabled=True)]  # fmt: skip
    for uid, facts in {
        "dev-1": {"area": "620802", "role": "R4", "lag": 5},
        "dev-2": {"area": "620823", "last_sync": received_ms(NOW - timedelta(days=9))},
        "dev-3": {"area": "620802", "revoked_at": received_ms(NOW)},
    }.items():
        hub.devices_[uid] = device_line(uid, **facts)
    hub.conflicts_.append(
        Conflict(uid="c1", owner_entity="boiler", owner="b1", owner_title="<b>PL-1</b>", kind="pick",
                 kept_by="王芳", offered_by="李强", raised_at="2026-11-22T10:00:00.000Z", decides="R3")
    )  # fmt: skip


def token(text: str) -> str:
    """The token of the form that is not for leaving."""
    return re.findall(r'name="token" value="([0-9a-f]{64})"', text)[-1]


def sign_in(http: TestClient, login: str = "admin", pin: str = PIN) -> Any:
    """Fill the form in as a person does."""
    form = http.get("/admin/sign-in").text
    return http.post(
        "/admin/sign-in", data={"login": login, "pin": pin, "token": token(form)}, follow_redirects=False
    )


def test_without_signing_in_every_page_leads_to_the_form(http: TestClient) -> None:
    for path in PAGES:
        reply = http.get(path, follow_redirects=False)
        assert (reply.status_code, reply.headers["location"]) == (303, "/admin/sign-in")
    assert http.post("/admin/devices/dev-1/revoke", follow_redirects=False).status_code == 303


def test_administrators_and_the_city_get_in_others_do_not(http: TestClient) -> None:
    for login, pin in (("clerk", PIN), ("gone", PIN), ("nobody", PIN)):
        reply = sign_in(http, login, pin)
        assert (reply.status_code, "gridward_hub" in reply.cookies) == (403, False)
    reply = sign_in(http, "city")
    assert reply.headers["location"] == "/admin/"
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/admin" in cookie
    assert all(http.get(path).status_code == 200 for path in PAGES)


def test_wrong_pins_have_to_wait_and_the_right_one_too(http: TestClient, clock: Any) -> None:
    assert [sign_in(http, pin="000000").status_code for _ in range(6)] == [403] * 5 + [429]
    assert sign_in(http).status_code == 429
    clock.forward(minutes=11)
    assert sign_in(http).status_code == 303


def test_a_visit_ends_when_idle_with_another_pin_and_when_disabled(
    http: TestClient, hub: SmallHub, clock: Any
) -> None:
    def inside() -> bool:
        return http.get("/admin/", follow_redirects=False).status_code == 200

    sign_in(http)
    clock.forward(minutes=29)
    assert inside()
    clock.forward(minutes=29)
    assert inside()
    clock.forward(minutes=31)
    assert not inside()
    sign_in(http)
    hub.people_[0] = hub.people_[0].replace(verifier="$argon2id$other")
    assert not inside()
    hub.people_[0] = person("admin", "R0")
    sign_in(http)
    hub.people_[0] = hub.people_[0].replace(disabled=True)
    assert not inside()


@pytest.mark.parametrize("cookie", ["", "x", "e30=.00", "bnVsbA==.00", "W10=." + "0" * 64, "ä.ö"])
def test_made_up_cookies_open_nothing(http: TestClient, cookie: str) -> None:
    reply = http.get("/admin/", headers={"Cookie": f"gridward_hub={cookie}".encode()}, follow_redirects=False)
    assert reply.status_code == 303


def test_forms_from_elsewhere_do_nothing(http: TestClient, hub: SmallHub) -> None:
    form = http.get("/admin/sign-in").text
    fields = {"login": "admin", "pin": PIN, "token": token(form)}
    away = http.post("/admin/sign-in", data=fields, headers={"Origin": "https://evil.example"})
    assert away.status_code == 403
    http.cookies.clear()
    assert http.post("/admin/sign-in", data=fields).status_code == 403
    sign_in(http)
    for given in ("", "0" * 64, fields["token"]):
        reply = http.post("/admin/devices/dev-1/revoke", data={"reason": "x", "token": given})
        assert reply.status_code == 403
        assert http.post("/admin/sign-out", data={"token": given}).status_code == 403
    assert hub.devices_["dev-1"].revoked_at is None


def test_an_invitation_is_shown_once_with_its_picture(http: TestClient, hub: SmallHub) -> None:
    sign_in(http)
    form = http.get("/admin/devices/invite").text
    fields = {"area": "620802", "role": "R3", "minutes": "30", "token": token(form)}
    page = http.post("/admin/devices/invite", data=fields).text
    assert "AB2CD-EF3G0-NENTQ-AXBNE" in page  # the second half is the certificate's
    assert "<svg" in page and "https://10.1.2.3:8443" in page
    assert list(hub.codes.values()) == [("620802", "R3")]


@pytest.mark.parametrize(
    "wrong", [{"area": "110000"}, {"role": "R0"}, {"role": "R9"}, {"minutes": "0"}, {"minutes": "9999"}]
)
def test_impossible_invitations_are_refused(http: TestClient, hub: SmallHub, wrong: dict[str, str]) -> None:
    sign_in(http, "city")
    fields = {
        "area": "620802",
        "role": "R3",
        "minutes": "10",
        "token": token(http.get("/admin/devices/invite").text),
    }
    assert http.post("/admin/devices/invite", data={**fields, **wrong}).status_code == 400
    assert hub.codes == {}


def test_revoking_asks_for_a_reason_and_shows(http: TestClient, hub: SmallHub) -> None:
    sign_in(http)
    given = token(http.get("/admin/devices/dev-1/revoke").text)
    assert http.post("/admin/devices/dev-1/revoke", data={"token": given}).status_code == 400
    http.post("/admin/devices/dev-1/revoke", data={"token": given, "reason": "丢失"})
    assert hub.devices_["dev-1"].revoked_at is not None
    assert http.get("/admin/devices").text.count("已停用") == 2
    assert http.get("/admin/devices/dev-x/revoke").status_code == 404


def test_what_people_entered_stays_text(http: TestClient) -> None:
    sign_in(http)
    page = http.get("/admin/conflicts").text
    assert "&lt;b&gt;PL-1&lt;/b&gt;" in page and "<b>PL-1" not in page


def test_pins_and_phones_are_nowhere(http: TestClient) -> None:
    sign_in(http)
    for path in PAGES:
        page = http.get(path).text
        assert "$argon2" not in page and "13812345678" not in page


def test_pages_speak_both_languages_and_ask_nobody(http: TestClient) -> None:
    sign_in(http)
    assert "电脑" in http.get("/admin/devices").text
    reply = http.post(
        "/admin/language", data={"code": "en", "back": "/admin/devices"}, follow_redirects=False
    )
    assert reply.headers["location"] == "/admin/devices"
    for path in PAGES:
        reply = http.get(path)
        assert not re.search(r"[\u3400-\u9fff]", reply.text.replace("中文", "").translate(NAMES)), path
        assert re.findall(r'(?:src|href)="(?!/|data:)', reply.text) == []
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "no-store"


NAMES = {ord(char): None for char in "平凉市生态环境局崆峒区柳湖镇崇信县王芳李强电脑"}


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/admin//evil", "/x", "/admin/\\evil"]
)
def test_choosing_a_language_never_leads_away(http: TestClient, back: str) -> None:
    reply = http.post("/admin/language", data={"code": "en", "back": back}, follow_redirects=False)
    assert reply.headers["location"] == "/admin/"
