"""A laptop whose program is below the lowest version that may sync: refused, kept and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actions.office import PIN
from app import __version__
from app.actions.people import sign_in
from app.actions.sticks import bundle_in, bundle_out
from app.actions.syncing import sync_status
from app.errors import AppError, Refused
from app.hub.programs import Programs
from app.hub.sticks import give_bundle, take_bundle
from app.sync import round as rounds
from app.sync import state, stick
from app.sync.grants import Grants, pack_grants
from app.sync.keys import DeviceKeys
from app.sync.refusals import error_of
from app.sync.state import keep_grants, wanted_program
from sync.lan import TOWN, Cut, Lan, Laptop

OLD = "0.0.9"


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The program of this laptop is an old one, until `undo`."""
    for module in (state, stick, rounds):
        monkeypatch.setattr(module, "__version__", OLD)
    return monkeypatch


class Checked(Cut):
    """A line to a hub that looks at the program as its server does."""

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name in ("policy", "heed", "close", "fingerprint", "left", "apart"):
            return found

        def call(*given: Any) -> Any:
            try:
                Programs(self._hub.database).check(self._device, state.__version__)
            except Refused as error:
                raise error_of({"error": error.code}, 426, "https://hub") from error
            return found(*given)

        return call


def checked(laptop: Laptop) -> Laptop:
    laptop.session.reach = lambda facts, keys: Checked(laptop.hub, facts.device, laptop.clock)
    return laptop


def code_of(call: Any, *given: Any) -> str:
    with pytest.raises(AppError) as refused:
        call(*given)
    assert __version__ in refused.value.message and refused.value.hint
    return refused.value.code


def test_a_round_is_refused_with_all_kept_and_goes_once_the_program_is_new(
    lan: Lan, old: pytest.MonkeyPatch
) -> None:
    town = checked(lan.laptop(TOWN, "R2"))
    town.enter("inspector", "T-1")
    lan.hub.require_program(__version__, "", lan.clock())
    assert code_of(town.sync) == "too_old"
    status = sync_status(town.session)
    assert (status.unsent, status.wanted) == (1, __version__)
    town.enter("inspector", "T-2")  # writing goes on
    lan.clock.forward(days=29)
    assert code_of(town.sync) == "too_old"
    lan.clock.forward(days=20)
    assert sign_in(town.session, "inspector", PIN).role == "R1", "the grants came all the same"
    old.undo()
    assert sync_status(town.session).wanted == ""
    done = town.sync()
    assert (done.accepted, done.unsent, done.agrees) == (2, 0, True)


def test_a_stick_of_an_old_program_is_not_taken_and_the_answer_says_why(
    lan: Lan, old: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1")
    lan.hub.require_program(__version__, "", lan.clock())
    out = bundle_out(town.session, tmp_path / "out.bundle").path
    before = lan.hub.status().areas
    assert code_of(take_bundle, lan.hub, out, lan.clock()) == "too_old"
    assert lan.hub.status().areas == before, "nothing was taken"
    assert [item.program for item in lan.hub.devices() if item.device == town.device] == [OLD]
    back = tmp_path / "back.bundle"
    give_bundle(lan.hub, town.device, back, lan.clock())
    cursors = town.replica.cursors()
    assert code_of(bundle_in, town.session, back) == "too_old"
    assert town.replica.cursors() == cursors and town.replica.unsent() == 1
    assert sync_status(town.session).wanted == __version__
    assert bundle_out(town.session, tmp_path / "again.bundle").wanted == __version__, "said before the way"
    old.undo()
    assert bundle_in(town.session, back).unsent == 1
    newer = bundle_out(town.session, tmp_path / "newer.bundle")
    assert newer.wanted == ""
    taken = take_bundle(lan.hub, newer.path, lan.clock())
    assert [item.state for item in taken.answers] == ["taken"]
    give_bundle(lan.hub, town.device, back, lan.clock())
    done = bundle_in(town.session, back)
    assert (done.accepted, done.unsent, done.agrees) == (1, 0, True)


def test_only_the_hub_sets_it(lan: Lan, old: pytest.MonkeyPatch) -> None:
    town = lan.laptop(TOWN, "R2")
    made = int(lan.clock().timestamp() * 1000) + 1
    forged = pack_grants(Grants(lan.hub.uid, town.device, made, [], b"", "9.9"), DeviceKeys.make().sign_seed)
    with pytest.raises(AppError):
        keep_grants(town.session.workspace, forged)
    assert wanted_program(town.session.workspace) == ""
