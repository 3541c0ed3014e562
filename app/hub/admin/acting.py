"""What one does on the admin pages: choose the language, invite a laptop, revoke one, let somebody in."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qs

import segno
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.areas import covers
from app.domain.rights import RANKS, within_cap
from app.errors import Invalid, NotAllowed
from app.hub.admin.pages import lets_in, may_revoke, person_of, sees_from
from app.hub.admin.render import page, set_cookie, visits_of
from app.hub.admin.visits import LANGUAGE_COOKIE, Visit, link_address
from app.hub.admin.words import REVOKES_UP_TO
from app.hub.logs import say
from app.hub.service import Service, service_of
from app.hub.speaking import body_of
from app.hub.views import areas_to_invite, device_lines, moment_of
from app.i18n import LANGUAGES, N_
from app.sync.invitation import make_code

MAX_FORM = 64 * 1024
LONGEST_INVITE = 24 * 60  # minutes


async def choose_language(request: Request) -> Response:
    """Remember the language, and back to the page one came from."""
    form = parse_qs((await body_of(request, MAX_FORM)).decode("utf-8", "replace"))
    code, back = form.get("code", [""])[0], form.get("back", [""])[0]
    inside = back.startswith("/admin/") and "//" not in back and "\\" not in back
    answer = RedirectResponse(back if inside else "/admin/", 303)
    if code in LANGUAGES:
        set_cookie(request, answer, LANGUAGE_COOKIE, code)
    return answer


async def invite_form(request: Request, visit: Visit) -> Response:
    """For which area and role."""
    service = service_of(request)
    names, root = await service.call(_areas_to_invite, service)
    areas = [code for code in sorted(names) if covers(sees_from(visit, root), code)]
    up_to = [role for role in RANKS if within_cap(role, visit.person.role)]
    return page(request, "invite", visit, areas=areas, names=names, up_to=up_to)


async def invite(request: Request, visit: Visit) -> Response:
    """A one-time code, with a picture of it."""
    service = service_of(request)
    form = await form_of(request, visit.nonce)
    area, role, minutes = form.get("area", ""), form.get("role", ""), form.get("minutes", "")
    names, _ = await service.call(_areas_to_invite, service)
    _check_invite(visit, area, role, minutes, names)
    made = await service.call(service.hub.invite, area, role, int(minutes), service.now())
    code = str(make_code(made.secret, service.fingerprint))
    say("invited", person=visit.person.uid, area=area, role=role)
    address = service.url or str(request.base_url).rstrip("/")
    return page(
        request, "invited", visit, code=code, address=address, picture=_qr(f"{address} {code}"), area=area,
        role=role, names=names, expires=moment_of(made.expires), fingerprint=service.fingerprint,
    )  # fmt: skip


async def revoke_form(request: Request, visit: Visit) -> Response:
    """Ask once more, and why."""
    line, service = await _line_to_revoke(request, visit), service_of(request)
    names = await service.call(service.hub.division_names)
    return page(request, "revoke", visit, line=line, names=names)


async def revoke(request: Request, visit: Visit) -> Response:
    """Stop a laptop."""
    service = service_of(request)
    line = await _line_to_revoke(request, visit)
    form = await form_of(request, visit.nonce)
    reason = form.get("reason", "").strip()
    if not reason:
        raise Invalid(N_("A reason is needed"), hint=N_("Nothing was changed."), code="missing")
    await service.call(service.hub.revoke, line.uid, service.now(), reason[:500], visit.person.name)
    say("revoked", person=visit.person.uid, device=line.uid)
    return RedirectResponse("/admin/devices", 303)


async def let_in(request: Request, visit: Visit) -> Response:
    """A one-time link by which somebody chooses the passphrase for these pages."""
    service = service_of(request)
    await form_of(request, visit.nonce)
    person = await service.call(person_of, service, request.path_params["person"])
    if person is None or not lets_in(visit, person):
        raise NotAllowed(N_("An administrator lets in people of their own area"), code="role")
    link = await service.call(service.passphrases.make_link, person.uid, service.now())
    say("link_made", person=visit.person.uid, of=person.uid)
    address = service.url or str(request.base_url).rstrip("/")
    return page(request, "let-in", visit, person=person, link=link_address(address, link))


async def form_of(request: Request, nonce: str) -> dict[str, str]:
    """The fields of a form of ours; raises NotAllowed for one that came from elsewhere."""
    origin = request.headers.get("origin")
    if origin not in (None, "null", f"{request.url.scheme}://{request.headers.get('host', '')}"):
        raise NotAllowed(N_("This form is no longer good"), code="form")
    body = await body_of(request, MAX_FORM)
    fields = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    visits_of(request).check_form(nonce, fields.get("token", ""))
    return fields


def _areas_to_invite(service: Service) -> tuple[dict[str, str], str]:
    root = str(service.hub.status().area)
    return areas_to_invite(service.hub.division_names(), root), root


def _check_invite(visit: Visit, area: str, role: str, minutes: str, names: Any) -> None:
    if area not in names or not covers(sees_from(visit, area), area):
        raise Invalid(N_("There is no such area in your own"), code="unknown_division")
    if not within_cap(role, visit.person.role):
        raise Invalid(N_("The role is above your own"), code="bad_role")
    if not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes) <= LONGEST_INVITE):
        raise Invalid(N_("A code is good for 1 to {n} minutes"), n=LONGEST_INVITE, code="bad_minutes")


async def _line(request: Request, visit: Visit) -> Any:
    service = service_of(request)
    lines = await service.call(device_lines, service.hub)
    wanted = request.path_params["device"]
    for line in lines:
        if line.uid == wanted and covers(sees_from(visit, line.area), line.area):
            return line
    raise Invalid(N_("There is no such laptop"), code="unknown_blob")


async def _line_to_revoke(request: Request, visit: Visit) -> Any:
    line = await _line(request, visit)
    if not may_revoke(visit, line):
        raise NotAllowed(REVOKES_UP_TO, hint=N_("Ask an administrator."), code="role")
    return line


def _qr(text: str) -> str:
    """The text as a QR code: an SVG that stands in the page itself."""
    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        target, kind="svg", omitsize=True, border=3, dark="#000", light="#fff", xmldecl=False, svgns=True
    )
    return target.getvalue().decode()
