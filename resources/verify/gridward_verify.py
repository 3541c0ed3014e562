"""Checks a hub's log, and a certificate of `gridward sync --prove` against it, from the file formats alone.

    python gridward_verify.py LOG [CERTIFICATE] [--key HEX]

LOG is what `gridward hub export-log` wrote. `--key` is the hub's public key as
a bureau's paper gives it; without it the key in the log is believed. It needs msgspec, zstandard and
cryptography, and nothing of Gridward. docs/proof.md has the formats and tells what is checked.
"""

import argparse
import json
import sqlite3
import struct
from collections import Counter, defaultdict
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from io import BytesIO
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import msgpack
from zstandard import ZstdDecompressor, ZstdError

UNZIP = ZstdDecompressor().decompress
UNREADABLE = (ValueError, LookupError, StopIteration, TypeError, OverflowError, struct.error, ZstdError)

WRITTEN: dict[type, Any] = {  # a value as the digest of its area has it
    bool: b"b%d".__mod__, int: b"i%d".__mod__, bytes: b"g".__add__,
    float: lambda real: struct.pack("<cd", b"f", real + 0.0),
    str: lambda text: b"s" + text.encode(), list: lambda texts: b"l" + "\0".join(texts).encode(),
}  # fmt: skip


class Refused(Exception):
    """The name of what is wrong, and where."""


def need(true: Any, name: str, where: str) -> None:
    """Go on only if it is true."""
    if not true:
        raise Refused(name, where)


