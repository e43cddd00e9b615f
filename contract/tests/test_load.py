"""The paper as data: every clause, the terms with their defaults, the service catalogue."""

import datetime as dt

import pytest

from contract.models import Clause, ServiceCategory, Term
from contract.services.load import contract_load
from contract.services.terms import term, term_defaults
from tests.make import SIGNED, make_contract

pytestmark = pytest.mark.django_db
DAY = dt.date(2024, 6, 3)
LABELS = {
    "终端",
    "外设",
    "软件",
    "打印",
    "叫号",
    "屏幕",
    "耗材",
    "自助",
    "培训",
    "会议",
    "监控",
    "录像",
    "门禁",
    "闸机",
    "报警",
    "发布",
    "广播",
    "网络",
    "语音",
}


def test_every_clause_has_an_obligation_and_a_party():
    contract = make_contract()
    clauses = list(contract.clauses.order_by("position"))
    assert len(clauses) == 79
    assert all(clause.obligation and clause.party in Clause.Party.values for clause in clauses)
    codes = [clause.code for clause in clauses]
    assert codes[0] == "封面/抬头"
    assert codes[-1] == "附四.c"
    assert {"一.4", "一.5", "五.1(2)", "五.2(2)", "五.2(6)前", "附三.3)", "附三.4)a"} <= set(codes)


@pytest.mark.parametrize(
    ("code", "figure"),
    [
        ("一.4", "5分钟"),
        ("一.5", "9.5小时"),
        ("五.2(2)", "90%"),
        ("六.2", "¥3,888.00/日"),
        ("四.1", "¥1,296,000.00"),
        ("附三.4)a", "60分钟"),
        ("附三.4)c", "5/7个工作日"),
    ],
)
def test_the_figures_of_the_paper_are_kept(code, figure):
    clause = make_contract().clauses.get(code=code)
    assert figure in clause.obligation + clause.measure


def test_reworded_clauses_are_brought_up_to_date():
    contract = make_contract()
    contract.clauses.filter(code="一.4").update(obligation="旧")
    contract_load(contract=contract, at=SIGNED)
    assert "5分钟" in contract.clauses.get(code="一.4").obligation


def test_the_catalogue_has_the_annexs_kinds_and_finer_labels():
    contract = make_contract()
    top = ServiceCategory.objects.filter(contract=contract, parent=None)
    assert [category.name for category in top] == [
        "监控室值守与录像",
        "智能硬件设施设备",
        "自助设备",
        "视频监控系统",
        "门禁与闸机",
        "会议系统",
        "信息发布",
        "公共广播",
        "开闭厅巡检",
        "节假日与重大活动",
        "语音通话",
        "IP与入网",
    ]
    labels = set(ServiceCategory.objects.filter(contract=contract).exclude(parent=None).values_list("name", flat=True))
    assert labels == LABELS
    codes = set(contract.clauses.values_list("code", flat=True))
    assert set(ServiceCategory.objects.filter(contract=contract).values_list("clause", flat=True)) <= codes


def test_every_term_names_a_clause_of_the_contract_and_its_reason():
    contract = make_contract()
    codes = set(contract.clauses.values_list("code", flat=True))
    for row in Term.objects.filter(contract=contract):
        assert row.clause in codes
        assert row.reason
    assert set(contract.terms.values_list("key", flat=True)) == set(term_defaults())


def test_a_term_holds_from_its_day_on_and_for_its_contract_alone():
    contract, other = make_contract(), make_contract("T-2", number_tag="b")
    Term.objects.create(
        contract=contract, key="set_back_flag_seconds", value=300, effective_from=DAY, clause="一.4", reason="补充协议"
    )
    day = dt.timedelta(days=1)
    assert [term(contract, "set_back_flag_seconds", on) for on in (DAY - day, DAY, DAY + day)] == [120, 300, 300]
    assert term(other, "set_back_flag_seconds", DAY) == 120
    assert term(contract, "set_back_flag_seconds", contract.starts_on - day) == 120
    with pytest.raises(KeyError):
        term(contract, "no_such_term", DAY)
