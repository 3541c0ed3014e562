"""Organisations, persons and the cells they answer for."""

from __future__ import annotations

from app.domain.entity import Entity, entity
from app.domain.fields import Withheld, boolean, choice, codes, date, reference, text, texts
from app.domain.limits import READABLE, VERIFIER
from app.domain.replication import HUB_PERSON
from app.i18n import N_

ORG_KINDS = codes(
    ("bureau", N_("Environment bureau"), ["生态环境局", "环保局"]),
    ("government", N_("Township government"), ["乡镇政府", "街道办"]),
    ("department", N_("Other department"), ["市场监管", "住建"]),
    ("enterprise", N_("Enterprise or unit"), ["企业", "单位"]),
    ("development_zone", N_("Development zone committee"), ["管委会"]),
)

ROLES = codes(
    ("R0", N_("System administrator")),
    ("R1", N_("Grid inspector"), ["网格员"]),
    ("R2", N_("Township officer"), ["乡镇环保专干", "网格长"]),
    ("R3", N_("County bureau staff"), ["县局工作人员"]),
    ("R4", N_("County bureau leader"), ["县局分管领导"]),
    ("R5", N_("City bureau staff"), ["市局工作人员"]),
    ("R6", N_("City bureau leader"), ["市局分管领导", "督查组"]),
)

DUTIES = codes(
    ("chief", N_("Cell chief"), ["网格长"]),
    ("inspector", N_("Cell inspector"), ["网格员"]),
    ("supervisor", N_("Cell supervisor"), ["监督员"]),
    ("lead_official", N_("Leading official"), ["包抓领导"]),
)


@entity(label=N_("Organisation"), cli="org", key="name", title=("name",))
class Org(Entity):
    """A bureau, government, department or unit; former names still match old ledgers."""

    name: str = text(N_("Name"), length=80, required=True, unique=True, search=True, aliases=("单位名称",))
    aliases: tuple[str, ...] = texts(N_("Former and other names"), default=())
    kind: str | None = choice(N_("Kind"), ORG_KINDS, default=None)
    uscc: str | None = text(
        N_("Unified social credit code"), default=None, length=18, aliases=("统一社会信用代码",)
    )
    div_code: str | None = reference(
        N_("Division"), "division", default=None, length=12, aliases=("行政区", "区划")
    )
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


_SOMEBODY = f"(?!(?i:{HUB_PERSON})$){READABLE}"  # in the log the hub's own acts bear its name, and no other
AT_HUB = "hub:"  # how the mark begins that stands in a record for a PIN verifier the hub keeps


@entity(label=N_("Person"), cli="person", key="name", title=("name",))
class Person(Entity):
    """Somebody who signs in. The PIN is kept as an argon2id verifier, never as text."""

    login: str = text(
        N_("Sign-in name"),
        length=40,
        required=True,
        unique=True,
        search=True,
        pattern=_SOMEBODY,
        aliases=("登录名",),
        withheld=Withheld.PEOPLE,
    )
    name: str = text(
        N_("Name"), length=40, required=True, withheld=Withheld.PEOPLE, search=True, pattern=_SOMEBODY,
        aliases=("姓名",),
    )  # fmt: skip
    role: str = choice(N_("Role"), ROLES, required=True, aliases=("角色",))
    org: str | None = text(N_("Organisation"), default=None, length=80, aliases=("单位",))
    area: str | None = reference(
        N_("Responsible area"), "division", default=None, length=12, aliases=("辖区",)
    )
    phone: str | None = text(
        N_("Phone"), default=None, length=30, withheld=Withheld.PEOPLE, aliases=("电话", "手机")
    )
    verifier: str | None = text(
        N_("PIN verifier"), default=None, length=200, withheld=Withheld.SECRET,
        pattern=f"{AT_HUB}[0-9a-f]{{40}}|{VERIFIER}",
    )  # fmt: skip
    disabled: bool | None = boolean(N_("Disabled"), default=None)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


@entity(label=N_("Assignment"), cli="assignment", key="uid", title=("duty",))
class Assignment(Entity):
    """Who answers for a grid cell, and from when to when."""

    cell: str = reference(N_("Grid cell"), "grid_cell", required=True, length=36)
    person: str = reference(N_("Person"), "person", required=True, length=36, withheld=Withheld.PEOPLE)
    duty: str = choice(N_("Duty"), DUTIES, required=True)
    valid_from: str | None = date(N_("From"), default=None)
    valid_to: str | None = date(N_("To"), default=None)
    synthetic: bool | None = boolean(N_("Synthetic"), default=None)


def is_at_hub(verifier: str | None) -> bool:
    """Whether this is a mark that stands for a verifier which only the hub keeps."""
    return verifier is not None and verifier.startswith(AT_HUB)
