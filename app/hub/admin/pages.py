"""The pages one reads: overview, laptops, people, areas, conflicts, quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from app.domain.areas import covers
from app.domain.catalog import BY_NAME
from app.domain.entities.conflict import KINDS
from app.domain.entities.people import ROLES
from app.domain.replication import HUB_PERSON, HUB_TOLD
from app.domain.rights import keeps_house, within_cap
from app.domain.versions import is_below
from app.errors import AppError
from app.hub.admin.render import code_words, page, page_language, part_of, visits_of
from app.hub.admin.visits import COOKIE, Visit, may_enter
from app.hub.service import Service, service_of
from app.hub.speaking import status_of
from app.hub.views import DeviceLine, area_lines, device_lines, late_of, late_open, moment_of
from app.i18n import in_language
from app.resources import resource

SILENT_AFTER = timedelta(days=7)
Page = Callable[[Request, Visit], Awaitable[Response]]


def for_visitors(view: Page) -> Callable[[Request], Awaitable[Response]]:
    """The page for who is signed in; others are sent to sign in, and a refusal is shown as a page."""

    async def show(request: Request) -> Response:
        service = service_of(request)
        visit = await visit_of(request, service)
        if visit is None:
            return RedirectResponse("/admin/sign-in", 303)
        request.scope["person"] = visit.person.uid
        try:
            return await view(request, visit)
        except AppError as error:
            return refusal_page(request, visit, error)

    return show


async def visit_of(request: Request, service: Service) -> Visit | None:
    """Who is signed in."""
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    return await service.call(
        visits_of(request).read, cookie, service.hub.people, service.passphrases.verifier
    )


def refusal_page(request: Request, visit: Visit | None, error: AppError) -> Response:
    """What happened and what to do, as a page."""
    language = page_language(request)
    request.scope["refusal"] = error.code
    message, hint = refusal_words(language, error)
    return page(request, "refusal", visit, status_of(error), message=message, hint=hint)


def refusal_words(language: str, error: AppError) -> tuple[str, str]:
    """What happened and what to do, in a language."""
    hint = in_language(language, error.hint_template, **error.values) if error.hint_template else ""
    return in_language(language, error.template, **error.values), hint


async def overview(request: Request, visit: Visit) -> Response:
    """What waits for somebody, and what this hub is."""
    service = service_of(request)
    facts = await service.call(_overview, service, visit)
    return page(request, "overview", visit, service=service, **facts)


async def devices(request: Request, visit: Visit) -> Response:
    """Every laptop: where, since when, last sync, how far behind. `?find=` leaves those with these words in
    name, number or division, `?silent=1` those not heard of for long."""
    service = service_of(request)
    lines, names, least = await service.call(_devices, service, visit)
    since, find = service.now() - SILENT_AFTER, request.query_params.get("find", "").strip()
    only_silent = bool(request.query_params.get("silent"))
    wanted = [
        line
        for line in lines
        if find.lower() in f"{line.label} {line.uid} {line.area} {names.get(line.area, '')}".lower()
        and (_is_silent(line, since) or not only_silent)
    ]
    part = part_of(request, wanted)
    mine = [line.uid for line in part.lines if may_revoke(visit, line)]
    asked = urlencode([*([("find", find)] if find else []), *([("silent", "1")] if only_silent else [])])
    return page(
        request, "devices", visit, lines=part.lines, names=names, mine=mine, part=part, find=find,
        silent={line.uid for line in part.lines if _is_silent(line, since)}, only_silent=only_silent,
        also=f"{asked}&" if asked else "", found=len(wanted), of=len(lines),
        outdated={line.uid for line in part.lines if line.program and is_below(line.program, least)},
    )  # fmt: skip


async def people(request: Request, visit: Visit) -> Response:
    """Everybody of the area with their role."""
    service = service_of(request)
    found, names, holders = await service.call(_people, service, visit)
    open_to = [item.uid for item in found if lets_in(visit, item)]
    return page(request, "people", visit, found=found, names=names, holders=holders, open_to=open_to)


async def areas(request: Request, visit: Visit) -> Response:
    """The log of each area: its number and digest."""
    service = service_of(request)
    lines = await service.call(area_lines, service.hub)
    names = await service.call(service.hub.division_names)
    part = part_of(request, [line for line in lines if _sees(visit, service, line.code)])
    return page(request, "areas", visit, lines=part.lines, part=part, names=names)


async def conflicts(request: Request, visit: Visit) -> Response:
    """Open conflicts of the visitor's area: what, between whom, since when; with `?laptop=` those that the
    late work of one laptop has raised."""
    service = service_of(request)
    language, laptop = page_language(request), request.query_params.get("laptop", "")
    found = await service.call(service.hub.conflicts, visit.person.area or None)
    wanted = [item for item in found if not laptop or late_of(item) == laptop]
    part = part_of(request, sorted(wanted, key=lambda item: item.raised_at))
    lines = [_conflict(language, item) for item in part.lines]
    return page(request, "conflicts", visit, lines=lines, part=part, laptop=laptop)


async def quarantine(request: Request, visit: Visit) -> Response:
    """Batches of revoked laptops of the visitor's area, the newest first: of which laptop, where, by whom."""
    service = service_of(request)
    found, laptops, names = await service.call(_quarantined, service, visit)
    part = part_of(request, found[::-1])
    lines = [(item, laptops[item.device], moment_of(item.received)) for item in part.lines]
    waiting = Counter(map(late_of, await service.call(service.hub.conflicts, visit.person.area or None)))
    return page(request, "quarantine", visit, lines=lines, part=part, waiting=waiting, names=names)


