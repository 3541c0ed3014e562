"""The organisations and users of the demo, all with the same PIN, and the cells they answer for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.demo.cells import admin_code
from app.demo.seed import MARK, uid
from app.demo.truth import HOME_TOWN
from app.domain.entities.grid_cell import GridCell
from app.domain.entities.people import Assignment, Org, Person

PIN = "246810"  # for the demo only; a real workspace never has a PIN from the start
CITY, HOME = "620800", "620802"
CITY_BUREAU = "平凉市生态环境局"
_SHORT = {"620802": "崆峒", "620821": "泾川", "620822": "灵台", "620823": "崇信", "620825": "庄浪",
          "620826": "静宁", "620881": "华亭"}  # fmt: skip
_COUNTY_WORD = {"620802": "区", "620881": "市"}


@dataclass(frozen=True)
class User:
    """One user: sign-in name, shown name, role, organisation, area and duty for their own cell."""

    login: str
    name: str
    role: str
    org: str
    area: str
    duty: str = ""


def bureau(county: str) -> str:
    """The environment bureau's branch of a county."""
    return f"{CITY_BUREAU}{_SHORT[county]}分局"


def market_office(county: str) -> str:
    """The county's market supervision, which registers boilers."""
    return f"{_SHORT[county]}{_COUNTY_WORD.get(county, '县')}市场监督管理局"


def orgs() -> list[Org]:
    """Bureaus with the names they had before 2018, market offices, the home township, the industrial park."""
    found = [
        _org(CITY_BUREAU, "bureau", CITY, ("平凉市环境保护局", "平凉市环保局")),
        _org("平凉工业园区管理委员会", "development_zone", HOME, ("平凉工业园区管委会",)),
        _org("柳湖镇人民政府", "government", HOME_TOWN, ()),
    ]
    for county, short in _SHORT.items():
        word = _COUNTY_WORD.get(county, "县")
        former = {f"{short}{word}环境保护局", f"{short}{word}环保局", f"{short}县环保局"}
        found.append(_org(bureau(county), "bureau", county, tuple(sorted(former))))
        market = (f"{short}{word}质量技术监督局", f"{short}{word}质监局")
        found.append(_org(market_office(county), "department", county, market))
    return found


def users() -> list[User]:
    """The users `docs/commands.md` lists, `officer2` and two clerks and a chief for each other county."""
    town = "柳湖镇人民政府"
    named = [
        User("inspector", "马网格", "R1", town, HOME_TOWN, "inspector"),
        User("officer", "田专干", "R2", town, HOME_TOWN, "chief"),
        User("officer2", "何专干", "R2", town, HOME_TOWN, "supervisor"),
        User("clerk", "李科员", "R3", bureau(HOME), HOME, "supervisor"),
        User("clerk2", "周科员", "R3", market_office(HOME), HOME),
        User("chief", "郑局长", "R4", bureau(HOME), HOME, "chief"),
        User("city", "吴科长", "R5", CITY_BUREAU, CITY, "supervisor"),
        User("leader", "孙局长", "R6", CITY_BUREAU, CITY, "chief"),
        User("admin", "管理员", "R0", CITY_BUREAU, CITY),
    ]
    for county, short in _SHORT.items():
        if county != HOME:
            named += [
                User(f"clerk_{county}", f"{short}科员", "R3", bureau(county), county, "supervisor"),
                User(f"clerk2_{county}", f"{short}协办", "R3", market_office(county), county),
                User(f"chief_{county}", f"{short}局长", "R4", bureau(county), county, "chief"),
            ]
    return named


def login_of(role: str, county: str) -> str:
    """Who does a county's work in a role: `clerk` and `chief` at home, their namesakes elsewhere."""
    base = {"R3": "clerk", "R4": "chief", "R5": "city", "R6": "leader"}[role]
    return base if county == HOME or role in ("R5", "R6") else f"{base}_{county}"


def person(user: User, verifier: str, uid_: str = "") -> Person:
    """The record of a user with the verifier of the demo's PIN."""
    number = [item.login for item in users()].index(user.login)
    values: dict[str, Any] = {
        "login": user.login,
        "name": user.name + MARK,
        "role": user.role,
        "org": user.org,
        "area": user.area,
        "phone": f"0933-000{9000 + number}",
        "verifier": verifier,
        "synthetic": True,
    }
    return Person(uid=uid_ or uid("person", user.login), **values)


def assignments(cells: Sequence[GridCell], persons: Sequence[Person]) -> list[Assignment]:
    """Everybody with a duty answers for the cell of their area; the inspector for the town's villages too."""
    by_code = {cell.grid_code: cell for cell in cells}
    by_login = {person.login: person for person in persons}
    found = []
    for user in users():
        cell = by_code.get(admin_code(user.area))
        if user.duty and cell is not None:
            found.append(_assignment(cell, by_login[user.login], user.duty))
    villages = [cell for cell in cells if cell.level == 4 and cell.parent == admin_code(HOME_TOWN)]
    return found + [_assignment(cell, by_login["inspector"], "inspector") for cell in villages]


def _assignment(cell: GridCell, person: Person, duty: str) -> Assignment:
    values: dict[str, Any] = {
        "cell": cell.uid,
        "person": person.uid,
        "duty": duty,
        "valid_from": "2026-01-01",
        "synthetic": True,
    }
    return Assignment(uid=uid("assignment", f"{cell.grid_code}/{person.login}/{duty}"), **values)


def _org(name: str, kind: str, area: str, former: tuple[str, ...]) -> Org:
    values: dict[str, Any] = {"aliases": former, "kind": kind, "div_code": area, "synthetic": True}
    return Org(uid=uid("org", name), name=name, **values)
