"""Built-up area files' own habits: a place has an outline for each year, told apart by the year."""

from __future__ import annotations

from app.exchange.rules.base import Rules

BUILT_UP_AREA = Rules(
    headings={
        "name": ("建成区名称", "建成区", "城区名称", "城区", "NAME"),
        "year": ("年度", "建成区年份", "数据年份", "YEAR"),
        "div_code": ("行政区代码", "区划代码", "县区代码"),
    },
    not_read=frozenset({"synthetic"}),
    told_apart=("year",),
)
