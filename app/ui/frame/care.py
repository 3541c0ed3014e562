"""The care of a workspace: backup, check, settings of the bureau, baseline, grid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from app.domain.entities.boiler_codes import END_STATES
from app.domain.fields import Field, Kind, codes
from app.domain.policy import Policy
from app.domain.values import show_moment
from app.i18n import N_, labelled, listed, tr
from app.ui.frame.asking import ask_for, choice_field, text_field
from app.ui.frame.commands import ALWAYS, OPEN, SIGNED_IN, Run
from app.ui.messages import tell
from app.ui.tasks import Callbacks

if TYPE_CHECKING:
    from app.ui.window import MainWindow

_CHECKS = {
    "database": N_("Database"),
    "geopackage": N_("GeoPackage"),
    "spatial_index": N_("Spatial index"),
    "journal": N_("Journal"),
    "triggers": N_("Triggers"),
    "attachments": N_("Evidence files"),
}
_POLICY = {
    "site_photo_m": N_("Greatest distance of a site photo (m)"),
    "site_photo_same_day": N_("Site photo on the day of the check"),
    "notice_working_days": N_("Public notice (working days)"),
    "duplicate_m": N_("Distance of possible duplicates (m)"),
    "common_point_m": N_("Greatest distance of a common point from the fit (m)"),
    "month_before_until_day": N_("Until which day the month before is reported"),
    "sealed_until_month": N_("Month of the heating season"),
    "sealed_until_day": N_("Day of the heating season"),
    "builtup_year": N_("Built-up areas of which year count (0: the newest)"),
    "calendar_years": N_("Years whose holidays are entered here"),
    "holidays": N_("Holidays (days or spans, spaces between)"),
    "workdays": N_("Make-up working days (spaces between)"),
}
_SIDES = ("500", "1000", "2000", "3000", "5000")
_MOST_FINDINGS = 12


class Care:
    """One method per action."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._desk = window.desk

    def bound(self) -> Mapping[str, tuple[Run, str, int]]:
        """What the actions of this kind do in the window: run, menu, need."""
        return {
            "freeze_baseline": (self.freeze, "record", SIGNED_IN),
            "draw_lookback": (self.draw_lookback, "record", SIGNED_IN),
            "rounds": (self.look_back, "record", OPEN),
            "make_grid": (self.make_grid, "record", SIGNED_IN),
            "set_setting": (self.set_setting, "workspace", SIGNED_IN),
            "seal": (self.foreign_edits, "workspace", SIGNED_IN),
            "info": (self.info, "workspace", OPEN),
            "check": (self.check, "workspace", OPEN),
            "backup": (self.backup, "workspace", OPEN),
            "restore": (self.restore, "workspace", ALWAYS),
            "salvage": (self.salvage, "workspace", SIGNED_IN),
            "verify_journal": (self.verify, "workspace", ALWAYS),
        }

    # ---- forms

    def freeze(self) -> None:
        """Freeze the boilers of the ledger as a baseline."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.counts import freeze_baseline  # late: actions load after the first paint

            return freeze_baseline(session, values["name"], values["document"] or "")

        fields = (
            text_field("name", N_("Name of the baseline"), length=80),
            text_field("document", N_("Document"), required=False),
        )
        dialog = ask_for(self._window, "freeze_baseline", fields, work, N_("The baseline is frozen."))
        dialog.say(
            tr(
                N_(
                    "All boilers in the ledger except excluded ones are taken in. "
                    "A baseline never changes again."
                )
            )
        )

    def draw_lookback(self) -> None:
        """Draw cleared boilers for a look-back round."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.drawnfrom import expression_of  # late: actions load after the first paint
            from app.actions.lookback import draw_lookback

            return draw_lookback(
                session,
                values["name"],
                float(values["share"]),
                where=expression_of(within=values["within"] or "", end_state=values["end_state"] or ""),
                seed=values["seed"] or "",
                document=values["document"] or "",
            )

        dialog = ask_for(self._window, "draw_lookback", _draw_fields(), work, N_("The round is drawn."))
        dialog.form.fill({"share": 10.0})
        dialog.say(
            tr(
                N_(
                    "Drawn from the cleared boilers; seed and condition are kept and printed, so that "
                    "anybody can draw again. The list and the forms are among the reports."
                )
            )
        )

    def look_back(self) -> None:
        """The rounds, their progress, and their results."""
        if self._desk.session is None:
            return
        from app.ui.dialogs.lookback import LookbackDialog  # late: it loads the office formats

        folder = str(self._desk.session.workspace.path.parent)
        LookbackDialog(self._desk, folder, self.draw_lookback, self._window).show()

    def make_grid(self) -> None:
        """Make regular cells over a division."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.grids import make_grid  # late: actions load after the first paint

            return make_grid(session, values["within"], int(values["size_m"]))

        within = Field(
            Kind.REFERENCE, N_("Within"), name="within", refers_to="division", length=12, required=True
        )
        sides = choice_field("size_m", N_("Side (m)"), codes(*((side, side) for side in _SIDES)))
        dialog = ask_for(self._window, "make_grid", (within, sides), work, N_("The cells are made."))
        session = self._desk.session
        dialog.form.fill({"within": session.workspace.area if session else None, "size_m": "1000"})

    def set_setting(self) -> None:
        """Change one of the bureau's own numbers."""

        def work(session: Any, values: Mapping[str, Any]) -> object:
            from app.actions.upkeep import set_setting  # late: actions load after the first paint

            return set_setting(session, values["name"], values["value"] or "")

        names = codes(*((name, _POLICY.get(name, name)) for name in Policy.names()))
        fields = (
            choice_field("name", N_("Parameter"), names),
            text_field("value", N_("Value"), required=False, length=500),
        )
        dialog = ask_for(self._window, "set_setting", fields, work, N_("The setting is changed."))
        policy = self._desk.need().policy
        now = [labelled(tr(_POLICY[name]), _plain(value)) for name, value in policy.settings().items()]
        words = N_("Holidays are known of {years}. A notice that runs into another year waits for them.")
        lines = [*now, tr(words, years=listed(map(str, policy.known_years)))]
        dialog.say("\n".join(lines))

        def doubts(session: Any, _: Any) -> list[str]:
            from app.actions.builtup import builtup_doubts  # late: actions load after the first paint

            return builtup_doubts(session)

        self._desk.read(dialog, doubts, lambda found: dialog.say("\n".join([*lines, *found])))

    # ---- reports

    def info(self) -> None:
        """What the workspace is and holds."""

        def work(session: Any, _: Any) -> Any:
            from app.actions.upkeep import info  # late: actions load after the first paint

            return info(session)

        self._desk.read(self._window, work, self._show_facts)

    def _show_facts(self, found: Mapping[str, Any]) -> None:
        from app.domain.catalog import entity_type

        lines = [
            tr(N_("File: {path}"), path=found["file"]),
            tr(N_("Device: {device}"), device=found["device"]),
            tr(N_("Changes not sent: {n}"), n=f"{found['unsent']:,}"),
            *(
                labelled(entity_type(kind).text, f"{count:,}")
                for kind, count in found["counts"].items()
                if count
            ),
        ]
        tell(self._window, self._desk.need().workspace.title, "\n".join(lines))

    def check(self) -> None:
        """Whether everything is whole."""

        def work(session: Any, _: Any) -> Any:
            from app.actions.upkeep import check  # late: actions load after the first paint

            return check(session)

        self._desk.read(self._window, work, Callbacks(self._checked), title=tr(N_("Checking the workspace")))

    def _checked(self, report: Any) -> None:
        lines = [
            f"{'✓' if whole else '✗'} {tr(_CHECKS.get(name, name))}" for name, whole in report.checks.items()
        ]
        lines += [f"{item.code} {item.where}" for item in report.findings[:_MOST_FINDINGS]]
        words = (
            N_("The workspace is sound.") if report.ok else N_("The workspace is damaged. Restore a backup.")
        )
        tell(self._window, tr(words), "\n".join(lines))

    def verify(self) -> None:
        """Whether a journal was tampered with, in any file."""
        name = self._choose(N_("Verify the journal of a file"))
        if not name:
            return

        def work(_: Any) -> Any:
            from app.actions.upkeep import verify_journal  # late: actions load after the first paint

            return verify_journal(Path(name))

        self._desk.tasks.run(self._window, work, self._verified, title=tr(N_("Verifying the journal")))

    def _verified(self, report: Any) -> None:
        words = N_("The journal is whole.") if report.ok else N_("The journal was changed.")
        counted = tr(N_("{n} transactions, {changes} changes"), n=report.transactions, changes=report.changes)
        tell(
            self._window,
            tr(words),
            "\n".join([counted, *(str(item) for item in report.problems[:_MOST_FINDINGS])]),
        )

    # ---- copies

    def backup(self) -> None:
        """Copy the workspace into a folder."""
        folder = QFileDialog.getExistingDirectory(self._window, tr(N_("Choose a folder for the backup")))
        if not folder:
            return

        def work(session: Any, _: Any) -> Path:
            from app.actions.upkeep import backup  # late: actions load after the first paint

            copy: Path = backup(session, Path(folder))
            return copy

        said = N_("The backup is in {path}")
        self._desk.act(
            self._window,
            work,
            lambda path: tell(self._window, tr(said, path=path)),
            title=tr(N_("Backing up")),
        )

    def restore(self) -> None:
        """Bring a backup back as a new file, then open it."""
        source = self._choose(N_("Choose the backup"))
        if not source:
            return
        proposal = str(Path(source).with_name(f"{Path(source).stem}-{tr(N_('restored'))}.gpkg"))
        target, _ = QFileDialog.getSaveFileName(
            self._window, tr(N_("Restore as")), proposal, "GeoPackage (*.gpkg)"
        )
        if not target:
            return

        def work(_: Any) -> object:
            from app.actions.upkeep import restore  # late: actions load after the first paint

            return restore(Path(source), Path(target))

        self._desk.tasks.run(
            self._window, work, lambda _: self._window.open_path(Path(target)), title=tr(N_("Restoring"))
        )

    def salvage(self) -> None:
        """Bring back from a damaged file what the restored workspace does not hold."""
        name = self._choose(N_("Choose the damaged file"))
        if not name:
            return

        def work(session: Any, token: Any) -> Any:
            from app.actions.salvaging import salvage  # late: actions load after the first paint

            return salvage(session, Path(name), token.progress)

        self._desk.act(self._window, work, self._salvaged, title=tr(N_("Bringing back")))

    def _salvaged(self, done: Any) -> None:
        from app.actions.acts import author_name  # late: actions load after the first paint
        from app.actions.salvaging import title_of

        said = tr(N_("Brought back {acts} acts with {changes} changes"), acts=done.acts, changes=done.changes)
        lines = [
            " · ".join(
                (show_moment(item.at), author_name(item.person), labelled(title_of(item.changes), item.why))
            )
            for item in done.left[:_MOST_FINDINGS]
        ]
        if done.gaps:
            lines.append(tr(N_("Part of the damaged file cannot be read any more: something may be missing")))
        if len(done.left) > _MOST_FINDINGS:
            lines.append(tr(N_("… and {n} more"), n=len(done.left) - _MOST_FINDINGS))
        tell(self._window, said, "\n".join(lines))

    def foreign_edits(self) -> None:
        """Answer for what another program changed."""
        if self._window.notice.isVisible():
            self._window.notice.ask()
        else:
            self._desk.said.emit(tr(N_("There are no edits from other programs.")))

    def _choose(self, title: str) -> str:
        name, _ = QFileDialog.getOpenFileName(self._window, tr(title), "", "GeoPackage (*.gpkg)")
        return name


def _draw_fields() -> tuple[Field, ...]:
    """What a draw is asked for; division and end state limit what it is drawn from."""
    percent = N_("Share to draw")
    within, end = N_("Only within (empty: everywhere)"), N_("Only of the end state (empty: any)")
    return (
        text_field("name", N_("Name of the round"), length=40),
        Field(Kind.NUMBER, percent, name="share", unit="%", minimum=0, maximum=100, required=True),
        Field(Kind.REFERENCE, within, name="within", refers_to="division", length=12),
        Field(Kind.CHOICE, end, name="end_state", choices=END_STATES),
        text_field("seed", N_("Seed (empty: one is made)"), required=False),
        text_field("document", N_("Document"), required=False),
    )


def _plain(value: object) -> str:
    """A number of the bureau as a person writes it."""
    if isinstance(value, bool):
        return tr(N_("Yes")) if value else tr(N_("No"))
    return f"{value:g}" if isinstance(value, float) else "—" if value == "" else str(value)
