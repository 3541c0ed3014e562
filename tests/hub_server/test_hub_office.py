"""One office's hub from the shell: made, looked at, copied while it serves, brought back after a loss."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import create_workspace
from app.cli.main import run
from app.domain.changes import insert
from app.domain.entities.papers import Attachment
from app.hub.objects import Blobs
from hub_server.served import PIN, ROOT, gridward, served


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office") / "hub"
    gridward("hub", "init", folder, "--area", "620800", "--admin", "admin", GRIDWARD_PIN=PIN)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "hub"))


def told(*words: str | Path, **variables: str) -> Any:
    """What a command says, run by the program's own entry but in this process: a start takes a second."""
    code, document = _run(words, variables)
    assert code == 0, document
    return document


def refused(*words: str | Path, **variables: str) -> tuple[int, str]:
    code, document = _run(words, variables)
    return code, document["error"]


def _run(words: tuple[str | Path, ...], variables: dict[str, str]) -> tuple[int, Any]:
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        for name, value in variables.items():
            patch.setenv(name, value)
        code = run(["hub", *map(str, words), "--json"], lambda where: 0)
    return code, json.loads(said.getvalue())


def _of_program(*words: str | Path, code: int = 0) -> Any:
    """The same in a process of its own, as a bureau runs it."""
    done = gridward("hub", *words, "--json", check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def test_the_program_itself_says_the_same(folder: Path) -> None:
    """Invitations and the list of laptops are asked of it where it serves (`test_hub_in_browser`)."""
    for word in ("status", "conflicts"):
        assert _of_program(word, folder) == told(word, folder), word
    assert _of_program("revoke", "nobody", folder, "--reason", "x", code=1)["error"] == "unknown_device"


def test_commands_load_nothing_that_only_a_server_needs() -> None:
    dear = {"PIL", "starlette", "jinja2", "segno"}
    words = f"import sys, app.actions.hubs; print(*{dear} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_new_hub_has_its_divisions_and_one_administrator(made: Path) -> None:
    found = told("status", made)
    assert (found["area"], found["people"], found["devices"], found["engine"]) == ("620800", 1, 0, "sqlite")
    assert found["founded"] and found["areas"]["620800"]["seq"] > 100
    assert told("devices", made) == [] and told("conflicts", made) == []
    assert refused("init", made, "--area", "620800") == (1, "exists")
    assert PIN.encode() not in (made / "hub.db").read_bytes()


def test_the_hub_is_found_by_its_folder_or_the_environment(made: Path, tmp_path: Path) -> None:
    assert told("status", GRIDWARD_HUB=str(made)) == told("status", made)
    assert refused("status") == (1, "no_hub")
    assert refused("status", tmp_path) == (5, "no_hub")
    assert refused("status", "--db", "mysql://x") == (1, "bad_url")


def test_where_nobody_can_sign_in_as_an_administrator_the_shell_makes_one(folder: Path) -> None:
    assert told("status", folder)["administrators"] == 1
    with closing(sqlite3.connect(folder / "hub.db")) as connection, connection:
        connection.execute("DELETE FROM hub_verifier")  # as after a restore, of a PIN chosen since the backup
    said = gridward("hub", "status", folder).stdout
    assert "hub administrator NAME" in said and told("status", folder)["administrators"] == 0
    assert told("administrator", "admin", folder, GRIDWARD_PIN="97531024")["made"] is False
    assert told("administrator", "second", folder, GRIDWARD_PIN="97531024")["made"] is True
    found = told("status", folder)
    assert (found["administrators"], found["people"]) == (2, 2)


def test_an_empty_hub_gets_its_people_from_its_first_laptop(tmp_path: Path) -> None:
    told("init", tmp_path / "hub", "--area", "620800")
    assert refused("administrator", "me", tmp_path / "hub", GRIDWARD_PIN=PIN) == (1, "not_founded")


def test_an_empty_hub_waits_for_its_first_laptop(tmp_path: Path) -> None:
    found = told("init", tmp_path / "hub", "--area", "620800")
    assert (found["founded"], found["people"], found["areas"]) == (False, 0, {})
    assert refused("init", tmp_path / "other", "--area", "999999")[0] == 1
    assert not (tmp_path / "other").exists()


def test_a_code_made_before_the_hub_served_says_what_it_lacks(folder: Path) -> None:
    words = ("--lang", "en", "hub", "invite", folder, "--area", "620802", "--role", "R3")
    assert "has not served yet" in gridward(*words).stdout
    assert "has not served yet" not in gridward(*words, "--url", "https://hub:8443").stdout


def test_invitations_and_refusals_of_impossible_ones(folder: Path) -> None:
    made = told("invite", folder, "--area", "620802", "--role", "R3", "--url", "https://hub:8443")
    assert re.fullmatch(r"([0-9A-Z]{5}-){3}[0-9A-Z]{5}", made["code"])
    assert (made["url"], made["area"], made["role"]) == ("https://hub:8443", "620802", "R3")
    shown = gridward("hub", "invite", folder, "--area", "620802", "--role", "R3").stdout
    assert "County bureau staff" in shown and "R3" not in shown, "people read the role's name"
    assert refused("invite", folder, "--area", "110000", "--role", "R3") == (1, "unknown_division")
    assert refused("invite", folder, "--area", "620802", "--role", "R9") == (1, "bad_role")
    assert refused("invite", folder, "--area", "620802", "--role", "R3", "--minutes", "0") == (
        1,
        "bad_minutes",
    )
    assert refused("revoke", "nobody", folder, "--reason", "x") == (1, "unknown_device")


def test_a_hub_may_begin_with_a_workspace_and_its_evidence(tmp_path: Path) -> None:
    file = tmp_path / "pingliang.gpkg"
    session = create_workspace(file, "620800", "admin", PIN)
    paper = tmp_path / "paper.txt"
    paper.write_bytes(b"evidence")
    stored = session.workspace.attach(paper)
    record = session.workspace.find("division", limit=1)[0]
    session.commit([insert(Attachment(
        uid=session.new_uid(), owner_entity="division", owner=record.uid, kind="other", file_name="paper.txt",
        sha256=stored.sha256, size=8, added_by="admin", added_at="2026-11-23T02:00:00.000Z",
    ))], "attach")  # fmt: skip
    counts = session.workspace.count("division")
    session.close()
    found = told("init", tmp_path / "hub", "--area", "620800", "--from", file)
    assert _open_to_others(tmp_path / "hub") == [], "keys and verifiers of PINs lie there"
    assert found["founded"] and sum(area["seq"] for area in found["areas"].values()) == counts + 2
    assert Blobs.open(tmp_path / "hub" / "blobs").get(stored.sha256) == b"evidence"
    assert refused("init", tmp_path / "b", "--area", "620700", "--from", file) == (1, "other_area")


def _open_to_others(folder: Path) -> list[str]:
    """What another user of the machine may look into."""
    return [one.name for one in (folder, folder / "hub.db") if one.stat().st_mode & 0o077]


def test_a_hub_that_others_could_read_is_closed_to_them(folder: Path) -> None:
    (folder / "hub.db").chmod(0o644)
    told("status", folder)
    assert "hub.db" not in _open_to_others(folder)


def test_the_commands_for_backup_in_the_document_bring_the_same_hub_back(
    folder: Path, tmp_path: Path
) -> None:
    """The very lines of docs/hub.md, copied while the server runs, brought back after the folder is lost."""
    before = told("status", folder)
    content = b"a photograph"
    sha256 = hashlib.sha256(content).hexdigest()
    Blobs.open(folder / "blobs").put(sha256, content)
    with served(folder) as hub:
        _run_documented("sqlite-backup", folder, tmp_path)
        with hub.http() as http:
            assert http.get("/healthz").status_code == 200
        refusal = gridward("hub", "restore", _newest(tmp_path), folder, "--json", check=False)
        assert json.loads(refusal.stdout)["error"] == "in_use"
        hub.stop()
    shutil.rmtree(folder)
    _run_documented("sqlite-restore", folder, tmp_path)
    after = told("status", folder)
    assert before["restored_at"] is None and after["restored_at"] is not None
    assert {**after, "restored_at": None} == before
    assert Blobs.open(folder / "blobs").get(sha256) == content
    with served(folder) as hub, hub.http() as http:
        assert http.get("/healthz").status_code == 200


def test_a_hub_that_was_there_is_kept_and_a_damaged_copy_changes_nothing(
    folder: Path, tmp_path: Path
) -> None:
    copy = Path(told("backup", folder, "-o", tmp_path / "copies")["backup"])
    newer = Path(shutil.copytree(copy, tmp_path / "newer"))
    with closing(sqlite3.connect(folder / "hub.db")) as database:
        database.execute("DELETE FROM hub_area")
        database.commit()
    kept = told("restore", copy, folder)["kept"]
    assert told("status", folder)["areas"] and Path(kept, "hub.db").is_file()
    damaged = bytearray((copy / "hub.db").read_bytes())
    damaged[8192:12288] = bytes(4096)
    (copy / "hub.db").write_bytes(damaged)
    state = sorted(path.name for path in tmp_path.iterdir())
    assert refused("restore", copy, folder) == (5, "damaged")
    assert refused("restore", tmp_path, folder) == (1, "no_backup")
    with closing(sqlite3.connect(newer / "hub.db")) as database:
        database.execute("UPDATE hub_fact SET value = ? WHERE name = 'schema'", (b"99",))
        database.commit()
    assert refused("restore", newer, folder) == (5, "too_new")
    assert sorted(path.name for path in tmp_path.iterdir()) == state
    assert told("status", folder)["areas"]


def _newest(folder: Path) -> Path:
    return sorted((folder / "backups").glob("hub-*"))[-1]


def _run_documented(mark: str, hub: Path, folder: Path) -> None:
    page = (ROOT / "docs" / "hub.md").read_text("utf-8")
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert found, mark
    script = (
        found[1]
        .replace("/var/backups/gridward", str(folder / "backups"))
        .replace("/var/lib/gridward/hub", str(hub))
    )
    script = f'gridward() {{ (cd "{ROOT}" && .venv/bin/python -m app "$@"); }}\n{script}'
    subprocess.run(["bash", "-euc", script], check=True, timeout=120, capture_output=True)
