"""The admin pages: who gets in, what they show, and what a hostile form or guess does."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.domain.entities.conflict import Conflict
from app.hub.books import QuarantinedBatch
from app.hub.passphrases import Passphrases
from app.hub.recovery import Recovery
from app.hub.server import make_app
from app.hub.service import Service
from hub_server.small_hub import (
    NOW,
    PASSPHRASE,
    PIN,
    SmallHub,
    device_line,
    person,
    received_ms,
    sign_in,
    token,
)

WORDS = ("", "devices", "devices/invite", "people", "areas", "conflicts", "quarantine")
PAGES = tuple(f"/admin/{word}" for word in WORDS)


@pytest.fixture(autouse=True)
def bureau(hub: SmallHub) -> None:
    """Three persons, three laptops, a conflict."""
    hub.people_ += [person("admin", "R0"), person("city", "R5"), person("clerk", "R3", area="620802"),
                    person("gone", "R5", disabled=True), person("county", "R0", area="620802"),
                    person("bare", "R0")]  # fmt: skip
    hub.let_in(*(item for item in hub.people_ if item.login != "bare"))
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


def put_apart(device: str, reason: str, *people: str) -> QuarantinedBatch:
    return QuarantinedBatch(device, received_ms(NOW), 3, reason, people)


def test_without_signing_in_every_page_leads_to_the_form(http: TestClient) -> None:
    for path in PAGES:
        reply = http.get(path, follow_redirects=False)
        assert (reply.status_code, reply.headers["location"]) == (303, "/admin/sign-in")
    assert http.post("/admin/devices/dev-1/revoke", follow_redirects=False).status_code == 303


def test_administrators_and_the_city_get_in_others_do_not(http: TestClient, clock: Any) -> None:
    for login, given in (
        ("clerk", PASSPHRASE), ("gone", PASSPHRASE), ("nobody", PASSPHRASE), ("admin", PIN), ("bare", ""),
    ):  # fmt: skip
        reply = sign_in(http, login, given)
        assert (reply.status_code, "gridward_hub" in reply.cookies) == (403, False)
    clock.forward(minutes=11)
    reply = sign_in(http, "city")
    assert reply.headers["location"] == "/admin/"
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/admin" in cookie
    assert all(http.get(path).status_code == 200 for path in PAGES)


def test_wrong_passphrases_have_to_wait_and_the_right_one_too(http: TestClient, clock: Any) -> None:
    assert [sign_in(http, given="000000").status_code for _ in range(6)] == [403] * 5 + [429]
    assert sign_in(http).status_code == 429
    clock.forward(minutes=11)
    assert sign_in(http).status_code == 303


def test_who_had_to_wait_by_a_clock_that_ran_ahead_waits_no_longer(http: TestClient, clock: Any) -> None:
    clock.forward(days=18000)
    assert [sign_in(http, given="000000").status_code for _ in range(6)] == [403] * 5 + [429]
    clock.forward(days=-18000)
    assert sign_in(http).status_code == 303


def test_failed_tries_count_in_every_process_and_after_a_restart(
    http: TestClient, hub: SmallHub, clock: Any
) -> None:
    """Another server on the same database stands for another process, and for the same one later."""
    assert [sign_in(http, given="000000").status_code for _ in range(4)] == [403] * 4
    with TestClient(make_app(Service(hub, now=clock)), client=("127.0.0.9", 50000)) as other:
        assert [sign_in(other, given="000000").status_code for _ in range(2)] == [403, 429]
        assert sign_in(other, "city").status_code == 303  # a name of its own, from an address of its own
    assert sign_in(http).status_code == 429


def test_a_visit_ends_when_idle_with_another_passphrase_and_when_disabled(
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
    hub.people_[0] = hub.people_[0].replace(verifier="$argon2id$other")  # the PIN has no say here
    assert inside()
    Passphrases(hub.database).choose("uid-admin", "another one of their own")
    assert not inside()
    sign_in(http, given="another one of their own")
    assert inside()
    hub.people_[0] = hub.people_[0].replace(disabled=True)
    assert not inside()


@pytest.mark.parametrize("cookie", ["", "x", "e30=.00", "bnVsbA==.00", "W10=." + "0" * 64, "ä.ö"])
def test_made_up_cookies_open_nothing(http: TestClient, cookie: str) -> None:
    reply = http.get("/admin/", headers={"Cookie": f"gridward_hub={cookie}".encode()}, follow_redirects=False)
    assert reply.status_code == 303


def test_forms_from_elsewhere_do_nothing(http: TestClient, hub: SmallHub) -> None:
    form = http.get("/admin/sign-in").text
    fields = {"login": "admin", "passphrase": PASSPHRASE, "token": token(form)}
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
    by = hub.devices_["dev-1"].revoked_by
    assert by and f"{by}: 丢失" in http.get("/admin/devices").text
    assert http.get("/admin/devices").text.count("已停用") == 2
    assert http.get("/admin/devices/dev-x/revoke").status_code == 404


def test_a_laptop_that_got_new_keys_is_named_with_what_it_was(http: TestClient, hub: SmallHub) -> None:
    sign_in(http)
    hub.devices_["dev-2"].former = "dev-3"
    hub.devices_["dev-3"].revoked_by = "laptop:dev-2"
    shown = http.get("/admin/devices").text
    assert "已换新密钥，继续使用的编号为" in shown and "已换新密钥，原编号为" in shown
    assert "laptop:dev-2" not in shown


@pytest.mark.parametrize(("visitor", "refused"), [("city", 403), ("leader", 403), ("admin", 200)])
def test_the_laptop_of_a_higher_role_is_revoked_by_nobody_below_it(
    http: TestClient, hub: SmallHub, visitor: str, refused: int
) -> None:
    """The city bureau invites and revokes laptops up to its own role: not the administrator's."""
    hub.people_.append(person("leader", "R6"))
    hub.let_in(hub.people_[-1])
    hub.devices_["dev-4"] = device_line("dev-4", role="R0")
    sign_in(http, visitor)
    shown = http.get("/admin/devices").text
    assert "/admin/devices/invite" in shown and "/admin/devices/dev-1/revoke" in shown
    assert ("/admin/devices/dev-4/revoke" in shown) is (refused == 200)
    assert ("只能停用不高于本人角色的电脑" in shown) is (refused != 200)
    given = token(http.get("/admin/devices/dev-1/revoke").text)
    assert http.get("/admin/devices/dev-4/revoke").status_code == refused
    http.post("/admin/devices/dev-4/revoke", data={"token": given, "reason": "丢失"})
    assert (hub.devices_["dev-4"].revoked_at is None) is (refused != 200)


