"""The verifier that knows only the formats: it passes what is true, and names each kind of forgery."""

from __future__ import annotations

import ast
import io
import json
import random
import sqlite3
import sys
import tokenize
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.actions.syncing import prove
from app.domain.changes import update
from app.domain.replication import Block
from app.hub.exporting import export_log
from app.sync.wire import decode_block, encode_block
from store.records import foreign
from sync.independent import VERIFY, verifier
from sync.lan import TOWN, Lan
from sync.wire_cases import block_of, mixed_batch, uid_of


@pytest.fixture
def papers(lan: Lan, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The log of a bureau where two laptops wrote, one value against another, and a laptop's certificate."""
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", address="东大街1号", note="一", rated_tph="2.5", pressurized="是")
    one.enter("inspector", "T-2")
    lan.drain(one, two)
    one.edit("inspector", "T-1", "核对", note="二")
    one.sync()
    two.sync()
    two.edit("officer", "T-1", note="三")
    one.edit("inspector", "T-1", address="甲")
    lan.clock.forward(hours=1)
    two.edit("officer", "T-1", address="乙")
    lan.drain(one, two)
    out = tmp_path / "proof.json"
    assert prove(two.session, out).ok
    log = tmp_path / "log.sqlite"
    assert export_log(lan.hub, log) > 3
    return log, json.loads(out.read_text("utf-8"))


def test_a_true_log_and_certificate_pass(
    lan: Lan, papers: tuple[Path, dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, told = papers
    certificate = tmp_path / "proof.json"
    assert told["superseded"]
    assert "甲" in [item["value"] for item in told["in_conflict"] if item["field"] == "address"]
    verifier.main([str(log), str(certificate), "--key", lan.hub.key.hex()])
    ends = told["areas"][TOWN]["seq"]
    assert f"'{TOWN}': '0-{ends}'" in capsys.readouterr().out, "the numbers it accounts for"
    told["areas"][TOWN]["began"] = 1
    certificate.write_text(json.dumps(told), "utf-8")
    verifier.main([str(log), str(certificate)])
    assert f"'{TOWN}': '1-{ends}'" in capsys.readouterr().out
    certificate.write_text(json.dumps(told | {"hub": "another"}), "utf-8")
    with pytest.raises(SystemExit, match="refused: foreign_certificate"):
        verifier.main([str(log), str(certificate)])
    whole = verifier.Log(log)
    areas = lan.hub.status().areas
    assert {area: whole.digests[area] for area in areas} == {
        area: digest for area, (_, _, digest) in areas.items()
    }


def test_certificates_pass_where_the_hub_did_not_apply_what_was_entered_here(
    lan: Lan, tmp_path: Path
) -> None:
    one, two = lan.laptop(TOWN, "R2"), lan.laptop(TOWN, "R2")
    one.enter("inspector", "T-1", address="东大街1号", fuel="bituminous")
    lan.drain(one, two)
    two.edit("officer", "T-1", fuel="gas", address="甲")
    lan.clock.forward(hours=1)
    one.edit("inspector", "T-1", fuel="oil", address="乙")
    session = two.as_("officer")
    session.commit([update(two.boiler("T-1"), status="registered")], "edit")  # no step leads there for an R2
    lan.drain(one, two)  # the fuel of two waits, its address is the earlier one, its state is refused
    log = tmp_path / "log.sqlite"
    export_log(lan.hub, log)
    for laptop in (one, two):
        out = tmp_path / f"{laptop.device}.json"
        assert prove(laptop.session, out).ok
        told = json.loads(out.read_text("utf-8"))
        assert {"甲", "gas", "registered"} <= {item["value"] for item in told["in_conflict"]}
        verifier.check_certificate(told, log)


def test_an_edit_of_another_program_that_nobody_has_sealed_waits(lan: Lan, tmp_path: Path) -> None:
    town = lan.laptop(TOWN, "R2")
    town.enter("inspector", "T-1", note="一")
    town.enter("inspector", "T-2")
    town.sync()
    out, log, path = tmp_path / "proof.json", tmp_path / "log.sqlite", town.session.workspace.path
    foreign(path, "UPDATE 燃煤锅炉 SET note = 'QGIS' WHERE ledger_no = 'T-1'")
    foreign(path, "UPDATE 燃煤锅炉 SET note = 'QGIS 2' WHERE ledger_no = 'T-2'")
    proof = prove(town.session, out)
    export_log(lan.hub, log)
    told = json.loads(out.read_text("utf-8"))
    assert proof.ok
    assert sorted((item["value"], item["act"]) for item in told["waiting"]) == [
        ("QGIS", "external"),
        ("QGIS 2", "external"),
    ]
    verifier.check_certificate(told, log)


def test_it_is_one_short_file_that_uses_nothing_of_the_program() -> None:
    files = list(VERIFY.glob("*.py"))
    assert [path.name for path in files] == ["gridward_verify.py"]
    written = files[0].read_text("utf-8")
    assert _lines_of_code(written) < 249, "so that it can be read before it is believed"
    used = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    used |= {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(written))
        if isinstance(node, ast.ImportFrom)
    }
    assert used - sys.stdlib_module_names == {"cryptography", "msgspec", "zstandard"}


def _lines_of_code(written: str) -> int:
    """Without blank lines, comments and what is said in docstrings."""
    parts = (ast.Module, ast.ClassDef, ast.FunctionDef)
    said = [n.body[0] for n in ast.walk(ast.parse(written)) if isinstance(n, parts) and ast.get_docstring(n)]
    lines = {line for text in said for line in range(text.lineno, (text.end_lineno or 0) + 1)}
    tokens = tokenize.generate_tokens(io.StringIO(written).readline)
    idle = {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
    return len({token.start[0] for token in tokens if token.type not in idle and token.string} - lines)


@pytest.mark.parametrize(("changes", "decimals"), [(3, 2), (700, 17), (700, 5)])
def test_it_reads_what_the_hub_writes(changes: int, decimals: int) -> None:
    known = [uid_of(random.Random(place)) for place in range(60)]
    block = block_of(mixed_batch(changes, known, decimals=decimals))
    odd = {"note": 1 << 62, "on": True, "parts": ["甲", ""], "low": -(1 << 62), "zero": -0.0, "shape": b"x"}
    odd_clock = replace(block.acts[0], wall="昨天")
    block = replace(
        block,
        acts=(odd_clock, *block.acts[1:]),
        effects=(replace(block.effects[0], cells=odd, op="i"), *block.effects[1:]),
    )
    area, first, laptop, entries = verifier.block_of(encode_block(block))
    assert (area, first, laptop) == (block.area, block.first, (block.device, block.epoch))
    told = [
        (
            (block.acts[e.act].uid, block.acts[e.act].device),
            (e.entity, e.op),
            e.uid,
            sorted(e.cells.items()),
            e.dseq,
            e.verdict == "accepted",
        )
        for e in block.effects
    ]
    found = [
        (act, kind, uid, sorted(cells.items()), dseq, verdict == 0)
        for act, kind, uid, cells, dseq, verdict in entries
    ]
    assert repr(found) == repr(told)


def _sql(words: str, *given: Any) -> Callable[[Path], None]:
    def change(log: Path) -> None:
        with sqlite3.connect(log) as connection:
            assert connection.execute(words, given).rowcount
        connection.close()

    return change


def _altered(log: Path) -> None:
    with sqlite3.connect(log) as connection:
        number, body = connection.execute(
            "SELECT rowid, body FROM hub_log WHERE area = ?", (TOWN,)
        ).fetchone()
        body = body[:-3] + bytes([body[-3] ^ 1]) + body[-2:]
        connection.execute("UPDATE hub_log SET body = ? WHERE rowid = ?", (body, number))
    connection.close()


def _swapped(log: Path) -> None:
    with sqlite3.connect(log) as connection:
        first, second = [
            row[0] for row in connection.execute("SELECT rowid FROM hub_log WHERE area = ? LIMIT 2", (TOWN,))
        ]
        for old, new in ((first, -1), (second, first), (-1, second)):
            connection.execute("UPDATE hub_log SET rowid = ? WHERE rowid = ?", (new, old))
    connection.close()


def _rewritten(change: Callable[[Block], Block]) -> Callable[[Path], None]:
    """The log of the town as a hub with a key of its own would tell it anew."""

    def rewrite(log: Path) -> None:
        key = Ed25519PrivateKey.generate()
        with sqlite3.connect(log) as connection:
            heads: dict[str, bytes] = {}
            rows = connection.execute("SELECT rowid, area, body FROM hub_log ORDER BY rowid").fetchall()
            for number, area, body in rows:
                told = change(decode_block(body)) if area == TOWN else decode_block(body)
                body = encode_block(told)
                head = sha256(heads.get(area, bytes(32)) + sha256(body).digest()).digest()
                heads[area] = head
                signature = key.sign(b"gridward-block-1" + sha256(head).digest())
                connection.execute(
                    "UPDATE hub_log SET body = ?, head = ?, signature = ? WHERE rowid = ?",
                    (body, head, signature, number),
                )
                connection.execute("UPDATE hub_area SET head = ? WHERE code = ?", (head, area))
            public = key.public_key().public_bytes_raw()
            connection.execute("UPDATE hub_fact SET value = ? WHERE name = 'key'", (public,))
        connection.close()

    return rewrite


def _entry_order(block: Block) -> Block:
    return replace(block, effects=tuple(reversed(block.effects)))


def _without_conflict(block: Block) -> Block:
    kept = [
        replace(effect, op="n", cells={}) if effect.entity == "conflict" else effect
        for effect in block.effects
    ]
    return replace(block, effects=tuple(kept))


def _without_value(block: Block) -> Block:
    cells = [{name: v for name, v in effect.cells.items() if v != "三"} for effect in block.effects]
    kept = [replace(effect, cells=part) for effect, part in zip(block.effects, cells, strict=True)]
    return replace(block, effects=tuple(kept))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (_altered, "altered_block"),
        (_swapped, "reordered"),
        (_sql("DELETE FROM hub_log WHERE area = ? AND first = 1", TOWN), "missing_block"),
        (_sql("DELETE FROM hub_log WHERE rowid = (SELECT max(rowid) FROM hub_log)"), "missing_block"),
        (_sql("INSERT INTO hub_log SELECT * FROM hub_log WHERE rowid = 1"), "repeated_block"),
        (_sql("UPDATE hub_log SET signature = zeroblob(64)"), "bad_signature"),
        (_sql("UPDATE hub_area SET digest = '0'"), "wrong_digest"),
        (_rewritten(_without_conflict), "dropped_conflict"),
        (_rewritten(_without_value), "wrong_digest"),
        (_sql("DROP TABLE hub_log"), "not_a_log"),
    ],
)
def test_a_forged_log_is_named(
    papers: tuple[Path, dict[str, Any]], change: Callable[[Path], None], name: str
) -> None:
    log, _ = papers
    if name == "not_a_log":
        log.write_bytes(b"no database at all")
    else:
        change(log)
    with pytest.raises(verifier.Refused) as refused:
        verifier.Log(log)
    assert refused.value.args[0] == name


def test_a_log_told_anew_is_not_signed_by_the_known_key(
    lan: Lan, papers: tuple[Path, dict[str, Any]]
) -> None:
    log, told = papers
    _rewritten(_entry_order)(log)
    with pytest.raises(verifier.Refused) as refused:
        verifier.Log(log, lan.hub.key)
    assert refused.value.args[0] == "bad_signature"
    with pytest.raises(verifier.Refused) as refused:
        verifier.check_certificate(told, log)
    assert refused.value.args[0] in ("foreign_certificate", "value_lost", "dropped_conflict")


def _lose(told: dict[str, Any]) -> None:
    lost = next(item for item in told["superseded"] if item["value"] == "二")
    told["superseded"].remove(lost)
    told["counts"]["superseded"] -= 1
    told["counts"]["values"] -= 1


def _lose_contested(told: dict[str, Any]) -> None:
    lost = next(item for item in told["in_conflict"] if item["value"] == "甲")
    told["in_conflict"].remove(lost)
    told["counts"]["in_conflict"] -= 1
    told["counts"]["values"] -= 1


def _call_contested(told: dict[str, Any]) -> None:
    """A value that gave way is said to be kept by a conflict that is about something else."""
    item = next(item for item in told["superseded"] if item["value"] == "二")
    told["superseded"].remove(item)
    told["in_conflict"].append({**item, "conflict": told["in_conflict"][0]["conflict"]})
    told["counts"]["superseded"] -= 1
    told["counts"]["in_conflict"] += 1


def _gave_way_to(told: dict[str, Any], value: str, act_of: str) -> None:
    """A value is said to have given way to the act that entered another one."""
    every = told["superseded"] + told["in_conflict"]
    acts = {item["value"]: item["act"] for item in every if item["field"] in ("note", "address")}
    lost = next(item for item in told["superseded"] if item["value"] == value)
    assert lost["by"] != acts[act_of]
    lost["by"] = acts[act_of]


def _claim_more(told: dict[str, Any]) -> None:
    told["counts"]["current"] += 1
    told["counts"]["values"] += 1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (_call_contested, "forged_certificate"),
        (lambda told: _gave_way_to(told, "二", "一"), "value_lost"),  # which put the whole record, before
        (lambda told: _gave_way_to(told, "二", "二"), "value_lost"),  # its own
        (
            lambda told: _gave_way_to(told, "一", "甲"),
            "value_lost",
        ),  # of the record, not of the field
        (_claim_more, "forged_certificate"),
        (_lose, "value_lost"),
        (_lose_contested, "value_lost"),
        (lambda told: told["superseded"].pop(), "forged_certificate"),
        (lambda told: told["areas"][TOWN].update(head="00" * 32), "forged_certificate"),
        (lambda told: told["areas"][TOWN].update(recounted="0" * 32), "forged_certificate"),
        (lambda told: told["superseded"][-1].update(by="nobody"), "forged_certificate"),
        (lambda told: told["areas"][TOWN].update(began=told["areas"][TOWN]["seq"] + 1), "forged_certificate"),
        (lambda told: told["counts"].update(current=1), "forged_certificate"),
        (lambda told: told.update(hub_key="00" * 32), "foreign_certificate"),
        (lambda told: told.pop("counts"), "forged_certificate"),
    ],
)
def test_a_forged_certificate_is_named(
    papers: tuple[Path, dict[str, Any]], change: Callable[[dict[str, Any]], None], name: str
) -> None:
    log, told = papers
    verifier.check_certificate(told, log)
    change(told)
    with pytest.raises(verifier.Refused) as refused:
        verifier.check_certificate(told, log)
    assert refused.value.args[0] == name
