"""What an importer must ask before it writes: the question, its choices, the rows concerned, and a
proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CODES = ("crs", "axes", "zone", "units_meaning", "year", "sheet", "encoding", "header", "duplicate_of")


@dataclass(frozen=True)
class Question:
    """One question; the answer settles it for `rows` (row numbers as a person sees them)."""

    code: str
    what: str
    choices: Sequence[str]
    rows: Sequence[int]
    proposal: str
    why: str

    def to_json(self) -> dict[str, object]:
        """The question as the report carries it."""
        return {
            "code": self.code,
            "what": self.what,
            "choices": list(self.choices),
            "rows": list(self.rows),
            "proposal": self.proposal,
            "why": self.why,
        }


class Asked:
    """The questions of one import: what was answered, what is still open, and what to preview meanwhile."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers
        self.questions: list[Question] = []
        self.remembered: Mapping[str, str] = {}

    def answer(self, code: str) -> str | None:
        """The given answer to a code, None when it is still open."""
        return self._answers.get(code)

    def settle(self, question: Question) -> str:
        """The answer, or the proposal while the question is open (it is then kept)."""
        given = self._answers.get(question.code)
        if given is not None:
            return given
        earlier = next((at for at, held in enumerate(self.questions) if held.code == question.code), None)
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
    )