def test_what_people_entered_stays_text(http: TestClient) -> None:
    sign_in(http)
    page = http.get("/admin/conflicts").text
    assert "县局工作人员" in page and ">R3<" not in page
    assert "&lt;b&gt;PL-1&lt;/b&gt;" in page and "<b>PL-1" not in page


def test_roles_are_read_as_words(http: TestClient, hub: SmallHub) -> None:
    sign_in(http)
    given = token(http.get("/admin/devices/invite").text)
    form = {"token": given, "area": "620802", "role": "R3", "minutes": "10"}
    shown = {path: http.get(path).text for path in (*PAGES, "/admin/devices/dev-1/revoke")}
    shown["invited"] = http.post("/admin/devices/invite", data=form).text
    for path, page in shown.items():
        words = re.sub(r"<[^>]*>", " ", page)
        assert not re.search(r"\bR[0-6]\b", words), path
        assert "系统管理员" in words, "who looks at it"
    assert "县局分管领导" in shown["/admin/devices"] and "县局工作人员" in shown["invited"]
    assert "县局分管领导" in shown["/admin/devices/dev-1/revoke"]


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


def test_an_administrator_lets_somebody_in_by_a_link_that_is_good_once(
    http: TestClient, hub: SmallHub, clock: Any
) -> None:
    sign_in(http)
    page = http.get("/admin/people").text
    made = http.post("/admin/people/uid-bare/link", data={"token": token(page)}).text
    link = re.findall(r"https://10.1.2.3:8443(/admin/first/[\w-]{32})", made)[0]
    http.post("/admin/sign-out", data={"token": token(page)})
    http.cookies.clear()
    form = http.get(link)
    assert form.status_code == 200 and "bare" in form.text

    def choose(first: str, second: str) -> Any:
        fields = {"passphrase": first, "again": second, "token": token(http.get(link).text)}
        return http.post(link, data=fields, follow_redirects=False)

    assert choose("short", "short").status_code == 400
    assert choose("long enough this time", "but not the same").status_code == 400
    assert choose("long enough this time", "long enough this time").status_code == 303
    assert http.get("/admin/people").status_code == 200
    http.cookies.clear()
    assert http.get(link).status_code == 403 and http.post(link, data={}).status_code == 403
    assert sign_in(http, "bare", "long enough this time").status_code == 303


