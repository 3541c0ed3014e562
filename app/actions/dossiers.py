"""The dossier of each boiler (一炉一档): what is missing, and everything there is as a folder or a zip."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.actions.acts import action_words, author_name, field_words
from app.actions.boilerpapers import form_of
from app.actions.dossierprint import pages_of
from app.actions.evidence import PHOTO, evidence_of
from app.actions.history import history
from app.actions.session import Session
from app.domain.casework import papers_alone, papers_of, round_of
from app.domain.entities.boiler import Boiler
from app.domain.entities.papers import EVIDENCE_KINDS, Attachment
from app.domain.filters import EVERYTHING, equal, one_of
from app.domain.values import show_moment
from app.domain.workflow import Lack, missing_papers
from app.domain.workflows.boiler import BOILER, DOSSIER
from app.errors import Invalid, StoreFailure
from app.exchange.official_paper import write_forms
from app.i18n import N_, listed, tr

_FORMS = ("application", "acceptance", "filing")
_FEW = 500  # records that are asked for by their names; of more all are read
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
    """For each boiler the papers that the steps behind it should have brought and that are not there.

    The papers of many are read at once, and the bureau's settings once for all.
    """
    papers = papers_by_owner(session, boilers)
    again = _used_again(papers, session) if papers else {}
    policy, today = session.policy, session.today

    def lacks(boiler: Boiler) -> tuple[Lack, ...]:
        steps = _behind(boiler)
        mine = papers_of(papers.get(boiler.uid, ()), round_of(boiler))
        return (
            tuple(missing_papers(BOILER, steps, papers_alone(boiler, mine, policy, today))) if steps else ()
        )

    return [Missing(boiler, lacks(boiler), again.get(boiler.uid, 0)) for boiler in boilers]


def papers_by_owner(session: Session, boilers: Sequence[Boiler]) -> dict[str, list[Attachment]]:
    """The papers of boilers by the boiler's uid."""
    of_any = equal(owner_entity=Boiler.TYPE.name)
    wanted = one_of("owner", [item.uid for item in boilers]) if len(boilers) <= _FEW else of_any
    found: dict[str, list[Attachment]] = {}
    for item in session.workspace.find(Attachment, wanted, order="added_at"):
        found.setdefault(item.owner, []).append(item)
    return found


def lacking(session: Session, boiler: Boiler) -> tuple[Lack, ...]:
    """The papers that the steps behind a boiler should have brought and that are not there."""
    return missing(session, [boiler])[0].lacks


def _behind(boiler: Boiler) -> tuple[str, ...]:
    """The steps behind a boiler that bring papers."""
    return DOSSIER if boiler.status == "cleared" else DOSSIER[: _PASSED.get(boiler.status, 0)]


def _used_again(papers: Mapping[str, Sequence[Attachment]], session: Session) -> dict[str, int]:
    """How often the photographs of each boiler stand elsewhere too, by the boiler's uid."""
    mine = [item for some in papers.values() for item in some if PHOTO in item.kind]
    hashes = {item.sha256 for item in mine}
    wanted = one_of("sha256", hashes) if len(hashes) <= _FEW else EVERYTHING
    same = Counter(item.sha256 for item in session.workspace.find(Attachment, wanted) if PHOTO in item.kind)
    found = Counter[str]()
    for item in mine:
        found[item.owner] += same[item.sha256] - 1
    return dict(found)


def write_dossiers(session: Session, boilers: Iterable[Boiler], target: Path) -> int:
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
        changed = listed(field_words(item.field, boiler.TYPE.fields) for item in entry.changes)
        who, what = author_name(entry.person), action_words(entry.action)
        words = (show_moment(entry.at), who, what, entry.reason, changed)
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
