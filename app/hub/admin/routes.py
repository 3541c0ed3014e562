"""The addresses below /admin."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from app.hub.admin import acting, pages, ruling, signing_in
from app.hub.admin.pages import for_visitors


def admin_routes() -> list[BaseRoute]:
    """Every page and form."""
    return [
        Route("/", for_visitors(pages.overview), methods=["GET"]),
        Route("/devices", for_visitors(pages.devices), methods=["GET"]),
        Route("/devices/invite", for_visitors(acting.invite_form), methods=["GET"]),
        Route("/devices/invite", for_visitors(acting.invite), methods=["POST"]),
        Route("/devices/{device}/revoke", for_visitors(acting.revoke_form), methods=["GET"]),
        Route("/devices/{device}/revoke", for_visitors(acting.revoke), methods=["POST"]),
        Route("/people", for_visitors(pages.people), methods=["GET"]),
        Route("/people/{person}/link", for_visitors(acting.let_in), methods=["POST"]),
        Route("/first/{link}", signing_in.choose_form, methods=["GET"]),
        Route("/first/{link}", signing_in.choose, methods=["POST"]),
        Route("/minimum", for_visitors(ruling.minimum_form), methods=["GET"]),
        Route("/minimum", for_visitors(ruling.minimum), methods=["POST"]),
        Route("/areas", for_visitors(pages.areas), methods=["GET"]),
        Route("/conflicts", for_visitors(pages.conflicts), methods=["GET"]),
        Route("/quarantine", for_visitors(pages.quarantine), methods=["GET"]),
        Route("/sign-in", signing_in.sign_in_form, methods=["GET"]),
        Route("/sign-in", signing_in.sign_in, methods=["POST"]),
        Route("/sign-out", for_visitors(signing_in.sign_out), methods=["POST"]),
        Route("/language", acting.choose_language, methods=["POST"]),
        Route("/admin.css", pages.style, methods=["GET"]),
        Route("/font.ttf", pages.font, methods=["GET"]),
    ]
