"""Sharing: the map as one web page that opens anywhere with no network."""

from __future__ import annotations

from pathlib import Path

from app.actions.action import action
from app.actions.counts import headline
from app.actions.maps import feature_source
from app.actions.outputs import output_file
from app.actions.session import Session
from app.carto.theme import read_theme
from app.domain.entities.division import Division
from app.domain.filters import equal
from app.i18n import N_, tr
from app.printing.request import INTERNAL, PUBLIC, SECRECY
from app.web.meta import PageMeta
from app.web.page import PageReport, Progress, write_page


@action(N_("Share as a web page…"), "map", shortcut="Ctrl+Shift+S", icon="share", command="share")
def share(
    session: Session,
    path: Path,
    *,
    theme: str = "boilers",
    public: bool = False,
    progress: Progress | None = None,
) -> PageReport:
    """Write a theme's records as one self-contained page; `public` leaves out places, people and phones."""
    area = session.workspace.find(Division, equal(code=session.workspace.area), limit=1)
    chosen = read_theme(theme)
    meta = PageMeta(
        title=tr(
            N_("{area}: {theme}"),
            area=area[0].name if area else session.workspace.area,
            theme=tr(chosen.title),
        ),
        as_of=session.today,
        made_on=session.today,
        made_by=session.actor.name if session.actor and not public else "",
        secrecy=tr(SECRECY[PUBLIC if public else INTERNAL]),
        public=public,
        remarks=(_totals(session),) if theme == "boilers" else (),
    )
    return write_page(chosen, feature_source(session), meta, output_file(session, path), progress)


def _totals(session: Session) -> str:
    """The headline in a sentence: units and t/h together, against the baseline."""
    whole = headline(session).sum
    said = tr(
        N_("Cleared {cleared} of {baseline} boilers ({cleared_tph} of {baseline_tph} t/h)"),
        cleared=whole.cleared.units,
        baseline=whole.baseline.units,
        cleared_tph=f"{round(whole.cleared.tph, 1):g}",
        baseline_tph=f"{round(whole.baseline.tph, 1):g}",
    )
    if not whole.migrated.units:
        return said
    more = N_("{said}; {n} more ({tph} t/h) were moved in as cleared and lack papers")
    return tr(more, said=said, n=whole.migrated.units, tph=f"{round(whole.migrated.tph, 1):g}")
