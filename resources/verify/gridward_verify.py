"""Checks a hub's log, and a certificate of `gridward sync --prove` against it, from the file formats alone.

    python gridward_verify.py LOG [CERTIFICATE] [--key HEX]

LOG is what `gridward hub export-log` wrote, or the `hub.db` of an office. `--key` is the hub's public key as
a bureau's paper gives it; without it the key in the log is believed. It needs msgspec, zstandard and
cryptography, and nothing of Gridward. docs/proof.md tells what is checked.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from gridward_blocks import Row, block_of

Place = tuple[str, str, str]  # area, entity, uid
Cell = tuple[str, str, str]  # entity, uid, field
START = bytes(32)
WHOLE = "*"  # a deletion, which every value of a record gives way to


class Refused(Exception):
    """What is wrong, by its name, and where."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"{name}: {where}")
        self.name = name


@dataclass
class Log:
    """What the log says up to some numbers: the records, every value and by whom, where each area stands."""

    key: bytes
    hub: str = ""
    state: dict[Place, Row] = field(default_factory=dict)
    values: dict[Cell, list[tuple[str, int, str, str]]] = field(default_factory=dict)
    numbers: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    digests: dict[str, int] = field(default_factory=dict)
    unsettled: list[Row] = field(default_factory=list)
    acts: set[str] = field(default_factory=set)
    touched: set[tuple[str, Cell]] = field(default_factory=set)  # act and the cell it wrote
    entries: int = 0


def read_log(path: Path, key: bytes | None = None, until: Mapping[str, int] | None = None) -> Log:
    """The log replayed, of areas in `until` only and up to these numbers if given.

    Raises Refused with the name of the first thing that is not as it must be.
    """
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        facts = {name: bytes(value) for name, value in connection.execute("SELECT name, value FROM hub_fact")}
        log = Log(key or facts.get("key") or _public(facts["seed"]), facts["hub"].decode())
        blocks: dict[str, list[Row]] = {}
        names = ("area", "first", "last", "body", "head", "signature")
        for values in connection.execute(f"SELECT {', '.join(names)} FROM hub_log ORDER BY rowid"):
            row = dict(zip(names, values, strict=True))
            if until is None or row["last"] <= until.get(row["area"], 0):
                blocks.setdefault(row["area"], []).append(row)
        for area in sorted(blocks):
            _follow(log, area, blocks[area])
        if until is None:
            _stands(log, connection.execute("SELECT code, seq, head, digest FROM hub_area").fetchall())
            _no_change_lost(log)
    except (sqlite3.DatabaseError, KeyError) as error:
        raise Refused("not_a_log", str(error)) from None
    finally:
        connection.close()
    _no_conflict_dropped(log)
    return log


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _follow(log: Log, area: str, rows: list[Row]) -> None:
    """One area, block by block: numbers, hash chain, signatures, effects."""
    head, expected, firsts = START, 1, [row["first"] for row in rows]
    key = Ed25519PublicKey.from_public_bytes(log.key)
    for row in rows:
        where = f"{area} {row['first']}-{row['last']}"
        if row["first"] != expected:
            raise Refused(_disorder(row["first"], expected, firsts), where)
        head = sha256(head + sha256(row["body"]).digest()).digest()
        if head != row["head"]:
            raise Refused("altered_block", where)
        try:
            key.verify(row["signature"], b"gridward-block-1" + sha256(head).digest())
        except InvalidSignature:
            raise Refused("bad_signature", where) from None
        told, entries = _decoded(row, where)
        for number, entry in enumerate(entries, row["first"]):
            _effect(log, area, number, entry)
            if entry["dseq"]:
                log.numbers.setdefault((told["device"], told["epoch"]), set()).add(entry["dseq"])
        expected = row["last"] + 1
        log.heads[area] = (row["last"], head)
        log.entries += len(entries)


def _disorder(first: int, expected: int, firsts: list[int]) -> str:
    if firsts.count(first) > 1:
        return "repeated_block"
    return "reordered" if expected in firsts or first < expected else "missing_block"