async def style(_request: Request) -> Response:
    """The one style sheet."""
    return FileResponse(resource("hub", "admin.css"), headers={"Cache-Control": "max-age=3600"})


async def font(_request: Request) -> Response:
    """The Chinese font, for machines that have none of their own."""
    headers = {"Cache-Control": "max-age=31536000"}
    return FileResponse(resource("fonts", "NotoSansSC-Regular.ttf"), media_type="font/ttf", headers=headers)


def sees_from(visit: Visit, root: str) -> str:
    """The area whose laptops and people somebody sees."""
    return visit.person.area or root


def _sees(visit: Visit, service: Service, area: str) -> bool:
    return covers(sees_from(visit, area), area)


def _overview(service: Service, visit: Visit) -> dict[str, Any]:
    hub, now = service.hub, service.now()
    status, lines = hub.status(), _seen_devices(service, visit)
    open_ones = hub.conflicts(visit.person.area or None)
    working = [line for line in lines if line.revoked is None]
    silent = [line for line in lines if _is_silent(line, now - SILENT_AFTER)]
    return {
        "standing": status,
        "entries": sum(line.seq for line in area_lines(hub) if _sees(visit, service, line.code)),
        "people": sum(not item.disabled for item in _seen_people(service, visit)),
        "working": len(working),
        "silent": len(silent),
        "open_disks": sum(line.disk == "open" for line in working),
        "broken_journals": sum(line.journal == "broken" for line in working),
        "open_conflicts": len(open_ones),
        "waiting": late_open(open_ones),
        "area": sees_from(visit, str(status.area)),
        "names": hub.division_names(),
        "restored": moment_of(status.restored_at),
        "recovery": moment_of(status.recovery.at or None),
        "rules": keeps_hub(visit, str(status.area)),
        "now": now,
    }


def _is_silent(line: DeviceLine, since: datetime) -> bool:
    """Whether a laptop at work has not been heard of since then."""
    return line.revoked is None and (line.last_sync or line.enrolled or since) < since


def _devices(service: Service, visit: Visit) -> tuple[list[DeviceLine], Any, str]:
    least = service.programs.minimum().version
    return _seen_devices(service, visit), service.hub.division_names(), least


def _seen_devices(service: Service, visit: Visit) -> list[DeviceLine]:
    return [line for line in device_lines(service.hub) if _sees(visit, service, line.area)]


def person_of(service: Service, uid: str) -> Any | None:
    """A person by uid."""
    return next((item for item in service.hub.people() if item.uid == uid), None)


def lets_in(visit: Visit, person: Any) -> bool:
    """Whether the visitor may make the link by which this person chooses a passphrase."""
    inside = covers(sees_from(visit, person.area or ""), person.area or "")
    return visit.person.role == "R0" and inside and may_enter(person)


def keeps_hub(visit: Visit, root: str) -> bool:
    """Whether the visitor is an administrator of the whole hub."""
    return visit.person.role == "R0" and keeps_house(visit.person.area, root)


def may_revoke(visit: Visit, line: DeviceLine) -> bool:
    """Whether the visitor may stop this laptop: as with invitations, none for a role above their own."""
    return within_cap(line.role, visit.person.role)


def _seen_people(service: Service, visit: Visit) -> list[Any]:
    return [item for item in service.hub.people() if _sees(visit, service, item.area or "")]


def _quarantined(service: Service, visit: Visit) -> tuple[list[Any], dict[str, DeviceLine], Any]:
    laptops = {line.uid: line for line in _seen_devices(service, visit)}
    found = [item for item in service.hub.quarantine() if item.device in laptops]
    return found, laptops, service.hub.division_names()


def _people(service: Service, visit: Visit) -> tuple[list[Any], Any, frozenset[str]]:
    found = _seen_people(service, visit)
    order = {role: n for n, role in enumerate(("R0", "R6", "R5", "R4", "R3", "R2", "R1"))}
    found.sort(key=lambda item: (bool(item.disabled), order.get(item.role, 9), item.login))
    return found, service.hub.division_names(), service.passphrases.holders()


def _conflict(language: str, item: Any) -> dict[str, Any]:
    def told(by: str | None) -> str | None:
        return in_language(language, HUB_TOLD) if by == HUB_PERSON else by

    kind, roles = BY_NAME.get(item.owner_entity), code_words(ROLES, language)
    deciders = [roles.get(role, role) for role in (item.decides or "").split()]
    return {
        "record": item.owner_title or item.owner,
        "entity": in_language(language, kind.label) if kind else item.owner_entity,
        "kind": code_words(KINDS, language).get(item.kind, item.kind),
        "kept": (told(item.kept_by), moment_of(item.kept_at)),
        "offered": (told(item.offered_by), moment_of(item.offered_at)),
        "decides": ("、" if language == "zh_CN" else ", ").join(deciders),
        "raised": moment_of(item.raised_at),
    }
