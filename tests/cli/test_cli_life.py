"""The whole life of a boiler from the shell, by the people who live it; and what they may not do."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest

from actions.test_every_refusal import RULES
from app.actions.session import Session
from app.domain.changes import Actor, insert
from app.domain.entities.boiler import Boiler
from app.domain.entities.boiler_codes import STATES
from app.store.workspace import Workspace
from builders import paper, photo
from cli.conftest import PEOPLE
from cli.terminal import Terminal

OF_ROLE = {
    "R0": "admin", "R1": "inspector", "R2": "officer", "R3": "clerk", "R4": "chief", "R5": "city",
    "R6": "leader",
}  # fmt: skip
PLACE = "106.684,35.542"
SAMPLE = 16


def _evidence(folder: Path, *kinds: str) -> list[str]:
    """Fresh files for kinds of evidence, as options of the shell."""
    words: list[str] = []
    for kind in kinds:
        name = f"{kind}-{len(list(folder.iterdir()))}"
        if "photo" in kind or kind == "nameplate":
            shade = len(list(folder.iterdir()))
            path = photo(folder / f"{name}.jpg", taken=datetime.now(UTC), shade=shade)
        else:
            path = paper(folder / f"{name}.pdf", name)
        words += ["--evidence", f"{kind}:{path}"]
    return words


def test_a_boiler_lives_through_both_rounds_in_the_shell(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "佐证"
    folder.mkdir()

    def do(who: str, step: str, *words: str, papers: tuple[str, ...] = ()) -> str:
        told = terminal.json("do", step, "boiler", "KT-9", *words, *_evidence(folder, *papers), as_=who)
        return str(told["state"])

    terminal.json("setting", "set", "notice_working_days", "0", as_="admin")
    found = ["--set", "ledger_no=KT-9", "--set", "user_org=第二小学", "--set", "boiler_type=hot_water",
             "--set", "rated_tph=2", "--at", PLACE]  # fmt: skip
    terminal.json("add", "boiler", *found, as_="inspector")
    assert do("clerk", "register", papers=("nameplate",)) == "registered"
    plan = ["--set", "treatment=dismantle", "--set", "due_date=2030-12-31", "--set", "resp_org=柳湖镇"]
    assert do("clerk", "plan", *plan) == "registered"
    assert do("chief", "plan") == "planned"
    assert do("officer", "start", papers=("photo_before",)) == "in_progress"
    forms = ("application_form", "identity_copy", "photo_during", "photo_after")
    assert do("officer", "apply", papers=forms) == "applied"
    assert do("clerk2", "return", "--reason", "照片看不清") == "returned"
    assert do("officer", "apply") == "applied"
    assert terminal.refused("do", "town_check", "boiler", "KT-9", as_="officer")[0] == 3  # the applicant
    assert do("officer2", "town_check", papers=("site_photo",)) == "town_ok"
    checks = ["--set", "end_state=A", "--set", "end_checks=body_removed、pipes_cut、yard_cleared"]
    second = "clerk2"
    assert do("clerk3", "county_accept", *checks, papers=("acceptance_form",)) == "town_ok"
    assert terminal.refused("do", "county_accept", "boiler", "KT-9", as_="clerk3")[0] == 3
    assert do(second, "county_accept") == "town_ok"
    assert do("chief", "chief_sign") == "county_ok"
    assert do("city", "notice") == "notice"
    assert do("leader", "clear") == "cleared"
    drawn = terminal.json(
        "lookback", "draw", "一", "--share", "100", "--seed", "s", "--where", "end_state=A", as_="city"
    )
    assert (drawn["drawn"], drawn["condition"]) == (["KT-9"], "end_state=A")
    assert do("inspector", "rebound", "--reason", "冒烟", papers=("rebound_photo",)) == "cleared"
    assert do("city", "confirm_rebound", "--set", "rebound_reason=relit") == "rebound"
    shown = terminal.json("show", "boiler", "KT-9")
    assert shown["round_no"] == 2
    assert "clerk3" in shown["rebound"]
    assert second in shown["rebound"]
    (only,) = terminal.json("lookback", "show")
    assert (only["visited"], only["rebound"], only["condition"]) == (1, 1, "end_state=A")
    for words in (("lookback", "show"), ("lookback", "show", "--round", "一")):
        assert "本体拆除" in terminal(*words, "--lang", "zh_CN").out
    again = ["--set", "due_date=2031-03-31"]
    told = terminal.json("do", "restart", "boiler", "KT-9", *again, as_="clerk")
    assert (told["state"], told["drafts"]) == ("in_progress", ["supervision"])
    letter = tmp_path / "督办函.docx"
    terminal.json("report", "supervision", "-o", str(letter), "--of", "KT-9")
    words = "\n".join(line.text for line in docx.Document(str(letter)).paragraphs)
    assert "复燃" in words
    assert "clerk3" in words
    history = terminal.json("history", "boiler", "KT-9")
    taken = {"register", "apply", "return", "clear", "confirm_rebound", "restart"}
    assert taken <= {item["action"] for item in history}
    assert len({item["person"] for item in history}) >= 5, "the life of a boiler takes five people at least"


def test_the_same_step_on_what_a_condition_means(terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "佐证"
    folder.mkdir()
    words = ["do", "register", "boiler", "--where", "status=suspect", *_evidence(folder, "nameplate")]
    assert terminal.json(*words, as_="clerk")["refused"] == []
    said = terminal("do", "register", "boiler", "KT-1", "--where", "status=registered", "--json", as_="clerk")
    assert said.code == 1
    assert {item["error"] for item in said.document["refused"]} == {"wrong_state"}
    assert terminal.refused("do", "register", "boiler", as_="clerk") == (1, "no_record")
    twice = photo(folder / "一张.jpg", taken=None)
    given = [word for kind in ("photo_before", "photo_after") for word in ("--evidence", f"{kind}:{twice}")]
    terminal.json("attach", "boiler", "KT-1", *given, as_="clerk")
    assert "! 同一文件在此还作整治后照片" in terminal("show", "boiler", "KT-1", "--lang", "zh_CN").out
    heads = terminal("counts", "--lang", "zh_CN").out.splitlines()[0]
    assert heads.split()[-4:] == ["迁入待补档", "底册后新增", "漏报", "底册外待判明"]


@pytest.fixture
def all_states(terminal: Terminal) -> Terminal:
    """A boiler at every state."""
    assert terminal.workspace is not None
    with Workspace.open(terminal.workspace) as workspace:
        session = Session(workspace, Actor("x", "试验", "R5"))
        boilers = [
            Boiler(uid=session.new_uid(), ledger_no=f"S-{state}", status=state, div_code="620802105")
            for state in STATES.codes
        ]
        session.commit(map(insert, boilers), "import", "试验")
    return terminal


def test_forbidden_steps_are_refused_in_the_shell_with_their_reason(all_states: Terminal) -> None:
    cases = [
        (state, step, role)
        for state in STATES.codes
        for step, rows in RULES.items()
        for role in OF_ROLE
        if role not in rows.get(state, "").split()
    ]
    for state, step, role in random.Random(4).sample(cases, SAMPLE):
        words = ("do", step, "boiler", f"S-{state}", "--reason", "试一试")
        code, error = all_states.refused(*words, as_=OF_ROLE[role])
        roles = {name for listed in RULES[step].values() for name in listed.split()}
        wrong_role = state in RULES[step] or role not in roles
        assert error in (("role",) if wrong_role else ("wrong_state", "role")), (state, step, role)
        assert code == (3 if error == "role" else 1)
        assert all_states.json("show", "boiler", f"S-{state}")["state"] == state
    assert set(OF_ROLE.values()) - {"admin"} <= set(PEOPLE)
