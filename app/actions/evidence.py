"""Evidence: a file becomes an attachment of a record, with its hash, and a photograph's place and time."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.actions.action import action
from app.actions.rights import require_area, require_writer
from app.actions.session import Session
from app.domain.catalog import BY_NAME
from app.domain.changes import Committed, insert
from app.domain.coordinates.measure import distance_m, spot_of
from app.domain.entities.papers import EVIDENCE_KINDS, PICTURE_ENDINGS, Attachment
from app.domain.entity import Entity
from app.domain.filters import equal, one_of
from app.domain.limits import check_papers
from app.domain.rights import WRITERS
from app.domain.values import BUREAU_TIME, as_moment
from app.errors import Invalid
from app.i18n import N_
from app.store.attachments import thumbnail_path

_TAKEN_TAGS = (0x9003, 0x0132)  # DateTimeOriginal, DateTime
_SMALL = (160, 120)
PHOTO = "photo"
_EXIF, _GPS = 0x8769, 0x8825
_UNREADABLE = (OSError, ValueError, SyntaxError, RuntimeError)  # what Pillow's readers say of a bad file


@dataclass(frozen=True)
class PhotoFacts:
    """What the EXIF block of a photograph says: moment in UTC, longitude and latitude in WGS84 degrees."""

    taken_at: str | None = None
    x: float | None = None
    y: float | None = None


def evidence_of(session: Session, record: Entity, *, round_no: int | None = None) -> list[Attachment]:
    """The attachments of a record, oldest first; of one round when it is given."""
    found = session.workspace.find(Attachment, equal(owner=record.uid), order="added_at")
    return [item for item in found if round_no is None or item.round_no == round_no]


@action(
    N_("Add evidence…"),
    "record",
    shortcut="Ctrl+E",
    icon="paper",
    command="attach",
    roles=WRITERS["attachment"],
)
def add_evidence(session: Session, record: Entity, papers: Iterable[tuple[str, Path]]) -> Committed:
    """Put files beside a record as evidence, in one transaction; files already there are skipped."""
    require_writer(session, BY_NAME["attachment"])
    require_area(session, record)
    fresh = prepare(session, record, papers)
    keep(session, papers, fresh)
    return session.commit([insert(item) for item in fresh], "add_evidence")


@dataclass(frozen=True)
class UsedAgain:
    """A photograph of this record that stands elsewhere too: as another kind, or for another record."""

    attachment: Attachment
    other: Attachment


def photos_used_again(session: Session, record: Entity) -> list[UsedAgain]:
    """Photographs of the record whose very file is also evidence of another kind, round or record.

    Two boilers may stand on one photograph, so it is shown and not refused.
    """
    mine = [item for item in evidence_of(session, record) if PHOTO in item.kind]
    same = (
        session.workspace.find(Attachment, one_of("sha256", {item.sha256 for item in mine})) if mine else []
    )
    return [
        UsedAgain(item, other)
        for item in mine
        for other in same
        if other.uid != item.uid and other.sha256 == item.sha256 and PHOTO in other.kind
    ]


@dataclass(frozen=True)
class PhotoPlace:
    """How far from the record a photograph was taken, and whether that is beyond the bureau's limit."""

    metres: int
    beyond: bool


def places_of_photos(session: Session, record: Entity, papers: Iterable[Attachment]) -> dict[str, PhotoPlace]:
    """How far each photograph that carries a position was taken from the record, by the paper's uid."""
    spot, limit = spot_of(record.geometry), session.policy.site_photo_m
    if spot is None:
        return {}
    found = {}
    for item in papers:
        if item.photo_x is not None and item.photo_y is not None:
            metres = distance_m(*spot, item.photo_x, item.photo_y)
            found[item.uid] = PhotoPlace(round(metres), metres > limit)
    return found


def prepare(session: Session, record: Entity, papers: Iterable[tuple[str, Path]]) -> list[Attachment]:
    """The attachments these files would become; nothing is written or copied yet.

    Raises Invalid for an unknown kind, a file that is missing, empty or too large, more of them than a record
    may have, and a picture that cannot be opened.
    """
    every = evidence_of(session, record)
    have = {(item.kind, item.sha256) for item in every if item.round_no == _round(record)}
    fresh: list[Attachment] = []
    for kind, path in papers:
        if kind not in EVIDENCE_KINDS.codes:
            raise Invalid(N_("“{kind}” is not a kind of evidence"), hint=N_("Kinds: {kinds}"), kind=kind,
                          kinds=" ".join(EVIDENCE_KINDS.codes), code="bad_evidence")  # fmt: skip
        item = _attachment(session, record, kind, Path(path))
        if not picture_whole(Path(path), item.sha256):
            raise Invalid(N_("The picture “{file}” cannot be read"),
                          hint=N_("It may be damaged: choose the original. Nothing was changed."),
                          file=item.file_name, code="unreadable_photo")  # fmt: skip
        if (item.kind, item.sha256) not in have:
            fresh.append(item)
            have.add((item.kind, item.sha256))
    check_papers(len(every) + len(fresh))
    return fresh


