"""What noting every change costs the writer, and what a fold costs a laptop."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from app.store.workspace import Workspace
from app.sync.folding import proved
from syncbench import hubs
from syncbench.exchange import Place
from syncbench.files import make_workspace
from syncbench.laptops import AT, Laptop, change_sets, key_of
from syncbench.measuring import Taken, middle, ratio, settle, timed
from syncbench.rows import Edit, edits


def capture(folder: Path, count: int, changes: int, times: int) -> dict[str, float]:
    """The same change sets by the same writer: with its journal, and without a trace of who wrote what.

    Acts of twenty changes, each durable (synchronous FULL).
    """
    whole = folder / "whole.gpkg"
    uids = make_workspace(whole, count)
    found: dict[str, list[Taken]] = {"with": [], "without": []}
    for run in range(times):
        acts = once(edits(uids, changes, 100 + run))
        for name in ("with", "without"):
            target = folder / "writing.gpkg"
            shutil.copyfile(whole, target)
            with Workspace.open(target) as workspace:
                sets = list(change_sets(workspace, acts))

                def write(workspace: Workspace = workspace, sets: list = sets) -> None:  # type: ignore[type-arg]
                    for one in sets:
                        workspace.apply(one, at=AT)

                settle()
                found[name].append(_without_book(write) if name == "without" else timed(write))
    mine, none = (middle(found[name]) for name in ("with", "without"))
    return ratio(mine, none, "with")


def once(acts: list[list[Edit]]) -> list[list[Edit]]:
    """The acts without a second change of the same record, as what the writer saw is prepared beforehand."""
    met: set[str] = set()
    return [[edit for edit in act if not (edit.uid in met or met.add(edit.uid))] for act in acts]  # type: ignore[func-returns-value]


def _without_book(write: Callable[[], None]) -> Taken:
    """The writer without the transaction's row, the journal and the chain."""
    with (
        patch("app.store.writer.open_transaction", lambda *_: ("", 0)),
        patch("app.store.writer.note", lambda *_: None),
    ):
        return timed(write)


def fold(place: Place, number: int, entries: int) -> dict[str, float]:
    """A laptop that has nothing of its own takes in what others wrote: seconds for `entries`, longest wait.

    Signature, decoding and folding count, the network does not.
    """
    path = place.folder / f"folding{number}.gpkg"
    laptop = Laptop.install(place.start, path, key_of(number), hubs.enrol(place.hub, number))
    blocks = [block for block in place.hub.pull(laptop.device, {}, 1 << 40).blocks if block.first > 1]
    waits: list[float] = []
    done = 0

    def work() -> None:
        nonlocal done
        last = perf_counter()
        for step in laptop.workspace.replica.fold_all(proved(block, place.hub.key) for block in blocks):
            waits.append(perf_counter() - last)
            done += step.entries
            last = perf_counter()

    settle()
    taken = timed(work)
    laptop.close()
    for rest in path.parent.glob(path.name + "*"):
        rest.unlink()
    share = entries / done
    return {
        "entries": done, "fold_s": taken.wall * share, "fold_cpu_s": taken.cpu * share,
        "longest_step_ms": max(waits) * 1000,
    }  # fmt: skip
