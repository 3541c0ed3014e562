"""The certificate on paper: one page whatever it holds, what differs first, and how it is checked."""

from __future__ import annotations

from dataclasses import replace

from app.printing.page import Page
from app.printing.proof_sheet import AreaLine, ProofContent, proof_page
from unit.test_printing_dossier import _check_inside, _words

AREAS = [AreaLine(f"柳湖镇 {n}", n, f"{n:032x}", n != 7) for n in range(40)]
CONTENT = ProofContent(
    bureau="平凉市生态环境局", made_on="2026-11-23 10:32", unaccounted=0, counts=[("录入过的值", "120")],
    areas=AREAS[:3], facts=[("中心日志签名公钥", "ab" * 32), ("文件 SHA-256", "cd" * 32)],
    steps=["核对 SHA-256", "导出日志"],
)  # fmt: skip


def _said(page: Page) -> str:
    _check_inside(page)
    return "\n".join(_words(page))


def test_it_says_what_was_counted_by_whom_and_how_to_check_it() -> None:
    said = _said(proof_page(CONTENT))
    words = ("无丢失证明", "平凉市生态环境局", "没有丢失", "120", "1. 核对", "2. 导出", "签字")
    for told in (*words, "ab" * 32, "cd" * 32, "2026-11-23 10:32", f"{2:032x}"):
        assert told in said, told
    assert "模拟" not in said and "模拟" in _said(proof_page(replace(CONTENT, synthetic=True)))


def test_many_areas_stay_on_the_page_and_those_that_differ_come_first() -> None:
    said = _said(proof_page(replace(CONTENT, areas=AREAS, unaccounted=1_200)))
    assert said.index("柳湖镇 7\n") < said.index("柳湖镇 39\n")
    assert "另有 30 个辖区，全部一致" in said and "有 1,200 个值说不清去向" in said
    crowded = replace(CONTENT, areas=AREAS, facts=[("证明文件", "很长的名字" * 17)] * 6)
    assert "2. 导出" in _said(proof_page(crowded))
