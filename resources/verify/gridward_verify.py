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
import sys
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from io import BytesIO
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import msgpack
from zstandard import ZstdDecompressor, ZstdError

UNZIP = ZstdDecompressor().decompress
UNREADABLE = (ValueError, LookupError, StopIteration, TypeError, OverflowError, struct.error, ZstdError)


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
        sizes = self.ints(count)
        return cut(read(self.number()), sizes)

    def texts(self, count: int) -> list[str]:
        form = self.number() if count else 2
        if form == 2:
            return [str(UUID(bytes=uid)) for uid in cut(self.chunk(16 * count), [16] * count)]
        if form == 3:
            times = [datetime.fromtimestamp(ms / 1000, UTC) for ms in self.ints(count)]
            return [time.isoformat(timespec="milliseconds")[:23] + "Z" for time in times]
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


def cut(joined: Any, sizes: list[int]) -> list[Any]:
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
    act_uids, *_ = [block.values(acts) for _ in range(10)] if acts else [[]]  # the others: who, when, why
    _ = (block.ints if block.number() else block.texts)(acts) if acts else []  # clocks, which decide nothing
    act_of, forms = block.ints(count), block.number()
    entities, ops, sizes = (block.ints(forms) for _ in range(3))
    fields = cut([names[place] for place in block.ints(sum(sizes))], sizes)
    form_of, uids = block.ints(count), uids_of(block, count)
    cells: list[dict[str, Any]] = [{} for _ in form_of]
    columns = defaultdict[Any, list[dict[str, Any]]](list)  # of each field, the entries that have it
    for form, entry in sorted(zip(form_of, cells, strict=True), key=itemgetter(0)):  # one form after another
        for name in fields[form]:
            columns[entities[form], name].append(entry)
    for (_, name), those in columns.items():
        for entry, value in zip(those, block.values(len(those)), strict=True):
            entry[name] = value
    records = [(names[entities[form]], uid) for form, uid in zip(form_of, uids, strict=True)]
    told = [act_uids[act] for act in act_of], records, ["iudn"[ops[form]] for form in form_of], cells
    return area, first, (device, epoch), list(zip(*told, block.ints(count), block.ints(count), strict=True))


def uids_of(block: Columns, count: int) -> list[str]:
    """The record of each entry: the next one that was not met before, or the place of one that was."""
    rows = block.number()
    fresh = block.ints(count) if rows != count else [1] * count
    again = iter(block.ints(count - rows))
    places = [met - 1 if new else next(again) for met, new in zip(accumulate(fresh), fresh, strict=True)]
    block.number()  # 16: whole uids
    uids = block.texts(rows)
    return [uids[place] for place in places]


def cell_hash(entity: str, uid: str, name: str, value: Any) -> int:
    """The share of one cell in the digest of its area; an empty list has none."""
    kind = {bool: "b", int: "i", str: "s", bytes: "g", float: "f", list: "l"}[type(value)]
    plain = "\0".join(value) if kind == "l" else int(value) if kind == "b" else value
    written = struct.pack("<d", value + 0.0) if kind == "f" else value if kind == "g" else str(plain).encode()
    content = f"{entity}\0{uid}\0{name}\0{kind}".encode() + written
    return int.from_bytes(blake2b(content, digest_size=16).digest(), "little") if value != [] else 0


def as_text(value: Any) -> str:
    """A value as certificates and conflicts write it; "" for nothing."""
    plain = value.hex() if isinstance(value, bytes) else value
    return "" if value is None or value == [] else json.dumps(plain, ensure_ascii=False)


