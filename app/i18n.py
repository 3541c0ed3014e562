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


class Word(str):
    """A text of the catalogue as a value in another text: it is shown in the same language as that one."""

    __slots__ = ()


def tr(text: str, /, **values: object) -> str:
    """`text` in the language in use, with `{name}` places filled from `values`."""
    return in_language(_language, text, **values)


def in_a_row(parts: Iterable[str]) -> str:
    """Findings one behind the other, with the mark between them that the language has."""
    return tr(N_("; ")).join(parts)


def listed(words: Iterable[str]) -> str:
    """Words of a list one behind the other, with the mark between them that the language has."""
    return tr(N_(", ")).join(words)


def labelled(label: str, words: object) -> str:
    """Words behind what they are the words of, with the mark between them that the language has."""
    return tr(N_("{field}: {words}"), field=label, words=words)


def in_language(code: str, text: str, /, **values: object) -> str:
    """`text` in the language `code`, whatever is in use, with its places filled: for names that are written
    into a file once, and for who speaks to people of several languages."""
    words = _catalogue(code)
    shown = words.get(text, text)
    if not values:
        return shown
    return shown.format(
        **{
            name: words.get(value, value) if isinstance(value, Word) else value
            for name, value in values.items()
        }
    )


@cache
def _catalogue(code: str) -> dict[str, str]:
    path = resource("i18n", f"{code}.toml")
    if not path.is_file():
        return {}
    return {key: str(value) for key, value in tomllib.loads(path.read_text("utf-8")).items()}
