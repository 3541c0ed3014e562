"""What an administrator of the whole sets on the admin pages: which versions of the program may sync."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import __version__
from app.errors import NotAllowed
from app.hub.admin.acting import form_of
from app.hub.admin.pages import keeps_hub
from app.hub.admin.render import page
from app.hub.admin.visits import Visit
from app.hub.logs import say
from app.hub.service import Service, service_of
from app.hub.views import moment_of
from app.i18n import N_


async def minimum_form(request: Request, visit: Visit) -> Response:
    """What stands, and which version it is to be."""
    service = service_of(request)
    status = await service.call(_status_for, service, visit)
    least = status.minimum
    return page(request, "minimum", visit, least=least, since=moment_of(least.at or None), own=__version__)


async def minimum(request: Request, visit: Visit) -> Response:
    """Set it; an empty field lets any version sync."""
    service = service_of(request)
    form = await form_of(request, visit.nonce)
    await service.call(_status_for, service, visit)
    version = form.get("version", "").strip()
    await service.call(service.hub.require_program, version, visit.person.name, service.now())
    say("minimum_set", person=visit.person.uid, version=version)
    return RedirectResponse("/admin/", 303)


def _status_for(service: Service, visit: Visit) -> Any:
    """Where the hub stands, for an administrator of the whole; raises NotAllowed for others."""
    status = service.hub.status()
    if not keeps_hub(visit, str(status.area)):
        raise NotAllowed(N_("An administrator of the whole area sets this"), code="role")
    return status
