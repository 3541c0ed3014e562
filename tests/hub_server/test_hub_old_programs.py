"""A program below the lowest version that may sync, at the server's door; and who sets that on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import __version__
from app.hub.book import DEVICES
from app.hub.service import Service
from app.sync import messages as m
from hub_server.small_hub import Laptop, SmallHub, device_line, person, received_ms, sign_in, token

NAME = "0" * 64
ROUND = (
    ("POST", "/v1/push"), ("POST", "/v1/pull"), ("GET", "/v1/pull"), ("POST", "/v1/rejoin"),
    ("POST", "/v1/give-back"), ("GET", "/v1/snapshot"), ("HEAD", f"/v1/blob/{NAME}"),
    ("PATCH", f"/v1/blob/{NAME}"), ("GET", f"/v1/blob/{NAME}"),
)  # fmt: skip


@pytest.fixture
def require(hub: SmallHub, service: Service) -> Callable[[str], None]:
    """Sets a version in another process, some seconds ago."""

    def set_it(version: str) -> None:
        hub.require_program(version, "王芳", service.now())
        service.programs._looked = float("-inf")

    return set_it


@pytest.mark.parametrize("agent", ["gridward/0.0.9", "gridward", "", "curl/8.0"])
def test_an_old_program_is_refused_in_every_part_of_a_round(
    laptop: Laptop, hub: SmallHub, require: Callable[[str], None], agent: str
) -> None:
    require(__version__)
    headers = {"User-Agent": agent, "Accept-Language": "en"}
    for method, path in ROUND:
        reply = laptop.ask(method, path, headers=headers, content=b"anything" if method == "POST" else None)
        assert reply.status_code == 426, (method, path)
        if method != "HEAD":
            assert reply.json()["error"] == "too_old"
            assert __version__ in reply.json()["message"] and "safe on this laptop" in reply.json()["hint"]
    assert not hub.batches, "nothing was taken"
    assert laptop.ask("GET", "/v1/policy", headers=headers).content.startswith(b"grants"), "people sign in on"


def test_a_program_that_may_sync_is_served_and_what_it_is_is_noted(
    laptop: Laptop, hub: SmallHub, require: Callable[[str], None]
) -> None:
    require(__version__)
    body = m.encode_message(m.PushRequest(batch=laptop.batch()))
    headers = {"User-Agent": f"gridward/{__version__}"}
    assert laptop.ask("POST", "/v1/push", content=body, headers=headers).status_code == 200
    require("")
    assert laptop.ask("POST", "/v1/push", content=body, headers={"User-Agent": ""}).status_code == 200
    assert len(hub.batches) == 2


def test_an_old_program_joins_nothing_and_its_code_stays_good(
    hub: SmallHub, http: TestClient, require: Callable[[str], None]
) -> None:
    require(__version__)
    hub.codes["AB2CDEF3GH"] = ("620802", "R3")
    asked = m.EnrolRequest(
        code="AB2CDEF3GH", sign_key=b"k" * 32, recipient="age1", schema=1, program="t", signature=b"s" * 64
    )
    reply = http.post("/v1/enrol", content=m.encode_message(asked), headers={"User-Agent": "gridward/0.0.9"})
    assert (reply.status_code, reply.json()["error"]) == (426, "too_old")
    newer = {"User-Agent": f"gridward/{__version__}"}
    assert http.post("/v1/enrol", content=m.encode_message(asked), headers=newer).status_code == 200


# ---------------------------------------------------------------- the pages


@pytest.fixture
def bureau(hub: SmallHub, service: Service) -> None:
    hub.people_ += [person("admin", "R0"), person("city", "R5"), person("county", "R0", area="620802")]
    hub.let_in(*hub.people_)
    hub.devices_["dev-old"] = device_line("dev-old", program="0.0.9", last_sync=received_ms(service.now()))


@pytest.mark.usefixtures("bureau")
def test_an_administrator_of_the_whole_sets_it(http: TestClient, hub: SmallHub, service: Service) -> None:
    sign_in(http, "admin")
    assert "/admin/minimum" in http.get("/admin/").text
    form = http.get("/admin/minimum").text
    above = http.post("/admin/minimum", data={"token": token(form), "version": "999.1"})
    assert above.status_code == 409 and "999.1" in above.text
    assert hub.minimum().version == ""
    done = http.post(
        "/admin/minimum", data={"token": token(form), "version": "0.1.0"}, follow_redirects=False
    )
    assert (done.status_code, hub.minimum().version, hub.minimum().by) == (303, "0.1.0", "admin-name")
    assert "0.1.0" in http.get("/admin/").text
    service.programs._looked = float("-inf")
    assert "版本过低，不能同步" in http.get("/admin/devices").text


@pytest.mark.usefixtures("bureau")
@pytest.mark.parametrize("login", ["city", "county"])
def test_nobody_else_does(http: TestClient, hub: SmallHub, login: str) -> None:
    sign_in(http, login)
    assert "/admin/minimum" not in http.get("/admin/").text
    assert http.get("/admin/minimum").status_code == 403
    given = {"token": token(http.get("/admin/").text), "version": "0.1.0"}
    assert http.post("/admin/minimum", data=given).status_code == 403
    assert hub.minimum().version == ""


@pytest.mark.usefixtures("bureau")
def test_a_form_of_another_page_does_not(http: TestClient, hub: SmallHub) -> None:
    sign_in(http, "admin")
    forged: dict[str, Any] = {"token": "0" * 64, "version": "0.1.0"}
    assert http.post("/admin/minimum", data=forged).status_code == 403
    assert hub.minimum().version == ""


def test_what_a_laptop_says_of_its_disk_is_shown(http: TestClient, hub: SmallHub, laptop: Laptop) -> None:
    hub.people_.append(person("admin", "R0"))
    hub.let_in(*hub.people_)
    row = {
        "area": "620800", "role_cap": "R5", "sign_key": b"", "recipient": "", "epoch": 1, "next": 1,
        "chain": b"", "founding": False, "enrolled_at": 0,
    }  # fmt: skip
    with hub.database.writing() as connection:
        connection.execute(DEVICES.insert().values(uid=laptop.uid, **row))
    said = ("encrypted", "encrypted"), ("open", "open"), ("no word of ours", "open"), ("", "open")
    for disk, kept in said:
        held = m.Held(made=0, people=b"", disk=disk)
        pull = m.encode_message(m.PullRequest(after={}, held=held))
        push = m.encode_message(m.PushRequest(batch=laptop.batch(), after={}, held=held))
        for path, body in (("/v1/pull", pull), ("/v1/push", push)):
            assert laptop.ask("POST", path, content=body).status_code == 200
            with hub.database.reading() as connection:
                assert connection.exec_driver_sql("SELECT disk FROM hub_device").scalar_one() == kept
    sign_in(http, "admin")
    assert "磁盘未加密" not in http.get("/admin/").text
    laptop.hub.devices_[laptop.uid].disk = "open"
    assert "磁盘未加密" in http.get("/admin/").text
    assert "! 未加密" in http.get("/admin/devices").text


@pytest.mark.usefixtures("bureau")
def test_a_laptop_whose_journal_is_not_whole_is_shown(
    http: TestClient, hub: SmallHub, laptop: Laptop, service: Service
) -> None:
    noted: list[tuple[str, str, str]] = []
    service.programs.note = lambda *told: noted.append(told)  # type: ignore[method-assign]
    for word in ("broken", "no word of ours", "", "whole"):
        held = m.Held(made=0, people=b"", journal=word)
        body = m.encode_message(m.PullRequest(after={}, held=held))
        assert laptop.ask("POST", "/v1/pull", content=body).status_code == 200
    said = [told for told in noted if told[1] == "journal"]
    assert said == [(laptop.uid, "journal", "broken"), (laptop.uid, "journal", "whole")]
    sign_in(http, "admin")
    assert "日志不完整" not in http.get("/admin/").text + http.get("/admin/devices").text
    laptop.hub.devices_[laptop.uid].journal = "broken"
    assert "台电脑的操作日志不完整" in http.get("/admin/").text
    page = http.get("/admin/devices").text
    assert "! 操作日志不完整" in page and "检查工作空间" in page
