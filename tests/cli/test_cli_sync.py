"""The whole story from the shell with a real hub: join, sync, contradict, decide, prove, carry a stick."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from app import __version__
from app.sync import client, keystore, state
from app.sync import round as rounds
from app.sync.results import PapersDone, SyncDone
from cli.terminal import Terminal

TOWN, COUNTY, CITY = "620802105", "620802", "620800"


@dataclass
class Served:
    """A hub that serves, and a terminal; `url` is where."""

    url: str
    folder: Path
    terminal: Terminal

    def invite(self, area: str, role: str, *more: str) -> dict[str, Any]:
        made = self.terminal.json("hub", "invite", str(self.folder), "--area", area, "--role", role, *more,
                                  workspace=False)  # fmt: skip
        return dict(made)

    def at(self, file: Path) -> Terminal:
        self.terminal.workspace = file
        return self.terminal

    def join(self, file: Path, area: str, role: str) -> Any:
        code = self.invite(area, role)["code"]
        return self.at(file).json("enrol", "--hub", self.url, "--code", code)


def _serving(folder: Path, host: str = "127.0.0.1") -> tuple[subprocess.Popen[str], str]:
    words = [
        sys.executable,
        "-m",
        "app",
        "hub",
        "serve",
        str(folder),
        "--host",
        host,
        "--port",
        "0",
    ]
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 60)
    assert ready, "the hub said where it listens"
    return process, process.stdout.readline().split()[-1]


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()


@pytest.fixture
def served(terminal: Terminal, tmp_path: Path) -> Iterator[Served]:
    """A hub without TLS on this machine, founded by the terminal's workspace."""
    folder = tmp_path / "hub"
    terminal.json("hub", "init", str(folder), "--area", CITY, workspace=False)
    process, url = _serving(folder)
    try:
        assert url.startswith("http://127.0.0.1:")
        found = Served(url, folder, terminal)
        assert terminal.workspace is not None
        founded = found.join(terminal.workspace, CITY, "R0")
        assert founded["founding"] and founded["pending"] > 0
        first = terminal.json("sync")
        assert first["accepted"] == first["pushed"] and first["rejected"] == 0 and first["agrees"]
        yield found
    finally:
        _stop(process)


def test_two_laptops_contradict_each_other_and_somebody_decides(served: Served, tmp_path: Path) -> None:
    office, town = served.terminal.workspace, tmp_path / "town.gpkg"
    assert office is not None
    joined = served.join(town, COUNTY, "R4")
    assert joined["records"] > 100 and not joined["founding"]
    told = served.at(town)("history", "division", COUNTY).out.splitlines()[0].split("  ")
    assert told[1:] == ["Gridward", "新建工作空间"]
    served.at(town)("edit", "boiler", "KT-1", "--set", "fuel=无烟煤", "--reason", "现场核对", as_="inspector")
    served.at(office)("edit", "boiler", "KT-1", "--set", "fuel=型煤", "--reason", "台账", as_="clerk")
    sent = served.at(town).json("sync")
    assert (sent["pushed"], sent["accepted"], sent["unsent"]) == (1, 1, 0)
    assert served.at(office).json("sync")["conflicts"] == 1
    [conflict] = served.at(office).json("conflicts", as_="clerk")
    assert conflict["record"]["kind"] == "boiler" and conflict["situation"] == "open"
    [field] = conflict["fields"]
    assert (field["field"], field["mine"], field["theirs"]) == ("fuel", "briquette", "anthracite")
    assert conflict["mine"]["reason"] == "台账" and conflict["theirs"]["by"] == "inspector"
    assert conflict["stands"] == "theirs" and conflict["rule"] and conflict["decides"]
    shown = served.at(office)("conflicts", as_="clerk").out
    for word in (
        "型煤",
        "无烟煤",
        "台账",
        "现场核对",
        "inspector",
        "mine",
        "theirs (现值)",
        "县局工作人员、市局工作人员",
    ):
        assert word in shown, f"{word} is not in the list for people:\n{shown}"
    take = ("resolve", conflict["id"], "--take", "mine", "--reason", "铭牌照片")
    assert served.at(office).refused(*take, as_="inspector") == (3, "role")
    served.at(office).json(*take, as_="clerk")
    assert served.at(office).refused(*take, as_="clerk") == (1, "settled")
    assert served.at(office).json("conflicts") == []
    assert len(served.at(office).json("conflicts", "--all")) == 1
    assert "已由 clerk 裁定" in served.at(office)("conflicts", "--all").out
    assert served.at(office).json("sync")["rejected"] == 0
    proof = tmp_path / "proof.json"
    proved = served.at(town).json("sync", "--prove", str(proof), "--sheet", str(tmp_path / "sheet.pdf"))
    [page] = PdfReader(tmp_path / "sheet.pdf").pages
    assert "无丢失证明" in page.extract_text() and "平凉市的中心" in page.extract_text()
    assert served.at(town).refused("sync", "--sheet", str(tmp_path / "no.pdf"))[0] == 2
    assert proved["proof"]["ok"] and proved["proof"]["superseded"] + proved["proof"]["in_conflict"] >= 1
    assert json.loads(proof.read_text("utf-8"))["format"] == "gridward-proof-1"
    assert served.at(town).json("show", "boiler", "KT-1")["fuel"] == "briquette"
    settings = served.at(town).json("info")
    assert settings["unsent"] == 0


