"""The kinds of field an entity may declare; everything else about a field is derived from its declaration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app.i18n import Word, listed, tr


class Kind(Enum):
    """What sort of value a field holds; `domain/values.py` has `show` and `parse` once per kind."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATE = "date"  # ISO text with its precision: 2018, 2018-10, 2018-10-05
    MOMENT = "moment"  # UTC text, 2026-11-23T10:00:00.000Z
    STATE = "state"
    REFERENCE = "reference"
    TEXTS = "texts"  # several short texts


class Merge(Enum):
    """What the hub does when two laptops changed the same field without seeing each other."""

    LWW = "lww"
    PICK = "pick"
    STATE = "state"
    HUB = "hub"
    APPEND = "append"


class Withheld(Enum):
    """Why a field is in no public edition (公开版: no coordinates, no names, no phones).

    Units, their credit code and address stay: a list of what was cleared is of units, and says nothing
    without them. A claim or a date in somebody's own words is `WORDS`: it has stood beside a phone.
    """

    PEOPLE = "people"  # who it is, or how to reach them
    PLACE = "place"  # a place to the kilometre, or how it was measured
    WORDS = "words"  # written freely: nobody has read it for names, phones and places
    SECRET = "secret"  # never leaves in any edition


@dataclass(frozen=True)
class Choice:
    """One value of a code list: the code that is stored, its label, and other words people write for it."""

    code: str
    label: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A closed list of values, in the order they are offered."""

    choices: tuple[Choice, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The stored codes, in order."""
        return tuple(choice.code for choice in self.choices)

    def label(self, code: str) -> str:
        """The label of `code` in the user's language; an unknown code is shown as it is."""
        found = next((choice for choice in self.choices if choice.code == code), None)
        return tr(found.label) if found else code

    def word(self, code: str) -> Word:
        """The label of `code` as a value of a text that somebody reads in a language of their own."""
        return Word(next((choice.label for choice in self.choices if choice.code == code), code))

    def listing(self) -> str:
        """All codes with their labels, for who has to type one."""
        return listed(f"{choice.code} {tr(choice.label)}" for choice in self.choices)

    def code_of(self, word: str) -> str | None:
        """The code for a code, a label in any language in use, or an alias; None when the word is unknown."""
        wanted = word.strip().casefold()
        for choice in self.choices:
            names = (choice.code, choice.label, tr(choice.label), *choice.aliases)
            if wanted in (name.casefold() for name in names):
                return choice.code
        return None


def codes(*rows: tuple[str, str] | tuple[str, str, Sequence[str]]) -> CodeList:
    """A code list written as rows of (code, label) or (code, label, aliases)."""
    return CodeList(tuple(Choice(row[0], row[1], tuple(row[2]) if len(row) > 2 else ()) for row in rows))


@dataclass(frozen=True)
class Field:
    """The declaration of one field; `name` and `id` are filled in when the entity is made.

    `id` stays when a field is renamed. `aliases` are other headings found in ledgers. What is `withheld`
    stays out of every public edition, whoever makes it.
    `group` names fields that belong together and merge as one. A `derived` field is never typed; one that is
    `at_read` is not even kept, but worked out from the record's place whenever it is read.
    """

    kind: Kind
    label: str
    name: str = ""
    id: str = ""
    hint: str = ""
    unit: str = ""
    length: int = 200
    parts: int = 50  # the most of several texts, each of at most `length`
    decimals: int = 2
    minimum: float | None = None
    maximum: float | None = None
    positive: bool = False
    pattern: str = ""  # a regular expression that the whole text matches
    choices: CodeList | None = None
    shown_as: CodeList | None = None  # a text that keeps codes of this list, with blanks between several
    workflow: str = ""
    refers_to: str = ""
    required: bool = False
    unique: bool = False
    indexed: bool = False
    withheld: Withheld | None = None
    derived: bool = False
    at_read: bool = False
    search: bool = False
    group: str = ""
    merge: Merge = Merge.LWW
    aliases: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        """Whether a public edition may hold it."""
        return self.withheld is None

    @property
    def secret(self) -> bool:
        """Whether no edition may hold it."""
        return self.withheld is Withheld.SECRET

    @property
    def heading(self) -> str:
        """The label with its unit, in the user's language, as a table heads its column."""
        return f"{tr(self.label)}({tr(self.unit)})" if self.unit else tr(self.label)


def _declare(kind: Kind, label: str, default: Any, options: Mapping[str, Any]) -> Any:
    return dataclasses.field(default=default, metadata={"field": Field(kind=kind, label=label, **options)})


def text(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """A line of text; `length` is the most characters it may have."""
    return _declare(Kind.TEXT, label, default, options)


def number(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """A real number with `unit`, `decimals`, `minimum` and `maximum`; a `positive` one is never 0."""
    return _declare(Kind.NUMBER, label, default, options)


def integer(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """A whole number."""
    return _declare(Kind.INTEGER, label, default, options)


def boolean(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """Yes, no, or unknown (None)."""
    return _declare(Kind.BOOLEAN, label, default, options)


def choice(label: str, choices: CodeList, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """One code of a closed list."""
    return _declare(Kind.CHOICE, label, default, {"choices": choices, **options})


def date(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """A calendar date as precise as it is known: a year, a month or a day."""
    return _declare(Kind.DATE, label, default, options)


def moment(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """A point in time, kept in UTC and shown in the bureau's time (UTC+8)."""
    return _declare(Kind.MOMENT, label, default, options)


def state(
    label: str, workflow: str, choices: CodeList, *, default: Any = dataclasses.MISSING, **options: Any
) -> Any:
    """The state of a record in the named workflow; only the workflow changes it."""
    rest = {"workflow": workflow, "choices": choices, "merge": Merge.STATE, "indexed": True, **options}
    return _declare(Kind.STATE, label, default, rest)


def reference(label: str, refers_to: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """The uid of a record of another entity (for `division`, its code)."""
    return _declare(Kind.REFERENCE, label, default, {"refers_to": refers_to, "indexed": True, **options})


def texts(label: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """Several short texts, such as former names."""
    return _declare(Kind.TEXTS, label, default, options)
