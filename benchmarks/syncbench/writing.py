"""What noting every change costs the writer, and what a fold costs a laptop."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from unittest.mock import patch

from app.domain.changes import ChangeSet
from app.store.fold import FoldDone
from app.store.workspace import Workspace
from app.sync.folding import proved
from app.sync.messages import SignedBlock
from syncbench import bare, hubs
from syncbench.exchange import Place
from syncbench.files import make_workspace
from syncbench.laptops import AT, Laptop, change_sets, key_of
from syncbench.measuring import Taken, middle, ratio, settle, timed
from syncbench.rows import Edit, edits
from syncbench.waiting import told, waits_during

Side = tuple[Workspace, list[ChangeSet]]
_SIDES = ("with", "without")
_TICK = 0.01  # s; a short run may take less than the processor clock tells


def capture(folder: Path, count: int, changes: int, times: int) -> dict[str, float]:
    """The same change sets by the same writer: with its journal, and without a trace of who wrote what.

    Acts of twenty changes, each durable (synchronous FULL).
    """
    whole = folder / "whole.gpkg"
    uids = make_workspace(whole, count)
    found: dict[str, list[Taken]] = {name: [] for name in _SIDES}
    for run in range(times):
        acts = once(edits(uids, changes, 100 + run))
        with ExitStack() as files:
            sides = {name: _prepared(files, whole, folder / f"{name}.gpkg", acts) for name in _SIDES}
            settle()
            for name, taken in _in_turns(sides).items():
                found[name].append(taken)
    mine, none = (middle(found[name]) for name in _SIDES)
    return ratio(mine, none, "with")


def _prepared(files: ExitStack, whole: Path, path: Path, acts: list[list[Edit]]) -> Side:
    """A copy of the file, open, and the change sets that are to be written there."""
    shutil.copyfile(whole, path)
    workspace = files.enter_context(Workspace.open(path))
    return workspace, list(change_sets(workspace, acts))


def _in_turns(sides: Mapping[str, Side]) -> dict[str, Taken]:
    """What each side takes, an act of one and the same act of the other by turns, and each first as often:
    what else the machine does then meets both alike."""
    names, found = list(sides), dict.fromkeys(sides, Taken(0.0, 0.0))
    for number in range(len(sides[names[0]][1])):
        for name in names if number % 2 else reversed(names):
            workspace, sets = sides[name]
            acting = _timed if name == "with" else _without_book
            taken = acting(partial(workspace.apply, sets[number], at=AT), workspace)
            before = found[name]
            found[name] = Taken(before.wall + taken.wall, before.cpu + taken.cpu)
    return found


def _timed(write: Callable[[], object], workspace: Workspace) -> Taken:
    """Like `timed`, by a clock of the processor that tells thousandths of a second. What is left to a thread
    counts as work of the processor; nobody waits for it."""
    begun, used = perf_counter(), process_time()
    write()
    wall = perf_counter() - begun
    workspace._opened.database.tidying.join()
    return Taken(wall, process_time() - used)


def once(acts: list[list[Edit]]) -> list[list[Edit]]:
    """The acts without a second change of the same record, as what the writer saw is prepared beforehand."""
    met: set[str] = set()
    return [[edit for edit in act if not (edit.uid in met or met.add(edit.uid))] for act in acts]  # type: ignore[func-returns-value]


def _without_book(write: Callable[[], object], workspace: Workspace) -> Taken:
    """The writer without the transaction's row, the journal and the chain, and what they leave for later."""
    later = patch("app.store.tidying.Tidying.saved", lambda *_: None)
    with patch("app.store.writer.note", lambda *_: ""), later:
        return _timed(write, workspace)


def fold(place: Place, number: int, entries: int, times: int = 3) -> dict[str, float]:
    """A laptop that has nothing of its own takes in what others wrote: seconds for `entries`, how long it had
    the file at most, and how long saves waited for it in as many folds more. Signature, decoding and folding
    count, the network does not.

    Beside it the floor: the statements that it wrote with, once more by bare SQLite in the same steps.
    """
    path, start = place.folder / "folding.gpkg", place.folder / "before.gpkg"
    laptop = Laptop.install(place.start, start, key_of(number), hubs.enrol(place.hub, number))
    blocks = [block for block in place.hub.pull(laptop.device, {}, 1 << 40).blocks if block.first > 1]
    laptop.close()
    ours: list[Taken] = []
    floor: list[Taken] = []
    waits: list[float] = []
    held, pages, done = 0.0, 0.0, 0
    for run in range(times):
        steps: list[FoldDone] = []
        with _opened(start, path) as workspace:
            settle()
            ours.append(timed(partial(_fold, workspace, blocks, place, steps)))
        done, held = sum(step.entries for step in steps), max(held, *(step.held for step in steps))
        with _opened(start, path) as workspace:
            size = done // len(steps)
            written = bare.statements(partial(_fold, workspace, blocks, place, [], size))
        taken, pages = bare.again(written, start, path)
        del written  # with hundreds of thousands of values, which the collector would look at during a wait
        floor.append(taken)
        with _opened(start, path) as workspace:
            settle()
            waits += waits_during(workspace, partial(_fold, workspace, blocks, place, []), run)
    share, mine, least = entries / done, middle(ours), middle(floor)
    return {
        "entries": done, "fold_s": mine.wall * share, "fold_cpu_s": mine.cpu * share,
        "longest_held_ms": held * 1000, "floor_s": least.wall * share, "floor_cpu_s": least.cpu * share,
        "times_the_floor": mine.cpu / max(least.cpu, _TICK), "pages_a_change": pages / done,
    } | told(waits)  # fmt: skip


def _fold(
    workspace: Workspace, blocks: list[SignedBlock], place: Place, steps: list[FoldDone],
    size: int | None = None,
) -> None:  # fmt: skip
    """The fold, in steps of `size` entries or as it thinks best; `steps` hears what each did."""
    steps += workspace.replica.fold_all((proved(block, place.hub.key) for block in blocks), size)


@contextmanager
def _opened(start: Path, path: Path) -> Iterator[Workspace]:
    """A copy of the file as it was, open, and removed in the end."""
    shutil.copyfile(start, path)
    try:
        with Workspace.open(path) as workspace:
            yield workspace
    finally:
        for rest in path.parent.glob(path.name + "*"):
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
