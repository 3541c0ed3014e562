"""A laptop whose journal was altered: it sends all the same, and says so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from app.actions.sticks import bundle_out
from app.actions.upkeep import chain_words, look_at_chain
from sync.lan import TOWN, Lan, Laptop


def forge(laptop: Laptop) -> None:
    with closing(sqlite3.connect(laptop.session.workspace.path)) as connection:
        kept = "SELECT name FROM sqlite_master WHERE name LIKE 'sync_%_keep_%'"
        for (name,) in connection.execute(kept).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            "UPDATE sync_journal SET cells = replace(cells, '起初', '伪造')"
            " WHERE seq = (SELECT max(seq) FROM sync_journal)"
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


def test_a_whole_journal_is_not_spoken_of(lan: Lan, tmp_path: Path) -> None:
    town, other = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    town.enter("officer", "T-1", note="起初")
    lan.drain(town, other, rounds=3)
    assert not any(done.broken for done in lan.drain(town, other))
    assert bundle_out(town.session, tmp_path / "out.bundle").broken == ""
    assert chain_words(look_at_chain(other.session, "weekly")) == ""
