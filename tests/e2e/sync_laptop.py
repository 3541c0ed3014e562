# ruff: noqa: E402 (run as a program, so the folders come first)
"""A laptop's program as a process of its own: edits, says what it has saved, syncs, and is killed in a phase.

`sync_laptop.py TOWN LAPTOP URL PHASE WORD [EDITS] [ROUNDS]`; each saved note is printed as `saved NOTE`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from app.actions.evidence import add_evidence
from app.actions.people import actor_of, find_person
from app.actions.records import edit_record
from app.actions.session import Session
from app.domain.entities.boiler import Boiler
from app.errors import AppError
from app.store import fold
from app.store.workspace import Workspace
from app.sync import bundle
from app.sync import round as syncing
from app.sync.client import Client
from app.sync.round import Round
from app.sync.stick import Stick
from builders import paper
from sync.town import keys_of

_LONG = 200_000  # times a word: a paper that goes in parts

PEOPLE = {"town_a": "officer", "town_a2": "officer2"}


def die() -> None:
    """What kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str) -> None:
    """Die when this is called."""
    setattr(owner, name, lambda *_, **__: die())


def after(owner: Any, name: str) -> None:
    """Die when this has been done."""
    real: Callable[..., Any] = getattr(owner, name)

    def done(*given: Any, **named: Any) -> None:
        real(*given, **named)
        die()

    setattr(owner, name, done)


def during(owner: Any, name: str) -> None:
    """Die a moment after this has begun."""
    real: Callable[..., Any] = getattr(owner, name)

    def begun(*given: Any, **named: Any) -> Any:
        threading.Timer(0.004, die).start()
        return real(*given, **named)

    setattr(owner, name, begun)


PHASES: dict[str, Callable[[], None]] = {
    "none": lambda: None,
    "with_blob": lambda: None,
    "before_blob": lambda: before(syncing, "send_blobs"),
    "before_push": lambda: before(Client, "push"),
    "during_push": lambda: during(Client, "push"),
    "after_commit": lambda: after(Client, "push"),
    "during_fold": lambda: after(fold, "write_piece"),
    "during_blob": lambda: after(Client, "_send_part"),
    "during_bundle": lambda: before(bundle._Writing, "rename"),
    "after_bundle": lambda: after(Stick, "write"),
}


def now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


def main(town: Path, name: str, url: str, phase: str, word: str, edits: int = 2, rounds: int = 1) -> None:
    """Work and sync."""
    keys = keys_of(town, name)
    session = Session(Workspace.open(town / name / "work.gpkg"))
    person = find_person(session, PEOPLE[name])
    assert person is not None
    session.actor = actor_of(person)
    for number in range(edits):
        record = session.workspace.by_key(Boiler, "A-entered")
        assert isinstance(record, Boiler)
        note = f"{word}-{number}"
        edit_record(session, record, {"note": note})
        print("saved", note, flush=True)
    if phase.endswith("_blob"):
        record = session.workspace.by_key(Boiler, "A-entered")
        assert isinstance(record, Boiler)
        add_evidence(session, record, [("other", paper(town / f"{word}.pdf", word * _LONG))])
    PHASES[phase]()
    if phase.endswith("_bundle"):
        Stick(session.workspace, keys, session.now(), lambda *_: None).write(town / f"{word}.bundle")
    facts = session.workspace.replica.facts()
    assert facts is not None

    def sign(claim: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(keys.sign_seed).sign(claim)

    for _ in range(rounds):
        client = Client(url, "", facts.device, sign, pause=lambda _: None)
        try:
            Round(session.workspace, client, keys.sign_seed, now, lambda *_: None, lambda: False).run()
            print("synced", flush=True)
        except AppError as error:
            print("failed", error.code, flush=True)
        finally:
            client.close()
    session.workspace.close()


if __name__ == "__main__":
    folder, laptop, address, where, word, *numbers = sys.argv[1:]
    main(Path(folder), laptop, address, where, word, *map(int, numbers))
