"""Puts an admin page together: template, words of the language, and the headers a careful page has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app import __version__
from app.domain.entities.people import ROLES
from app.domain.fields import CodeList
from app.domain.values import BUREAU_TIME
from app.hub.admin.visits import COOKIE, FORM_COOKIE, LANGUAGE_COOKIE, Visit, Visits
from app.hub.admin.words import Words
from app.hub.service import service_of
from app.hub.speaking import language_of
from app.i18n import LANGUAGES, N_, in_language
from app.resources import resource

PAGES = ("overview", "devices", "people", "areas", "conflicts", "quarantine")
_BELONGS = {
    "invite": "devices",
    "invited": "devices",
    "revoke": "devices",
    "let-in": "people",
    "minimum": "overview",
}  # in the menu
_AT_ONCE = 100  # lines of a long list on a page
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
}
_AGO = (
    (86400, N_("{n} days ago"), N_("1 day ago")),
    (3600, N_("{n} hours ago"), N_("1 hour ago")),
    (60, N_("{n} minutes ago"), N_("1 minute ago")),
)


@dataclass(frozen=True)
class Part:
    """The lines of a long list that one page shows: page `number` of `of`, from 1."""

    lines: Sequence[Any]
    number: int
    of: int


def part_of(request: Request, lines: Sequence[Any]) -> Part:
    """The page that `?page=` asks for; the nearest one when there is none of that number."""
    asked = request.query_params.get("page", "1")
    of = max(1, -(-len(lines) // _AT_ONCE))
    number = min(max(1, int(asked)), of) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    return Part(lines[(number - 1) * _AT_ONCE : number * _AT_ONCE], number, of)


def visits_of(request: Request) -> Visits:
    """The cookies of this hub."""
    service = service_of(request)
    return Visits(service.hub.secret, service.now)


def page_language(request: Request) -> str:
    """The language somebody chose, else what their browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else language_of(request)


def page(
    request: Request, name: str, visit: Visit | None = None, status: int = 200, **values: Any
) -> Response:
    """A page; with a visit its cookie is made anew, so that whoever works stays signed in."""
    language, visits, now = page_language(request), visits_of(request), service_of(request).now()
    nonce = visit.nonce if visit else request.cookies.get(FORM_COOKIE) or str(values.get("nonce", ""))
    shown = _environment().get_template(f"{name}.html").render(
        w=Words(language),
        lang="zh-CN" if language == "zh_CN" else "en",
        here=_BELONGS.get(name, name),
        pages=PAGES,
        path=request.url.path,
        visit=visit,
        token=visits.form_token(nonce),
        version=__version__,
        roles=code_words(ROLES, language),
        moment=lambda when: when.astimezone(BUREAU_TIME).strftime("%Y-%m-%d %H:%M") if when else "",
        ago=lambda when: _ago(language, when, now),
        **values,
    )  # fmt: skip
    answer = HTMLResponse(shown, status, headers=HEADERS)
    if visit is not None:
        set_cookie(request, answer, COOKIE, visits.cookie(visit))
    return answer


def code_words(codes: CodeList, language: str) -> dict[str, str]:
    """The labels of a code list in a language, by code."""
    return {choice.code: in_language(language, choice.label) for choice in codes.choices}


def set_cookie(request: Request, answer: Response, name: str, value: str) -> None:
    """A cookie that no script reads, no other site sends, and that stays below /admin."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, path="/admin", httponly=True, samesite="strict", secure=secure)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = FileSystemLoader(resource("hub"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True)  # fmt: skip


def _ago(language: str, when: datetime | None, now: datetime) -> str:
    """How long ago in the largest unit that fits."""
    if when is None:
        return ""
    seconds = max(0.0, (now - when).total_seconds())
    for length, many, one in _AGO:
        n = int(seconds // length)
        if n:
            return in_language(language, one if n == 1 else many).format(n=n)
    return in_language(language, N_("just now"))