class Columns:
    """The columns of a block, to be read in the order they were written."""

    def __init__(self, numbers: list[int], small: bytes, large: bytes) -> None:
        self.number, self.small, self.large = iter(numbers).__next__, BytesIO(small), BytesIO(large)

    def chunk(self, size: int) -> bytes:
        packed, where = (0, self.small) if size < 512 else (self.number(), self.large)
        return UNZIP(where.read(packed), size) if packed else where.read(size)

    def ints(self, count: int) -> list[int]:
        width, low = (self.number(), self.number()) if count else (0, 0)
        start = [low] if width > 8 else []  # then what follows are the steps from one to the next
        low, width, rest = (self.number(), width - 9, count - 1) if start else (low, width, count)
        planes = [self.chunk(rest) for _ in range(width)]  # the lowest bytes of all, then the next ones
        found = [low + int.from_bytes([plane[n] for plane in planes], "little") for n in range(rest)]
        every = accumulate(start + found) if start else found
        return [(value + (1 << 63)) % (1 << 64) - (1 << 63) for value in every]

    def pieces(self, count: int, read: Any) -> list[Any]:
        return cut(self.ints(count), read(self.number()))

    def texts(self, count: int) -> list[str]:
        form = self.number() if count else 2
        if form == 2:
            return [str(UUID(bytes=uid)) for uid in cut([16] * count, self.chunk(16 * count))]
        if form == 3:
            times = [(datetime.fromtimestamp(ms // 1000, UTC), ms % 1000) for ms in self.ints(count)]
            return [f"{time.isoformat()[:19]}.{ms:03}Z" for time, ms in times]
        texts = self.pieces(self.number() if form else count, lambda size: self.chunk(size).decode())
        return [texts[place] for place in self.ints(count)] if form else texts

    def floats(self, count: int) -> list[float]:
        decimals, numbers = self.number(), self.ints(count)
        whole = struct.unpack(f"<{count}d", struct.pack(f"<{count}q", *numbers))
        return list(whole) if decimals == 10 else [value / 10.0**decimals for value in numbers]

    def shapes(self, count: int) -> list[bytes]:
        if self.number() == 0:
            return self.pieces(count, self.chunk)
        points = zip(self.floats(count), self.floats(count), strict=True)
        return [struct.pack("<BI2d", 1, 1, *point) for point in points]

    def values(self, count: int) -> list[Any]:
        kinds = [lambda n: [None] * n, lambda n: list(map(bool, self.ints(n))), self.ints, self.floats,
                 self.texts, self.shapes, lambda n: self.pieces(n, self.texts)]  # fmt: skip
        kind = self.number()
        each = self.ints(count) if kind == len(kinds) else [kind] * count
        found = {kind: iter(kinds[kind](number)) for kind, number in sorted(Counter(each).items())}
        return [next(found[kind]) for kind in each]


def cut(sizes: list[int], joined: Any) -> list[Any]:
    """Pieces of these sizes."""
    return [joined[a:b] for a, b in pairwise(accumulate(sizes, initial=0))]


def block_of(body: bytes) -> tuple[str, int, tuple[str, int], list[tuple[Any, ...]]]:
    """Area, first number, laptop with its epoch, and the entries of a block."""
    need(body[:4] == b"GWK\x01", "altered_block", "not a block of version 1")
    ends = 8 + int.from_bytes(body[4:8], "little")
    front = UNZIP(body[8:ends], 1 << 26)
    length = 4 + int.from_bytes(front[:4], "little")
    numbers, names, acts, count, area, first, device, epoch, *_ = msgpack.decode(front[4:length])
    block = Columns(numbers, front[length:], body[ends:])
    told = [block.values(acts) for _ in range(10)] if acts else [[], []]  # uids, laptops; who, when, why
    acted = list(zip(*told[:2], strict=True))
    _ = (block.ints if block.number() else block.texts)(acts) if acts else []  # clocks, which decide nothing
    act_of, forms = block.ints(count), block.number()
    entities, ops, sizes = (block.ints(forms) for _ in range(3))
    fields = cut(sizes, [names[place] for place in block.ints(sum(sizes))])
    form_of, rows = block.ints(count), block.number()
    fresh = block.ints(count) if rows != count else [1] * count
    again, _, uids = iter(block.ints(count - rows)), block.number(), block.texts(rows)  # 16: whole uids
    unmet = iter(uids)
    records = [next(unmet) if new else uids[next(again)] for new in fresh]
    cells: list[dict[str, Any]] = [{} for _ in form_of]
    columns = defaultdict[Any, list[dict[str, Any]]](list)  # of each field, the entries that have it
    for form, place in sorted(zip(form_of, range(count), strict=True)):  # one form after another
        for name in fields[form]:
            columns[entities[form], name].append(cells[place])
    for (_, name), those in columns.items():
        for entry, value in zip(those, block.values(len(those)), strict=True):
            entry[name] = value
    kinds = [(names[entities[form]], "iudn"[ops[form]]) for form in form_of]
    said = [acted[act] for act in act_of], kinds, records, cells, block.ints(count), block.ints(count)
    return area, first, (device, epoch), list(zip(*said, strict=True))


def cell_hash(entity: str, uid: str, name: str, value: Any) -> int:
    """The share of one cell in the digest of its area; an empty list has none."""
    content = f"{entity}\0{uid}\0{name}\0".encode() + WRITTEN[type(value)](value)
    return int.from_bytes(blake2b(content, digest_size=16).digest(), "little") if value != [] else 0


def as_text(value: Any) -> str:
    """A value as certificates and conflicts write it; "" for nothing."""
    plain = value.hex() if isinstance(value, bytes) else value
    return "" if value is None or value == [] else json.dumps(plain, ensure_ascii=False)


class Log:
    """The log replayed, of areas in `until` only and up to these numbers if given; raises Refused."""

    def __init__(self, path: Path, key: bytes | None = None, until: dict[str, int] | None = None) -> None:
        self.heads = defaultdict[str, tuple[int, bytes]](lambda: (0, bytes(32)))  # by area: last number, head
        # By area, entity and uid, and then by field, each write: its number, act and value. "*" is any field
        # of a record put or removed, "-" an answer that wrote nothing.
        self.rows = defaultdict[Any, dict[str, list[Any]]](lambda: defaultdict(list))
        self.changes = defaultdict[Any, set[int]](set)  # by laptop and epoch: the changes it pushed
        self.acts, self.contested, self.digests = set[Any](), list[tuple[str, str]](), Counter[str]()
        self.current, self.conflicts = set[tuple[str, ...]](), dict[str, dict[str, Any]]()
        try:
            file = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
            facts = dict(file.execute("SELECT name, value FROM hub_fact"))
            columns = "area, first, last, body, head, signature"
            blocks = file.execute(f"SELECT {columns} FROM hub_log ORDER BY area, rowid").fetchall()
            stand = file.execute("SELECT code, seq, head, digest FROM hub_area").fetchall()
            file.close()
            self.key, self.hub = key or facts["key"], facts["hub"].decode()
        except (sqlite3.DatabaseError, KeyError) as error:
            raise Refused("not_a_log", str(error)) from None
        places = [block[:2] for block in blocks]
        need(len(set(places)) == len(places), "repeated_block", str(Counter(places).most_common(1)))
        need(places == sorted(places), "reordered", "blocks are not in the order of their numbers")
        for block in blocks:
            if until is None or block[1] <= until.get(block[0], 0):
                self.follow(*block)
        self.add_up()
        if until is None:
            self.check(stand)

    def follow(self, area: str, first: int, last: int, body: bytes, head: bytes, signature: bytes) -> None:
        """The next block of an area: its number, hash chain, signature, effects."""
        (before, chain), where = self.heads[area], f"{area} {first}-{last}"
        need(first == before + 1, "missing_block", where)
        need(head == sha256(chain + sha256(body).digest()).digest(), "altered_block", where)
        try:
            signer = Ed25519PublicKey.from_public_bytes(self.key)
            signer.verify(signature, b"gridward-block-1" + sha256(head).digest())
            *says, laptop, entries = block_of(body)
        except (InvalidSignature, *UNREADABLE) as error:
            name = "bad_signature" if isinstance(error, InvalidSignature) else "altered_block"
            raise Refused(name, f"{where}: {error}") from None
        need([*says, len(entries)] == [area, first, last - first + 1], "altered_block", where)
        for number, (*entry, change, verdict) in enumerate(entries, first):
            self.effect(area, number, *entry)
            self.changes[laptop].add(change)
            if verdict:  # not simply accepted: a long act that was cut counts as one
                self.contested.append((entry[0][0][:36], f"{area} {number}: {entry[2]}"))
        self.heads[area] = last, head

    def effect(self, area: str, number: int, act: Any, kind: tuple[str, str], uid: str, cells: Any) -> None:
        """What one entry does to its record, and which act wrote which field."""
        row, op = self.rows[area, kind[0], uid], kind[1]
        there = any(writes[-1][2] is not None for writes in row.values())
        need(there or op != "u", "value_lost", f"{area} {number}: a change of a record that is not there")
        whole = {**dict.fromkeys(row), **cells} | ({} if there and op == "i" else {"*": None})
        for name, value in {"u": cells, "n": {"-": None}}.get(op, whole).items():
            row[name].append((number, act[0], value))
        self.acts |= {act, act[0]}  # with its laptop, as another one may have used its uid, and without

    def add_up(self) -> None:
        """What stands at the end: its digests, its cells, its conflicts."""
        for (area, *record), row in self.rows.items():
            stands = {name: writes[-1][2] for name, writes in row.items() if writes[-1][2] is not None}
            shares = sum(cell_hash(*record, *cell) for cell in stands.items())
            self.digests[area] = (self.digests[area] + shares) % (1 << 128)
            self.current |= {(*record, name, as_text(value)) for name, value in stands.items()}
            if record[0] == "conflict" and stands:
                self.conflicts[record[1]] = stands

    def check(self, stand: list[Any]) -> None:
        """Nothing is missing: at the end of an area, between a laptop's changes, among the conflicts."""
        for code, seq, head, _ in stand:
            need(self.heads[code] == (seq, head), "missing_block", f"{code} should end at {seq}")
        kept = {row.get(side) for row in self.conflicts.values() for side in ("kept_act", "offered_act")}
        for act, where in self.contested:  # a conflict may stand in another area's log
            need(act in kept, "dropped_conflict", where)
        for code, _, _, digest in stand:
            need(self.digests[code] == int(digest, 16), "wrong_digest", f"{code}: its log adds up to another")
        for laptop, changes in self.changes.items():
            lost = set(range(1, max(changes))) - changes
            need(not lost, "change_lost", f"of laptop {laptop}: {lost}")

    def came_later(self, by: str, entity: str, uid: str, name: str, text: str) -> bool:
        """Whether an act wrote a field after this value, or in a log that was lost, where nothing tells."""
        found = []
        for row in [self.rows[area, entity, uid] for area in self.heads]:
            came = [number for number, _, value in row[name] if as_text(value) == text]
            wrote = [number for field in (name, "*", "-") for number, act, _ in row[field] if act == by]
            acts = {act for writes in row.values() for _, act, _ in writes}
            found += [max(wrote, default=0) > min(came, default=0)] * (by in acts)
        return any(found) or not found


def check_certificate(told: dict[str, Any], path: Path, key: bytes | None = None) -> None:
    """The certificate held against the log; raises Refused by the name of what does not fit."""
    try:
        log = Log(path, key, {area: row["seq"] for area, row in told["areas"].items()})
        says = [told["format"], told["hub"], told["hub_key"]]
        need(says == ["gridward-proof-1", log.hub, log.key.hex()], "foreign_certificate", str(says))
        check_statements(told, log)
        check_values(told, log)
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused("forged_certificate", f"not of the form of a certificate: {error!r}") from None


def check_statements(told: dict[str, Any], log: Log) -> None:
    """What it says of areas, counts, acts and conflicts is so."""
    forged = "forged_certificate"
    for area, row in told["areas"].items():
        (seq, head), digest = log.heads[area], f"{log.digests[area]:032x}"
        says = [row[name] for name in ("seq", "head", "digest", "recounted")]
        need(says == [seq, head.hex(), digest, digest], forged, f"{area} does not stand where it says")
        need(0 <= row.get("began", 0) <= seq, forged, f"{area} began after it ends")
    counts = {name: len(told[name]) for name in ("in_conflict", "superseded", "waiting")}
    counts["current"] = min(told["counts"]["current"], len(log.current))
    need(told["counts"] == {**counts, "values": sum(counts.values())}, forged, "its counts do not add up")
    need(told["ok"] and not told["problems"], forged, "it names problems")
    waits = {(item["act"], told["device"]) for item in told["waiting"]}
    need(waits.isdisjoint(log.acts), forged, "what waits has been answered")
    for item in told["in_conflict"]:
        kept = kept_by(log.conflicts.get(item["conflict"], {}))
        need(cell_of(item) in kept, forged, f"no conflict keeps {cell_of(item)}")


def check_values(told: dict[str, Any], log: Log) -> None:
    """Every value of the log is current or listed, and so is every value that a conflict keeps."""
    known = log.current.union(map(cell_of, told["in_conflict"] + told["waiting"]))
    for item in told["superseded"]:
        by, cell = item["by"].partition("~")[0], cell_of(item)
        need(by == "external" or by in log.acts or item["by"] in told["acts"], "forged_certificate", by)
        known |= {cell} if log.came_later(by, *cell) else set()
    for (area, *record), row in log.rows.items():
        began = told["areas"][area].get("began", 0)  # before it the laptop was not there
        for name, writes in row.items():
            gone = {as_text(value) for (*_, value), (number, *_) in pairwise(writes) if number > began}
            lost = {(*record, name, text) for text in gone - {""}} - known
            need(not lost, "value_lost", str(lost))
    for uid, row in log.conflicts.items():
        lost = kept_by(row, "offered") - known
        need(not lost, "value_lost", f"{lost} of conflict {uid}")


def cell_of(item: dict[str, Any]) -> tuple[str, ...]:
    """The cell of a value in a certificate, and the value as text."""
    return item["entity"], item["uid"], item["field"], as_text(item["value"])


def kept_by(conflict: dict[str, Any], *sides: str) -> set[tuple[str, ...]]:
    """The values that a conflict keeps, on both sides if none is named: entity, uid, field, text."""
    cells = [json.loads(conflict.get(side) or "{}").items() for side in sides or ("kept", "offered")]
    values = [(name, as_text(value)) for side in cells for name, value in side]
    return {(conflict["owner_entity"], conflict["owner"], *value) for value in values if value[1]}


def main(words: list[str] | None = None) -> None:
    """Say what was found; ends with the name of what is wrong, as an error, if anything is."""
    asked = argparse.ArgumentParser(description="Checks a hub's log and a certificate.")
    asked.add_argument("log", type=Path)
    asked.add_argument("certificate", type=Path, nargs="?")
    asked.add_argument("--key", type=bytes.fromhex, help="the hub's public key in hex")
    given = asked.parse_args(words)
    try:
        log = Log(given.log, given.key)
        print(f"log: {len(log.heads)} areas are whole, in order and signed")
        if given.certificate:
            told = json.loads(given.certificate.read_text("utf-8"))
            check_certificate(told, given.log, given.key)
            spans = {area: f"{row.get('began', 0)}-{row['seq']}" for area, row in told["areas"].items()}
            print(f"certificate: every value of {spans} is accounted for: {told['counts']}")
    except (Refused, OSError, ValueError) as error:
        raise SystemExit(f"refused: {' '.join(map(str, error.args))}") from None


if __name__ == "__main__":
    main()