def _decoded(row: Row, where: str) -> tuple[Row, list[Row]]:
    try:
        told, entries = block_of(row["body"])
    except (ValueError, IndexError, StopIteration, TypeError, zstandard.ZstdError) as error:
        raise Refused("altered_block", f"{where}: {error}") from None
    same = (told["area"], told["first"]) == (row["area"], row["first"])
    if not same or len(entries) != row["last"] - row["first"] + 1:
        raise Refused("altered_block", f"{where}: it says something else of itself")
    return told, entries


def _effect(log: Log, area: str, number: int, entry: Row) -> None:
    """What one entry does to the records, and to the digest of the area."""
    entity, uid, op, act = entry["entity"], entry["uid"], entry["op"], entry["act"]["uid"]
    place, cells = (area, entity, uid), entry["cells"]
    log.acts.add(act)
    if entry["verdict"] != "accepted":
        log.unsettled.append({**entry, "where": f"{area} {number}"})
    row = log.state.get(place)
    if op == "n":
        return
    if op == "u" and row is None:
        raise Refused("value_lost", f"{area} {number}: a change of a record that is not there")
    after = {"d": {}, "i": cells, "u": {**(row or {}), **cells}}[op]
    for name in {**(row or {}), **after} if op in "id" else cells:
        before, value = (row or {}).get(name), after.get(name)
        share = cell_hash(entity, uid, name, value) - cell_hash(entity, uid, name, before)
        log.digests[area] = (log.digests.get(area, 0) + share) % (1 << 128)
        log.touched.add((act, (entity, uid, name)))
        log.values.setdefault((entity, uid, name), []).append((area, number, act, as_text(value)))
    if op == "d":
        log.state.pop(place, None)
        log.touched.add((act, (entity, uid, WHOLE)))
    else:
        log.state[place] = {name: value for name, value in after.items() if value is not None}


def cell_hash(entity: str, uid: str, name: str, value: Any) -> int:
    """The share of one cell in the digest of its area."""
    if value is None or value in ([], ()):
        return 0
    if isinstance(value, bool):
        written = b"b1" if value else b"b0"
    elif isinstance(value, str):
        written = b"s" + value.encode()
    elif isinstance(value, float):
        written = b"f" + struct.pack("<d", value + 0.0)
    elif isinstance(value, int):
        written = b"i%d" % value
    else:
        written = b"g" + value if isinstance(value, bytes) else b"l" + "\0".join(value).encode()
    content = f"{entity}\0{uid}\0{name}\0".encode() + written
    return int.from_bytes(blake2b(content, digest_size=16).digest(), "little")


def as_text(value: Any) -> str:
    """A value as certificates and conflicts write it; "" for nothing."""
    if value is None or value in ([], ()):
        return ""
    return json.dumps(value.hex() if isinstance(value, bytes) else value, ensure_ascii=False)


def _stands(log: Log, areas: list[tuple[str, int, bytes, str]]) -> None:
    for code, seq, head, digest in areas:
        last, found = log.heads.get(code, (0, START))
        if (last, found) != (seq, bytes(head)):
            raise Refused("missing_block", f"{code} ends at {last} and should at {seq}")
        if log.digests.get(code, 0) != int(digest, 16):
            raise Refused("wrong_digest", f"{code}: its records are not what its log adds up to")


def _no_change_lost(log: Log) -> None:
    """Every change a laptop pushed has its entry: its numbers have no gap."""
    for (device, epoch), numbers in log.numbers.items():
        lost = set(range(1, max(numbers) + 1)) - numbers
        if lost:
            raise Refused("change_lost", f"change {min(lost)} of laptop {device}, epoch {epoch}")


def conflicts(log: Log) -> Iterator[tuple[str, Row]]:
    """The conflict records, open and settled, by uid."""
    return ((uid, row) for (_, entity, uid), row in log.state.items() if entity == "conflict")


def _no_conflict_dropped(log: Log) -> None:
    """What the hub did not simply apply stands in a conflict: of the act, or of its record."""
    kept = {row.get(side) for _, row in conflicts(log) for side in ("kept_act", "offered_act")}
    for entry in log.unsettled:
        if entry["act"]["uid"][:36] not in kept:
            raise Refused("dropped_conflict", f"{entry['where']}: {entry['verdict']} {entry['uid']}")


