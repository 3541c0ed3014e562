"""A bureau's hub on PostgreSQL with PostGIS: several workers, numbers added up, copied and brought back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from app.hub.metrics import MULTIPROCESS, counted_together
from hub_server.served import PIN, ROOT, gridward, served
from postgres_server import PROGRAMS, create_database, needs_postgis, run, sql

pytestmark = needs_postgis


@pytest.fixture(scope="module")
def server(postgres_folder: Path) -> Path:
    """The folder of the server's socket, with the database `gridward` for a hub."""
    create_database(postgres_folder, "gridward")
    return postgres_folder


@pytest.fixture(scope="module")
def bureau(server: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which every command finds the hub."""
    home = tmp_path_factory.mktemp("bureau")
    variables = {
        "GRIDWARD_HUB": f"postgresql://gridward@/gridward?host={server}",
        "GRIDWARD_HUB_HOME": str(home / "home"),
        "GRIDWARD_HUB_OBJECTS": str(home / "objects"),
    }
    gridward("hub", "init", "--area", "620800", "--admin", "admin", GRIDWARD_PIN=PIN, **variables)
    return variables


def status(variables: dict[str, str]) -> Any:
    return json.loads(gridward("hub", "status", "--json", **variables).stdout)


def test_several_workers_serve_one_hub_and_are_replaced(bureau: dict[str, str]) -> None:
    with served(None, "--workers", "2", **bureau) as hub:
        with hub.http() as http:
            _until(lambda: http.get("/healthz").json()["status"] == "ok")
            for _ in range(10):
                assert http.get("/v1/policy", headers={"Connection": "close"}).status_code == 401
            found = re.search(r'gridward_refusals_total\{code="no_token"\} (\d+)', http.get("/metrics").text)
            assert found and found[1] == "10"  # of both workers together
            _until(lambda: len(hub.events("started")) == 2)  # one may have answered all before the other ran
            workers = _children(hub.process.pid)
            assert {line["process"] for line in hub.events("started")} == set(workers)
            os.kill(workers[0], signal.SIGKILL)
            _until(lambda: len(hub.events("started")) == 3)
            assert workers[0] not in _children(hub.process.pid)
            assert http.get("/healthz").status_code == 200
        code, _ = hub.stop()
        assert code == 0
        assert {line["engine"] for line in hub.events("started")} == {"postgresql"}
    counters = Path(bureau["GRIDWARD_HUB_HOME"]) / "counters"
    assert not any(counters.iterdir())


def test_what_a_killed_server_left_is_removed_by_the_next_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    (left / "counter_1.db").write_bytes(b"1")
    with counted_together(tmp_path):
        [first] = [item for item in tmp_path.iterdir() if item.is_dir()]
        assert first != left and os.environ[MULTIPROCESS] == str(first)
        with counted_together(tmp_path):
            assert len([item for item in tmp_path.iterdir() if item.is_dir()]) == 2
    assert not any(tmp_path.iterdir())


def test_what_the_server_says_is_told(bureau: dict[str, str]) -> None:
    """Such as that all its connections are taken; “OperationalError” helped nobody."""
    wrong = {**bureau, "GRIDWARD_HUB": bureau["GRIDWARD_HUB"].replace("gridward@", "gridwurd@")}
    said = json.loads(gridward("hub", "status", "--json", check=False, **wrong).stdout)
    assert said["error"] == "database" and 'role "gridwurd" does not exist' in said["hint"]


def test_a_database_that_is_gone_is_said_and_tried_again(bureau: dict[str, str], server: Path) -> None:
    with served(None, **bureau) as hub, hub.http() as http:
        assert http.get("/healthz").status_code == 200
        data = str(server / "db")
        run("pg_ctl", "-w", "-s", "-D", data, "-m", "fast", "stop")
        reply = http.get("/healthz")
        assert (reply.status_code, reply.json()["status"]) == (503, "failing")
        done = gridward("hub", "status", "--json", check=False, **bureau)
        assert (done.returncode, json.loads(done.stdout)["error"]) == (5, "database")
        options = f"-c listen_addresses='' -c fsync=off -k {server}"
        run("pg_ctl", "-w", "-s", "-D", data, "-o", options, "-l", str(server / "log"), "start")
        _until(lambda: http.get("/healthz").status_code == 200)
        code, log = hub.stop()
    assert code == 0
    assert "gridward@" not in log


def test_the_commands_for_backup_in_the_document_bring_the_same_hub_back(
    bureau: dict[str, str], server: Path, tmp_path: Path
) -> None:
    """The very lines of docs/hub.md, with this server's names filled in."""
    before = status(bureau)
    _run_documented("postgresql-backup", bureau, server, tmp_path)
    sql(server, "DROP DATABASE gridward")
    assert gridward("hub", "status", check=False, **bureau).returncode == 5
    _run_documented("postgresql-restore", bureau, server, tmp_path)
    assert status(bureau) == before
    _run_documented("postgresql-restored", bureau, server, tmp_path)
    assert status(bureau)["restored_at"] is not None and before["restored_at"] is None
    assert before["founded"] and before["areas"]["620800"]["seq"] > 0
    with served(None, **bureau) as hub, hub.http() as http:
        assert http.get("/healthz").status_code == 200


def _run_documented(mark: str, variables: dict[str, str], server: Path, folder: Path) -> None:
    page = (ROOT / "docs" / "hub.md").read_text("utf-8")
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert found, mark
    script = found[1].replace("/var/backups/gridward", str(folder)).replace(
        "/var/lib/gridward/objects", variables["GRIDWARD_HUB_OBJECTS"]
    )  # fmt: skip
    script = f'gridward() {{ (cd "{ROOT}" && "{sys.executable}" -m app "$@"); }}\n{script}'
    script = f'sudo() {{ test "$1 $2" = "-u postgres"; shift 2; "$@"; }}\n{script}'
    environment = {
        **os.environ,
        **variables,
        "PGHOST": str(server),
        "PGUSER": "gridward",
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
    }
    subprocess.run(["bash", "-euc", script], check=True, env=environment, cwd=folder, timeout=120)


def _children(parent: int) -> list[int]:
    """The worker processes, not the one that looks after shared things."""
    found = []
    for status_file in Path("/proc").glob("[0-9]*/stat"):
        try:
            facts = status_file.read_text().rpartition(")")[2].split()
            words = (status_file.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(facts[1]) == parent and facts[0] != "Z" and b"spawn_main" in words:
            found.append(int(status_file.parent.name))
    return sorted(found)


def _until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except Exception:
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end
        time.sleep(0.2)