def keep(session: Session, papers: Iterable[tuple[str, Path]], fresh: Iterable[Attachment]) -> None:
    """Copy the files of these attachments into the workspace's folder before their rows are written. One that
    is added again takes the place of a copy that was damaged or lost."""
    wanted = {item.sha256 for item in fresh}
    for _, path in papers:
        wanted.discard(session.workspace.attach(Path(path)).sha256)
    if wanted:
        raise Invalid(N_("An evidence file changed while it was read"),
                      hint=N_("Nothing was changed; try again."), code="evidence_changed")  # fmt: skip


def photo_facts(path: Path) -> PhotoFacts:
    """Place and time from a photograph's EXIF; nothing for other files and for photographs without it."""
    from PIL import Image  # late: a form without photographs need not load it

    _know_iphones()
    try:
        with Image.open(path) as image:
            exif = image.getexif()
            inner, gps = exif.get_ifd(_EXIF), exif.get_ifd(_GPS)
    except (*_UNREADABLE, Image.DecompressionBombError):
        return PhotoFacts()
    written = next(
        (inner.get(tag) or exif.get(tag) for tag in _TAKEN_TAGS if inner.get(tag) or exif.get(tag)), None
    )
    return PhotoFacts(_moment(written), _degrees(gps, 3, 4, "W"), _degrees(gps, 1, 2, "S"))


@lru_cache(maxsize=64)
def picture_whole(path: Path, _sha256: str) -> bool:
    """Whether a picture in one of the usual formats can be read to its end; other files are not judged, nor
    pictures of more points than Pillow takes on.

    A step on many boilers asks of the same file each time, so the answer is kept by the file's hash.
    """
    from PIL import Image  # late: a form without photographs need not load it

    _know_iphones()
    if path.suffix.lower() not in PICTURE_ENDINGS:
        return True
    try:
        with Image.open(path) as image:
            image.draft("RGB", _SMALL)  # a JPEG is decoded at an eighth of its size, a tenth of the time
            image.load()
    except _UNREADABLE:
        return False
    except Image.DecompressionBombError:  # some telephones make pictures so large that Pillow opens none
        return True
    return True


def _know_iphones() -> None:
    """Let Pillow read HEIC, as iPhones write it."""
    from pi_heif import register_heif_opener  # late, as Pillow itself

    register_heif_opener()


def picture_of(session: Session, sha256: str) -> Path | None:
    """An evidence file to look at: itself, else its small picture from the hub, else None."""
    path = session.workspace.attachment_path(sha256)
    if path.is_file():
        return path
    small = thumbnail_path(session.workspace.path, sha256)
    return small if small.is_file() else None


def _round(record: Entity) -> int:
    return int(getattr(record, "round_no", 1) or 1)


def _attachment(session: Session, record: Entity, kind: str, path: Path) -> Attachment:
    found = session.workspace.examine(path)
    facts = photo_facts(path)
    return Attachment(
        uid=session.new_uid(),
        owner_entity=record.TYPE.name,
        owner=record.uid,
        kind=kind,
        file_name=path.name,
        sha256=found.sha256,
        size=found.size,
        mime=mimetypes.guess_type(path.name)[0],
        taken_at=facts.taken_at,
        photo_x=facts.x,
        photo_y=facts.y,
        round_no=_round(record),
        added_by=session.person().uid,
        added_at=session.moment(),
        synthetic=getattr(record, "synthetic", None),
    )


def _moment(written: Any) -> str | None:
    """EXIF writes local time without a zone; here that is the bureau's time."""
    try:
        return as_moment(datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").replace(tzinfo=BUREAU_TIME))
    except ValueError:
        return None


def _degrees(gps: dict[int, Any], ref: int, tag: int, negative: str) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in gps[tag])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    if not 0 <= value <= 180:  # cameras without a fix write 0/0, which is no number
        return None
    return round(-value if str(gps.get(ref, "")).upper() == negative else value, 7)