def _no_keystore(_: object) -> None:
    raise LookupError("none here")


def test_what_cannot_be_is_told(served: Served, tmp_path: Path) -> None:
    town = tmp_path / "town.gpkg"
    code = served.invite(TOWN, "R2")["code"]
    at = served.at(town)
    assert at("enrol", "--code", code).code == 2
    assert at.refused("enrol", "--hub", "http://10.1.2.3:80", "--code", code) == (1, "not_encrypted")
    assert at.refused("enrol", "--hub", "http://127.0.0.1:9", "--code", code) == (6, "hub_unreachable")
    assert at.refused("enrol", "--hub", served.url, "--code", "12345") == (1, "bad_code")
    assert at.refused("enrol", "--hub", served.url, "--code", "00000-00000-00000-00000") == (3, "bad_code")
    assert not town.exists()
    served.terminal.patch.setattr(keystore.SystemRing, "_backend", _no_keystore)
    made = at.json("enrol", "--hub", served.url, "--code", code, "--wrap", as_="inspector")
    assert made["keys"] == "wrapped" and at.refused("sync") == (1, "keys_locked")
    assert at.json("sync", as_="inspector")["agrees"]
    later = served.invite(TOWN, "R2")["code"]
    at = served.at(tmp_path / "later.gpkg")
    made = at.json("enrol", "--hub", served.url, "--code", later, "--wrap", as_="stranger")
    assert made["keys"] == "promised", "whoever can sign in locks them"
    assert at.json("sync", as_="inspector")["agrees"] and at.refused("sync") == (1, "keys_locked")
    other = tmp_path / "other.gpkg"
    assert served.at(other).refused("enrol", "--hub", served.url, "--code", code) == (3, "bad_code")
    assert served.at(town).refused(
        "add", "boiler", "--set", "ledger_no=X", "--set", "div_code=620826", as_="clerk"
    )[1] in ("outside_area", "device_role")
    served.at(town)("add", "boiler", "--set", "ledger_no=T-9", as_="inspector")
    assert served.at(town).json("info")["unsent"] == 1
    _goes_on_with_new_keys(served, town)


def _goes_on_with_new_keys(served: Served, town: Path) -> None:
    """The inspector has forgotten the PIN that wraps the keys of this laptop, with one change unsent."""
    office = served.folder.parent / "office.gpkg"
    served.terminal.patch.setenv("GRIDWARD_NEW_PIN", "135791")
    assert served.at(office).refused("user", "reset", "inspector", as_="city") == (3, "role")
    served.at(office).json("user", "reset", "inspector", as_="admin")
    served.at(office).json("sync")
    at, code = served.at(town), served.invite(TOWN, "R2")["code"]
    assert at.refused("sync", as_="inspector", pin="135791") == (3, "sign_in")
    again = ("enrol", "--hub", served.url, "--new-keys", "--code")
    assert at.refused("enrol", "--hub", "http://127.0.0.1:9", "--new-keys", "--code", code)[0] == 6
    made = at.json(*again, code)
    assert (made["keys"], made["pending"]) == ("promised", 1)
    assert at.refused(*again, code) == (3, "bad_code")
    done = at.json("sync")
    assert (done["accepted"], done["unsent"], done["agrees"]) == (1, 0, True)
    assert at.json("sync", as_="inspector", pin="135791")["agrees"]
    assert at.refused("sync") == (1, "keys_locked"), "who signed in has locked the new keys"
    laptops = served.terminal.json("hub", "devices", str(served.folder), workspace=False)
    goes_on = {line["device"]: line["goes_on_as"] for line in laptops if line["revoked_at"]}
    assert list(goes_on.values()) == [made["device"]]


