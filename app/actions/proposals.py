"""What a new record may be called before its office gives it a number."""

from __future__ import annotations

import hashlib

from app.actions.session import Session
from app.domain.entities.boiler import Boiler
from app.domain.filters import Condition, where

_TAG_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read as another: no 0 O 1 I
_TAG_LENGTH = 3


def free_ledger_no(session: Session) -> str:
    """A ledger number nobody has yet, such as 620802-2026-K7M-01: county, year, this laptop, serial.

    Laptops that number without a network at the same time do not meet, as each has letters of its own. It is
    a proposal: whoever enters the boiler may write the number of their own ledger instead.
    """
    actor = session.actor
    county = (actor.area if actor and actor.area else session.workspace.area)[:6]
    head = f"{county}-{session.today[:4]}-{_tag(session.workspace.device)}-"
    alike = session.workspace.find(Boiler, where(Condition("ledger_no", "~", head)))
    taken = {item.ledger_no for item in alike}
    serial = next(n for n in range(1, len(taken) + 2) if f"{head}{n:02d}" not in taken)
    return f"{head}{serial:02d}"


def _tag(device: str) -> str:
    number = int.from_bytes(hashlib.sha256(device.encode()).digest()[:8], "big")
    letters = len(_TAG_LETTERS)
    return "".join(_TAG_LETTERS[number // letters**at % letters] for at in range(_TAG_LENGTH))
