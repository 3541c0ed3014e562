"""A message that comes too slowly is let go: one that pauses, and one that never ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from app.errors import Refused
from app.hub import speaking


def _request(*, pauses: bool) -> Request:
    """A request that brings a piece and then nothing, or a piece at each turn without an end."""
    brought = 0

    async def receive() -> dict[str, Any]:
        nonlocal brought
        brought += 1
        if pauses and brought > 1:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


@pytest.mark.parametrize("pauses", [True, False])
def test_whoever_brings_a_body_too_slowly_is_told(pauses: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speaking, "PAUSE_SECONDS", 0.05 if pauses else 3600.0)
    monkeypatch.setattr(speaking, "BODY_SECONDS", 3600.0 if pauses else 0.05)
    with pytest.raises(Refused) as refused:
        asyncio.run(speaking.body_of(_request(pauses=pauses), 1 << 40))
    assert refused.value.code == "too_slow"