def test_a_link_ends_after_a_day(http: TestClient, hub: SmallHub, clock: Any) -> None:
    link = Passphrases(hub.database).make_link("uid-bare", clock())
    assert http.get(f"/admin/first/{link}").status_code == 200
    clock.forward(hours=25)
    assert http.get(f"/admin/first/{link}").status_code == 403


@pytest.mark.parametrize(
    ("visitor", "whom"),
    [("city", "uid-city"), ("city", "uid-bare"), ("county", "uid-bare"), ("admin", "uid-clerk")],
)
def test_nobody_makes_links_for_others_than_their_own(http: TestClient, visitor: str, whom: str) -> None:
    sign_in(http, visitor)
    given = token(http.get("/admin/devices/invite").text)
    assert http.post(f"/admin/people/{whom}/link", data={"token": given}).status_code == 403


def test_the_overview_says_that_the_hub_was_restored(http: TestClient, hub: SmallHub) -> None:
    sign_in(http, "admin")
    assert "由备份恢复" not in http.get("/admin/").text
    hub.restored_at, hub.given_back = received_ms(NOW), 227
    shown = http.get("/admin/").text
    assert "由备份恢复" in shown
    assert "227 条改动由各电脑补回" in shown


def test_a_county_sees_the_county(http: TestClient, hub: SmallHub) -> None:
    town, away = Conflict(uid="c2", owner_entity="boiler", owner="b2", owner_title="PL-TOWN", kind="pick",
                          raised_at="2026-11-22T10:00:00.000Z"), hub.conflicts_[0]  # fmt: skip
    hub.conflicts_.append(town)
    hub.places = {"c1": "620823001", "c2": "620802105"}
    hub.quarantine_ = [
        put_apart("dev-3", "here"),
        put_apart("dev-2", "elsewhere"),
    ]
    sign_in(http, "county")
    assert "PL-TOWN" in http.get("/admin/conflicts").text
    assert away.owner_title not in http.get("/admin/conflicts").text.replace("&lt;", "<").replace("&gt;", ">")
    page = http.get("/admin/quarantine").text
    assert "here" in page and "elsewhere" not in page
    overview = http.get("/admin/").text
    assert "崆峒区" in overview and "平凉市" not in overview
    assert re.findall(r"<b>(\d+)</b>", overview) == ["1", "1", "2", "12"]  # no batch, once it is decided
    hub.places["c3"] = "620802105"
    hub.conflicts_.append(replace(town, uid="c3", kind="quarantine"))
    assert re.findall(r"<b>(\d+)</b>", http.get("/admin/").text) == ["2", "1", "1", "2", "12"]
    for path in ("devices", "people", "areas"):
        page = http.get(f"/admin/{path}").text
        assert "620823" not in page and "平凉市 " not in page
    assert "620823" not in http.get("/admin/devices/invite").text
    assert http.get("/admin/devices/dev-2/revoke").status_code == 404


def test_a_laptop_is_found_among_hundreds_and_silent_ones_are_shown_alone(
    http: TestClient, hub: SmallHub
) -> None:
    """Three hundred stood on one page, and those that nobody had heard of at its end."""
    for n in range(300):
        hub.devices_[f"many-{n:03}"] = device_line(f"many-{n:03}", area="620802105", label=f"笔记本-{n:03}")
    sign_in(http)
    assert 'href="/admin/devices?silent=1"' in http.get("/admin/").text

    def shown(asked: str) -> list[str]:
        return re.findall(r'<code title="([^"]*)">', http.get(f"/admin/devices{asked}").text)

    assert len(shown("")) == 100 and len(shown("?page=4")) == 3
    assert shown("?silent=1") == ["dev-2"]
    assert shown("?find=笔记本-042") == ["many-042"] and shown("?find=dev-2&silent=1") == ["dev-2"]
    assert len(shown("?find=柳湖镇&page=3")) == 100 and shown("?find=nowhere") == []
    page = http.get('/admin/devices?find="><script>').text
    assert "<script>" not in page and "没有" in page
    assert "page=2" in http.get("/admin/devices?find=柳湖镇").text.split('rel="next"')[1][:120]


