"""The boiler ledger's own habits: before and after treatment, “2台4蒸吨”, status words that are only
claims."""

from __future__ import annotations

import re

from app.exchange.rules.base import Rules
from app.exchange.rules.boiler_checks import finish
from app.exchange.rules.boiler_words import HEADINGS, WORDS

# Status words as counties write them, most telling first: the first pattern found decides.
_CLAIMS = (
    (r"反弹|复燃|死灰复燃", "rebound"),
    (r"^(?:未|没有?|尚未|暂未)|未(?:完成|整治|拆除|启动|开工|动工|淘汰|改造)|待整治|计划|拟", "planned"),
    (r"待验收|申请验收|验收中|未验收", "applied"),
    (r"公示", "notice"),
    (r"正在|整治中|改造中|拆除中|施工|进行中|在建|推进|部分完成", "in_progress"),
    (r"保留|提标|超低", "retained"),
    (r"停用|封存|停炉|关停(?!拆除)|闲置|查封", "sealed"),
    (r"非燃煤|重复登记|不存在|排除", "excluded"),
    (r"销号|拆除|取缔|淘汰|完成|清零|改造|并网|煤改|已改|整治到位|验收合格|通过验收|灭失", "cleared"),
)
_YES = {"是", "√", "✓", "✔", "○", "〇", "●", "Y", "YES", "1", "已", "有", "对"}
_NO = {"否", "×", "✗", "X", "N", "NO", "0", "无", "未"}


def state_claimed(words: str, heading: str) -> str | None:
    """The state a ledger's status words claim, or None when they say nothing clear.

    A tick under “是否完成” claims that it is done.
    """
    word = re.sub(r"\s", "", words).upper()
    if word in _YES:
        return state_claimed(re.sub(r"是否|情况|状态", "", heading), "") or "cleared"
    if word in _NO:
        return "planned"
    return next((state for pattern, state in _CLAIMS if re.search(pattern, word)), None)


BOILER = Rules(
    after_words=(
        "整治后",
        "改造后",
        "治理后",
        "替代后",
        "替代",
        "淘汰后",
        "整改后",
        "更新后",
        "新建锅炉",
        "新锅炉",
        "新上锅炉",
    ),
    before_words=("整治前", "改造前", "治理前", "整改前", "原有", "原", "现有", "现状"),
    after_fields={"rated_tph": "after_tph", "fuel": "after_fuel"},
    after_blocked=frozenset(
        {
            "ledger_no",
            "user_org",
            "uscc",
            "owner_org",
            "div_code",
            "address",
            "model",
            "rated_mw",
            "boiler_type",
            "pressurized",
            "coal_t",
            "commissioned",
            "reg_no",
            "apc",
            "stack_m",
            "unit_count",
            "usage",
            "x",
            "y",
            "xy",
        }
    ),
    not_read=frozenset(
        {
            "status",
            "origin",
            "grid_code",
            "in_builtup",
            "band",
            "zone_level",
            "round_no",
            "synthetic",
            "original_position",
            "due_text",
            "seal_no",
            "sealed_until",
            "exclude_reason",
            "rebound_reason",
            "rebound_reported",
            "return_reason",
            "applied_on",
            "accepted_on",
            "notice_from",
            "notice_to",
            "cleared_on",
            "looked_back_on",
            "lookback_round",
        }
    ),
    headings=HEADINGS,
    more_words=WORDS,
    never={
        "user_org": r"制造|性质|厂家|设计|施工|检测|供热|联系|责任|监管|督导|产权|主管|牵头|包抓",
        "ledger_no": r"出厂|制造|产品|报告|合同|文件|证|检测|电话|邮|信用|批次|封条",
        "rated_tph": r"燃料|耗|费|压力|面积|排放|改造后|整治后",
        "done_date": r"是否|情况|进展",
        "due_date": r"是否|情况|进展",
        "div_code": r"代码证|机构",
    },
    turned=(
        (r"计划|拟|要求|应于|预计|目标|时限|期限|限期", "done_date", "due_date"),
        (r"实际|已", "due_date", "done_date"),
    ),
    count_field="unit_count",
    each_field="rated_tph",
    bare_limits={"rated_tph": 300.0, "after_tph": 300.0},
    past_dates=frozenset({"commissioned", "done_date", "dereg_date"}),
    text_of_date={"due_date": "due_text"},
    claim_field="status_claim",
    state_claimed=state_claimed,
    same_thing=("user_org", "address", "rated_tph"),
    finish=finish,
    initial={"status": "suspect", "origin": "imported"},
)
