"""What is wrong with a bundle, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.errors import AppError
from app.i18n import N_, tr

if TYPE_CHECKING:
    from app.actions.sticks import BundleFinding

# By the code of the finding: what to do.
ADVICE = {
    "missing": N_("A part is missing. Copy all files of the bundle to the same folder and try again."),
    "repeated": N_("The same part is there twice. Nothing was taken twice; ask for a fresh copy."),
    "cut": N_("The file was cut off, as happens when a stick is pulled out too early. Copy it again."),
    "reordered": N_("The parts are out of order. Copy the files again without renaming them."),
    "altered": N_("The file was changed after it was written. Do not use it; ask for a new one."),
    "foreign": N_("It was written by a hub or a laptop that does not belong to yours."),
    "not_a_bundle": N_("This file is no bundle. Choose the file that ends in .bundle."),
}

# What a bundle is called when something else than its wholeness is wrong; by the code of the first finding.
_VERDICTS = {
    "foreign": N_("This bundle does not belong here."),
    "not_for_me": N_("This bundle is for another laptop."),
    "not_a_bundle": N_("This is no bundle."),
    "altered": N_("The bundle has been altered."),
}


def verdict_of(whole: bool, codes: Sequence[str]) -> str:
    """The one sentence about a bundle: whole, or what is wrong first of all."""
    if whole:
        return tr(N_("The bundle is whole."))
    return tr(_VERDICTS.get(codes[0] if codes else "", N_("The bundle is not whole.")))


def finding_words(finding: BundleFinding) -> str:
    """A finding and the advice that belongs to it."""
    return _joined(finding.why, finding.code)


def refusal_words(error: AppError) -> str:
    """The words of a refusal, with advice when it is about a bundle."""
    return _joined(error.told, error.code)


def _joined(said: str, code: str) -> str:
    advice = ADVICE.get(code)
    return "\n".join(part for part in (said, tr(advice) if advice else "") if part)
