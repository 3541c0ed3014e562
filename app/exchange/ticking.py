"""How long work says how far it is, and is left when somebody cancels it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
Tick = Callable[[float], None]  # called with the share that is done; may raise to cancel
_LOOK_EVERY_S = 0.05


def go_on(_: float) -> None:
    """What is called when nobody watches."""


def left_when_cancelled(work: Callable[[], T], tick: Tick, share: float = 0.0) -> T:
    """The result of work that cannot be asked to stop; when `tick` raises it is left to itself.

    For calls of other libraries that let Python's other threads run meanwhile. What is left ends by itself,
    and its result is dropped.
    """
    if tick is go_on:
        return work()
    apart = ThreadPoolExecutor(1, "left-when-cancelled")
    try:
        made = apart.submit(work)
        while not wait([made], _LOOK_EVERY_S).done:
            tick(share)
        return made.result()
    finally:
        apart.shutdown(wait=False)
