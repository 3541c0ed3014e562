"""A hub that answers as a test says, in place of the actions of sync, and conflicts to look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from shapely.geometry import Point

from app.actions import catalog, conflicts, enrolling, sticks, syncing
from app.actions.conflicts import ConflictView, RecordRef, Side
from app.actions.contested import FieldSide
from app.domain.changes import Committed
from app.domain.entities.boiler import Boiler
from app.domain.entities.conflict import KINDS
from app.domain.values import show
from app.errors import Cancelled
from app.sync.results import AreaState, BundleDone, BundleReport, EnrolDone, Proof, SyncDone, SyncStatus

T = TypeVar("T")
MOMENT = "2026-11-23T02:32:00.000Z"  # 10:32 in Pingliang
ALONE = SyncStatus(False, "", "", 0, 0, "", "", 0, "alone")
SAFE = SyncStatus(True, "hub-pingliang", "620802", 0, 0, MOMENT, "", 0, "safe")
UNSENT = replace(SAFE, unsent=3, state="unsent")
OFFLINE = replace(UNSENT, state="offline", last_error="中心没有应答")
REVOKED = replace(UNSENT, state="revoked")
RESTORED = replace(SAFE, restored_at=MOMENT, given_back=7)
ROUND = SyncDone(
    pushed=3,
    accepted=2,
    merged=1,
    pulled=12,
    blobs_up=2,
    areas={"620802": AreaState(118, True), "620800": AreaState(40, None), "620802105": AreaState(7, False)},
    hub_time=MOMENT,
)
KEPT = Side("韩惠民", "2026-11-20T01:05:00.000Z", "县局-2", "现场复核", "edit", mine=False, act="a1")
OFFERED = Side("王巡查", "2026-11-19T08:40:00.000Z", "柳湖镇-1", "巡查登记", "edit", mine=True, act="a2")


@dataclass
class FakeHub:
    """What the actions answer; `wait` holds a round until it is set, which ends
    with `stopped` when it is told to stop, `reported` what each was told."""

    status: SyncStatus = SAFE
    done: SyncDone = ROUND
    failure: Exception | None = None
    views: list[ConflictView] = field(default_factory=list)
    wait: threading.Event | None = None
    stopped: Cancelled | None = None
    bundle: BundleDone | None = None
    report: BundleReport | None = None
    enrolled: EnrolDone | None = None
    proof: Proof | None = None
    closely: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def sync_status(self, session: Any) -> SyncStatus:
        """Where things stand."""
        return self.status

    def sync(
        self, session: Any, progress: Any = None, cancelled: Callable[[], bool] | None = None
    ) -> SyncDone:
        """One round."""
        self.calls.append(("sync",))
        progress(1, 4, "正在发送")
        while self.wait is not None and not self.wait.wait(0.01):
            if cancelled and cancelled():
                if self.stopped is not None:
                    raise self.stopped
                break
        return self._answer(self.done)

    def prove(self, session: Any, out: Path, progress: Any = None, sheet: Any = None) -> Proof:
        """The certificate."""
        self.calls.append(("prove", out))
        return self._answer(self.proof and replace(self.proof, sheet=sheet))

    def enrol(self, *given: Any) -> EnrolDone:
        """Joining by network."""
        self.calls.append(("enrol", *given[:5]))
        return self._answer(self.enrolled)

    def enrol_from_file(self, *given: Any) -> EnrolDone:
        """Joining by file."""
        self.calls.append(("enrol_from_file", *given[:5]))
        return self._answer(self.enrolled)

    def bundle_out(self, session: Any, path: Path, progress: Any = None) -> BundleDone:
        """Writing a stick."""
        self.calls.append(("bundle_out", path))
        progress(1, 2, "正在读回核对")
        return self._answer(self.bundle and replace(self.bundle, path=path))

    def bundle_in(self, session: Any, path: Path, progress: Any = None) -> SyncDone:
        """Reading a stick."""
        self.calls.append(("bundle_in", path))
        return self._answer(self.done)

    def verify_bundle(self, path: Path, session: Any = None) -> BundleReport:
        """Looking at a bundle."""
        return self._answer(self.report and replace(self.report, path=path))

    def open_conflicts(self, session: Any, all: bool = False, in_full: bool = True) -> list[ConflictView]:
        """The inbox."""
        return [view for view in self.views if all or view.situation == "open"]

    def conflict_in_full(self, session: Any, uid: str) -> ConflictView | None:
        """One of them, with what its test keeps for whoever looks closely."""
        self.calls.append(("look", uid))
        return next(
            (replace(view, in_full=True, **self.closely) for view in self.views if view.uid == uid), None
        )

    def conflicts_of(self, session: Any, uid: str) -> list[ConflictView]:
        """Those of them about one record."""
        return [view for view in self.open_conflicts(session) if view.record.uid == uid]

    def resolve(self, session: Any, uid: str, take: str | Mapping[str, Any], reason: str = "") -> Committed:
        """A decision."""
        self.calls.append(("resolve", uid, take, reason))
        self.views = [
            replace(view, situation="settled", taken=str(take), settled_by="我") if view.uid == uid else view
            for view in self.views
        ]
        committed = Committed("t", {"conflict": (uid,)})
        for listener in tuple(session.listeners):
            listener(committed)
        return committed

    def _answer(self, value: T | None) -> T:
        if self.failure is not None:
            raise self.failure
        assert value is not None
        return value


def stand_in(monkeypatch: pytest.MonkeyPatch, hub: FakeHub) -> None:
    """Let the window talk with this hub; the list of actions is made of the real ones before."""
    assert catalog.ACTIONS
    for module, names in (
        (syncing, ("sync", "sync_status", "prove")),
        (enrolling, ("enrol", "enrol_from_file")),
        (sticks, ("bundle_out", "bundle_in", "verify_bundle")),
        (conflicts, ("open_conflicts", "conflict_in_full", "conflicts_of", "resolve")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(hub, name))


def a_conflict(record: Boiler, uid: str, kind: str = "merged", **values: Any) -> ConflictView:
    """A conflict about a boiler's output and note; `values` replace what a test wants otherwise."""
    view = ConflictView(
        uid=uid,
        kind=kind,
        kind_text=KINDS.label(kind),
        record=RecordRef("boiler", "boiler", record.uid, record.title(), True),
        fields=(a_field("rated_tph", 4.0, 6.0), a_field("note", "烟囱已加高", "烟囱未加高，群众反映冒黑烟")),
        kept=KEPT,
        offered=OFFERED,
        rule="两人都改了同一内容，较晚的一方成立。",
        proposal="kept",
        decides=("R3", "R5"),
        can_decide=True,
        situation="open",
        taken=None,
        raised_at=MOMENT,
        evidence=(),
    )
    return replace(view, **values)


def a_field(name: str, kept: Any, offered: Any) -> FieldSide:
    """One field at odds."""
    declared = Boiler.TYPE.fields[name]
    shown = (show(declared, kept), show(declared, offered))
    return FieldSide(
        name, {"rated_tph": "额定出力", "note": "备注"}.get(name, name), kept, offered, declared, *shown
    )


def a_place(kept: Point | None, offered: Point) -> FieldSide:
    """Two places, or the one of what is new."""
    words = [f"{at.x:.6f}, {at.y:.6f}" if at is not None else "" for at in (kept, offered)]
    return FieldSide("geometry", "位置", kept, offered, None, *words)
