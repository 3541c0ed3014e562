"""From a read file to a plan: what would be added, changed, left, refused, and what must be asked first.
Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.coordinates.datum import Shift
from app.domain.fields import Kind
from app.exchange.forms import unfolded
from app.exchange.grid import Book, Sheet, text_of
from app.exchange.headings import IGNORED, XY, Vocabulary, X, Y, vocabulary
from app.exchange.learned import joined, template_key
from app.exchange.mapping import Column, MappingFile, given_for, propose
from app.exchange.matching import Matched, Matcher, Wanted
from app.exchange.numbering import give_numbers
from app.exchange.options import NEW, SKIP, ImportContext, ImportOptions
from app.exchange.places import Gazetteer
from app.exchange.placing import Placing
from app.exchange.questions import Asked, Question
from app.exchange.reading import Draft, RowReader
from app.exchange.report import ImportPlan, ImportReport, PlannedRecord, Warned
from app.exchange.rows import Body, body_of
from app.exchange.rules import rules_for
from app.exchange.settling import expanded, settle_required
from app.exchange.several_tables import (
    Part,
    Source,
    all_columns,
    further_headings,
    further_tables,
    parts_of,
    placed_together,
    settle_counts_by_table,
    settle_years_by_table,
)
from app.exchange.sheets import ALL, Table, choose_tables
from app.exchange.stated_places import (
    division_field,
    padded_months,
    place_in_title,
    place_of_section,
    place_of_table,
    with_places,
)
from app.exchange.workbook import open_book
from app.exchange.zone_plan import lists_corners, plan_zones, rings_of, turned_rows
from app.i18n import N_, tr

_TICK_ROWS = 500
_SAMPLED, _SAMPLES, _SAMPLE_SIGNS = 30, 3, 24  # rows looked through, values shown, their length


def plan_file(path: Path, context: ImportContext, options: ImportOptions) -> ImportPlan:
    """Read a file and plan its import. Raises Invalid when the file as a whole cannot be taken."""
    encoding = options.encoding or options.all_answers().get("encoding")
    return plan_import(open_book(path, encoding, context.tick), context, options)


def plan_import(book: Book, context: ImportContext, options: ImportOptions) -> ImportPlan:
    """Plan the import of a book. Writes nothing; while questions are open the preview follows their
    proposals."""
    zones = context.kind.name == "protection_zone" and lists_corners(book)
    plan = plan_zones(book, context, options) if zones else _Planner(book, context, options).plan()
    if not book.macros:
        return plan
    why = tr(N_("The workbook holds macros; none was run, and what they would fill in is not there."))
    said = Warned(plan.report.sheet, 0, "macros", why)
    return ImportPlan(plan.kind, replace(plan.report, warnings=[said, *plan.report.warnings]))


class _Planner:
    """One import on its way; each step is a method, in the order of `plan`."""

    def __init__(self, book: Book, context: ImportContext, options: ImportOptions) -> None:
        self._book, self._context, self._options = book, context, options
        self._asked = Asked(options.all_answers())
        self._rules = rules_for(context.kind.name)
        self._words: Vocabulary = vocabulary(context.kind, self._rules)
        self._gazetteer = Gazetteer(context.divisions)
        self._matcher = Matcher(
            context.kind, self._rules, context.existing, options.match or context.kind.key, context.near_m
        )
        self._warned: list[Warned] = []
        self._templates: dict[str, str] = {}
        self._learned: dict[tuple[str, ...], MappingFile] = {}
        self._corrected: dict[tuple[str, ...], int] = {}  # what reads otherwise by what was learned
        self._first_with: dict[tuple[str, ...], str] = {}  # headings → the table that had them first
        self._shift: Shift | None = None

    def plan(self) -> ImportPlan:
        """Read, settle, place, match; then say it all in one report."""
        self._ask_encoding()
        options, context = self._options, self._context
        wanted = options.sheet or self._asked.answer("sheet") or ""
        book = unfolded(self._book, self._words, "" if wanted in (ALL, "*") else wanted)
        tables = choose_tables(book, self._words, options.sheet, options.header_rows, self._asked)
        self._recall(tables)
        bodies = [body_of(table.sheet, table.header, self._is_place) for table in tables]
        mapped = [self._columns(table, body) for table, body in zip(tables, bodies, strict=True)]
        drafts: list[Draft] = []
        for table, body, columns in zip(tables, bodies, mapped, strict=True):
            drafts += self._drafts(table, body, columns)
        columns = mapped[0]
        parts = parts_of((tables, bodies, mapped), drafts)
        settle_years_by_table(parts, context.today, self._asked)
        settle_counts_by_table(parts, self._rules, self._matcher, self._asked)
        if settle_required(drafts, columns, context.kind):
            give_numbers(drafts, context.existing, context.kind, self._rules)
        duplicates = self._first_of_equals(drafts)
        context.tick(1.0)
        crs = self._place(parts)
        self._claims(drafts)
        context.tick(1.0)
        records, more = self._match(drafts)
        report = self._report((tables, bodies, mapped), drafts, records, duplicates, more, crs)
        if context.kind.name == "protection_zone":
            shapes = [(draft.row.number, draft.geometry or draft.row.geometry) for draft in drafts]
            rings, problems = rings_of(records, [(row, shape) for row, shape in shapes if shape is not None])
            report = replace(report, rings=rings, problems=[*turned_rows(drafts), *problems])
        return ImportPlan(context.kind, report)

    def _place(self, parts: Sequence[Part]) -> str:
        """Give the drafts their places, together those of tables that say the same of their system."""
        found = []
        for part, asked in placed_together(parts, self._asked):
            placing = Placing(self._context, self._options, self._gazetteer, self._matcher, asked)
            found.append(placing.place(part.drafts, part.columns, part.texts, part.crs))
            self._shift = placing.shift or self._shift
        return ", ".join(dict.fromkeys(crs for crs in found if crs))

    def _ask_encoding(self) -> None:
        if self._book.encoding_doubt:
            self._asked.settle(
                Question(
                    "encoding",
                    tr(N_("In which encoding is this file written?")),
                    self._book.encoding_doubt,
                    (),
                    self._book.encoding,
                    tr(N_("Its bytes can be read in more than one way.")),
                )
            )

    def _is_place(self, words: str) -> bool:
        if len(words) <= 20 and self._gazetteer.resolve([words]).code is not None:
            return True
        return words.endswith(("台账", "清单", "表", "台帐")) and bool(place_in_title(words, self._gazetteer))

    def _recall(self, tables: Sequence[Table]) -> None:
        """What people corrected in earlier files with the headings of each table."""
        for table in tables:
            headings = table.header.headings
            if headings not in self._learned:
                key = template_key(self._context.kind.cli, headings)
                self._learned[headings] = self._context.recall(key) or MappingFile()
                self._corrected[headings] = len(self._learned[headings].answers)
                self._first_with[headings] = table.label if self._templates else ""
                self._templates[self._first_with[headings]] = key
        self._asked.remembered = self._learned[tables[0].header.headings].answers

    def _columns(self, table: Table, body: Body) -> list[Column]:
        known = [*self._words.type.fields, X, Y, XY, IGNORED]
        first = self._first_with[table.header.headings]
        given = given_for(self._options.mapping, (table.label, first), letters=not first)
        learned = self._learned[table.header.headings]
        cells = [row.cells for row in body.rows]
        columns = propose(table.header, cells, self._words, joined(given, learned, known))
        if learned.columns:  # a mapping somebody shared names every column, also those anybody would find
            alone = propose(table.header, cells, self._words, given)
            differ = sum(one.field != other.field for one, other in zip(columns, alone, strict=True))
            self._corrected[table.header.headings] = differ + len(learned.answers)
        return [replace(column, samples=_first_of(body, column.number)) for column in columns]

    def _drafts(self, table: Table, body: Body, columns: Sequence[Column]) -> list[Draft]:
        rows, filled = body.rows, list[int]()
        if not table.sheet.origins:  # what one form leaves out does not stand in the one before
            rows, filled = with_places(body.rows, columns, self._context.kind)
        reader = RowReader(
            self._context.kind,
            self._rules,
            columns,
            table.sheet.faults,
            self._gazetteer,
            self._context.lookup,
            self._context.today,
            None,
            padded_months(rows, [column for column in columns if self._is_date(column)]),
            place_of_table(table, self._gazetteer),
        )
        drafts = []
        for index, row in enumerate(rows):
            if index % _TICK_ROWS == 0:
                self._context.tick(index / len(rows))
            drafts.append(reader.read(row))
        self._default_places(table, drafts)
        _warn_of_cells(table.sheet, drafts, columns)
        for number in filled if self._book.format == "xlsx" else ():
            why = tr(N_("The division was taken from the row above."))
            self._warned.append(Warned(table.sheet.name, number, "filled_down", why))
        return drafts

    def _is_date(self, column: Column) -> bool:
        declared = self._context.kind.fields.get(column.field)
        return declared is not None and declared.kind is Kind.DATE

    def _default_places(self, table: Table, drafts: Sequence[Draft]) -> None:
        """Rows without a division of their own lie where the group row, a title or the sheet's name says."""
        name = division_field(self._context.kind)
        if not name or (
            any(draft.division_words for draft in drafts) and not any(d.row.section for d in drafts)
        ):
            return
        whole = place_of_table(table, self._gazetteer)
        for draft in drafts:
            if draft.division_words:
                continue
            code = place_of_section(draft.row, self._gazetteer) or whole
            if code:
                draft.initial[name] = code
                why = tr(
                    N_("The division {place} was taken from the title."), place=self._gazetteer.name(code)
                )
                draft.warn("division_from_title", why, name)

    def _first_of_equals(self, drafts: Sequence[Draft]) -> int:
        """The first of two equal numbers stays, the others are refused."""
        key = self._options.match or self._context.kind.key
        declared = self._context.kind.fields.get(key)
        if declared is None or not (declared.unique or self._options.match):
            return 0
        first: dict[str, Draft] = {}
        found = 0
        for draft in drafts:
            number = str(draft.values.get(key) or "").upper()
            if not number or draft.refusals:
                continue
            earlier = first.setdefault(number, draft)
            if earlier is not draft:
                found += 1
                why = tr(N_("The same number stands in row {row} already."), row=earlier.row.number)
                draft.refuse(draft.column(key), "duplicate", why, number)
        return found

    def _claims(self, drafts: Sequence[Draft]) -> None:
        """Status words stay words; only `--accept-claims` makes states of them, and marks where they came
        from."""
        rules = self._rules
        if not self._options.accept_claims or rules.state_claimed is None:
            return
        for draft in drafts:
            words = draft.values.get(rules.claim_field)
            state = rules.state_claimed(words, draft.claim_heading) if words else None
            if state:
                draft.initial.update(status=state, origin="migrated")
                if state == "cleared" and draft.values.get("done_date"):
                    draft.initial["cleared_on"] = draft.values["done_date"]

    def _match(self, drafts: Sequence[Draft]) -> tuple[list[PlannedRecord], int]:
        wanted: list[Wanted] = []
        owners: list[Draft] = []
        more = 0
        for draft in drafts:
            if draft.refusals:
                continue
            records = expanded(draft, self._context.kind.key, self._rules.each_field)
            more += len(records) - 1
            for values in records:
                wanted.append(
                    Wanted(draft.row.sheet, draft.row.number, values, draft.geometry, draft.initial)
                )
                owners.append(draft)
        matched = self._matcher.match(wanted, self._context.new_uid)
        key = self._context.kind.key
        for code, troubles in (("duplicate", matched.twice), ("conflict", matched.conflicts)):
            for index, why in troubles:
                owner = owners[index]
                owner.refuse(owner.column(key), code, why, str(wanted[index].values.get(key, "")))
        left_out = self._alike(matched, wanted, owners)
        planned = [
            record for index, record in enumerate(matched.planned)
            if record is not None and index not in left_out and not owners[index].refusals
        ]  # fmt: skip
        return planned, more

    def _alike(self, matched: Matched, wanted: Sequence[Wanted], owners: Sequence[Draft]) -> set[int]:
        """Rows that look like a record under another number are asked about; those like another row are
        shown."""
        for index, why in matched.alike_here:
            owners[index].warn("possible_duplicate", why)
        if not matched.alike:
            return set()
        for index, title, _ in matched.alike:
            owners[index].warn(
                "duplicate_of", tr(N_("This may be {title}, which is there already."), title=title)
            )
        rows = sorted({(wanted[index].sheet, wanted[index].row) for index, _, _ in matched.alike})
        choice = self._asked.settle(
            Question(
                "duplicate_of",
                tr(N_("Are these the boilers that are there already under other numbers?")),
                (NEW, SKIP),
                rows,
                NEW,
                tr(
                    N_("Unit, address and output are the same, or they stand within {metres} m."),
                    metres=f"{self._context.near_m:g}",
                ),
            )
        )
        return {index for index, _, _ in matched.alike} if choice == SKIP else set()

    def _report(
        self, source: Source, drafts: Sequence[Draft],
        records: list[PlannedRecord], duplicates: int, more: int, crs: str,
    ) -> ImportReport:  # fmt: skip
        tables, bodies, mapped = source
        wrong = [draft.refusals for draft in drafts if draft.refusals]
        refused = [replace(first, also=tuple(others)) for first, *others in wrong]
        warnings = [
            *self._warned,
            *(warned for draft in drafts if not draft.refusals for warned in draft.warnings),
        ]
        hidden = [sheet for sheet in self._book.sheets if not sheet.visible and not sheet.is_empty]
        for sheet in hidden if not any(table.sheet in hidden for table in tables) else ():
            why = tr(N_("The sheet “{sheet}” is hidden and was not read."), sheet=sheet.name)
            warnings.append(Warned(sheet.name, 0, "hidden_sheet", why))
        names = list(dict.fromkeys(name for table in tables for name in _sheets_of(table.sheet)))
        warnings += further_tables(tables)
        sheets = [table.sheet.name for table in tables]
        return ImportReport(
            "、".join(names),
            self._book.encoding,
            tables[0].header.rows,
            crs,
            len(drafts),
            more,
            duplicates,
            all_columns(tables, mapped),
            self._asked.said(len(names) > 1),
            refused,
            sorted(warnings, key=lambda item: item.row),
            sorted(
                (*further_headings(tables), *(skipped for body in bodies for skipped in body.skipped)),
                key=lambda item: (sheets.index(item.sheet), item.row),
            ),
            records,
            templates=self._templates,
            learned=sum(self._corrected.values()),
            shift=self._shift,
            sheets=[sheet.name for sheet in self._book.sheets if not sheet.is_empty],
        )


def _sheets_of(sheet: Sheet) -> list[str]:
    """The sheets a table was read from; one of forms may come from many."""
    return [form.sheet for form in sheet.origins] or [sheet.name]


def _first_of(body: Body, number: int) -> tuple[str, ...]:
    """The first values of a column, so that people see what they choose a field for."""
    words = (text_of(row.cell(number)) for row in body.rows[:_SAMPLED])
    return tuple(dict.fromkeys(word[:_SAMPLE_SIGNS] for word in words if word))[:_SAMPLES]


def _warn_of_cells(sheet: Sheet, drafts: Sequence[Draft], columns: Sequence[Column]) -> None:
    """Say which rows nobody sees, and which values come from another workbook."""
    hidden = tr(N_("The row is hidden in the workbook; it is read all the same."))
    outside = N_("{column}{row} looks into another workbook; the value stored last was read.")
    read = [column for column in columns if column.field]
    for draft in drafts:
        if draft.row.number in sheet.hidden_rows:
            draft.warn("hidden_row", hidden)
        for column in read if sheet.linked else ():
            if (draft.row.number, column.number) in sheet.linked:
                why = tr(outside, column=column.letter, row=draft.row.number)
                draft.warn("linked_cell", why, column.field)
