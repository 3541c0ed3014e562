"""Small pushes take turns: few are decided at once, the others wait in the order in which they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import Semaphore

AT_ONCE = 2  # one is thought about while the other waits for the database or the disk
PATIENCE_SECONDS = 0.1  # who takes longer waits for somebody's lock, and others need not wait for that too
SMALL = 64 * 1024  # bytes of a push that takes turns: about a thousand changes


class Turns:
    """The turns of one process. Threads that think at once take the interpreter from each other, and each has
    a session of the database with memory of its own: all become slower, and some much slower."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE_SECONDS) -> None:
        self._free, self._patience = Semaphore(at_once), patience

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Wait for a turn, if a push of `size` bytes needs one; it ends with the block or with patience."""
        if size > SMALL:  # there are few, they take long, and none should wait behind them
            yield
            return
        await self._free.acquire()
        held = True

        def end() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        patience = asyncio.get_running_loop().call_later(self._patience, end)
        try:
            yield
        finally:
            patience.cancel()
            end()