def test_a_hub_that_is_away_keeps_everything(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    terminal.json("hub", "init", str(folder), "--area", CITY, workspace=False)
    process, url = _serving(folder)
    served = Served(url, folder, terminal)
    assert terminal.workspace is not None
    assert terminal.refused("sync") == (1, "not_enrolled")
    served.join(terminal.workspace, CITY, "R0")
    _stop(process)
    said = terminal("sync", "--json")
    assert said.code == 6
    assert said.document["error"] == "hub_unreachable" and said.document["hint"]
    assert terminal.json("info")["unsent"] > 0


def test_a_stick_from_the_shell(served: Served, tmp_path: Path) -> None:
    town, stick = tmp_path / "town.gpkg", tmp_path / "stick"
    stick.mkdir()
    device = served.join(town, TOWN, "R2")["device"]
    served.at(town)("add", "boiler", "--set", "ledger_no=T-9", "--set", "user_org=二小", as_="inspector")
    out = served.at(town).json("bundle", "out", "-o", str(stick / "out.bundle"))
    assert (out["changes"], out["verified"]) == (1, True)
    bundle = str(stick / "out.bundle")
    assert served.at(town).json("bundle", "verify", bundle, workspace=False)["ok"]
    names = [
        served.at(town).json("bundle", "verify", bundle, workspace=known)["hub_name"] for known in (0, 1)
    ]
    assert names == ["", "平凉市的中心"]
    served.at(town).json(
        "hub", "bundle", "in", str(stick / "out.bundle"), str(served.folder), workspace=False
    )
    served.at(town).json(
        "hub",
        "bundle",
        "out",
        str(served.folder),
        "--device",
        device,
        "-o",
        str(stick / "back.bundle"),
        workspace=False,
    )
    back = served.at(town).json("bundle", "in", str(stick / "back.bundle"))
    assert (back["accepted"], back["unsent"], back["agrees"]) == (1, 0, True)
    # The hub first, as with its other commands; people read words, not the names of a document.
    again = served.at(town)(
        "hub", "bundle", "in", str(served.folder), str(stick / "out.bundle"), workspace=False
    )
    assert again.code == 0 and "此前已收取过" in again.out
    told = served.at(town)("hub", "status", str(served.folder), workspace=False).out
    told += served.at(town)("bundle", "verify", str(stick / "out.bundle"), workspace=False).out
    told += served.at(town)("info").out
    names = [line.split("  ")[0] for line in (again.out + told).splitlines()]
    assert not [name for name in names if name.isascii() and name.replace("_", "").isalpha()], names
    cut = stick / "cut.bundle"
    cut.write_bytes((stick / "back.bundle").read_bytes()[:-50])
    assert served.at(town).refused("bundle", "in", str(cut)) == (1, "cut")
    wrong = served.at(town)("bundle", "verify", str(cut), "--json", workspace=False)
    assert wrong.code == 1 and wrong.document["problems"][0]["code"] == "cut"


def test_tls_by_the_fingerprint_in_the_code(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    terminal.json("hub", "init", str(folder), "--area", CITY, "--admin", "root", workspace=False)
    process, told = _serving(folder, "0.0.0.0")
    try:
        assert told.startswith("https://"), "whoever listens to the network speaks TLS"
        url = f"https://127.0.0.1:{told.rsplit(':', 1)[1].rstrip('/')}"
        served = Served(url, folder, terminal)
        code = served.invite(COUNTY, "R4")["code"]
        assert not code.endswith("00000-00000")
        last = "0" if code[-2] != "0" else "1"
        wrong = code[:-2] + last + code[-1]
        file = tmp_path / "town.gpkg"
        assert served.at(file).refused("enrol", "--hub", url, "--code", wrong) == (1, "wrong_fingerprint")
        served.at(file).json("enrol", "--hub", url, "--code", code)
        assert served.at(file).json("sync")["agrees"]
    finally:
        _stop(process)


def test_a_program_that_is_too_old_keeps_its_work(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, hub = tmp_path / "town.gpkg", str(served.folder)
    served.join(town, TOWN, "R2")
    served.at(town)("add", "boiler", "--set", "ledger_no=T-9", "--set", "user_org=二小", as_="inspector")
    minimum = ("hub", "minimum", hub, "--program")
    assert served.at(town).refused(*minimum, "999.0", workspace=False) == (1, "above_own")
    assert served.at(town).json(*minimum, __version__, workspace=False) == {"minimum_program": __version__}
    for module in (client, state, rounds):
        monkeypatch.setattr(module, "__version__", "0.0.9")
    began = time.monotonic()
    while (said := served.at(town)("sync", "--json")).code == 0 and time.monotonic() - began < 20:
        served.at(town)("edit", "boiler", "T-9", "--set", "note=还在写", as_="inspector")
        time.sleep(0.5)  # the server asks for what stands every two seconds
    assert (said.code, said.document["error"]) == (1, "too_old") and __version__ in said.document["message"]
    served.at(town)("edit", "boiler", "T-9", "--set", "note=改后", as_="inspector")
    assert served.at(town).json("info")["unsent"] >= 1
    listed = served.at(town).json("hub", "devices", hub, workspace=False)
    assert "0.0.9" in [item["program"] for item in listed]
    for module in (client, state, rounds):
        monkeypatch.setattr(module, "__version__", __version__)
    assert served.at(town).json("sync")["unsent"] == 0
    assert served.at(town).json("hub", "status", hub, workspace=False)["minimum_program"] == __version__
    assert served.at(town).json(*minimum, "any", workspace=False) == {"minimum_program": None}


def test_a_stick_is_looked_into_by_the_recovery_key(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, hub, key = tmp_path / "town.gpkg", str(served.folder), tmp_path / "safe" / "key.txt"
    served.join(town, TOWN, "R2")
    made = ("hub", "recovery-key", hub, "-o", str(key), "--passphrase")
    assert served.at(town).refused(*made, workspace=False) == (2, "passphrase")
    monkeypatch.setenv("GRIDWARD_RECOVERY_PASSPHRASE", "korrekte pferde heften batterien")
    told = served.at(town).json(*made, workspace=False)
    assert set(told) == {"recipient", "recovery_key", "file"} and told["recipient"].startswith("age1")
    assert served.at(town).refused(*made, workspace=False) == (1, "exists")
    assert served.at(town).json("hub", "status", hub, workspace=False)["recovery_key"] == told["recovery_key"]
    served.at(town).json("sync")
    served.at(town)("add", "boiler", "--set", "ledger_no=T-9", "--set", "user_org=二小", as_="inspector")
    out = str(tmp_path / "out.bundle")
    served.at(town).json("bundle", "out", "-o", out)
    look = ("bundle", "verify", out, "--recovery", str(key))
    document = served.at(town).json(*look, workspace=False)
    assert document["ok"] and (document["contents"]["changes"], document["contents"]["files"]) == (1, 0)
    assert "contents" not in served.at(town).json("bundle", "verify", out, workspace=False)
    monkeypatch.setenv("GRIDWARD_RECOVERY_PASSPHRASE", "wrong horse battery staple")
    assert served.at(town).refused(*look, workspace=False) == (1, "wrong_passphrase")
    new = str(tmp_path / "new")
    served.at(town).json("hub", "init", new, "--area", CITY, "--admin", "root", workspace=False)
    monkeypatch.setenv("GRIDWARD_RECOVERY_PASSPHRASE", "korrekte pferde heften batterien")
    assert served.at(town).refused("hub", "bundle", "in", out, new, workspace=False) == (1, "foreign")
    taken = served.at(town).json("hub", "bundle", "in", out, new, "--recovery", str(key), workspace=False)
    assert taken["states"] == ["quarantined"] and taken["lost_hub"]
    assert len(served.at(town).json("hub", "conflicts", new, workspace=False)) == 1


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (SyncDone(message="此数据包较旧"), "此数据包较旧"),
        (SyncDone(restored=True, message="请再写一个数据包"), "请再写一个数据包"),
        (SyncDone(restored=True, given_back=4), "4 条变更"),
        (SyncDone(restored=True), "一条不缺"),
        (SyncDone(held_back=True, message="磁盘空间不足"), "空间"),
    ],
)
def test_what_a_round_says_of_itself_is_printed_once(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, done: SyncDone, said: str
) -> None:
    """People read the counts of a bundle only, and of a hub that waits that nothing was given back."""
    monkeypatch.setattr("app.actions.sticks.bundle_in", lambda *_: replace(done, papers=PapersDone()))
    lines = terminal("bundle", "in", str(tmp_path / "a.bundle")).out.splitlines()
    assert [said in line for line in lines] == [False, False, True]
