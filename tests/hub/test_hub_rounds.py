"""Many statements in one round: answers come back whole, and an error leaves the line usable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from app.domain.replication import SEEN_BYTES
from app.hub import lost, rounds
from app.hub.database import HubDatabase
from app.hub.hub import Hub
from app.hub.rounds import Asked
from app.sync.messages import Held, PullRequest
from hub.office_hub import CITY, NOON, TOWN, HubBench
from postgres_server import needs_postgis

pytestmark = needs_postgis


@pytest.fixture
def database(postgres_folder: Path) -> Iterator[HubDatabase]:
    """A database of a server, without a hub in it."""
    found = HubDatabase(None, f"postgresql://gridward@/postgres?host={postgres_folder}")
    with found.writing() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS thing")
        connection.exec_driver_sql("CREATE TABLE thing (id int PRIMARY KEY, said text, raw bytea)")
    yield found
    found.close()


def _count(database: HubDatabase) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM thing").scalar_one())


def _keep(database: HubDatabase, *statements: tuple[str, tuple[Any, ...]]) -> list[Asked]:
    """One round in one transaction."""
    with database.writing() as connection, database.together(connection, commit=True) as ask:
        return [ask(words, given) for words, given in statements]


def test_values_come_back_as_they_were_sent(database: HubDatabase) -> None:
    said, raw = "现场核实 \\ \" ' %s", bytes(range(256))
    insert = "INSERT INTO thing VALUES (%s, %s, %s)"
    *_, rows, none = _keep(
        database,
        (insert, (1, said, raw)),
        (insert, (2, None, None)),
        ("SELECT id, said, raw, id > %s::int FROM thing ORDER BY id", (1,)),
        ("SELECT id FROM thing WHERE id = %s", (3,)),
    )
    assert rows.fetchall() == [(1, said, raw, False), (2, None, None, True)]
    assert none.fetchone() is None
    assert _count(database) == 2


def test_a_round_larger_than_what_fits_into_the_line(database: HubDatabase) -> None:
    much = "x" * 1_000_000
    told = _keep(database, *[("SELECT %s::text, %s::int", (much, number)) for number in range(12)])
    assert [one.fetchone() for one in told] == [(much, number) for number in range(12)]


def test_what_the_line_does_not_take_at_once_waits_for_nobody_and_goes_later(database: HubDatabase) -> None:
    much, held = "x" * 8_000_000, "SELECT pg_advisory_xact_lock(7)"
    with database.writing() as connection:
        driver: Any = connection.connection.driver_connection
        with database.writing() as other:
            other.exec_driver_sql(held)
            line = rounds.Round(driver)
            line(held)
            assert line.begin()
            told = line("SELECT %s::text", (much,))
            assert not line.begin()  # the server waits for the lock, and reads nothing
        line.run()
        assert told.fetchone() == (much,)
    assert _count(database) == 0


def test_of_a_round_with_an_error_nothing_is_kept_and_the_next_is_as_ever(database: HubDatabase) -> None:
    one = ("INSERT INTO thing (id) VALUES (%s)", (1,))
    fresh: tuple[str, tuple[Any, ...]] = ("SELECT count(*) FROM thing WHERE said IS NULL", ())
    for _ in range(2):
        with pytest.raises(IntegrityError):
            _keep(database, one, one, fresh)
        assert _count(database) == 0
    found, _ = _keep(database, fresh, one)
    assert found.fetchone() == (0,)
    assert _count(database) == 1


def test_a_text_that_would_be_cut_is_refused(database: HubDatabase) -> None:
    with pytest.raises(DataError):
        _keep(database, ("INSERT INTO thing VALUES (%s, %s)", (1, "cut\0here")))
    assert _count(database) == 0


def test_statements_that_somebody_let_go_of_are_prepared_again(database: HubDatabase) -> None:
    another: tuple[str, tuple[Any, ...]] = (
        "INSERT INTO thing (id) SELECT coalesce(max(id), 0) + 1 FROM thing",
        (),
    )
    _keep(database, another)
    with database.writing() as connection:
        connection.exec_driver_sql("DEALLOCATE ALL")
    with pytest.raises(OperationalError):
        _keep(database, another)
    _keep(database, another)
    assert _count(database) == 2


def test_more_statements_than_are_kept_prepared_are_answered_too(
    database: HubDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_MOST", 2)
    told = _keep(database, *((f"SELECT %s::text || '{number}'", ("x",)) for number in range(5)))
    assert [asked.fetchone() for asked in told] == [(f"x{number}",) for number in range(5)]


def test_a_server_that_is_gone_is_said(database: HubDatabase) -> None:
    with pytest.raises(OperationalError):
        _keep(database, ("SELECT pg_terminate_backend(pg_backend_pid())", ()), ("SELECT 1", ()))
    assert _count(database) == 0


def test_push_and_pull_in_one_are_what_both_are_by_themselves(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, other = bench.laptop(TOWN, "R2"), bench.laptop(CITY, "R0")
    for one in (laptop, other):
        one.enter("officer")
        one.push()
    laptop.enter("officer")
    pulls: list[str] = []
    first = bench.hub.log(TOWN)[0]
    after, heads = {TOWN: first.last}, {TOWN: first.head}
    asked = PullRequest(after=after, held=Held(made=0, people=b""), heads=heads)
    with monkeypatch.context() as watched:
        pull = Hub.pull
        watched.setattr(
            Hub, "pull", lambda hub, device, *rest: pulls.append(device) or pull(hub, device, *rest)
        )
        answer, news = bench.hub.sync(laptop.uid, laptop.batch(), asked, NOON)
    alone = bench.hub.pull(laptop.uid, after, 1 << 22, NOON, asked.held, heads)
    assert (answer.state, answer.accepted) == ("taken", 1)
    assert news == alone and news.grants
    assert alone.blocks[-1].last == alone.areas[TOWN][0]
    assert (
        bool(pulls) is not bench.hub.database.postgres
    )  # where it is asked in the round that keeps the push


def test_what_a_laptop_was_told_is_not_looked_up_when_it_says_so(
    bench: HubBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = bench.laptop(TOWN, "R2")
    laptop.enter("officer")
    _, news = bench.hub.sync(laptop.uid, laptop.batch(), PullRequest(after={}), NOON)
    laptop.previous, laptop.next = laptop._last[0], laptop._last[1] + 1
    laptop.forget()
    laptop.enter("officer")
    looked: list[Any] = []
    monkeypatch.setattr(lost, "has_block", lambda *given: looked.append(given) or True)
    assert news is not None
    seen = {area: (seq, head[:SEEN_BYTES]) for area, (seq, head, _) in news.areas.items()}
    assert laptop.push(seen=seen).state == "taken"
    assert not looked


def _tell(database: HubDatabase, *numbers: int) -> None:
    """Insert these in one transaction, one statement after the other in line."""
    with database.writing() as connection, database.in_line(connection) as tell:
        for number in numbers:
            tell("INSERT INTO thing VALUES (%s, %s, %s)", (number, "现场", None))


def test_statements_in_line_are_kept_together_or_not_at_all(database: HubDatabase) -> None:
    _tell(database, 1, 2)
    assert _count(database) == 2
    with pytest.raises(IntegrityError):
        _tell(database, 3, 2, 4)
    assert _count(database) == 2
    with database.writing() as connection:  # the connection is usable, also between other statements
        with database.in_line(connection) as tell:
            tell("INSERT INTO thing VALUES (%s, %s, %s)", (5, None, None))
        assert connection.exec_driver_sql("SELECT max(id) FROM thing").scalar_one() == 5


def _leave(database: HubDatabase) -> None:
    """Go out of a line while the server is busy with what was sent."""
    with database.writing() as connection, database.in_line(connection) as tell:
        tell("INSERT INTO thing VALUES (%s, %s, %s)", (1, "现场" * 100_000, None))
        tell("SELECT 1 / %s", (0,))
        tell("INSERT INTO thing VALUES (%s, %s, %s)", (2, None, None))
        raise LookupError


def test_a_line_that_is_left_ends_what_was_sent(database: HubDatabase) -> None:
    """What the server has begun with is over, and undone, when the block has ended."""
    with pytest.raises(LookupError):
        _leave(database)
    assert _count(database) == 0
    _tell(database, 1, 2)
    assert _count(database) == 2
