"""Which column holds which field: proposed from headings and contents, corrected by a mapping file or a
person."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.domain.fields import Kind
from app.errors import Invalid
from app.exchange.grid import Value, column_letter, column_number, is_blank, text_of
from app.exchange.header import LONGEST, Header
from app.exchange.headings import (
    IGNORED,
    KNOWN_FROM,
    XY,
    Match,
    Vocabulary,
    X,
    Y,
    bracketed,
    matches,
)
from app.exchange.quantities import read_quantity, unit_in, units_of
from app.exchange.reasons import reason_of, said_by
from app.i18n import N_

_SAMPLE = 60
SURE_HEADING = 0.95


@dataclass(frozen=True)
class Column:
    """What one column means. `field` is a field's name, `x`, `y` or `xy`; empty when it is not read.

    `unit` is the unit its bare numbers are in; `choice` the code a tick means; `part` of a split angle;
    `table` the label of a table with other headings than the first; `samples` its first values.
    """

    number: int
    heading: str
    field: str = ""
    unit: str = ""
    certainty: float = 0.0
    choice: str = ""
    part: str = ""
    table: str = ""
    samples: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What a correction calls it: its letters, with the table behind them where it is not the first."""
        return f"{self.letter}@{self.table}" if self.table else self.letter

    @property
    def letter(self) -> str:
        """The letters above the column."""
        return column_letter(self.number)

    def to_json(self) -> list[dict[str, object]]:
        """The report's lines for this column; one text with both coordinates is both x and y."""
        fields = (X, Y) if self.field == XY else (self.field or None,)
        return [
            {
                "column": self.letter,
                "heading": self.heading,
                "field": name,
                "unit": self.unit or None,
                "certainty": round(self.certainty, 2),
                **({"table": self.table} if self.table else {}),
            }
            for name in fields
        ]


@dataclass(frozen=True)
class MappingFile:
    """A person's corrections for one kind of template: column letter or heading → field, and fixed answers.

    Where a file has several tables, letters alone mean the first and those with the same headings, and
    `F@LABEL` or `heading@LABEL` a column of the table so called.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


def read_mapping(path: Path) -> MappingFile:
    """Read a mapping file. Raises Invalid when it is not TOML of tables `columns`, `units`, `answers`."""
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Invalid(
            N_("The mapping file “{file}” cannot be read: {why}"),
            code="mapping",
            details=said_by(error),
            file=path.name,
            why=reason_of(error),
        ) from error
    tables = {}
    for name in ("columns", "units", "answers"):
        table = content.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise Invalid(
                N_("In “{file}” the table [{table}] must hold lines like “heading” = “field”."),
                code="mapping",
                file=path.name,
                table=name,
            )
        tables[name] = {str(key): str(value) for key, value in table.items()}
    return MappingFile(tables["columns"], tables["units"], tables["answers"])


def given_for(given: MappingFile | None, labels: Sequence[str], letters: bool) -> MappingFile:
    """The corrections that concern a table, by its labels (the closest first); `letters` when letters
    without a label do."""
    given = given or MappingFile()

    def own(lines: Mapping[str, str]) -> dict[str, str]:
        found = {
            key: name for key, name in lines.items()
            if "@" not in key and (letters or not re.fullmatch(r"[A-Z]{1,3}", key))
        }  # fmt: skip
        for label in reversed([label for label in labels if label]):
            end = f"@{label}"
            here = {key.removesuffix(end): name for key, name in lines.items() if key.endswith(end)}
            found = here | {key: name for key, name in found.items() if key not in here}
        return found

    return MappingFile(own(given.columns), own(given.units), given.answers)


def heading_score(words: Vocabulary) -> Callable[[Sequence[tuple[str, ...]]], float]:
    """A score for `find_headers`: the sum of certainties over the different fields that headings name."""
    seen: dict[tuple[str, ...], tuple[str, float]] = {}

    def best(path: tuple[str, ...]) -> tuple[str, float]:
        if path not in seen:
            likely = len(path[-1]) <= LONGEST and any(sign.isalpha() for sign in path[-1])
            found = [match for match in matches(path, words) if match.certainty >= 0.6] if likely else []
            seen[path] = (
                (found[0].field + found[0].choice + found[0].part, found[0].certainty) if found else ("", 0.0)
            )
        return seen[path]

    def score(paths: Sequence[tuple[str, ...]]) -> float:
        best_of: dict[str, float] = {}
        for path in paths:
            name, certainty = best(path) if path else ("", 0.0)
            if name:
                best_of[name] = max(best_of.get(name, 0.0), certainty * (0.3 if name == IGNORED else 1.0))
        return sum(best_of.values())

    return score


def propose(
    header: Header, rows: Sequence[Sequence[Value]], words: Vocabulary, given: MappingFile | None = None
) -> list[Column]:
    """The meaning of every column that has a heading; `rows` are data rows the contents are judged by."""
    given = given or MappingFile()
    _check_given(given, words)
    candidates: list[tuple[float, int, Match]] = []
    columns = {
        number: Column(number, heading) for number, heading in enumerate(header.headings, 1) if heading
    }
    fixed = {number: _given_for(column, given) for number, column in columns.items()}
    for number, column in columns.items():
        wanted = fixed[number]
        if wanted is not None:
            columns[number] = replace(column, field=wanted, certainty=1.0)
            continue
        cells = _sample(rows, number)
        for match in matches(header.paths[number - 1], words, fuzzy=True):
            sure = match.certainty * _content(cells, match, words)
            if sure >= KNOWN_FROM * 0.8:
                candidates.append((sure, number, match))
    _assign(columns, candidates, {name for name in fixed.values() if name}, words)
    return [_with_unit(column, header, words, given) for column in columns.values()]


def _check_given(given: MappingFile, words: Vocabulary) -> None:
    for heading, name in given.columns.items():
        if name and name not in words.type.fields and name not in (X, Y, XY, IGNORED):
            raise Invalid(
                N_("The mapping names the field “{field}” for “{heading}”, which {kind} does not have."),
                code="mapping",
                field=name,
                heading=heading,
                kind=words.type.text,
            )


def _given_for(column: Column, given: MappingFile) -> str | None:
    """The field a mapping file gives this column by heading or letter; `-` and an empty text mean none."""
    for key, name in given.columns.items():
        by_letter = re.fullmatch(r"[A-Z]{1,3}", key) and column_number(key) == column.number
        if by_letter or re.sub(r"\s", "", key) == re.sub(r"\s", "", column.heading):
            return "" if name == IGNORED else name
    return None


def _sample(rows: Sequence[Sequence[Value]], number: int) -> list[Value]:
    cells = (row[number - 1] for row in rows if number <= len(row))
    found = []
    for cell in cells:
        if not is_blank(cell):
            found.append(cell)
            if len(found) == _SAMPLE:
                break
    return found


def _content(cells: Sequence[Value], match: Match, words: Vocabulary) -> float:
    """How well the contents suit the meaning, 0.4 to 1; an empty column says nothing against it."""
    if not cells or match.choice:
        return 1.0
    if match.field == words.type.key and _restarts(cells):
        return 0.4
    suits = sum(_suits(cell, match, words) for cell in cells) / len(cells)
    least = (
        0.6 if match.certainty >= SURE_HEADING else 0.4
    )  # what the heading says outright is read, or refused
    return max(least, 0.4 + 0.6 * min(1.0, suits * 1.6))


def _restarts(cells: Sequence[Value]) -> bool:
    """Small whole numbers that begin again at 1 count rows; they are nobody's number."""
    texts = [text_of(cell) for cell in cells]
    return texts.count("1") > 1 and all(text.isdigit() and len(text) <= 4 for text in texts)


