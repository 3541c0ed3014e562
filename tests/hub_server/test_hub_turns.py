"""Small pushes take turns: two at once, in the order they came, and none waits long behind a waiting one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.hub.service import Service
from app.hub.turns import AT_ONCE, SMALL, Turns
from app.sync import messages as m
from hub_server.small_hub import Laptop

NEVER = 3600.0
Work = Coroutine[Any, Any, None]


class Pushes:
    """Pushes that go on until they are told to end; who began, in order, and who goes on."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.began, self.going = turns, list[int](), set[int]()
        self.may_end = [asyncio.Event() for _ in range(8)]
        self.told = asyncio.Condition()

    async def push(self, number: int, size: int = 1) -> None:
        async with self.turns.turn(size):
            async with self.told:
                self.began.append(number)
                self.going.add(number)
                self.told.notify_all()
            await self.may_end[number].wait()
            self.going.discard(number)

    async def begun(self, count: int) -> None:
        async with self.told:
            await self.told.wait_for(lambda: len(self.began) >= count)


async def _settled() -> None:
    """Everything that could go on has gone on."""
    for _ in range(20):
        await asyncio.sleep(0)


def run(work: Work) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def test_two_at_once_and_the_others_in_the_order_they_came() -> None:
    async def story() -> None:
        pushes = Pushes(Turns(patience=NEVER))
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(pushes.push(number))
            await _settled()
            assert pushes.began == [0, 1]
            assert AT_ONCE == 2
            pushes.may_end[1].set()
            await _settled()
            assert pushes.began == [0, 1, 2]
            pushes.may_end[0].set()
            pushes.may_end[2].set()
            await _settled()
            assert pushes.began == [0, 1, 2, 3, 4]
            assert pushes.going == {3, 4}
            for one in pushes.may_end:
                one.set()

    run(story())


def test_a_large_push_waits_for_nobody_and_nobody_for_it() -> None:
    async def story() -> None:
        pushes = Pushes(Turns(1, NEVER))
        async with asyncio.TaskGroup() as group:
            group.create_task(pushes.push(0, SMALL + 1))
            group.create_task(pushes.push(1, SMALL))
            await _settled()
            group.create_task(pushes.push(2, SMALL))
            group.create_task(pushes.push(3, SMALL + 1))
            await _settled()
            assert pushes.began == [0, 1, 3]
            for one in pushes.may_end:
                one.set()

    run(story())


def test_who_waits_for_a_lock_gives_the_turn_away_once() -> None:
    async def story() -> None:
        pushes = Pushes(Turns(1, 0.01))
        async with asyncio.TaskGroup() as group:
            group.create_task(pushes.push(0))
            group.create_task(pushes.push(1))
            await pushes.begun(2)  # though the first goes on
            assert pushes.going == {0, 1}
            for one in pushes.may_end:
                one.set()
        pushes = Pushes(pushes.turns)
        pushes.turns._patience = NEVER
        async with asyncio.TaskGroup() as group:
            group.create_task(pushes.push(0))
            group.create_task(pushes.push(1))
            await _settled()
            assert pushes.began == [0], "the ends of those before gave a turn more than there are"
            for one in pushes.may_end:
                one.set()

    run(story())


def test_a_push_that_fails_or_whose_laptop_hangs_up_ends_its_turn() -> None:
    async def story() -> None:
        pushes = Pushes(Turns(1, NEVER))
        with pytest.raises(ZeroDivisionError):
            async with pushes.turns.turn(1):
                raise ZeroDivisionError
        held = asyncio.create_task(pushes.push(0))
        waits = asyncio.create_task(pushes.push(1))
        await _settled()
        for gone in (waits, held):
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
        pushes.may_end[2].set()
        await pushes.push(2)
        assert pushes.began == [0, 2]

    run(story())


def test_the_hub_decides_a_push_in_its_turn(laptop: Laptop, service: Service) -> None:
    seen: list[int] = []

    class Watched(Turns):
        @asynccontextmanager
        async def turn(self, size: int) -> AsyncIterator[None]:
            seen.append(size)
            async with super().turn(size):
                yield

    service.turns = Watched()
    batch = laptop.batch()
    push = m.encode_message(m.PushRequest(batch=batch))
    assert laptop.ask("POST", "/v1/push", content=push).status_code == 200
    assert seen == [len(batch)]
