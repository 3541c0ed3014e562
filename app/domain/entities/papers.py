"""Papers beside a record: attachments, approvals and frozen baselines. Rows are added, never changed."""

from __future__ import annotations

from app.domain.entities.people import ROLES
from app.domain.entity import Entity, entity, kept_for_good
from app.domain.fields import (
    Merge,
    Withheld,
    boolean,
    choice,
    codes,
    integer,
    moment,
    number,
    reference,
    text,
)
from app.domain.limits import REASON
from app.i18n import N_

SHA256 = r"[0-9a-f]{64}"  # its file is kept under this name, here and at the hub
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".heif")
CLEARING = "clear"  # the step of a workflow that the hub takes only once it has all papers
EVIDENCE_KINDS = codes(
    ("photo_before", N_("Photo before treatment"), ["整治前照片"]),
    ("photo_during", N_("Photo during treatment"), ["整治中照片"]),
    ("photo_after", N_("Photo after treatment"), ["整治后照片"]),
    ("nameplate", N_("Photo of the nameplate"), ["铭牌照片", "铭牌"]),
    ("site_photo", N_("Photo on site"), ["现场照片"]),
    ("seal_photo", N_("Photo of the seal"), ["封条照片", "封存照片"]),
    ("recheck_photo", N_("Photo of the re-check"), ["复查照片"]),
    ("lookback_photo", N_("Look-back photo"), ["回头看照片"]),
    ("rebound_photo", N_("Photo of the rebound"), ["反弹照片"]),
    ("application_form", N_("Application form"), ["申请表", "验收申请表"]),
    ("identity_copy", N_("Copy of identity or credit code"), ["身份证复印件", "营业执照"]),
    ("dereg_cert", N_("Deregistration certificate"), ["注销证明"]),
    ("new_boiler_notice", N_("Notice of the new boiler"), ["新锅炉告知", "新锅炉告知书"]),
    ("monitoring_report", N_("Monitoring report"), ["监测报告"]),
    ("town_certificate", N_("Township certificate"), ["镇办证明"]),
    ("acceptance_form", N_("Acceptance form"), ["验收表"]),
    ("notice_proof", N_("Proof of the public notice"), ["公示截图", "公示材料"]),
    ("other", N_("Other paper"), ["其他"]),
)


@entity(label=N_("Attachment"), cli="attachment", key="sha256", title=("file_name",), append_only=True)
class Attachment(Entity):
    """A file kept beside the workspace under its SHA-256, as evidence for one record."""

    owner_entity: str = text(N_("Kind of record"), length=40, required=True)
    owner: str = text(N_("Record"), length=36, required=True, indexed=True)
    kind: str = choice(N_("Kind"), EVIDENCE_KINDS, required=True, merge=Merge.APPEND)
    file_name: str = text(N_("File name"), length=255, required=True, withheld=Withheld.PEOPLE)
    sha256: str = text(N_("SHA-256"), length=64, required=True, indexed=True, pattern=SHA256)
    size: int = integer(N_("Size"), unit="B", required=True, minimum=1)
    mime: str | None = text(N_("Type"), default=None, length=80)
    taken_at: str | None = moment(N_("Taken at"), default=None)
    photo_x: float | None = number(
        N_("Longitude of the photo"), default=None, decimals=6, withheld=Withheld.PLACE
    )
    photo_y: float | None = number(
        N_("Latitude of the photo"), default=None, decimals=6, withheld=Withheld.PLACE
    )
    round_no: int = integer(N_("Round"), default=1, minimum=1)
    added_by: str = text(N_("Added by"), length=36, required=True, withheld=Withheld.PEOPLE)
    added_at: str = moment(N_("Added at"), required=True)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@kept_for_good
@entity(label=N_("Paper taken away"), cli="redaction", key="uid", title=("kind",))
class Redaction(Entity):
    """What stays of a paper that lay beside the wrong record and was taken away, by name and with a reason.

    The row of the paper goes with it, and its file on every disk.
    """

    owner_entity: str = text(N_("Kind of record"), length=40, required=True)
    owner: str = text(N_("Record"), length=36, required=True, indexed=True)
    paper: str = text(N_("Attachment"), length=36, required=True, indexed=True)
    kind: str = choice(N_("Kind"), EVIDENCE_KINDS, required=True, merge=Merge.APPEND)
    round_no: int = integer(N_("Round"), default=1, minimum=1)
    sha256: str = text(N_("SHA-256"), length=64, required=True, indexed=True, pattern=SHA256)
    reason: str = text(N_("Reason"), length=REASON, required=True, withheld=Withheld.WORDS)
    removed_by: str = text(N_("Taken away by"), length=36, required=True, withheld=Withheld.PEOPLE)
    removed_by_name: str = text(
        N_("Name of who took it away"), length=40, required=True, withheld=Withheld.PEOPLE
    )
    removed_at: str = moment(N_("Taken away at"), required=True)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@entity(label=N_("Approval"), cli="approval", key="uid", title=("action",), append_only=True)
class Approval(Entity):
    """A signature under one step. It holds the fingerprint of the record as it was seen; a record that has
    changed since makes it void."""

    owner_entity: str = text(N_("Kind of record"), length=40, required=True)
    owner: str = text(N_("Record"), length=36, required=True, indexed=True)
    action: str = text(N_("Step"), length=40, required=True)
    round_no: int = integer(N_("Round"), default=1, minimum=1)
    person: str = reference(N_("Person"), "person", length=36, required=True, withheld=Withheld.PEOPLE)
    person_name: str = text(N_("Name"), length=40, required=True, withheld=Withheld.PEOPLE)
    role: str = text(N_("Role"), length=4, required=True, shown_as=ROLES)
    org: str | None = text(N_("Unit"), default=None, length=80)
    opinion: str | None = text(N_("Opinion"), default=None, length=500, withheld=Withheld.WORDS)
    fingerprint: str = text(N_("Fingerprint of the record"), length=64, required=True)
    signed_at: str = moment(N_("Signed at"), required=True)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@kept_for_good
@entity(label=N_("Baseline"), cli="baseline", key="name", title=("name",))
class Baseline(Entity):
    """A frozen, numbered list of boilers (底册): the denominator that never moves."""

    name: str = text(N_("Name"), length=80, required=True, unique=True)
    div_code: str | None = reference(N_("Division"), "division", default=None, length=12)
    frozen_at: str = moment(N_("Frozen at"), required=True)
    units: int = integer(N_("Units"), unit=N_("units"), required=True, minimum=0)
    tph: float = number(N_("Rated output"), unit="t/h", required=True, minimum=0)
    document: str | None = text(N_("Document"), default=None, length=200)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@kept_for_good
@entity(
    label=N_("Baseline entry"),
    cli="baseline_entry",
    key="uid",
    title=("ledger_no",),
)
class BaselineEntry(Entity):
    """One boiler of a baseline, with its county and output as they were when the list was frozen."""

    baseline: str = reference(N_("Baseline"), "baseline", length=36, required=True)
    boiler: str = reference(N_("Coal boiler"), "boiler", length=36, required=True)
    ledger_no: str = text(N_("Ledger no."), length=32, required=True)
    county: str | None = reference(N_("County"), "division", default=None, length=12)
    rated_tph: float | None = number(N_("Rated output"), default=None, unit="t/h", minimum=0)
