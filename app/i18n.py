"""Words: English in the code, shown in the chosen language from one TOML catalogue per language."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from functools import cache

from app.resources import resource

DEFAULT_LANGUAGE = "zh_CN"
LANGUAGES = {"zh_CN": "简体中文", "en": "English"}

_language = os.environ.get("GRIDWARD_LANG", DEFAULT_LANGUAGE)


def N_(text: str) -> str:
    """Mark `text` for translation and give it back unchanged; `tr` translates it when it is shown."""
    return text


def set_language(code: str) -> None:
    """Choose the language of everything shown from now on; an unknown code means English."""
    global _language
    _language = code


def language() -> str:
    """The code of the language in use."""
    return _language


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, with `{name}` places filled from `values`."""
    shown = _catalogue(_language).get(text, text)
    return shown.format(**values) if values else shown


def in_a_row(parts: Iterable[str]) -> str:
    """Findings one behind the other, with the mark between them that the language has."""
    return tr(N_("; ")).join(parts)


def listed(words: Iterable[str]) -> str:
    """Words of a list one behind the other, with the mark between them that the language has."""
    return tr(N_(", ")).join(words)


def in_language(code: str, text: str) -> str:
    """`text` in the language `code`, whatever is in use; for names that are written into a file once."""
    return _catalogue(code).get(text, text)


@cache
def _catalogue(code: str) -> dict[str, str]:
    path = resource("i18n", f"{code}.toml")
    if not path.is_file():
        return {}
    return {key: str(value) for key, value in tomllib.loads(path.read_text("utf-8")).items()}
