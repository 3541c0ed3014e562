"""What the hub counts and logs: readable by Prometheus and people, and free of what people entered."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app.hub.server import make_app
from app.hub.service import Service
from app.sync import messages as m
from hub_server.small_hub import PIN, Laptop, SmallHub, device_line, person


def numbers(page: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """The samples of a page by name and label values."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_the_numbers_can_be_read_and_are_right(laptop: Laptop, hub: SmallHub, http: TestClient) -> None:
    hub.devices_["dev-b"] = device_line("dev-b", lag=42)
    hub.devices_["dev-c"] = device_line("dev-c", lag=9, revoked_at=1)
    push = m.encode_message(m.PushRequest(batch=laptop.batch()))
    for _ in range(2):
        laptop.ask("POST", "/v1/push", content=push)
    http.get("/v1/policy")
    found = numbers(http.get("/metrics").text)
    assert found["gridward_pushes_total", ("taken",)] == 2
    assert found["gridward_changes_total", ("accepted",)] == 12
    assert found["gridward_refusals_total", ("no_token",)] == 1
    assert found["gridward_conflicts_open", ()] == 0
    assert found["gridward_devices", ()] == 2
    assert found["gridward_device_lag", ("dev-b",)] == 42
    assert found["gridward_device_silent_seconds", ("dev-b",)] == 3 * 3600
    assert ("gridward_device_lag", ("dev-c",)) not in found
    assert found["gridward_area_entries", ("620802105",)] == 12
    assert found["gridward_request_seconds_count", ("/v1/push", "200")] == 2


def test_the_numbers_are_told_on_this_machine_or_for_a_token(service: Service) -> None:
    app = make_app(service)
    with TestClient(app, client=("192.168.1.9", 5)) as away:
        assert away.get("/metrics").status_code == 403
        service.metrics_token = "secret"
        assert away.get("/metrics").status_code == 401
        assert away.get("/metrics", headers={"Authorization": "Bearer secret"}).status_code == 200


def test_the_log_is_json_and_holds_nothing_personal(
    log: io.StringIO, laptop: Laptop, hub: SmallHub, http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.people_.append(person("wangfang", "R5", name="王芳"))
    laptop.ask(
        "POST", "/v1/push", content=m.encode_message(m.PushRequest(batch=laptop.batch("王芳".encode())))
    )
    for given in (PIN, "999999"):
        http.post("/admin/sign-in", data={"login": "wangfang", "passphrase": given, "token": "x"})
    http.get("/admin/people?name=王芳")

    def fail(*_: Any) -> None:
        raise ValueError("王芳 13812345678")

    monkeypatch.setattr(hub, "policy", fail)
    laptop.ask("GET", "/v1/policy")
    logging.getLogger("elsewhere").warning("bad value %s", "王芳", exc_info=ValueError("13812345678"))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"][-1] == "/v1/policy"
    assert {"push", "request"} <= {line["event"] for line in lines}
    of_push = [line for line in lines if line.get("route") == "/v1/push"]
    assert [(line["event"], line["state"], line["status"]) for line in of_push] == [("push", "taken", 200)]
    assert any(line.get("error") == "ValueError" and line["where"] for line in lines)
    for word in ("王芳", "wangfang", "13812345678", PIN, "999999", laptop.token, "\\u738b"):
        assert word not in log.getvalue()
