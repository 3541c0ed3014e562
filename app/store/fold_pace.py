"""How much of the log a fold takes at a time, so that nobody notices it and little is written twice.

A transaction goes on piece after piece until somebody wants to write. Who comes then waits for the rest of a
piece and for the commit, so both are to be short; the longer a transaction is, the fewer pages are written
more than once. Other programs (QGIS, the shell) cannot be heard: for them a transaction ends by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter, thread_time

from app.domain.replication import Block

# What entries cost, in updates: a new record has many cells and indexes; own changes are there already.
_PRICE = {"i": 3.0, "d": 2.0, "u": 1.0, "n": 1.0}
_OWN = 0.5
_PIECE = (0.010, 0.015)  # seconds of the processor and of the clock that a piece should take
_COMMIT = (0.020, 0.030)  # the same of the commit; both together should be less than 50 ms
_LONG = 0.100  # seconds for which a transaction may have the file though nobody in this process waits


@dataclass
class _Amount:
    """Work, in updates of one record, that should take so many seconds; it learns from what it took."""

    work: float
    least: float
    most: float
    seconds: tuple[float, float]

    def learn(self, done: float, took: tuple[float, float]) -> None:
        """So much was done in so many seconds: one that was too slow is proof enough, a quick one half."""
        times = max(took[0] / self.seconds[0], took[1] / self.seconds[1], 1e-6)
        if times > 1:
            self.work = max(self.least, min(self.work, done / times))
        elif done >= self.work / 2:
            self.work = min(self.most, 2 * self.work, max(self.work, (self.work + done / times) / 2))


class Pace:
    """How much is done at a time: `fixed` entries a transaction whoever waits, else what fits."""

    def __init__(self, fixed: int | None = None) -> None:
        self.took = 0.0  # seconds for which the last transaction had the file
        self.fixed = fixed
        self._piece = _Amount(200, 50, 1000, _PIECE)
        self._whole = _Amount(600, 100, 5000, _COMMIT)
        self._done = 0.0  # in this transaction
        self._held: float | None = None
        self._begun = (0.0, 0.0, 0.0)  # processor, clock and what was done when this piece began

    @property
    def work(self) -> float:
        """How much a transaction does at most, in updates of one record."""
        return self.fixed or self._whole.work

    def begin(self) -> None:
        """Nothing is done yet in this transaction, and nobody waits."""
        self._done, self.took, self._held = 0.0, 0.0, None
        self._begun = (thread_time(), perf_counter(), 0.0)

    def held(self, asked: float) -> None:
        """From now on others wait for the file, for which this one has waited since `asked`."""
        if self._held is None:
            self._held = perf_counter()
            worked, began, done = self._begun
            self._begun = (worked, began + self._held - asked, done)

    def full(self) -> bool:
        """Whether this transaction has done enough; what it has written must still be committed."""
        late = self.fixed is None and self._held is not None and perf_counter() - self._held > _LONG
        return late or self._done >= self.work

    def written(self) -> None:
        """A piece has been worked out and written, and the next or the commit begins."""
        worked, now = thread_time(), perf_counter()
        if self.fixed is None:
            took = (worked - self._begun[0], now - self._begun[1])
            self._piece.learn(self._done - self._begun[2], took)
        self._begun = (worked, now, self._done)

    def committed(self) -> None:
        """The transaction is in the file."""
        if self._held is None:
            return
        worked, now = thread_time(), perf_counter()
        self.took = now - self._held
        if self.fixed is None:
            self._whole.learn(self._done, (worked - self._begun[0], now - self._begun[1]))

    def reach(self, block: Block, after: int, own: bool) -> int:
        """The last entry of the block after `after` that the piece still has time for; counted as done."""
        start, last = after + 1 - block.first, block.last
        if self.fixed is not None:
            last = min(after + int(self.fixed - self._done), last)
            self._done += last - after
            return last
        enough = min(self._begun[2] + self._piece.work, self.work)
        for place in range(start, len(block.effects)):
            self._done += _OWN if own else _PRICE[block.effects[place].op]
            if self._done >= enough:
                return block.first + place
        return last