def test_from_what_was_put_apart_to_what_waits_of_it_and_back(http: TestClient, hub: SmallHub) -> None:
    hub.quarantine_ = [put_apart(uid, "late") for uid in ("dev-3", "dev-1")]
    late = replace(
        hub.conflicts_[0], uid="c2", kind="quarantine", owner_title="LATE-1", offered_device="dev-3"
    )
    hub.conflicts_ += [late, *(replace(late, uid=f"m{n}") for n in range(120))]
    sign_in(http)
    page = http.get("/admin/quarantine").text
    assert '<a href="/admin/conflicts?laptop=dev-3">121</a>' in page and "laptop=dev-1" not in page
    waiting = http.get("/admin/conflicts?laptop=dev-3").text
    assert "LATE-1" in waiting and "PL-1" not in waiting
    assert 'href="/admin/quarantine"' in waiting.split("<main>")[1]
    assert 'href="?laptop=dev-3&amp;page=2"' in waiting or 'href="?laptop=dev-3&page=2"' in waiting
    assert "<script>" not in http.get("/admin/conflicts?laptop=<script>").text


def test_what_was_put_apart_is_told_by_laptop_person_and_town(http: TestClient, hub: SmallHub) -> None:
    hub.devices_["dev-3"] = device_line("dev-3", area="620802", revoked_at=received_ms(NOW), label="柳湖镇-1")
    hub.quarantine_ = [put_apart("dev-3", "lost", "王巡查", "<b>李强")]
    sign_in(http)
    line = http.get("/admin/quarantine").text.split("<tbody>")[1]
    for told in ("柳湖镇-1", "崆峒区", "王巡查、&lt;b&gt;李强", "lost"):
        assert told in line


def test_what_the_hub_itself_wrote_is_told_in_words(http: TestClient, hub: SmallHub) -> None:
    hub.conflicts_.append(replace(hub.conflicts_[0], uid="c2", kept_by="hub", owner_title="PL-2"))
    sign_in(http)
    line = http.get("/admin/conflicts").text.split("PL-2")[1]
    assert "中心" in line and ">hub<" not in line


def test_areas_come_in_pages(http: TestClient, hub: SmallHub) -> None:
    hub.areas_ = {f"62080210{n:04}": (n, b"", 0) for n in range(150)}
    sign_in(http)
    first, second = (http.get(f"/admin/areas{asked}").text for asked in ("", "?page=2"))
    assert (first.count("<tr>"), second.count("<tr>")) == (101, 51)
    assert 'href="?page=2"' in first and "620802100149" in second


def test_long_lists_come_in_pages_and_forms_mark_where_they_belong(http: TestClient, hub: SmallHub) -> None:
    hub.quarantine_ = [put_apart("dev-3", f"no-{n}.") for n in range(250)]
    sign_in(http)
    for asked, first, last, lines in (("", 249, 150, 100), ("?page=3", 49, 0, 50), ("?page=99", 49, 0, 50),
                                      ("?page=-1", 249, 150, 100), ("?page=²", 249, 150, 100)):  # fmt: skip
        told = re.findall(r"no-(\d+)\.", http.get(f"/admin/quarantine{asked}").text)
        assert (told[0], told[-1], len(told)) == (str(first), str(last), lines), asked
    middle = http.get("/admin/quarantine?page=2").text
    assert 'href="?page=1"' in middle and 'href="?page=3"' in middle
    assert "?page=" not in http.get("/admin/conflicts").text
    for path, marked in (("devices/invite", "devices"), ("devices/dev-1/revoke", "devices")):
        assert f'href="/admin/{marked}" aria-current="page"' in http.get(f"/admin/{path}").text


def test_the_first_page_says_whether_there_is_a_recovery_key(http: TestClient, hub: SmallHub) -> None:
    sign_in(http)
    assert "hub recovery-key" in http.get("/admin/").text
    hub.recovery = Recovery("age1abc", by="shell:root", at=received_ms(NOW))
    page = http.get("/admin/").text
    assert "hub recovery-key" not in page and "设于 2026-11-23 10:00" in page
    assert "age1abc" not in page