def check_certificate(told: Row, path: Path, key: bytes | None = None) -> Log:
    """The certificate held against the log; raises Refused by the name of what does not fit."""
    try:
        until = {area: row["seq"] for area, row in told["areas"].items()}
        log = read_log(path, key, until)
        if told["format"] != "gridward-proof-1" or (told["hub"], told["hub_key"]) != (log.hub, log.key.hex()):
            raise Refused("foreign_certificate", "another hub, or another form")
        for area, row in told["areas"].items():
            seq, head = log.heads.get(area, (0, START))
            digest = f"{log.digests.get(area, 0):032x}"
            if (row["seq"], row["head"], row["digest"], row["recounted"]) != (
                seq,
                head.hex(),
                digest,
                digest,
            ):
                raise Refused("forged_certificate", f"{area} does not stand where the certificate says")
        _counted(told)
        _named(told, log)
        _accounted(told, log)
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused("forged_certificate", f"not of the form of a certificate: {error!r}") from None
    return log


def _counted(told: Row) -> None:
    counts = told["counts"]
    lists = ("in_conflict", "superseded", "waiting")
    if any(counts[name] != len(told[name]) for name in lists) or told["problems"] or not told["ok"]:
        raise Refused("forged_certificate", "its counts are not those of its lists, or it names problems")
    if counts["values"] != counts["current"] + sum(counts[name] for name in lists):
        raise Refused("forged_certificate", "its counts do not add up")


def _named(told: Row, log: Log) -> None:
    """Every act named is known, and one of the log has written what it is said to have replaced."""
    for item in told["superseded"]:
        by, cell = item["by"], (item["entity"], item["uid"], item["field"])
        if by in log.acts and not {(by, cell), (by, (*cell[:2], WHOLE))} & log.touched:
            raise Refused("forged_certificate", f"act {by} did not write {' '.join(cell)}")
        if by not in log.acts and by not in told["acts"] and by != "external":
            raise Refused("forged_certificate", f"act {by} is nowhere")
    if any(item["act"] in log.acts for item in told["waiting"]):
        raise Refused("forged_certificate", "a value waits that the hub has answered")
    uids = dict(conflicts(log))
    if any(item["conflict"] not in uids for item in told["in_conflict"]):
        raise Refused("forged_certificate", "a conflict that is not in the log")


def _accounted(told: Row, log: Log) -> None:
    """Every value of the log is current or listed, and so is every value that a conflict keeps."""
    listed = {
        (item["entity"], item["uid"], item["field"], as_text(item["value"]))
        for name in ("in_conflict", "superseded", "waiting")
        for item in told[name]
    }
    now = {
        (entity, uid, name, as_text(value))
        for (_, entity, uid), row in log.state.items()
        for name, value in row.items()
    }
    for cell, writes in log.values.items():
        for (_, _, _, text), (area, number, _, _) in pairwise(writes):
            # before `began` the laptop was not there: it began from a snapshot of that number
            known = number > told["areas"][area].get("began", 0)
            if text and known and (*cell, text) not in listed | now:
                raise Refused("value_lost", f"{' '.join(cell)} = {text}")
    for uid, row in conflicts(log):
        for name, value in json.loads(row.get("offered") or "{}").items():
            cell = (row["owner_entity"], row["owner"], name, as_text(value))
            if cell[3] and cell not in now and cell not in listed:
                raise Refused("value_lost", f"{' '.join(cell[:3])} of conflict {uid}")


def main(words: list[str] | None = None) -> int:
    """Say what was found; 0 when all is well, 1 with the name of what is not."""
    asked = argparse.ArgumentParser(description="Checks a hub's log and a certificate.")
    asked.add_argument("log", type=Path)
    asked.add_argument("certificate", type=Path, nargs="?")
    asked.add_argument("--key", type=bytes.fromhex, help="the hub's public key in hex")
    given = asked.parse_args(words)
    try:
        log = read_log(given.log, given.key)
        print(f"log: {log.entries} entries of {len(log.heads)} areas are whole, in order and signed")
        if given.certificate:
            told = json.loads(given.certificate.read_text("utf-8"))
            check_certificate(told, given.log, given.key)
            counts = ", ".join(f"{number} {word}" for word, number in told["counts"].items())
            print(f"certificate: {counts}: every value is accounted for")
    except (Refused, OSError, ValueError) as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