class Log:
    """The log replayed, of areas in `until` only and up to these numbers if given; raises Refused."""

    def __init__(self, path: Path, key: bytes | None = None, until: dict[str, int] | None = None) -> None:
        self.heads: dict[str, tuple[int, bytes]] = {}  # by area: its last number and head
        self.records: dict[tuple[str, str, str], dict[str, Any]] = {}  # by area, entity and uid
        self.writes = defaultdict[Any, list[Any]](list)  # by entity, uid and field: area, number, act, text
        self.changes = defaultdict[Any, set[int]](set)  # by laptop and epoch: the changes it pushed
        self.acts, self.contested, self.digests = set[str](), list[tuple[str, str]](), Counter[str]()
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
                facts = dict(file.execute("SELECT name, value FROM hub_fact"))
                columns = "area, first, last, body, head, signature"
                rows = file.execute(f"SELECT {columns} FROM hub_log ORDER BY area, rowid").fetchall()
                stand = file.execute("SELECT code, seq, head, digest FROM hub_area").fetchall()
            self.key, self.hub = key or facts["key"], facts["hub"].decode()
        except (sqlite3.DatabaseError, KeyError) as error:
            raise Refused("not_a_log", str(error)) from None
        for area, blocks in groupby(rows, itemgetter(0)):
            upto = sys.maxsize if until is None else until.get(area, 0)
            self.follow(area, [block[1:] for block in blocks if block[1] <= upto])
        for (area, *record), row in self.records.items():
            shares = sum(cell_hash(*record, *cell) for cell in row.items())
            self.digests[area] = (self.digests[area] + shares) % (1 << 128)
        self.conflicts = {uid: row for (_, kind, uid), row in self.records.items() if kind == "conflict"}
        cells = ((*at[1:], *cell) for at, row in self.records.items() for cell in row.items())
        self.current = {(*cell, as_text(value)) for *cell, value in cells}
        self.check(stand if until is None else [])

    def follow(self, area: str, blocks: list[Any]) -> None:
        """One area, block by block: numbers, hash chain, signatures, effects."""
        before, expected, firsts = bytes(32), 1, [block[0] for block in blocks]
        signer = Ed25519PublicKey.from_public_bytes(self.key)
        for first, last, body, head, signature in blocks:
            where = f"{area} {first}-{last}"
            need(first == expected or firsts.count(first) == 1, "repeated_block", where)
            need(first >= expected and (first == expected or expected not in firsts), "reordered", where)
            need(first == expected, "missing_block", where)
            need(head == sha256(before + sha256(body).digest()).digest(), "altered_block", where)
            try:
                signer.verify(signature, b"gridward-block-1" + sha256(head).digest())
                *says, laptop, entries = block_of(body)
            except (InvalidSignature, *UNREADABLE) as error:
                name = "bad_signature" if isinstance(error, InvalidSignature) else "altered_block"
                raise Refused(name, f"{where}: {error}") from None
            need([*says, len(entries)] == [area, first, last - first + 1], "altered_block", where)
            for number, entry in enumerate(entries, first):
                self.effect(area, number, entry)
                self.changes[laptop].add(entry[4])
            before, expected, self.heads[area] = head, last + 1, (last, head)

    def effect(self, area: str, number: int, entry: tuple[Any, ...]) -> None:
        """What one entry does to its record, and which act entered which value."""
        act, record, op, cells, _, verdict = entry
        at = (area, *record)
        self.acts.add(act)
        if verdict:  # not simply accepted: a long act that was cut counts as one
            self.contested.append((act[:36], f"{area} {number}: {record[1]}"))
        lost = op == "u" and at not in self.records
        need(not lost, "value_lost", f"{area} {number}: a change of a record that is not there")
        before = self.records.pop(at, {}) if op != "n" else {}  # n: the hub answered and wrote nothing
        after = {"i": cells, "u": {**before, **cells}}.get(op, {})
        for name in {"u": cells, "n": "-"}.get(op, {**before, **cells, "*": 0}):  # *: any field
            self.writes[*record, name].append((area, number, act, as_text(after.get(name))))
        if op in "iu":
            self.records[at] = {name: value for name, value in after.items() if value is not None}

    def check(self, stand: list[Any]) -> None:
        """Nothing is missing: at the end of an area, between a laptop's changes, among the conflicts."""
        for code, seq, head, _ in stand:
            found = self.heads.get(code, (0, bytes(32)))
            need(found == (seq, head), "missing_block", f"{code} should end at {seq}")
        kept = {row.get(side) for row in self.conflicts.values() for side in ("kept_act", "offered_act")}
        for act, where in self.contested if stand else ():  # a conflict may stand in another area's log
            need(act in kept, "dropped_conflict", where)
        for code, _, _, digest in stand:
            adds_up = self.digests[code] == int(digest, 16)
            need(adds_up, "wrong_digest", f"{code}: not what its log adds up to")
        for laptop, changes in self.changes.items() if stand else ():
            lost = set(range(1, max(changes))) - changes
            need(not lost, "change_lost", f"of laptop {laptop}: {lost}")


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
    """What it says of areas, counts and acts is so."""
    forged = "forged_certificate"
    for area, row in told["areas"].items():
        (seq, head), digest = log.heads.get(area, (0, bytes(32))), f"{log.digests[area]:032x}"
        says = [row[name] for name in ("seq", "head", "digest", "recounted")]
        need(says == [seq, head.hex(), digest, digest], forged, f"{area} does not stand where it says")
        need(0 <= row.get("began", 0) <= seq, forged, f"{area} began after it ends")
    counts = {name: len(told[name]) for name in ("in_conflict", "superseded", "waiting")}
    counts["current"] = min(told["counts"]["current"], len(log.current))
    need(told["counts"] == {**counts, "values": sum(counts.values())}, forged, "its counts do not add up")
    need(told["ok"] and not told["problems"], forged, "it names problems")
    for item in told["superseded"]:
        by, record = item["by"], (item["entity"], item["uid"])
        names = (item["field"], "*", "-")
        wrote = {write[2] for name in names for write in log.writes.get((*record, name), ())}
        known = by in wrote if by in log.acts else by in told["acts"] or by == "external"
        need(known, forged, f"act {by} did not write {record} {item['field']}")
    need(not any(item["act"] in log.acts for item in told["waiting"]), forged, "what waits has been answered")
    for item in told["in_conflict"]:
        row, cell = log.conflicts.get(item["conflict"], {}), (item["entity"], item["uid"], item["field"])
        need((*cell, as_text(item["value"])) in kept_by(row), forged, f"no conflict keeps {cell}")


