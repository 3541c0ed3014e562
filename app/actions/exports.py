"""Exports: records of a kind in a file that others can read, by the file's ending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.actions.action import action
from app.actions.outputs import output_file
from app.actions.records import list_records
from app.actions.session import Session
from app.actions.watching import UNWATCHED, Watch
from app.domain.catalog import entity_type
from app.domain.entity import Entity
from app.errors import Refused
from app.exchange.export import ExportOptions as ExportOptions  # the shell fills them
from app.exchange.export import export_records as write_records
from app.i18n import N_, tr


@action(N_("Export records…"), "file", shortcut="Ctrl+Shift+E", icon="export", command="export")
def export_records(
    session: Session,
    kind: str,
    target: Path,
    *,
    where: str | None = None,
    options: ExportOptions | None = None,
    watch: Watch = UNWATCHED,
) -> int:
    """Write the records an expression means; gives their number. The file appears only when it is whole.

    Raises Invalid for an ending that is no format, Refused when nothing is meant.
    """
    return export_these(session, kind, list_records(session, kind, where), target, options, watch=watch)


def export_these(
    session: Session,
    kind: str,
    records: Sequence[Entity],
    target: Path,
    options: ExportOptions | None = None,
    *,
    watch: Watch = UNWATCHED,
) -> int:
    """Write these records, in this order, such as a ledger shows them. Cancelled leaves what was there."""
    described = entity_type(kind)
    if not records:
        raise Refused(
            N_("There is no {kind} to export"),
            hint=N_("No file was written."),
            kind=described.text,
            code="nothing_to_export",
        )
    chosen = options or ExportOptions()
    synthetic = any(getattr(record, "synthetic", False) for record in records)
    title = chosen.title or described.text
    shown = f"{title}（{tr(N_('Synthetic'))}）" if synthetic else title
    write_records(
        described,
        records,
        output_file(session, target),
        ExportOptions(chosen.public, chosen.crs, shown, chosen.encoding),
        watch.ticker(tr(N_("Writing the rows"))),
    )
    return len(records)
