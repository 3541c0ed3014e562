"""Division files' own habits: a country number before the code, levels and parents told by the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.exchange.rules.base import Rules

_LEVELS = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
_COUNTRY = "156"


def finish(values: dict[str, Any], units: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Complete a division's row in place from its code (GB/T 2260 and the statistical code)."""
    code = str(values.get("code") or "")
    if len(code) == 9 and code.startswith(_COUNTRY) and code[3:].isdigit():
        code = values["code"] = code[3:]
    for short in (9, 6):
        if len(code) == 12 and code.endswith("0" * (12 - short)):
            code = values["code"] = code[:short]
    if code.isdigit() and "level" not in values:
        length = 4 if len(code) == 6 and code.endswith("00") else len(code)
        if length in _LEVELS:
            values["level"] = _LEVELS[length]
    if "parent_code" not in values and len(code) in (9, 12):
        values["parent_code"] = code[:-3]
    return []


DIVISION = Rules(
    headings={
        "code": (
            "gb",
            "adcode",
            "pac",
            "区划码",
            "行政区代码",
            "行政区划代码",
            "区划代码",
            "行政代码",
            "统计用区划代码",
        ),
        "name": ("名称", "行政区名称", "行政区", "NAME", "区划"),
        "level": ("级别", "行政级别"),
    },
    not_read=frozenset({"synthetic"}),
    finish=finish,
)
