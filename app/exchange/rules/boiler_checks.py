"""Checks across the columns of a boiler row: t/h against MW, the output in the model's name, the credit
code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from app.i18n import N_, tr

MW_PER_TPH = 0.7
_MODEL = re.compile(r"^[A-Z]{2,6}(\d{1,3}(?:\.\d{1,3})?)[-–—]")
_HOT_WATER = re.compile(r"\d{2,3}/\d{2,3}")
_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PHONE = re.compile(r"(1\d{10}|0\d{2,3}-?\d{7,8})")

Finding = tuple[str, str, str]


def finish(values: dict[str, Any], units: Mapping[str, str]) -> list[Finding]:
    """Complete a boiler row in place; returns (code, field, why) of what looks wrong but is taken."""
    _both_outputs(values, units)
    _split_contact(values)
    found = [*_outputs_differ(values, units), *_model_differs(values), *_bad_credit_code(values)]
    if not values.get("user_org") and not values.get("ledger_no"):
        found.append(
            ("nobody", "user_org", tr(N_("The row names neither a number nor who uses the boiler.")))
        )
    return found


def model_tph(model: str | None) -> float | None:
    """The output in t/h that a model's name states (DZL4-1.25-AⅡ: 4; hot-water names state MW), or None."""
    if not model:
        return None
    text = unicodedata.normalize("NFKC", model).upper().replace(" ", "")
    match = _MODEL.match(text)
    if match is None:
        return None
    number = float(match[1])
    return round(number / MW_PER_TPH, 3) if _HOT_WATER.search(text[match.end() :]) else number


def _both_outputs(values: dict[str, Any], units: Mapping[str, str]) -> None:
    """An output written as heat keeps its MW; one that is only known as heat gets its t/h."""
    tph, mw = values.get("rated_tph"), values.get("rated_mw")
    if tph is not None and mw is None and units.get("rated_tph") in ("MW", "kW", "兆瓦", "千瓦"):
        values["rated_mw"] = round(tph * MW_PER_TPH, 4)
    if mw is not None and tph is None:
        values["rated_tph"] = round(mw / MW_PER_TPH, 4)


def _split_contact(values: dict[str, Any]) -> None:
    """“张三 13993312345” in either column is a name and a phone."""
    for name in ("contact", "contact_phone"):
        written = values.get(name) or ""
        found = _PHONE.search(written)
        person = (
            (written[: found.start()] + written[found.end() :]).strip(" ，,、/:：()（）") if found else ""
        )
        if found and re.search(r"[\u4e00-\u9fff]", person):
            values["contact_phone"] = found[1]
            values["contact"] = person
            return
        if found and name == "contact":
            values.setdefault("contact_phone", found[1])
            del values["contact"]


def _outputs_differ(values: Mapping[str, Any], units: Mapping[str, str]) -> list[Finding]:
    tph, mw = values.get("rated_tph"), values.get("rated_mw")
    if not tph or not mw or "rated_mw" not in units or "rated_tph" not in units:
        return []
    if abs(tph * MW_PER_TPH - mw) <= 0.1 * max(mw, tph * MW_PER_TPH):
        return []
    heat = tph * MW_PER_TPH
    why = tr(
        N_("{tph} t/h is {mw} MW, but the row says {said} MW."),
        tph=f"{tph:g}",
        mw=f"{heat:g}",
        said=f"{mw:g}",
    )
    return [("outputs_differ", "rated_mw", why)]


def _model_differs(values: Mapping[str, Any]) -> list[Finding]:
    tph, stated = values.get("rated_tph"), model_tph(values.get("model"))
    if not tph or not stated:
        return []
    if any(
        abs(tph - other) <= 0.2 * max(tph, other)
        for other in (stated, stated * MW_PER_TPH, stated / MW_PER_TPH)
    ):
        return []
    why = tr(
        N_("The model {model} says {n} t/h, the row {tph} t/h."),
        model=values["model"],
        n=f"{stated:g}",
        tph=f"{tph:g}",
    )
    return [("model_differs", "model", why)]


def _bad_credit_code(values: Mapping[str, Any]) -> list[Finding]:
    code = values.get("uscc")
    if not code or valid_credit_code(code):
        return []
    return [("bad_uscc", "uscc", tr(N_("“{code}” is no valid unified social credit code."), code=code))]


def valid_credit_code(code: str) -> bool:
    """True when an 18-character unified social credit code has the right check character (GB 32100-2015)."""
    if len(code) != 18 or any(sign not in _CREDIT for sign in code):
        return False
    total = sum(_CREDIT.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return _CREDIT[(31 - total % 31) % 31] == code[17]
