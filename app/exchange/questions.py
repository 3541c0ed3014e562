"""What an importer must ask before it writes: the question, its choices, the rows concerned, and a
proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

Place = tuple[str, int]  # a row: its sheet, and its number as a person sees it

PLACED = ("crs", "axes", "zone")
BY_TABLE = (*PLACED, "units_meaning", "year")  # tables of one file may need different answers to these
PARTED = (*BY_TABLE, "header")
BY_PART = "by_part"  # the answer “differently for each table: ask for each”
CODES = ("crs", "axes", "zone", "units_meaning", "year", "sheet", "encoding", "header", "duplicate_of")


@dataclass(frozen=True)
class Question:
    """One question; the answer settles it for the rows `at`. Their sheets are empty where only one is read.

    `part` names the table it is about when a file has several that may need different answers.
    """

    code: str
    what: str
    choices: Sequence[str]
    at: Sequence[Place]
    proposal: str
    why: str
    part: str = ""

    @property
    def key(self) -> str:
        """What an answer calls it: its code, with the part behind it where there is one."""
        return f"{self.code}@{self.part}" if self.part else self.code

    @property
    def rows(self) -> list[int]:
        """The numbers of the rows it is about."""
        return [row for _, row in self.at]

    @property
    def by_sheet(self) -> dict[str, list[int]]:
        """The numbers of the rows it is about, by the name of their sheet."""
        found: dict[str, list[int]] = {}
        for sheet, row in self.at:
            found.setdefault(sheet, []).append(row)
        return found

    def of_one_sheet(self) -> Question:
        """The same for a file of which one sheet is read: there it need not be named."""
        return replace(self, at=[("", row) for row in self.rows])

    def to_json(self) -> dict[str, object]:
        """The question as the report carries it."""
        line: dict[str, object] = {
            "code": self.code,
            "what": self.what,
            "choices": list(self.choices),
            "rows": self.rows,
            "proposal": self.proposal,
            "why": self.why,
        }
        named = {sheet: rows for sheet, rows in self.by_sheet.items() if sheet}
        if named:
            line["sheet"] = "、".join(named)
        if len(named) > 1:
            line["rows_by_sheet"] = named
        return {**line, "part": self.part} if self.part else line


class Asked:
    """The questions of one import: what was answered, what is still open, and what to preview meanwhile."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self._part, self._several = "", False
        self.questions: list[Question] = []
        self.remembered: Mapping[str, str] = {}

    def within(self, part: str, several: bool = False) -> Asked:
        """The same for one part of the file; with `several` a question may be put off to each table."""
        inner = Asked(self._answers)
        inner._part, inner._several = part, several
        inner.questions, inner.remembered = self.questions, self.remembered
        return inner

    def quietly(self) -> Asked:
        """The same answers, for questions that nobody is to hear of; they follow their proposals."""
        inner = Asked(self._answers)
        inner._part = self._part
        return inner

    def given(self, key: str) -> str | None:
        """The answer written under this very key."""
        return self._answers.get(key)

    def answer(self, code: str) -> str | None:
        """The given answer to a code for this part, or for the file; None when it is still open."""
        of_part = self._answers.get(f"{code}@{self._part}") if self._part else None
        given = of_part or self._answers.get(code)
        return None if given == BY_PART else given

    def said(self, sheets: bool) -> list[Question]:
        """The open questions; their rows name their sheet when several `sheets` were read."""
        return self.questions if sheets else [question.of_one_sheet() for question in self.questions]

    def settle(self, question: Question) -> str:
        """The answer, or the proposal while the question is open (it is then kept)."""
        given = self.answer(question.code)
        if given is not None:
            return given
        part = self._part if question.code in PARTED else ""
        more = (BY_PART,) if self._several and question.code in BY_TABLE else ()
        question = replace(question, part=part, choices=(*question.choices, *more))
        earlier = next((at for at, held in enumerate(self.questions) if held.key == question.key), None)
        if earlier is None:
            self.questions.append(question)
            return question.proposal
        self.questions[earlier] = _joined(self.questions[earlier], question)
        return question.proposal


def _joined(first: Question, more: Question) -> Question:
    """Two parts of a file ask the same: one question with the choices and rows of both."""
    why = first.why if more.why in first.why else f"{first.why} {more.why}"
    return Question(
        first.code,
        first.what,
        tuple(dict.fromkeys((*first.choices, *more.choices))),
        (*first.at, *more.at),
        first.proposal,
        why,
        first.part,
    )
