"""A round of sync is one request where little waits: changes up, grants and the log down. An older hub is
asked for each by itself."""

from __future__ import annotations

from typing import Any

import pytest

from app.actions.people import add_user, disable_user, find_person, sign_in
from app.errors import NotAllowed
from app.hub.policies import RENEWED_MS
from app.sync import messages as m
from sync.direct import Direct
from sync.lan import PIN, TOWN, Lan, Laptop

ASKED = ("push", "pull", "policy", "rejoin")


class Counted(Direct):
    """A line that notes what it is asked for. Through `older` speaks a hub of the version before."""

    older = False

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[str] = []

    def push(self, batch: bytes, asked: m.PullRequest | None = None) -> m.PushReply:
        self.asked.append("push")
        return super().push(batch, None if self.older else asked)

    def pull(self, asked: m.PullRequest) -> m.PullReply:
        self.asked.append("pull")
        return super().pull(m.PullRequest(after=asked.after, heads=asked.heads) if self.older else asked)

    def policy(self) -> bytes:
        self.asked.append("policy")
        return super().policy()

    def rejoin(self, request: m.RejoinRequest) -> m.RejoinReply:
        self.asked.append("rejoin")
        return super().rejoin(request)


def asked_by(laptop: Laptop, monkeypatch: pytest.MonkeyPatch, *, older: bool = False) -> list[str]:
    """What a round of this laptop asks the hub for."""
    line = Counted(laptop.hub, laptop.device, laptop.clock)
    line.older = older
    with monkeypatch.context() as patch:
        patch.setattr(laptop.session, "reach", lambda *_: line)
        assert laptop.sync().agrees
    return line.asked


def test_changes_grants_and_log_are_one_request(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    town = lan.laptop(TOWN, "R2")
    assert asked_by(town, monkeypatch) == ["pull"]
    town.enter("inspector", "T-1")
    assert asked_by(town, monkeypatch) == ["push"]
    assert town.boiler("T-1").revision and not town.replica.pending().changes


def test_of_several_batches_the_last_one_brings_the_log(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    town = lan.laptop(TOWN, "R2")
    for number in range(3):
        town.enter("inspector", f"T-{number}")
    monkeypatch.setattr("app.sync.sending.Sealer.seal.__defaults__", (1,))
    assert asked_by(town, monkeypatch) == ["push"] * 3
    assert not town.replica.pending().changes


def test_a_hub_of_the_version_before_is_asked_apart(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    assert asked_by(town, monkeypatch, older=True) == ["push", "pull", "policy"]
    assert asked_by(other, monkeypatch, older=True) == ["pull", "policy"]
    assert other.boiler("T-1").ledger_no == "T-1"


def test_who_is_new_or_gone_is_known_with_the_same_answer(lan: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    town = lan.laptop(TOWN, "R2")
    founder = lan.laptops[0]
    add_user(founder.as_("admin"), "officer9", role="R2", org="柳湖镇政府", area=TOWN, pin="975310")
    founder.sync()
    assert asked_by(town, monkeypatch) == ["pull"]
    assert sign_in(town.session, "officer9", "975310").role == "R2"
    disable_user(founder.as_("admin"), "officer9")
    founder.sync()
    town.enter("inspector", "T-1")
    assert asked_by(town, monkeypatch) == ["push"]
    with pytest.raises(NotAllowed):
        sign_in(town.session, "officer9", "975310")
    assert find_person(town.session, "officer9") is not None


def test_grants_are_renewed_by_the_hour_and_not_with_every_round(lan: Lan) -> None:
    town = lan.laptop(TOWN, "R2")
    kept = town.replica.private("grants")
    lan.clock.forward(minutes=5)
    town.sync()
    assert town.replica.private("grants") == kept, "nothing to be signed and kept anew"
    lan.clock.forward(minutes=RENEWED_MS // 60_000)
    town.sync()
    assert town.replica.private("grants") != kept
    assert sign_in(town.session, "inspector", PIN).role == "R1"