def _suits(cell: Value, match: Match, words: Vocabulary) -> bool:
    declared = words.field(match.field)
    text = text_of(cell)
    if declared is None:
        return match.field == IGNORED or any(sign.isdigit() for sign in text)
    match declared.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return read_quantity(cell, declared, "") is not None or text in ("/", "-", "—", "无")
        case Kind.DATE:
            return any(sign.isdigit() for sign in text) or any(word in text for word in "年月底前季")
        case Kind.TEXT:
            return not (declared.name == "user_org" and re.fullmatch(r"[\d.]+|t/h|台|蒸吨", text))
        case _:
            return True


def _assign(
    columns: dict[int, Column], candidates: list[tuple[float, int, Match]], taken: set[str], words: Vocabulary
) -> None:
    """Give each column its best free meaning, the surest first. Divisions, ticks and angle parts may share
    a field."""
    single = set(taken)
    decided: set[int] = {number for number, column in columns.items() if column.certainty == 1.0}
    longest_first = {number: -len(column.heading) for number, column in columns.items()}
    for sure, number, match in sorted(
        candidates, key=lambda item: (-item[0], longest_first[item[1]], item[1])
    ):  # of two that are as sure, the heading that says more
        if number in decided:
            continue
        declared = words.field(match.field)
        shared = bool(match.choice or match.part or match.field == IGNORED)
        shared = shared or (declared is not None and declared.refers_to == "division")
        if (not shared and match.field in single) or sure < KNOWN_FROM:
            continue
        decided.add(number)
        if not shared:
            single.add(match.field)
        name = "" if match.field == IGNORED else match.field
        columns[number] = replace(
            columns[number], field=name, certainty=min(sure, 0.99), choice=match.choice, part=match.part
        )


def _with_unit(column: Column, header: Header, words: Vocabulary, given: MappingFile) -> Column:
    declared = words.field(column.field)
    stated = (
        given.units.get(column.heading) or given.units.get(column.letter) or given.units.get(column.field)
    )
    if declared is None or not units_of(declared):
        return column
    if stated and stated not in units_of(declared):
        found = unit_in(stated, declared)
        if not found:
            raise Invalid(
                N_("The mapping gives “{heading}” the unit “{unit}”, which is none of {field}."),
                code="mapping",
                heading=column.heading,
                unit=stated,
                field=column.field,
            )
        stated = found
    path = header.paths[column.number - 1]
    brackets = [word for piece in reversed(path) for word in bracketed(piece)]
    unit = (
        stated or next((unit for word in brackets if (unit := unit_in(word, declared))), "") or declared.unit
    )
    return replace(column, unit=unit)
