"""Signing in to the admin pages and out, and choosing a passphrase by a one-time link."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import AppError, Invalid, NotAllowed
from app.hub.admin.acting import form_of
from app.hub.admin.pages import person_of, refusal_page, refusal_words
from app.hub.admin.render import page, page_language, set_cookie, visits_of
from app.hub.admin.visits import COOKIE, FORM_COOKIE, Visit, may_enter
from app.hub.logs import say
from app.hub.passphrases import LONGEST, SHORTEST
from app.hub.service import Service, address_of, service_of
from app.hub.speaking import status_of
from app.i18n import N_


async def sign_in_form(request: Request) -> Response:
    """Name and passphrase."""
    return _form_page(request, "sign-in")


async def sign_in(request: Request) -> Response:
    """Begin a visit; after a few failures a name or an address has to wait."""
    service = service_of(request)
    try:
        form = await form_of(request, request.cookies.get(FORM_COOKIE, ""))
        visit = await _enter(request, service, form)
    except AppError as error:
        return _form_page(request, "sign-in", error)
    say("admin_sign_in", person=visit.person.uid)
    return _inside(request, visit)


async def sign_out(request: Request, visit: Visit) -> Response:
    """End the visit."""
    await form_of(request, visit.nonce)
    answer = RedirectResponse("/admin/sign-in", 303)
    answer.delete_cookie(COOKIE, path="/admin")
    return answer


async def choose_form(request: Request) -> Response:
    """A new passphrase, twice."""
    try:
        person = await _owner(request)
    except AppError as error:
        return refusal_page(request, None, error)
    return _form_page(request, "choose", login=person.login, shortest=SHORTEST)


async def choose(request: Request) -> Response:
    """Set the passphrase; the link is spent and the visit begins."""
    service = service_of(request)
    try:
        person = await _owner(request)
    except AppError as error:
        return refusal_page(request, None, error)
    try:
        form = await form_of(request, request.cookies.get(FORM_COOKIE, ""))
        given = form.get("passphrase", "")
        if given != form.get("again", ""):
            raise Invalid(N_("The two are not the same"), code="not_repeated")
        async with service.passphrase_checks:
            await service.call(service.passphrases.choose, person.uid, given)
    except AppError as error:
        return _form_page(request, "choose", error, login=person.login, shortest=SHORTEST)
    say("passphrase_chosen", person=person.uid)
    verifier = await service.call(service.passphrases.verifier, person.uid)
    return _inside(request, visits_of(request).begin(person, verifier or ""))


def _inside(request: Request, visit: Visit) -> Response:
    answer = RedirectResponse("/admin/", 303)
    set_cookie(request, answer, COOKIE, visits_of(request).cookie(visit))
    answer.delete_cookie(FORM_COOKIE, path="/admin")
    return answer


async def _owner(request: Request) -> Any:
    """The person whose link was opened; raises NotAllowed."""
    service = service_of(request)
    uid = await service.call(service.passphrases.owner, request.path_params["link"], service.now())
    person = await service.call(person_of, service, uid)
    if person is None or not may_enter(person):
        raise NotAllowed(N_("The role does not open these pages"), code="sign_in")
    return person


async def _enter(request: Request, service: Service, form: dict[str, str]) -> Visit:
    login, given = form.get("login", "").strip(), form.get("passphrase", "")[:LONGEST]
    by_name = f"name {login.casefold()}"
    await service.call(service.sign_ins.attempt, by_name, f"from {address_of(request)}")
    people = await service.call(service.hub.people)
    found = [item for item in people if item.login == login]
    person = found[0] if len(found) == 1 else None
    async with service.passphrase_checks:
        right = await service.call(service.passphrases.matches, person.uid if person else None, given)
    verifier = await service.call(service.passphrases.verifier, person.uid) if right and person else None
    if person is None or verifier is None or not may_enter(person):
        say("admin_refused")
        raise NotAllowed(
            N_("Name or passphrase is wrong, or the role does not open these pages"), code="sign_in"
        )
    await service.call(service.sign_ins.succeeded, by_name, f"from {address_of(request)}")
    return visits_of(request).begin(person, verifier)


def _form_page(request: Request, name: str, error: AppError | None = None, **values: object) -> Response:
    """A form of somebody who is not inside; after a failed try with what was wrong."""
    words, status = "", 200
    if error is not None:
        request.scope["refusal"] = error.code
        words, status = " ".join(refusal_words(page_language(request), error)), status_of(error)
    answer = page(request, name, None, status, nonce=_nonce(request), said=words, **values)
    set_cookie(request, answer, FORM_COOKIE, _nonce(request))
    return answer


def _nonce(request: Request) -> str:
    """What ties the form of somebody who is not signed in to their browser."""
    found = request.cookies.get(FORM_COOKIE) or request.scope.get("form_nonce") or secrets.token_urlsafe(18)
    request.scope["form_nonce"] = found
    return str(found)
