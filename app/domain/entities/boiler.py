"""Coal boilers (燃煤锅炉): the ledger of the clearing campaign (docs/sources.md)."""

from __future__ import annotations

from app.domain.entities.boiler_codes import (
    BANDS,
    BOILER_TYPES,
    COORD_SOURCES,
    END_CHECKS,
    END_STATES,
    EXCLUDE_REASONS,
    FUELS,
    ORIGINS,
    OUTSIDE_KINDS,
    REBOUND_REASONS,
    STATES,
    TREATMENTS,
    USAGES,
)
from app.domain.entities.water import ZONE_LEVELS
from app.domain.entity import Entity, Shape, entity
from app.domain.fields import (
    Merge,
    Withheld,
    boolean,
    choice,
    date,
    integer,
    number,
    reference,
    state,
    text,
    texts,
)
from app.i18n import N_

LIFE = "life"  # status, acceptance, evidence and dates of a boiler merge together


@entity(
    label=N_("Coal boiler"), cli="boiler", key="ledger_no", title=("ledger_no", "user_org"), shape=Shape.POINT
)
class Boiler(Entity):
    """One boiler. What replaced it stands in `after_tph` and `after_fuel`, not in its output and fuel."""

    ledger_no: str = text(
        N_("Ledger no."),
        length=32,
        unique=True,
        required=True,
        search=True,
        aliases=("台账编号", "编号", "锅炉编号", "台账号", "档案编号"),
    )
    user_org: str | None = text(
        N_("User unit"),
        default=None,
        length=80,
        indexed=True,
        search=True,
        aliases=("使用单位", "单位名称", "企业名称", "锅炉使用单位", "用户单位", "单位"),
    )
    uscc: str | None = text(
        N_("Unified social credit code"),
        default=None,
        length=18,
        aliases=("统一社会信用代码", "信用代码", "社会信用代码"),
    )
    owner_org: str | None = text(
        N_("Owner unit"), default=None, length=80, merge=Merge.PICK, aliases=("产权单位", "产权人")
    )
    div_code: str | None = reference(
        N_("Division"),
        "division",
        default=None,
        length=12,
        merge=Merge.PICK,
        aliases=(
            "行政区",
            "县区",
            "县（市、区）",
            "所属县区",
            "所在县区",
            "县市区",
            "乡镇",
            "所属乡镇",
            "行政区划",
        ),
    )
    # Sensitive: the code of a 1 km square names its place as well as coordinates do.
    grid_code: str | None = text(
        N_("Grid cell"),
        default=None,
        length=40,
        indexed=True,
        derived=True,
        withheld=Withheld.PLACE,
        aliases=("网格", "所属网格"),
    )
    address: str | None = text(
        N_("Address"),
        default=None,
        length=200,
        search=True,
        aliases=("地址", "详细地址", "安装地点", "锅炉地址", "所在位置", "使用地点"),
    )
    coord_src: str | None = choice(
        N_("Source of the position"),
        COORD_SOURCES,
        default=None,
        aliases=("坐标来源",),
        withheld=Withheld.PLACE,
    )
    accuracy_m: float | None = number(
        N_("Accuracy"), default=None, unit="m", minimum=0, aliases=("精度",), withheld=Withheld.PLACE
    )
    in_builtup: bool | None = boolean(
        N_("Inside the built-up area"),
        default=None,
        derived=True,
        at_read=True,
        aliases=("建成区内", "是否建成区"),
    )
    band: str | None = choice(
        N_("Band around the built-up area"), BANDS, default=None, derived=True, at_read=True
    )
    zone_level: str | None = choice(
        N_("Protection zone"), ZONE_LEVELS, default=None, derived=True, at_read=True
    )
    model: str | None = text(
        N_("Model"), default=None, length=60, search=True, aliases=("锅炉型号", "型号", "规格型号")
    )
    rated_tph: float | None = number(
        N_("Rated output"),
        default=None,
        unit="t/h",
        minimum=0,
        maximum=3000,
        positive=True,
        aliases=("额定出力", "锅炉吨位", "吨位", "蒸吨", "额定蒸发量", "容量", "蒸吨数", "锅炉容量", "规模"),
    )
    rated_mw: float | None = number(
        N_("Rated heat output"),
        default=None,
        unit="MW",
        minimum=0,
        maximum=2100,
        positive=True,
        aliases=("额定热功率", "热功率", "功率"),
    )
    boiler_type: str | None = choice(
        N_("Boiler type"), BOILER_TYPES, default=None, aliases=("锅炉类型", "型式", "类型", "炉型")
    )
    pressurized: bool | None = boolean(N_("Pressurised"), default=None, aliases=("承压", "是否承压"))
    usage: str | None = choice(N_("Use"), USAGES, default=None, aliases=("用途", "锅炉用途"))
    fuel: str | None = choice(
        N_("Fuel"),
        FUELS,
        default=None,
        merge=Merge.PICK,
        aliases=("燃料", "燃料种类", "燃料类型", "燃煤种类"),
    )
    coal_t: float | None = number(
        N_("Coal a year"),
        default=None,
        unit="t/a",
        minimum=0,
        aliases=("年耗煤", "年耗煤量", "年用煤量", "耗煤量"),
    )
    commissioned: str | None = date(
        N_("Commissioned"),
        default=None,
        aliases=("投运日期", "投运时间", "投产时间", "安装时间", "建成时间", "启用时间"),
    )
    reg_no: str | None = text(
        N_("Registration no."), default=None, length=40, aliases=("使用登记证编号", "登记证号", "使用证号")
    )
    dereg_no: str | None = text(
        N_("Deregistration no."), default=None, length=40, aliases=("注销证明号", "注销编号")
    )
    dereg_date: str | None = date(N_("Deregistered on"), default=None, aliases=("注销日期", "注销时间"))
    apc: str | None = text(
        N_("Pollution control"), default=None, length=100, aliases=("治污设施", "除尘设施", "污染治理设施")
    )
    stack_m: float | None = number(
        N_("Stack height"), default=None, unit="m", minimum=0, maximum=300, aliases=("烟囱高度",)
    )
    treatment: str | None = choice(
        N_("Treatment"),
        TREATMENTS,
        default=None,
        group=LIFE,
        aliases=("整治方式", "改造方式", "整治措施", "淘汰方式", "治理方式"),
    )
    end_state: str | None = choice(
        N_("End state"), END_STATES, default=None, group=LIFE, aliases=("终态认定",)
    )
    end_checks: tuple[str, ...] = texts(N_("Found at acceptance"), choices=END_CHECKS, default=(), group=LIFE)
    batch: str | None = text(N_("Batch"), default=None, length=40, aliases=("整治批次", "批次"))
    policy_doc: str | None = text(
        N_("Policy document"), default=None, length=100, aliases=("政策文号", "文号")
    )
    due_date: str | None = date(
        N_("Due"),
        default=None,
        group=LIFE,
        aliases=("完成时限", "计划完成时间", "整治时限", "完成期限", "时限"),
    )
    due_text: str | None = text(
        N_("Due, as written"), default=None, length=60, group=LIFE, withheld=Withheld.WORDS
    )
    done_date: str | None = date(
        N_("Done on"), default=None, group=LIFE, aliases=("实际完成", "完成时间", "实际完成时间", "完成日期")
    )
    resp_org: str | None = text(
        N_("Responsible unit"), default=None, length=80, aliases=("责任单位", "牵头单位")
    )
    resp_person: str | None = text(
        N_("Responsible person"), default=None, length=40, withheld=Withheld.PEOPLE, aliases=("责任人",)
    )
    sup_org: str | None = text(
        N_("Supervising unit"), default=None, length=80, aliases=("监管单位", "督导单位")
    )
    subsidy_wan: float | None = number(
        N_("Subsidy"), default=None, unit=N_("10k CNY"), minimum=0, aliases=("奖补资金", "补助资金")
    )
    status: str = state(N_("Status"), "boiler", STATES, default="suspect", group=LIFE)
    round_no: int = integer(N_("Round"), default=1, minimum=1, group=LIFE, merge=Merge.STATE)
    status_claim: str | None = text(
        N_("Status as the ledger says"),
        default=None,
        length=60,
        aliases=("状态", "整治状态", "完成情况", "整治情况", "进展情况", "整治进展", "是否完成", "备案状态"),
        withheld=Withheld.WORDS,
    )
    origin: str | None = choice(N_("Origin"), ORIGINS, default=None)
    outside_as: str | None = choice(
        N_("Outside the baseline as"),
        OUTSIDE_KINDS,
        default=None,
        aliases=("新增或漏报", "新增/漏报"),
        hint=N_("Without it the day it was put to use decides"),
    )
    unit_count: int | None = integer(
        N_("Units in the ledger row"), default=None, minimum=1, maximum=100, aliases=("台数", "数量")
    )
    after_tph: float | None = number(
        N_("Output after treatment"),
        default=None,
        unit="t/h",
        minimum=0,
        maximum=3000,
        aliases=("整治后/锅炉吨位", "整治后吨位", "改造后吨位", "整治后出力"),
    )
    after_fuel: str | None = choice(
        N_("Fuel after treatment"),
        FUELS,
        default=None,
        aliases=("整治后/燃料", "整治后燃料", "改造后燃料", "替代能源"),
    )
    contact: str | None = text(
        N_("Contact"), default=None, length=40, withheld=Withheld.PEOPLE, aliases=("联系人", "负责人")
    )
    contact_phone: str | None = text(
        N_("Contact phone"),
        default=None,
        length=30,
        withheld=Withheld.PEOPLE,
        aliases=("电话", "联系电话", "手机", "联系方式"),
    )
    note: str | None = text(
        N_("Note"), default=None, length=500, withheld=Withheld.WORDS, aliases=("备注", "说明")
    )
    seal_no: str | None = text(N_("Seal no."), default=None, length=40, group=LIFE, aliases=("封条编号",))
    sealed_until: str | None = date(N_("Sealed until"), default=None, group=LIFE)
    rechecked_on: str | None = date(N_("Re-checked on"), default=None, group=LIFE)
    exclude_reason: str | None = choice(N_("Reason of exclusion"), EXCLUDE_REASONS, default=None, group=LIFE)
    rebound_reason: str | None = choice(N_("Reason of rebound"), REBOUND_REASONS, default=None, group=LIFE)
    rebound_reported: str | None = date(N_("Rebound reported on"), default=None, group=LIFE)
    return_reason: str | None = text(
        N_("Reason of return"), default=None, length=300, group=LIFE, withheld=Withheld.WORDS
    )
    applied_on: str | None = date(N_("Applied on"), default=None, group=LIFE)
    accepted_on: str | None = date(N_("Accepted on"), default=None, group=LIFE)
    notice_from: str | None = date(N_("Notice from"), default=None, group=LIFE)
    notice_to: str | None = date(N_("Notice to"), default=None, group=LIFE)
    cleared_on: str | None = date(N_("Cleared on"), default=None, group=LIFE)
    looked_back_on: str | None = date(N_("Looked back on"), default=None, group=LIFE)
    lookback_round: str | None = text(N_("Look-back round"), default=None, length=40, group=LIFE)
    original_position: str | None = text(
        N_("Position as written"),
        default=None,
        length=120,
        withheld=Withheld.PLACE,
        hint=N_("The coordinates before conversion, with their system"),
    )
    synthetic: bool | None = boolean(N_("Synthetic"), default=None, hint=N_("Made for the demo; not real"))
