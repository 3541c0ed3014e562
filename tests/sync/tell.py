"""A search by hand: tell many stories, keep the words of each that ends badly, tell one again, shorten it.

PYTHONPATH=.:tests python -m sync.tell --every-kind --pairs --into FOLDER 1801 1802 1803
PYTHONPATH=.:tests python -m sync.tell --every-kind --again FOLDER/1801-6.told --shorten 300
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from sync.every_kind import EveryKind
from sync.machine import PAIRS, Stories
from sync.searching import MANY, TEN, UntilWrong, Words, described, ending
from sync.town import make


@contextmanager
def a_town() -> Iterator[Path]:
    """The files of a town where nobody has done anything yet."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="gridward-town-", dir=memory if memory.is_dir() else None
    ) as made:
        make(Path(made) / "town")
        yield Path(made) / "town"


def tell_ten(kind: type[Stories], seed: int, into: Path) -> int:
    """Ten stories of a seed, to the last one whatever the others say; how many ended badly."""
    number = bad = 0

    class Here(kind):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.telling = UntilWrong()

        def teardown(self) -> None:
            nonlocal number, bad
            number += 1
            failure = self.telling.failure
            try:
                super().teardown()
            except Exception as error:  # noqa: BLE001 - whatever it says is the finding
                failure = failure or error
            if failure is not None:
                bad += 1
                write(into / f"{seed}-{number}.told", self.telling.told, described(failure))

    run_state_machine_as_test(hypothesis.seed(seed)(Here), settings=settings(MANY, max_examples=TEN))
    return bad


def write(file: Path, told: list[Words], found: str) -> None:
    """The words of a story, to be read by this program and by people."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{words!r}\n" for words in told))
    print(f"{file}: {len(told)} words, {found[:300]}", flush=True)


def read(file: Path) -> list[Words]:
    """The words of a story that `write` wrote."""
    return [ast.literal_eval(line) for line in file.read_text().splitlines()]


def shorten(stories: type[Stories], told: list[Words], found: str, seconds: float) -> list[Words]:
    """The same finding in fewer words, as far as the time goes: pieces go, then turns within a rule."""
    until, like = time.monotonic() + seconds, found[:40]

    def same(words: list[Words]) -> bool:
        return time.monotonic() < until and ending(stories, words)[:40] == like

    size = max(1, len(told) // 2)
    while time.monotonic() < until:
        at, before = 0, told
        while at < len(told):
            fewer = told[:at] + told[at + size :]
            if same(fewer):
                told = fewer
            else:
                at += size
        if size == 1 and told == before:
            break
        size = max(1, size // 2)
    return _fewer_turns(told, same)


def _fewer_turns(told: list[Words], same: Callable[[list[Words]], bool]) -> list[Words]:
    for at, (name, words) in enumerate(told):
        for key in [key for key, value in words.items() if isinstance(value, list)]:
            for place in reversed(range(len(words[key]))):
                now = told[at][1]
                fewer = {**now, key: now[key][:place] + now[key][place + 1 :]}
                shorter = [*told[:at], (name, fewer), *told[at + 1 :]]
                if same(shorter):
                    told = shorter
    return told


def main() -> int:
    """What was asked for on the command line; 1 when a story ended badly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("seeds", nargs="*", type=int, help="each names ten stories")
    parser.add_argument("--every-kind", action="store_true", help="work on all kinds, not on boilers alone")
    parser.add_argument("--pairs", action="store_true", help="only two laptops do anything before the end")
    parser.add_argument("--into", type=Path, default=Path("stories"), help="where stories that end badly go")
    parser.add_argument("--again", type=Path, help="tell this one again")
    parser.add_argument("--shorten", type=float, default=0, metavar="SECONDS")
    asked = parser.parse_args()
    with a_town() as town:
        given = {"template": town, **({"crowds": PAIRS} if asked.pairs else {})}
        kind = type("Here", (EveryKind if asked.every_kind else Stories,), given)
        if asked.again:
            return again(kind, asked.again, asked.shorten)
        return search(kind, asked.seeds, asked.into)


def again(kind: type[Stories], file: Path, seconds: float) -> int:
    """Tell a story again, and shorten it if it still ends badly."""
    told = read(file)
    found = ending(kind, told)
    print(found or "It ends well.")
    if found and seconds:
        told = shorten(kind, told, found, seconds)
        write(file.with_suffix(".short"), told, found)
    return bool(found)


def search(kind: type[Stories], seeds: list[int], into: Path) -> int:
    """Ten stories of each seed; a line for each ten."""
    bad = 0
    for seed in seeds:
        began = time.process_time()
        found = tell_ten(kind, seed, into)
        bad += found
        print(f"seed {seed}: {found} findings, {time.process_time() - began:.0f} s", flush=True)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
