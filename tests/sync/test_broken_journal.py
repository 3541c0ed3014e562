"""A laptop whose journal was altered: it sends all the same, and says so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from app.actions.hubs import status_of
from app.actions.sticks import bundle_out
from app.actions.upkeep import chain_words, look_at_chain
from app.hub.sticks import take_bundle
from app.hub.views import device_lines
from app.sync.messages import Held, decode_message
from app.sync.state import held_grants
from sync.lan import TOWN, Lan, Laptop


def forge(laptop: Laptop, old: str = "起初", new: str = "伪造") -> None:
    with closing(sqlite3.connect(laptop.session.workspace.path)) as connection:
        kept = "SELECT name FROM sqlite_master WHERE name LIKE 'sync_%_keep_%'"
        for (name,) in connection.execute(kept).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            "UPDATE sync_journal SET cells = replace(cells, ?, ?)"
            " WHERE seq = (SELECT max(seq) FROM sync_journal)",
            (old, new),
        )
        connection.commit()


def test_a_round_and_a_stick_say_that_the_journal_they_sent_is_broken(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("officer", "T-1", note="起初")
    assert town.sync().broken == ""
    town.edit("officer", "T-1", note="起初二")
    forge(town)
    words = chain_words(look_at_chain(town.session))
    assert "officer" in words and "封存" in words and "备份" in words
    assert bundle_out(town.session, tmp_path / "out.bundle").broken == words
    done = town.sync()
    assert done.broken == words
    assert (done.pushed, done.unsent) == (1, 0), "what is on a damaged laptop is safer at the hub"
    assert town.sync().broken == words, "it stays said"


def at_hub(lan: Lan, device: str) -> str:
    """What the hub knows of a laptop's journal."""
    return next(line.journal for line in device_lines(lan.hub) if line.uid == device)


def test_the_hub_hears_of_it_and_that_it_is_whole_again(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("officer", "T-1", note="起初")
    town.sync()
    town.edit("officer", "T-1", note="起初二")
    assert (held_grants(town.session.workspace).journal, at_hub(lan, town.device)) == ("whole", "")
    for change, word, count in ((("起初", "伪造"), "broken", 1), (("伪造", "起初"), "whole", 0)):
        forge(town, *change)
        carried = bundle_out(town.session, tmp_path / f"{word}.bundle").path
        assert held_grants(town.session.workspace).journal == word, "each round says it by the same message"
        take_bundle(lan.hub, carried, lan.clock())
        assert (at_hub(lan, town.device), status_of(lan.hub)["broken_journals"]) == (word, count)


def test_an_older_hub_and_an_older_laptop_pass_it_over(lan: Lan) -> None:
    class OlderHeld(msgspec.Struct):
        made: int
        people: bytes
        disk: str = ""

    told = msgspec.msgpack.encode(Held(made=1, people=b"", disk="open", journal="broken"))
    assert msgspec.msgpack.decode(told, type=OlderHeld).disk == "open"
    assert decode_message(Held, msgspec.msgpack.encode(OlderHeld(1, b"", "open"))).journal == ""


def test_a_whole_journal_is_not_spoken_of(lan: Lan, tmp_path: Path) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    town.enter("officer", "T-1", note="起初")
    lan.drain(town, other, rounds=3)
    assert not any(done.broken for done in lan.drain(town, other))
    assert bundle_out(town.session, tmp_path / "out.bundle").broken == ""
    assert chain_words(look_at_chain(other.session, "weekly")) == ""
