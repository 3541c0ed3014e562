"""One row's cells into the values of its fields: parsed by kind, with a refusal or a warning at the very
cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from shapely.geometry.base import BaseGeometry

from app.domain.entity import EntityType
from app.domain.fields import CodeList, Field, Kind
from app.domain.values import parse
from app.errors import Invalid
from app.exchange.dates import read_date
from app.exchange.grid import Value, is_blank, text_of, without_spaces
from app.exchange.headings import XY, X, Y
from app.exchange.mapping import Column
from app.exchange.places import Gazetteer
from app.exchange.quantities import Quantity, only_count, read_quantity
from app.exchange.report import Refusal, Warned
from app.exchange.rows import LedgerRow
from app.exchange.rules.base import Rules
from app.exchange.workbook_xml import NO_RESULT
from app.i18n import N_, tr

Lookup = Callable[[str, str], str | None]

_NOTHING = set(
    "/ \\ - -- — —— 无 暂无 不详 未知 待定 N/A NA NULL NAN #N/A 空 无资料 不清楚 未填报 未检测".split()
)
_YES = set("是 有 √ ✓ ✔ ○ 〇 ● O V Y YES TRUE 1 1.0 对 已".split())
_NO = set("否 无 × ✗ ✘ X N NO FALSE 0 0.0 不是 没有 未 / - —".split())
_OLDEST = 1900
_AHEAD = 15  # years a deadline may lie in the future; 2107 is a slip of the keyboard


@dataclass
class Draft:
    """One row on its way: values so far, what is wrong, and what must still be settled for it."""

    row: LedgerRow
    columns: Sequence[Column] = ()
    values: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    quantity: Quantity | None = None
    count: int = 1
    dateless: list[tuple[Column, str]] = field(default_factory=list)
    division_words: list[str] = field(default_factory=list)
    claim_heading: str = ""
    geometry: BaseGeometry | None = None
    initial: dict[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        """The column that holds a field."""
        return next((column for column in self.columns if column.field == name), None)

    def refuse(self, column: Column | None, code: str, why: str, value: str = "") -> None:
        """Record why this row cannot be taken."""
        name, number = (column.field, column.number) if column else ("", 1)
        row, number = self.row.place(number)
        self.refusals.append(Refusal(self.row.sheet, row, name, value, code, why, number))

    def warn(self, code: str, why: str, name: str = "") -> None:
        """Record what a person should look at."""
        self.warnings.append(Warned(self.row.sheet, self.row.number, code, why, name))


@dataclass(frozen=True)
class RowReader:
    """Reads rows of one file: the entity, its rules, the columns, and what words can be looked up in."""

    kind: EntityType
    rules: Rules
    columns: Sequence[Column]
    faults: Mapping[tuple[int, int], str]
    gazetteer: Gazetteer
    lookup: Lookup
    today: date
    year: int | None = None
    padded_months: frozenset[int] = frozenset()
    whole: str = ""

    def read(self, row: LedgerRow) -> Draft:
        """All cells of a row; divisions, positions and several-in-one cells are settled afterwards."""
        draft = Draft(row, self.columns)
        for column in self.columns:
            if column.field:
                self._cell(draft, column)
        self._division(draft)
        if self.rules.finish and not draft.refusals:
            for code, name, why in self.rules.finish(draft.values, draft.units):
                draft.warn(code, why, name)
        return draft

    def _cell(self, draft: Draft, column: Column) -> None:
        at, origin = column.number, draft.row.origin
        cell = draft.row.cell(at)
        own, others = origin.faults if origin else None, self.faults
        fault = own.get(at) if own is not None else others and others.get((draft.row.number, at))
        if fault:
            why = (
                N_("The formula has no stored result; open the workbook in Excel or WPS and save it.")
                if fault == NO_RESULT
                else N_("The cell shows the error {value}.")
            )
            draft.refuse(column, "unreadable", tr(why, value=fault), fault)
            return
        if column.field in (X, Y, XY) or is_blank(cell):
            return
        declared = self.kind.fields[column.field]
        if column.choice:
            self._tick(draft, column, text_of(cell))
            return
        nothing = isinstance(cell, str) and len(cell) < 8 and _folded(cell) in _NOTHING
        if nothing and declared.kind is not Kind.BOOLEAN and declared.name != self.rules.claim_field:
            return
        if declared.refers_to == "division":
            draft.division_words.append(text_of(cell))
            return
        self._value(draft, column, declared, cell)

    def _value(self, draft: Draft, column: Column, declared: Field, cell: Value) -> None:
        match declared.kind:
            case Kind.NUMBER | Kind.INTEGER:
                self._number(draft, column, declared, cell)
            case Kind.DATE:
                self._date(draft, column, cell)
            case Kind.BOOLEAN:
                self._boolean(draft, column, text_of(cell))
            case Kind.CHOICE | Kind.STATE:
                self._choice(draft, column, declared, text_of(cell))
            case Kind.REFERENCE:
                self._reference(draft, column, declared, text_of(cell))
            case Kind.TEXTS | Kind.MOMENT:
                self._parsed(draft, column, declared, text_of(cell))
            case _:
                self._text(draft, column, declared, text_of(cell))

    # --- numbers -------------------------------------------------------------------------------------------

    def _number(self, draft: Draft, column: Column, declared: Field, cell: Value) -> None:
        found = read_quantity(cell, declared, column.unit)
        if found is None and declared.name == self.rules.each_field and (count := only_count(cell)):
            draft.count = count  # “1台”, where the output stands in another column
            return
        if found is None or (found.each and declared.name != self.rules.each_field):
            draft.refuse(
                column, "unreadable", tr(N_("“{value}” is not a number."), value=text_of(cell)), text_of(cell)
            )
            return
        why = self._impossible(declared, found)
        if why:
            draft.refuse(column, "impossible", why, text_of(cell))
            return
        draft.values[declared.name] = round(found.value) if declared.kind is Kind.INTEGER else found.value
        draft.units[declared.name] = found.unit
        if declared.name == self.rules.each_field:
            draft.quantity = found
        if found.count and found.count > 1 and declared.name == self.rules.each_field:
            draft.count = found.count

    def _impossible(self, declared: Field, found: Quantity) -> str:
        """Why a number cannot be this field's, or an empty text."""
        value, unit = max((found.value, *found.each)), declared.unit
        least = min((found.value, *found.each))
        if value != value or value in (float("inf"), float("-inf")):
            return tr(N_("This is no possible number."))
        if (declared.minimum is not None and least < declared.minimum) or (declared.positive and least <= 0):
            return tr(
                N_("It must be more than {limit} {unit}."), limit=f"{declared.minimum or 0:g}", unit=unit
            )
        if declared.maximum is not None and value > declared.maximum:
            return tr(N_("It is at most {limit} {unit}."), limit=f"{declared.maximum:g}", unit=unit)
        limit = self.rules.bare_limits.get(declared.name)
        if limit and value > limit and not found.stated:
            return tr(
                N_("{value} {unit} is not believable without its unit; is it kW?"),
                value=f"{value:g}",
                unit=unit,
            )
        if declared.kind is Kind.INTEGER and value != int(value):
            return tr(N_("It must be a whole number."))
        return ""

    # --- dates ---------------------------------------------------------------------------------------------

    def _date(self, draft: Draft, column: Column, cell: Value) -> None:
        if (
            isinstance(cell, float)
            and column.number in self.padded_months
            and re.fullmatch(r"\d{4}\.1", str(cell))
        ):
            cell = f"{cell}0"
        when, words = read_date(cell, self.year), text_of(cell)
        beside = self.rules.text_of_date.get(column.field, "")
        if when.needs_year:
            draft.dateless.append((column, words))
            if beside:
                draft.values[beside] = words
            return
        if when.bad and beside and not re.search(r"\d", words):
            draft.values[beside] = words
            draft.warn("no_date", tr(N_("“{value}” names no date."), value=words), column.field)
            return
        if when.bad or (when.iso is None and not beside):
            if not when.bad and column.field != beside:
                draft.warn("no_date", tr(N_("“{value}” names no date."), value=words), column.field)
                return
            draft.refuse(column, "bad_date", tr(N_("“{value}” is not a date."), value=words), words)
            return
        if when.verbal and beside:
            draft.values[beside] = words
        if when.iso and self._believable(draft, column, when.iso, words):
            draft.values[column.field] = when.iso

    def _believable(self, draft: Draft, column: Column, iso: str, words: str) -> bool:
        year = int(iso[:4])
        latest = self.today.year + (1 if column.field in self.rules.past_dates else _AHEAD)
        if _OLDEST <= year <= latest:
            return True
        draft.refuse(column, "bad_date", tr(N_("The year {year} cannot be right."), year=year), words)
        return False

    # --- words ---------------------------------------------------------------------------------------------

    def _boolean(self, draft: Draft, column: Column, words: str) -> None:
        word = _folded(words)
        if word in _YES or word in _NO:
            draft.values[column.field] = word in _YES
        else:
            self._unknown(draft, column, words)

    def _tick(self, draft: Draft, column: Column, words: str) -> None:
        """A column headed by one word of a list: any mark but a “no” chooses the word."""
        if _folded(words) in _NO:
            return
        earlier = draft.values.setdefault(column.field, column.choice)
        if earlier != column.choice:
            why = N_(
                "The row ticks several columns of {field}; the first counts, the other stands in the note."
            )
            draft.warn("several_ticks", tr(why, field=tr(self.kind.fields[column.field].label)), column.field)
            self._note(draft, f"{column.heading}：{words}")

    def _choice(self, draft: Draft, column: Column, declared: Field, words: str) -> None:
        assert declared.choices is not None
        more = self.rules.more_words.get("fuel" if column.field == "after_fuel" else column.field, {})
        code = _code(words, declared.choices, tuple(more.items()))
        if code is None:
            self._unknown(draft, column, words)
        else:
            draft.values[column.field] = code

    def _unknown(self, draft: Draft, column: Column, words: str) -> None:
        """A word that is on no list is kept in the note, where the record has one."""
        draft.warn(
            "unknown_word",
            tr(
                N_("“{value}” is no known word for {field}."),
                value=words,
                field=tr(self.kind.fields[column.field].label),
            ),
            column.field,
        )
        self._note(draft, f"{column.heading}：{words}")

    def _note(self, draft: Draft, kept: str) -> None:
        if "note" in self.kind.fields:
            draft.values["note"] = f"{draft.values['note']}；{kept}" if draft.values.get("note") else kept

    def _reference(self, draft: Draft, column: Column, declared: Field, words: str) -> None:
        uid = self.lookup(declared.refers_to, words.strip())
        if uid is None:
            draft.warn(
                "unknown_word",
                tr(N_("There is no {kind} “{value}”."), kind=tr(declared.label), value=words),
                column.field,
            )
        else:
            draft.values[column.field] = uid

    def _parsed(self, draft: Draft, column: Column, declared: Field, words: str) -> None:
        try:
            draft.values[column.field] = parse(declared, words)
        except Invalid as error:
            draft.refuse(column, "unreadable", error.message, words)

    def _text(self, draft: Draft, column: Column, declared: Field, words: str) -> None:
        text = " ".join(words.split())
        if declared.name in (self.kind.key, "uscc", "code", "contact_phone"):
            text = without_spaces(unicodedata.normalize("NFKC", text))
            text = text.upper() if declared.name == "uscc" else text
        if len(text) > declared.length and declared.unique:
            draft.refuse(
                column, "unreadable", tr(N_("It may have at most {n} characters."), n=declared.length), text
            )
            return
        if len(text) > declared.length:
            draft.warn(
                "cut", tr(N_("The text was cut after {n} characters."), n=declared.length), column.field
            )
            text = text[: declared.length]
        if column.field == self.rules.claim_field:
            draft.claim_heading = column.heading
        earlier = draft.values.get(column.field)
        draft.values[column.field] = f"{earlier}；{text}" if earlier and column.field == "note" else text

    # --- divisions -----------------------------------------------------------------------------------------

    def _division(self, draft: Draft) -> None:
        columns = [c for c in self.columns if c.field and self._refers_to_division(c)]
        if not columns or not draft.division_words:
            return
        place = self.gazetteer.resolve(draft.division_words)
        if (
            place.code is None and self.whole
        ):  # a town's name alone may be that of several: the title says whose
            inside = self.gazetteer.resolve([self.whole, *draft.division_words])
            place = place if _names_a_county(inside.doubt, draft.division_words) else inside
        if place.code is None:
            draft.refuse(columns[0], "unknown_division", place.why, " ".join(draft.division_words))
            return
        if place.doubt:
            draft.warn("unknown_town", place.doubt, columns[0].field)
        draft.values[columns[0].field] = place.code

    def _refers_to_division(self, column: Column) -> bool:
        declared = self.kind.fields.get(column.field)
        return declared is not None and declared.refers_to == "division"


def _names_a_county(doubt: str, words: Sequence[str]) -> bool:
    """Whether words that no division of the title's county bears name another county, not a town."""
    return bool(doubt) and any(re.search(r"[县区市]$", word.strip()) for word in words)


@lru_cache(maxsize=4096)
def _folded(words: str) -> str:
    return unicodedata.normalize("NFKC", words).strip().upper()


@lru_cache(maxsize=4096)
def _code(words: str, choices: CodeList, more: tuple[tuple[str, str], ...]) -> str | None:
    """The code a cell's words mean: a whole word of the list, else the longest piece that is found inside."""
    word = without_spaces(unicodedata.normalize("NFKC", words))
    code = choices.code_of(words) or choices.code_of(word) or choices.code_of(re.sub(r"\(.*?\)", "", word))
    if code is not None:
        return code
    pieces = {alias: choice.code for choice in choices.choices for alias in choice.aliases if len(alias) > 1}
    pieces |= dict(more)
    inside = [piece for piece in pieces if piece in word]
    return pieces[max(inside, key=len)] if inside else None
