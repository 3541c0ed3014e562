"""What concerns several rows at once: years that are missing, “2台” rows, numbers that are missing or
made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from app.domain.entity import EntityType
from app.exchange.dates import read_date
from app.exchange.mapping import Column
from app.exchange.matching import Matcher
from app.exchange.questions import Asked, Question
from app.exchange.reading import Draft
from app.exchange.rules.base import Rules
from app.exchange.rules.boiler_checks import MW_PER_TPH, model_tph
from app.i18n import N_, tr

EACH, TOTAL = "each", "total"
_AMOUNT = r"(?:额定|装机)?(?:蒸吨|吨位|容量|规模|蒸发量|出力|功率|能力|吨数|吨)"
_OF_ALL = re.compile(
    rf"(?:(?<!汇)总|合计|共计|总计){_AMOUNT}|{_AMOUNT}数?[(（]?(?:合计|总计|共计|总和|总量|总数)"
)
_SPEAKS_OF_SUMS = re.compile(r"总(?!台)|合计|共计")


def settle_years(drafts: Sequence[Draft], likely: int, why: str, today: date, asked: Asked) -> None:
    """Dates written without a year get the one answered, or for the preview the likeliest."""
    waiting = [draft for draft in drafts if draft.dateless]
    choices = sorted({str(year) for year in (likely - 1, likely, likely + 1, today.year)})
    answer = asked.settle(
        Question(
            "year",
            tr(N_("Which year do dates without a year belong to?")),
            choices,
            [(draft.row.sheet, draft.row.number) for draft in waiting],
            str(likely),
            why,
        )
    )
    for draft in waiting:
        for column, words in draft.dateless:
            iso = read_date(words, int(answer)).iso
            if iso:
                draft.values[column.field] = iso
            else:
                draft.refuse(column, "bad_date", tr(N_("“{value}” is not a date."), value=words), words)


def likely_year(drafts: Sequence[Draft], titles: Sequence[str]) -> tuple[int, str] | None:
    """The year that titles or other dates speak for, and why; None when nothing names one."""
    for title in titles:
        found = re.search(r"(20\d{2})\s*(?:年|-|\.|/)", title)
        if found:
            return int(found[1]), tr(N_("The title says {year}."), year=found[1])
    fields = {column.field for draft in drafts for column, _ in draft.dateless}
    years = Counter(
        str(draft.values[name])[:4] for draft in drafts for name in fields if draft.values.get(name)
    )
    if years:
        year = years.most_common(1)[0][0]
        return int(year), tr(N_("Most other dates of this column are of {year}."), year=year)
    return None


def several_in_one(drafts: Sequence[Draft], rules: Rules, matcher: Matcher) -> list[Draft]:
    """The rows that stand for several things with one amount, once each row is told how many it is."""
    if not rules.count_field:
        return []
    several = []
    for draft in drafts:
        if _is_one_of_several(draft, rules, matcher):
            continue
        _agree(draft, rules)
        if draft.count > 1 and not draft.refusals:
            several.append(draft)
    return [
        draft for draft in several if draft.values.get(rules.each_field) is not None and not _listed(draft)
    ]


def stated_meaning(columns: Sequence[Column], rules: Rules) -> str:
    """Whether the heading says that amounts are of each or of all; empty when it does not.

    A stroke also stands between the rows of a heading (“规模/台数及吨位”): behind a unit it means “for each”.
    A sum is said only by a word of sums that belongs to the amount (总吨位, 吨位合计, 合计/吨位): 总 may also
    stand in 总体情况 or 汇总, and 合计 over a column beside this one.
    """
    heading = _heading_of_amounts(columns, rules)
    if re.search(r"单台|每台|[吨时tThHW]/台(?!数)", heading):
        return EACH
    return TOTAL if _OF_ALL.search("".join(re.split(r"[/\s]+", heading)[-2:])) else ""


def _heading_of_amounts(columns: Sequence[Column], rules: Rules) -> str:
    return next((column.heading for column in columns if column.field == rules.each_field), "")


def settle_counts(amounts: Sequence[Draft], columns: Sequence[Column], rules: Rules, asked: Asked) -> None:
    """Whether the amount of rows that stand for several things is of each or of all."""
    said = stated_meaning(columns, rules) or asked.settle(_units_question(amounts, columns, rules))
    for draft in amounts if said == TOTAL else ():
        draft.values[rules.each_field] = round(draft.values[rules.each_field] / draft.count, 4)
        if "rated_mw" in draft.values:
            draft.values["rated_mw"] = round(draft.values["rated_mw"] / draft.count, 4)


def _listed(draft: Draft) -> tuple[float, ...]:
    """The amounts of a row that names its things one by one."""
    return draft.quantity.each if draft.quantity else ()


def _is_one_of_several(draft: Draft, rules: Rules, matcher: Matcher) -> bool:
    """A row of a list written by this program is one thing already, whatever its ledger row stood for."""
    known = matcher.known(draft.values)
    stated = draft.values.get(rules.count_field)
    return draft.count <= 1 and known is not None and getattr(known, rules.count_field, None) == stated


def likely_meaning(drafts: Sequence[Draft], rules: Rules) -> str:
    """Ordinarily “2台4蒸吨” means 4 each, unless the models say otherwise."""
    totals = [
        draft for draft in drafts
        if (model := model_tph(draft.values.get("model")))
        and abs(model * draft.count - draft.values[rules.each_field]) < 0.1 * draft.values[rules.each_field]
    ]  # fmt: skip
    return TOTAL if len(totals) > len(drafts) / 2 else EACH


def _units_question(drafts: Sequence[Draft], columns: Sequence[Column], rules: Rules) -> Question:
    proposal = likely_meaning(drafts, rules)
    if proposal == TOTAL:
        why = tr(N_("The models' names agree with the amount divided by the number."))
    elif _SPEAKS_OF_SUMS.search(_heading_of_amounts(columns, rules)):
        proposal, why = TOTAL, tr(N_("The heading speaks of a sum, but does not say surely of what."))
    else:
        why = tr(N_("Counties usually write the output of one; “2台4蒸吨” is then twice 4 t/h."))
    return Question(
        "units_meaning",
        tr(N_("Is the output in rows with several boilers that of each or of all?")),
        (EACH, TOTAL),
        [(draft.row.sheet, draft.row.number) for draft in drafts],
        proposal,
        why,
    )


def _agree(draft: Draft, rules: Rules) -> None:
    """The number in the cell (“2台4蒸吨”) and in the column of numbers must not contradict each other."""
    stated = draft.values.get(rules.count_field)
    if stated and draft.count > 1 and stated != draft.count:
        column = draft.column(rules.each_field)
        why = tr(N_("The row says {a} in one column and {b} in another."), a=stated, b=draft.count)
        draft.refuse(column, "conflict", why, str(stated))
        return
    draft.count = max(draft.count, int(stated or 1))
    if draft.count > 1 or stated:
        draft.values[rules.count_field] = draft.count


def expanded(draft: Draft, key: str, each_field: str) -> list[dict[str, Any]]:
    """The values of each thing a row stands for; numbers get `-1`, `-2`."""
    if draft.count <= 1:
        return [draft.values]
    number, listed = draft.values.get(key), _listed(draft)
    found = []
    for index in range(1, draft.count + 1):
        values = {**draft.values, key: f"{number}-{index}"} if number else dict(draft.values)
        if listed:
            values[each_field] = listed[index - 1]
            if "rated_mw" in values:
                values["rated_mw"] = round(listed[index - 1] * MW_PER_TPH, 4)
        found.append(values)
    return found


def settle_required(drafts: Sequence[Draft], columns: Sequence[Column], kind: EntityType) -> bool:
    """Refuse rows without a required value; True when the whole file has no column of numbers to call
    records by."""
    names = {column.field for column in columns}
    made = kind.name == "boiler" and kind.key not in names
    needed = [
        field for field in kind.fields.values()
        if field.required and not (made and field.name == kind.key) and _no_default(kind, field.name)
    ]  # fmt: skip
    for draft in drafts:
        for field in needed:
            if draft.values.get(field.name) in (None, "") and not _refused_at(draft, field.name):
                column = draft.column(field.name) or Column(1, "", field.name)
                draft.refuse(
                    replace(column, field=field.name),
                    "missing",
                    tr(N_("{field} is missing."), field=tr(field.label)),
                )
    return made


def _no_default(kind: EntityType, name: str) -> bool:
    return getattr(kind.record, name, None) is None


def _refused_at(draft: Draft, name: str) -> bool:
    return any(refusal.field == name for refusal in draft.refusals)
