"""The short roads of small pushes and pulls: what a process remembers may not outlive its source."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from app.domain.changes import new_uid
from app.domain.entities.boiler import Boiler
from app.domain.entities.setting import Setting
from app.domain.replication import SEEN_BYTES
from app.hub import pulling
from app.hub.hub import Hub
from app.hub.log import read_blocks
from hub.office_hub import CITY, TOWN, HubBench, Laptop
from postgres_server import create_database, needs_postgis, sql


def _beside(bench: HubBench, laptop: Laptop, place: Boiler, degrees: float) -> Boiler:
    point = place.geometry
    made = laptop.enter("officer", geometry=type(point)(point.x + degrees, point.y))
    laptop.push()
    return made


def test_another_process_changes_a_setting_between_two_small_pushes(
    bench: HubBench, place: tuple[Path, str | None]
) -> None:
    laptop = bench.laptop()
    first = laptop.enter("officer")
    laptop.push()
    _beside(bench, laptop, first, 0.01)  # 900 m: nothing like it, and the hub remembers how near is near
    assert not bench.hub.conflicts()
    other = HubBench(Hub.open(*place))
    city = other.laptop(CITY, "R0")
    city.act("root", "setting")
    city.insert(Setting(uid=new_uid(), name="duplicate_m", value="2000"))
    assert city.push().accepted == 1
    last = _beside(bench, laptop, first, -0.01)
    assert last.uid in {item.owner for item in bench.hub.conflicts()}
    other.hub.close()
    bench.check()


@needs_postgis
@pytest.mark.parametrize("place", ["postgres"], indirect=True)
def test_an_older_state_brought_back_under_a_serving_hub_is_noticed(
    bench: HubBench, postgres_folder: Path
) -> None:
    """By whoever keeps PostgreSQL, without a word to the hub, which had looked at the lost blocks before."""
    writer, reader = bench.laptop(), bench.laptop()
    made = writer.enter("officer")
    writer.push()
    name = str(bench.hub.database._readers.url.database)
    bench.hub.database.close()  # nobody may have open what is copied
    create_database(postgres_folder, f"{name}_kept", name)
    writer.edit("officer", made.uid, note="lost")
    writer.push()
    reader.pull()
    areas = bench.hub.pull(reader.uid, {}).areas
    seen = {code: (seq, head[:SEEN_BYTES]) for code, (seq, head, _) in areas.items()}
    writer.edit("officer", made.uid, note="lost as well")
    assert writer.push(seen=seen).state == "taken"
    sql(postgres_folder, f'DROP DATABASE "{name}" WITH (FORCE)')
    create_database(postgres_folder, name, f"{name}_kept")
    sql(postgres_folder, f'DROP DATABASE "{name}_kept"')
    with pytest.raises(OperationalError):  # one request meets the session that was ended; laptops repeat it
        bench.hub.status()
    reader.edit("officer", made.uid, note="upon what is lost")
    assert reader.push(seen=seen).state == "restored"
    assert bench.boiler(made.uid) == made


@pytest.mark.parametrize("pushes", [3, pulling.MANY + 4])
def test_a_pull_gives_the_log_from_any_number_on(bench: HubBench, pushes: int) -> None:
    laptop = bench.laptop()
    for _ in range(pushes):
        laptop.enter("officer")
        laptop.enter("officer")
        laptop.push()
    with bench.hub.database.reading() as connection:
        whole, _ = read_blocks(connection, {TOWN: 0}, 1 << 40)
    bench.hub.pull(laptop.uid, {})  # from here on the hub knows what this laptop reads
    for seen in (0, 1, 2, 3, 4):
        told = bench.hub.pull(laptop.uid, {TOWN: seen})
        got = [block for block in told.blocks if block.area == TOWN]
        assert got == [block for block in whole if block.last > seen]
        assert not told.more
    cut = bench.hub.pull(laptop.uid, {}, len(whole[0].body) + 1)
    assert cut.more and cut.blocks[0].area <= TOWN
