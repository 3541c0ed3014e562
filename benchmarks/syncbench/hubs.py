"""The hub's side: one on PostgreSQL that has decided many boilers already, and its laptops."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from msgspec import structs

from app.domain.digest import as_text
from app.domain.entities.division import Division
from app.domain.entities.people import Person
from app.hub.hub import Hub
from app.sync.messages import EnrolRequest
from app.sync.signing import ENROL, public_key, sign
from syncbench.laptops import HEAD, PERSON, key_of
from syncbench.postgres import fill
from syncbench.rows import COUNTY, ROOT, TOWNS


def now() -> datetime:
    """The hub's clock."""
    return datetime.now(UTC)


def make(folder: Path, url: str, count: int) -> Hub:
    """A hub, its files in `folder`, with divisions, two persons and so many boilers: one block a town."""
    divisions: list[Any] = [
        Division(uid=f"00000000-0000-4000-8000-{code:0>12}", code=code, name=code, level=level)
        for code, level in ((ROOT, "city"), (COUNTY, "county"), *((town, "town") for town in TOWNS))
    ]
    admin = Person(
        uid="00000000-0000-4000-8000-0000000000a0", login="admin", name="管理员", role="R0", area=ROOT
    )
    person = Person(
        uid=PERSON.uid, login="wang", name=PERSON.name, role=PERSON.role, org=PERSON.org, area=PERSON.area
    )
    hub = Hub.init(folder, url, ROOT, [*divisions, person], admin, now=now())
    digests = fill(url, count)
    with psycopg.connect(url) as connection:
        for town in TOWNS:
            connection.execute(
                "INSERT INTO hub_area VALUES (%s, 1, %s, %s) ON CONFLICT (code) DO UPDATE"
                " SET seq = 1, head = excluded.head, digest = excluded.digest",
                (town, HEAD, as_text(digests.get(town, 0))),
            )
            connection.execute(  # nobody reads what it says; laptops show its head
                "INSERT INTO hub_log (area, first, received, last, device, epoch, body, head, signature)"
                " VALUES (%s, 1, %s, 1, '', 0, '', %s, '')",
                (town, int(now().timestamp() * 1000), HEAD),
            )
        connection.execute("INSERT INTO hub_site (device, epoch) VALUES ('before', 1)")
    return hub


def enrol(hub: Hub, number: int, area: str = COUNTY) -> Mapping[str, Any]:
    """A laptop with the key of that number; gives what the hub answers."""
    seed = key_of(number)
    asked = EnrolRequest(
        code=hub.invite(area, PERSON.role, 10, now()).secret, sign_key=public_key(seed),
        recipient="age1bench", schema=1, program="bench", signature=b"",
    )  # fmt: skip
    proved = EnrolRequest(
        code=asked.code, sign_key=asked.sign_key, recipient=asked.recipient, schema=1, program="bench",
        signature=sign(ENROL, asked.claim, seed),
    )  # fmt: skip
    return structs.asdict(hub.enrol(proved, now()))
