"""Whatever stands in a sheet: a plan or a clear refusal, and every row accounted for."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import AppError
from app.exchange.grid import Book, Sheet, Span, Value
from app.exchange.options import ImportOptions
from app.exchange.plan import plan_import
from app.exchange.report import ImportReport
from exchange_cases import HEADER, context

WORDS = [
    *"合计 注：说明 崆峒区 静宁县城关镇 4t/h 2台4蒸吨 10月底前 2018.10 106°41′23″ 35.54 √ 否 KT-001".split(),
    *"平凉宾馆 煤改气 #REF! １０６．６６ / 台账编号 经度 999999 99台1吨 =1+1".split(),
    "",
    "\n",
    "X=3935329.6 Y=36378479.3",
]
CELLS: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.sampled_from(WORDS),
    st.text(max_size=12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([106.66, 35.54, 36378479.3, 3935329.6, 43374.0, 4.0, 2018.1, 0.0, -1.0, 1e300]),
    st.booleans(),
    st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
)
ROWS = st.lists(st.lists(CELLS, max_size=12), max_size=12)
SPANS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 9), st.integers(0, 3), st.integers(0, 9)), max_size=5
)
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _report(book: Book, kind: str) -> ImportReport | None:
    """The report, or None when the book as a whole is refused with a sentence."""
    try:
        return plan_import(book, context(kind), ImportOptions()).report
    except AppError as refused:
        if not refused.message:
            raise
        return None


def _plan(rows: list[list[Value]], spans: list[tuple[int, int, int, int]], kind: str = "boiler") -> None:
    merged = [Span(top, left, top + down, left + right) for top, left, down, right in spans]
    sheet = Sheet("台账", rows, merged=[span for span in merged if span.top <= len(rows)])
    report = _report(Book("a.xlsx", "xlsx", [sheet]), kind)
    if report is None:
        return
    told = [line.row for line in report.skipped] + [line.row for line in report.refused]
    told += [record.row for record in report.records]
    assert len({*told}) == len(report.skipped) + report.read
    assert report.to_json(context(kind).kind, rows=True)


@QUIET
@given(ROWS, SPANS)
def test_a_heading_above_anything(rows: list[list[Value]], spans: list[tuple[int, int, int, int]]) -> None:
    _plan([list(HEADER), *rows], spans)


@QUIET
@given(ROWS, SPANS)
def test_anything_at_all(rows: list[list[Value]], spans: list[tuple[int, int, int, int]]) -> None:
    _plan(rows, spans)


@pytest.mark.parametrize("kind", ["division", "org", "person", "cell", "source", "zone"])
@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_anything_for_every_kind(kind: str, rows: list[list[Value]]) -> None:
    heads: dict[str, list[Value]] = {
        "division": ["区划代码", "名称", "级别", "上级代码"],
        "org": ["单位名称", "类型", "行政区"],
        "person": ["登录名", "姓名", "角色", "单位", "辖区", "电话"],
        "cell": ["网格编码", "类型", "级别", "边长"],
        "source": ["水源地名称", "水源地级别", "经度", "纬度", "供水人口"],
        "zone": ["保护区级别", "拐点序号", "东经", "北纬"],
    }
    report = _report(Book("a.xlsx", "xlsx", [Sheet("表", [heads[kind], *rows])]), kind)
    assert report is None or report.to_json(context(kind).kind, rows=True)