def check_values(told: dict[str, Any], log: Log) -> None:
    """Every value of the log is current or listed, and so is every value that a conflict keeps."""
    listed = told["in_conflict"] + told["superseded"] + told["waiting"]
    known = {(item["entity"], item["uid"], item["field"], as_text(item["value"])) for item in listed}
    known |= log.current
    for cell, writes in log.writes.items():
        for (_, _, _, text), (area, number, _, _) in pairwise(writes):
            # before `began` the laptop was not there: it began from a snapshot of that number
            there = text and number > told["areas"][area].get("began", 0)
            need(not there or (*cell, text) in known, "value_lost", f"{cell} = {text}")
    for uid, row in log.conflicts.items():
        lost = kept_by(row, "offered") - known
        need(not lost, "value_lost", f"{lost} of conflict {uid}")


def kept_by(conflict: dict[str, Any], *sides: str) -> set[tuple[str, ...]]:
    """The values that a conflict keeps, on both sides if none is named: entity, uid, field, text."""
    cells = [json.loads(conflict.get(side) or "{}").items() for side in sides or ("kept", "offered")]
    values = [(name, as_text(value)) for side in cells for name, value in side]
    return {(conflict["owner_entity"], conflict["owner"], *value) for value in values if value[1]}


def main(words: list[str] | None = None) -> int:
    """Say what was found; 0 when all is well, 1 with the name of what is not."""
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
            began = {area: row["began"] for area, row in told["areas"].items() if row.get("began")}
            since = f" since the snapshots it began with, {began}" if began else ""
            print(f"certificate: every value{since} is accounted for: {told['counts']}")
    except (Refused, OSError, ValueError) as error:
        print("refused:", *error.args, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
