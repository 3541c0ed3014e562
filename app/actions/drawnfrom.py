"""What a look-back round is drawn from: its condition as an expression, and in words for the printed draw."""

from __future__ import annotations

from app.actions.session import Session
from app.domain.areas import prefix_of
from app.domain.entities.boiler import Boiler
from app.domain.entities.division import Division
from app.domain.entities.lookback import LookbackRound
from app.domain.fields import Kind
from app.domain.filters import Condition, Filter, one_of, parse_filter
from app.domain.values import show
from app.errors import Invalid
from app.i18n import N_, tr

_SIGNS = {"=": "=", "!=": "≠", ">=": "≥", "<=": "≤"}


def expression_of(*, within: str = "", end_state: str = "") -> str:
    """The expression for boilers in a division and of an end state; both may lack."""
    place = f"div_code^{prefix_of(within)}" if within else ""
    parts = [place, f"end_state={end_state}" if end_state else ""]
    return " and ".join(filter(None, parts))


def condition_words(session: Session, made: LookbackRound, *, public: bool = False) -> str:
    """The condition of a round in words, and as it is given to the shell; empty where there was none.

    A condition that another version wrote and this one cannot read is told as it stands. A public edition
    keeps to itself what names people or places.
    """
    if not made.condition:
        return ""
    try:
        meant = parse_filter(made.condition, Boiler.TYPE)
    except Invalid:
        return "" if public else tr(N_("Drawn only from boilers with {condition}."), condition=made.condition)
    if public and any(_is_inside(item) for group in meant.groups for item in group):
        return tr(N_("Drawn only from some of them, by what is not published."))
    names = _divisions(session, meant)
    either, both = tr(N_(" or ")), tr(N_(" and "))
    words = either.join(both.join(_words(item, names) for item in group) for group in meant.groups)
    sentence = N_("Drawn only from boilers with {words} (as the shell takes it: {condition}).")
    return tr(sentence, words=words, condition=made.condition)


def _is_inside(item: Condition) -> bool:
    field = Boiler.TYPE.fields.get(item.field)
    return field is None or not field.public


def _divisions(session: Session, meant: Filter) -> dict[str, str]:
    """The names of the divisions in a condition, by what the condition holds of their codes."""
    conditions = [item for group in meant.groups for item in group if item.field == "div_code"]
    held = {str(code) for item in conditions
            for code in (item.value if item.operator == "in" else (item.value,))}  # fmt: skip
    wanted = [*held, *(f"{code}00" for code in held)]
    found = session.workspace.find(Division, one_of("code", wanted))
    return {key: item.name for item in found for key in (item.code, prefix_of(item.code))}


def _words(item: Condition, names: dict[str, str]) -> str:
    field = Boiler.TYPE.fields.get(item.field)
    label = tr(field.label) if field else item.field
    if item.operator == "is":
        return tr(N_("{field} empty") if item.value else N_("{field} not empty"), field=label)
    held = item.value if item.operator == "in" else (item.value,)
    known = [names.get(str(value)) or _value(item, value) for value in held]
    shown = tr(N_(" or ")).join(known)
    if item.operator == "~":
        return tr(N_("{field} containing “{value}”"), field=label, value=shown)
    if item.operator == "^":
        return tr(N_("{field} within {value}"), field=label, value=shown)
    return f"{label} {_SIGNS.get(item.operator, '=' if item.operator == 'in' else item.operator)} {shown}"


def _value(item: Condition, value: object) -> str:
    field = Boiler.TYPE.fields.get(item.field)
    if field is None or item.operator in "~^" or field.kind is Kind.REFERENCE:
        return str(value)
    return show(field, value)
