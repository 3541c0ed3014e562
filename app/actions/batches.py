"""The same step on many records: which steps fit how many of them, each judged by itself, who was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.actions.action import action
from app.actions.outputs import output_file
from app.actions.session import Session
from app.actions.steps import NextStep, StepDone, do_step, next_steps, workflow_of
from app.actions.watching import UNWATCHED, Watch
from app.domain.entity import Entity
from app.errors import AppError, Changed, Invalid, NotAllowed, Refused, StoreFailure
from app.exchange.report_table import ReportTable, write_report_table
from app.i18n import N_, in_a_row, tr


@dataclass(frozen=True)
class Given:
    """What a person hands in with a step: values by field, papers by kind, and why."""

    values: Mapping[str, Any] = field(default_factory=dict)
    evidence: Sequence[tuple[str, Path]] = ()
    reason: str = ""


@dataclass(frozen=True)
class BatchLine:
    """What became of one record of a batch: the step done, or why it was refused."""

    record: Entity
    done: StepDone | None
    refused: AppError | None = None

    @property
    def why(self) -> str:
        """Everything that stood in the way, in one sentence; empty when the step is done."""
        if self.refused is None:
            return ""
        details = self.refused.details
        whys = [str(item["why"]) for item in details if isinstance(item, dict) and "why" in item]
        return in_a_row(whys or [self.refused.message])


@action(
    N_("The same step on the selected…"),
    "record",
    shortcut="Ctrl+Shift+Return",
    icon="step",
    command="do",
)
def do_steps(
    session: Session,
    action: str,
    records: Sequence[Entity],
    given: Given,
    progress: Callable[[int, int, str], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[BatchLine]:
    """The same step on many records, each judged by itself and in a transaction of its own.

    What is done stays done when it is cancelled, or when the file can no longer be written; records not
    reached are not in the answer.
    """
    lines: list[BatchLine] = []
    for number, record in enumerate(records):
        if cancelled():
            break
        progress(number, len(records), record.title())
        try:
            done = do_step(
                session,
                action,
                record,
                values=given.values,
                evidence=given.evidence,
                reason=given.reason,
            )
            lines.append(BatchLine(record, done))
        except (NotAllowed, Refused, Invalid, Changed) as error:
            lines.append(BatchLine(record, None, error))
        except StoreFailure as error:  # a full disk, a file that is gone: the next ones would fail as well
            lines.append(BatchLine(record, None, error))
            break
    progress(len(records), len(records), "")
    return lines


def write_refused(
    session: Session, lines: Sequence[BatchLine], said: str, target: Path, *, watch: Watch = UNWATCHED
) -> Path:
    """Write who was refused and why as xlsx or csv; `said` counts all of them and stands below.

    Raises Invalid for another ending, StoreFailure when the file cannot be written.
    """
    refused = [line for line in lines if line.refused is not None]
    synthetic = any(getattr(line.record, "synthetic", False) for line in refused)
    title = tr(N_("Outcome"))
    heads = [(tr(N_("Record")),), (tr(N_("Why it was refused")),)]
    shown = f"{title}（{tr(N_('Synthetic'))}）" if synthetic else title
    table = ReportTable(shown, heads, [[line.record.title(), line.why] for line in refused], below=said)
    return write_report_table(table, output_file(session, target), watch.ticker(tr(N_("Writing the rows"))))


@dataclass(frozen=True)
class BatchStep:
    """A step that the person may take at the state of some of the records.

    `step` joins what it lacks for one record of each state; `fitting` are those at such a state.
    """

    step: NextStep
    fitting: tuple[str, ...]
    whole: int


def steps_for(session: Session, records: Sequence[Entity]) -> list[BatchStep]:
    """The steps that are worth offering for these records (of one kind), the one that fits most first.

    One record of each state is looked at closely; whether each may take the step is judged when it does.
    """
    if not records:
        return []
    flow = workflow_of(records[0])
    by_state: dict[str, list[Entity]] = {}
    for record in records:
        by_state.setdefault(str(getattr(record, flow.field)), []).append(record)
    found: dict[str, BatchStep] = {}
    for alike in by_state.values():
        uids = tuple(record.uid for record in alike)
        for step in next_steps(session, alike[0]):
            if step.for_me:
                held = found.get(step.action)
                found[step.action] = _joined(held, step, uids, len(records))
    return sorted(found.values(), key=lambda item: -len(item.fitting))


def _joined(held: BatchStep | None, step: NextStep, uids: tuple[str, ...], whole: int) -> BatchStep:
    if held is None:
        return BatchStep(step, uids, whole)
    lacks = (*held.step.lacks, *(lack for lack in step.lacks if lack not in held.step.lacks))
    return BatchStep(replace(held.step, lacks=lacks), (*held.fitting, *uids), whole)
