"""The dossier of each boiler (一炉一档): what is missing, and everything there is as a folder or a zip."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.actions.boilerpapers import form_of
from app.actions.dossierprint import pages_of
from app.actions.evidence import evidence_of, photos_used_again
from app.actions.history import history
from app.actions.session import Session
from app.actions.steps import case_of, dossier_lacks
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import EVIDENCE_KINDS
from app.domain.values import show_moment
from app.domain.workflow import Lack, missing_papers
from app.domain.workflows.boiler import BOILER, DOSSIER
from app.errors import Invalid, StoreFailure
from app.exchange.official_paper import write_forms
from app.i18n import N_, tr

_FORMS = ("application", "acceptance", "filing")
_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_PASSED = {  # of the steps that bring papers, those a boiler has behind it
    "in_progress": 1, "sealed": 1, "returned": 1, "applied": 2, "town_ok": 3, "county_ok": 4, "notice": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Missing:
    """One boiler, the papers its dossier lacks, and how often a photograph of it is used elsewhere too."""

    boiler: Boiler
    lacks: tuple[Lack, ...]
    used_again: int = 0


def missing(session: Session, boilers: Sequence[Boiler]) -> list[Missing]:
    """For each boiler the papers that the steps behind it should have brought and that are not there."""
    return [
        Missing(boiler, lacking(session, boiler), len(photos_used_again(session, boiler)))
        for boiler in boilers
    ]


def lacking(session: Session, boiler: Boiler) -> tuple[Lack, ...]:
    """The papers that the steps behind a boiler should have brought and that are not there."""
    if boiler.status == "cleared":
        return dossier_lacks(session, boiler)
    passed = _PASSED.get(boiler.status, 0)
    return tuple(missing_papers(BOILER, DOSSIER[:passed], case_of(session, boiler))) if passed else ()


def write_dossiers(session: Session, boilers: Sequence[Boiler], target: Path) -> int:
    """One folder `number_unit` for each boiler: its evidence, forms and history; gives the number of files.

    `target` ends in .zip, or names a folder that does not exist yet or is empty. Raises Invalid for a folder
    with something in it, StoreFailure for evidence that is not as it was. Nothing is left half done.
    """
    if target.suffix.lower() != ".zip" and target.exists() and any(target.iterdir()):
        raise Invalid(
            N_("The folder {folder} is not empty"), hint=N_("Nothing was written. Choose another name."),
            folder=target.name, code="not_empty",
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix=".dossiers-", dir=target.parent) as scratch:
        made = Path(scratch) / "files"
        count = sum(_write(session, boiler, made) for boiler in boilers)
        if target.suffix.lower() == ".zip":
            packed = Path(scratch) / "packed.zip"
            _pack(made, packed)
            packed.replace(target)
        else:
            if target.exists():
                target.rmdir()
            made.replace(target)
    return count


def _write(session: Session, boiler: Boiler, home: Path) -> int:
    folder = home / _name(boiler)
    folder.mkdir(parents=True)
    count = 0
    for name, source in _evidence(session, boiler):
        try:
            shutil.copyfile(source, folder / name)
        except OSError as error:
            raise StoreFailure(N_("“{file}” cannot be written: {why}"), code="unwritable", file=name,
                               why=error.strerror or str(error)) from error  # fmt: skip
        count += 1
    pages = pages_of(session, boiler, lacking(session, boiler))
    from app.render.pdf import write_pdf  # late: most actions draw nothing

    write_pdf(pages, folder / f"{tr(N_('Boiler dossier'))}.pdf")
    forms = [form_of(session, boiler, name) for name in _FORMS]
    for form in forms:
        write_forms([form], folder / f"{fit_name(form.title)}.docx")
    (folder / f"{tr(N_('History'))}.txt").write_text("\n".join(_told(session, boiler)) + "\n", "utf-8-sig")
    return count + len(forms) + 2


def _evidence(session: Session, boiler: Boiler) -> Iterator[tuple[str, Path]]:
    """The papers under names that say what they are, in the order they were added; each checked."""
    numbers: dict[str, int] = {}
    for item in evidence_of(session, boiler):
        label = f"{EVIDENCE_KINDS.label(item.kind)}_{tr(N_('round {n}'), n=item.round_no)}"
        numbers[label] = numbers.get(label, 0) + 1
        ending = Path(item.file_name).suffix or ""
        yield fit_name(f"{label}_{numbers[label]}") + ending, session.workspace.verify_attachment(item.sha256)


def _told(session: Session, boiler: Boiler) -> Iterator[str]:
    for entry in reversed(history(session, "boiler", boiler.uid)):
        changed = "、".join(
            f"{tr(field.label) if (field := boiler.TYPE.fields.get(item.field)) else item.field}"
            for item in entry.changes
        )
        words = (show_moment(entry.at), entry.person, entry.action, entry.reason, changed)
        yield "  ".join(word for word in words if word)


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                package.write(path, path.relative_to(folder))


def _name(boiler: Boiler) -> str:
    return fit_name(f"{boiler.ledger_no}_{boiler.user_org or ''}".rstrip("_"))


def fit_name(name: str) -> str:
    """A name that every file system takes."""
    return _UNFIT.sub("_", name).strip(" .")[:80] or "_"
