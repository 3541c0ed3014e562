"""The shares of cells in a digest: compiled and plain give the same, and wrong arguments are refused."""

from __future__ import annotations

import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import _digest as compiled
from app.domain.digest import MODULUS, cell_hash, change_hash, field_hash, plain_row_hash, row_hash

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    TEXTS,
    st.binary(max_size=400),
    st.lists(TEXTS, max_size=3),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.binary(max_size=30).map(bytearray),
)


@given(st.lists(st.tuples(TEXTS, VALUES, VALUES), max_size=5))
def test_cells_of_one_field_add_what_they_add_one_by_one(cells: list[tuple[str, Any, Any]]) -> None:
    each = sum(change_hash("e", uid, {"f": old}, {"f": new}) for uid, old, new in cells)
    assert field_hash("e", "f", cells) == each % MODULUS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.domain.digest._field", None)
        assert field_hash("e", "f", cells) == each % MODULUS


@pytest.mark.parametrize("cells", [[("u", 1)], [(1, 2, 3)], [["u", 1, 2]], [("u", None, object())]])
def test_cells_that_are_none_are_refused(cells: list[Any]) -> None:
    with pytest.raises(TypeError):
        field_hash("e", "f", cells)


class Word(str):
    """A text that is not exactly one."""


@given(TEXTS, TEXTS, st.dictionaries(TEXTS, VALUES, max_size=5))
def test_compiled_and_plain_shares_are_equal(entity: str, uid: str, cells: dict[str, Any]) -> None:
    expected = plain_row_hash(entity, uid, cells)
    assert row_hash(entity, uid, cells) == expected
    assert sum(cell_hash(entity, uid, name, value) for name, value in cells.items()) % MODULUS == expected


NAMES = st.sampled_from("abcd")


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES))
def test_a_change_adds_what_makes_one_record_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    equal = {name for name, value in after.items() if before.get(name) == value}  # as 1, 1.0 and True are
    expected = sum(
        cell_hash("e", "u", name, value) - cell_hash("e", "u", name, before.get(name))
        for name, value in after.items()
        if name not in equal
    )
    assert change_hash("e", "u", before, after) == expected % MODULUS
    assert (
        change_hash("e", "u", MappingProxyType(before), after) == expected % MODULUS
    )  # without compiled code


@pytest.mark.parametrize("length", [*range(110, 132), 255, 256, 257, 1000])
def test_texts_around_the_blocks_of_the_hash(length: int) -> None:
    """Where a block is full the last one must still be known as the last."""
    content = b"e\0u\0f\0s" + b"x" * length
    expected = int.from_bytes(blake2b(content, digest_size=16).digest(), "little")
    assert cell_hash("e", "u", "f", "x" * length) == expected


def test_values_of_kinds_that_are_rare() -> None:
    cells = {
        "a": Word("text"),
        "b": 2**63,
        "c": -(2**63),
        "d": -0.0,
        "e": memoryview(b"abc"),
        "f": [],
        "g": (),
    }
    assert row_hash("boiler", "u", cells) == plain_row_hash("boiler", "u", cells)
    assert cell_hash("boiler", "u", "d", -0.0) == cell_hash("boiler", "u", "d", 0.0)
    assert cell_hash("boiler", "u", "d", 1) != cell_hash("boiler", "u", "d", 1.0)


def _written(value: object) -> bytes:
    raise KeyError(value)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("e", "u", {}),
        (None, "u", {}, _written),
        ("e", None, {}, _written),
        (b"e", "u", {}, _written),
        ("e", "u", None, _written),
        ("e", "u", [("a", 1)], _written),
        ("e", "u", {1: "a"}, _written),
        ("e", "u", {"a": object()}, None),
        ("e", "u", {"a": object()}, lambda value: "no bytes"),
    ],
)
def test_wrong_arguments_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        compiled.row(*arguments)
    wrong = tuple(part.get("a") if isinstance(part, dict) and "a" in part else part for part in arguments)
    if len(arguments) < 4 or arguments[3] is not _written:  # a cell's value may be anything
        with pytest.raises(TypeError):
            compiled.cell(*wrong[:2], "f", *wrong[2:])


def test_a_text_without_utf_8_and_a_mistake_of_the_caller_come_through() -> None:
    for text in ("\ud800",):
        with pytest.raises(UnicodeEncodeError):
            compiled.row("e", "u", {"a": text}, _written)
        with pytest.raises(UnicodeEncodeError):
            compiled.row(text, "u", {}, _written)
        with pytest.raises(UnicodeEncodeError):
            compiled.change("e", "u", {"a": "b"}, {"a": text}, _written)
    with pytest.raises(KeyError):
        compiled.row("e", "u", {"a": object()}, _written)
    with pytest.raises(KeyError):
        compiled.change("e", "u", {"a": object()}, {"a": None}, _written)
    for wrong in (None, [("a", 1)]):
        with pytest.raises(TypeError):
            compiled.change("e", "u", wrong, {"a": 1}, _written)
        with pytest.raises(TypeError):
            compiled.change("e", "u", {"a": 1}, wrong, _written)


def test_a_dict_that_is_emptied_meanwhile_is_not_read_beyond_its_end() -> None:
    cells: dict[str, Any] = {str(number): object() for number in range(50)}

    def other(value: object) -> bytes:
        cells.clear()
        return b"x"

    assert compiled.row("e", "u", cells, other) == compiled.cell("e", "u", "0", object(), other)


def test_without_the_compiled_part_the_shares_are_the_same() -> None:
    """In a program of its own, where the import fails as it does without a compiler."""
    code = (
        "import sys; sys.modules['app.domain._digest'] = None\n"
        "from app.domain.digest import cell_hash, row_hash\n"
        "print(row_hash('boiler', 'u', {'a': '锅炉', 'b': 2.5}), cell_hash('boiler', 'u', 'a', [' ']))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120, check=True
    )
    expected = row_hash("boiler", "u", {"a": "锅炉", "b": 2.5}), cell_hash("boiler", "u", "a", [" "])
    assert tuple(map(int, done.stdout.split())) == expected
