"""What an importer must ask before it writes: the question, its choices, the rows concerned, and a
proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

PLACED = ("crs", "axes", "zone")  # questions that tables of one file may need different answers to
PARTED = (*PLACED, "header")
BY_PART = "by_part"  # the answer “differently for each table: ask for each”
CODES = ("crs", "axes", "zone", "units_meaning", "year", "sheet", "encoding", "header", "duplicate_of")


@dataclass(frozen=True)
class Question:
    """One question; the answer settles it for `rows` (row numbers as a person sees them).

    `part` names the table it is about when a file has several that may need different answers.
    """

    code: str
    what: str
    choices: Sequence[str]
    rows: Sequence[int]
    proposal: str
    why: str
    part: str = ""

    @property
    def key(self) -> str:
        """What an answer calls it: its code, with the part behind it where there is one."""
        return f"{self.code}@{self.part}" if self.part else self.code

    def to_json(self) -> dict[str, object]:
        """The question as the report carries it."""
        line: dict[str, object] = {
            "code": self.code,
            "what": self.what,
            "choices": list(self.choices),
            "rows": list(self.rows),
            "proposal": self.proposal,
            "why": self.why,
        }
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

    def given(self, key: str) -> str | None:
        """The answer written under this very key."""
        return self._answers.get(key)

    def answer(self, code: str) -> str | None:
        """The given answer to a code for this part, or for the file; None when it is still open."""
        of_part = self._answers.get(f"{code}@{self._part}") if self._part else None
        given = of_part or self._answers.get(code)
        return None if given == BY_PART else given

    def settle(self, question: Question) -> str:
        """The answer, or the proposal while the question is open (it is then kept)."""
        given = self.answer(question.code)
        if given is not None:
            return given
        part = self._part if question.code in PARTED else ""
        more = (BY_PART,) if self._several and question.code in PLACED else ()
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
        (*first.rows, *more.rows),
        first.proposal,
        why,
        first.part,
    )
