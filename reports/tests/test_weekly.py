"""The weekly report: a live draft, edited words, a frozen file in which every figure equals a query."""

import hashlib
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from core.clock import SHANGHAI
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.pdf import PdfFailed, pdf_render
from notifications.models import Delivery
from records.models import AuditEntry
from reports.document import document_html, sentences_of, snapshot_of, snapshot_sha256
from reports.models import WeeklyReport
from reports.rules import Week, week_of, weeks_of_term
from reports.services.weekly import report_edit_summary, report_issue, report_open, weeks_of
from reports.tests.make import make_clock, make_random_tickets, make_rating, make_ticket
from tests.make import World, make_contract, make_world
from tickets.models import Ticket
from tickets.states import DONE, FELL_AWAY, SIGNED_FOR

pytestmark = pytest.mark.django_db
AT = datetime(2024, 6, 17, 1, tzinfo=UTC)
MONDAY = date(2024, 6, 10)


@pytest.fixture
def world() -> World:
    return make_world()


def the_week(world: World) -> Week:
    week = week_of(weeks_of_term(world.contract.starts_on, world.contract.ends_on), MONDAY)
    assert week is not None
    return week


def opened(world: World) -> WeeklyReport:
    return report_open(contract=world.contract, starts_on=MONDAY, actor=world.manager, at=AT)


def as_user(world: World, name: str) -> Client:
    client = Client()
    client.force_login(getattr(world, name))
    return client


def text_of(pdf: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", *options, str(path), "-"], check=True, capture_output=True, text=True)
    return done.stdout


# --- services ---------------------------------------------------------------------------------------------------------


def test_opening_twice_gives_the_same_draft_with_its_number(world: World) -> None:
    first, second = opened(world), opened(world)
    assert first.pk == second.pk
    assert (first.code, first.number, first.iso_week, first.ends_on) == (
        "ZB-2024-W24",
        13,
        "2024-W24",
        date(2024, 6, 16),
    )
    assert AuditEntry.objects.filter(subject_type="weekly_report", verb="open").count() == 1


def test_only_weeks_of_the_term_that_have_begun_can_be_opened(world: World) -> None:
    for day in (date(2024, 6, 11), date(2024, 6, 24), date(2024, 3, 11)):
        with pytest.raises(NotFound):
            report_open(contract=world.contract, starts_on=day, actor=world.manager, at=AT)
    assert [row.week.number for row in weeks_of(world.contract, at=AT)] == list(range(14, 0, -1))


@pytest.mark.parametrize("name", ["clerk", "supervisor", "leader", "engineer", "auditor", "admin"])
def test_only_the_manager_has_verbs(world: World, name: str) -> None:
    report = opened(world)
    actor = getattr(world, name)
    with pytest.raises(NotAllowed):
        report_open(contract=world.contract, starts_on=MONDAY, actor=actor, at=AT)
    with pytest.raises(NotAllowed):
        report_edit_summary(report=report, summary="x", version_seen=1, actor=actor, at=AT)
    with pytest.raises(NotAllowed):
        report_issue(report=report, version_seen=1, actor=actor, at=AT)


def test_edited_words_are_kept_and_an_empty_text_gives_them_back_to_the_figures(world: World) -> None:
    make_ticket(world, 1, received_at=AT - timedelta(days=4))
    report = opened(world)
    report_edit_summary(
        report=report, summary=" 本周平稳。 \n\n无重大情况。", version_seen=1, actor=world.manager, at=AT
    )
    report.refresh_from_db()
    assert report.summary == "本周平稳。\n无重大情况。"
    assert report.summary_edited
    automatic = "\n".join(sentences_of(snapshot_of(world.contract, the_week(world), at=AT)))
    assert report.summary_basis == automatic
    make_ticket(world, 2, received_at=AT - timedelta(days=4))
    assert "\n".join(sentences_of(snapshot_of(world.contract, the_week(world), at=AT))) != report.summary_basis
    report_edit_summary(report=report, summary="", version_seen=2, actor=world.manager, at=AT)
    report.refresh_from_db()
    assert (report.summary, report.summary_edited, report.summary_basis) == ("", False, "")


def test_the_figures_own_words_are_not_an_edit(world: World) -> None:
    automatic = "\n".join(sentences_of(snapshot_of(world.contract, the_week(world), at=AT)))
    report = report_edit_summary(report=opened(world), summary=automatic, version_seen=1, actor=world.manager, at=AT)
    assert not report.summary_edited


def test_a_stale_form_or_a_too_long_text_changes_nothing(world: World) -> None:
    report = opened(world)
    report_edit_summary(report=report, summary="第一稿。", version_seen=1, actor=world.manager, at=AT)
    with pytest.raises(Conflict):
        report_edit_summary(report=report, summary="第二稿。", version_seen=1, actor=world.manager, at=AT)
    with pytest.raises(Invalid) as refusal:
        report_edit_summary(report=report, summary="长" * 3001, version_seen=2, actor=world.manager, at=AT)
    assert "summary" in refusal.value.fields
    with pytest.raises(Conflict):
        report_issue(report=WeeklyReport.objects.get(), version_seen=1, actor=world.manager, at=AT)
    stored = WeeklyReport.objects.get()
    assert (stored.summary, stored.version, stored.status) == ("第一稿。", 2, "draft")


def test_issuing_freezes_figures_and_file_and_tells_the_client(world: World, tmp_path: Path) -> None:
    ticket = make_ticket(world, 1, received_at=AT - timedelta(days=4))
    make_rating(ticket, 5)
    report = report_issue(report=opened(world), version_seen=1, actor=world.manager, at=AT)
    stored = WeeklyReport.objects.get()
    assert stored.status == "issued"
    assert (stored.issued_at, stored.issued_by) == (AT, world.manager)
    content = bytes(stored.pdf or b"")
    assert stored.pdf_sha256 == hashlib.sha256(content).hexdigest()
    assert stored.snapshot is not None
    assert stored.snapshot["sections"]["tickets"]["total"] == 1
    entry = AuditEntry.objects.get(subject_type="weekly_report", verb="issue")
    assert entry.after["pdf_sha256"] == stored.pdf_sha256
    assert entry.after["snapshot_sha256"] == snapshot_sha256(stored.snapshot)
    told = Delivery.objects.filter(message__topic="report-issued").values_list("recipient__username", flat=True)
    assert sorted(told) == ["leader", "supervisor"]
    make_ticket(world, 2, received_at=AT - timedelta(days=4))
    page = as_user(world, "supervisor").get(reverse("reports:weekly", args=["2024-W24"])).content.decode()
    assert "本期受理报修和服务请求1件" in page
    download = as_user(world, "supervisor").get(reverse("reports:pdf", args=["2024-W24"]))
    assert download.content == content
    with pytest.raises(Conflict):
        report_issue(report=report, version_seen=2, actor=world.manager, at=AT)
    with pytest.raises(Conflict):
        report_edit_summary(report=report, summary="改", version_seen=2, actor=world.manager, at=AT)


def test_the_loser_of_two_issues_changes_nothing(world: World) -> None:
    first = opened(world)
    second = WeeklyReport.objects.get()
    report_issue(report=first, version_seen=1, actor=world.manager, at=AT)
    with pytest.raises(Conflict):
        report_issue(report=second, version_seen=1, actor=world.manager, at=AT + timedelta(minutes=1))
    assert WeeklyReport.objects.get().issued_at == AT
    assert AuditEntry.objects.filter(subject_type="weekly_report", verb="issue").count() == 1


def test_a_failed_rendering_leaves_the_draft_and_the_next_try_works(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = opened(world)
    monkeypatch.setattr(sys, "executable", "/bin/false")  # the child dies at once
    with pytest.raises(PdfFailed):
        report_issue(report=report, version_seen=1, actor=world.manager, at=AT)
    assert WeeklyReport.objects.get().status == "draft"
    with time_machine.travel(AT, tick=False):
        page = as_user(world, "manager").post(
            reverse("reports:issue", args=["2024-W24"]), {"version": 1, "confirmed": "on"}
        )
    assert page.status_code == 503
    assert AuditEntry.objects.filter(verb="issue").count() == 0
    monkeypatch.undo()
    report_issue(report=report, version_seen=1, actor=world.manager, at=AT)
    assert WeeklyReport.objects.get().status == "issued"


def test_the_running_week_may_be_issued_and_says_as_of_when(world: World, tmp_path: Path) -> None:
    at = datetime(2024, 6, 13, 9, 3, tzinfo=UTC)
    report = report_open(contract=world.contract, starts_on=MONDAY, actor=world.manager, at=at)
    report_issue(report=report, version_seen=1, actor=world.manager, at=at)
    text = re.sub(r"\s", "", text_of(bytes(WeeklyReport.objects.get().pdf or b""), tmp_path))
    assert "本期签发时本周尚未结束，数据截至2024-06-1317:03。" in text


def test_a_renewal_of_the_same_hall_has_codes_of_its_own_weeks(world: World) -> None:
    end = world.contract.ends_on
    renewal = make_contract(
        "T-1-2", starts_on=end + timedelta(days=1), ends_on=end + timedelta(days=365), renews=world.contract
    )
    first = {week.iso_week for week in weeks_of_term(world.contract.starts_on, end)}
    second = {week.iso_week for week in weeks_of_term(renewal.starts_on, renewal.ends_on)}
    assert not first & second


# --- the document -----------------------------------------------------------------------------------------------------


@pytest.fixture
def full_world(world: World) -> World:
    """A week with everything in it, long titles and hostile ones included."""
    make_random_tickets(world, the_week(world), 70, 11)
    Ticket.objects.filter(code__endswith="7").update(title="<script>alert(1)</script>&字「尾")
    return world


@pytest.mark.once
def test_every_figure_of_the_file_equals_a_query_on_the_data(full_world: World, tmp_path: Path) -> None:
    world = full_world
    report_issue(report=opened(world), version_seen=1, actor=world.manager, at=AT)
    stored = WeeklyReport.objects.get()
    content = bytes(stored.pdf or b"")
    text = text_of(content, tmp_path, "-layout")
    flat = re.sub(r"\s", "", text_of(content, tmp_path))

    week = the_week(world)
    tickets = list(Ticket.objects.filter(contract=world.contract).select_related("response_clock", "rating", "unit"))
    inside = [t for t in tickets if week.begins_at <= t.received_at < week.over_at]
    live = [t for t in inside if t.status not in FELL_AWAY]
    resolved = [t for t in live if t.status in DONE]
    signed = [t for t in live if t.status in SIGNED_FOR]
    clocks = [
        t.response_clock for t in tickets
        if t.response_clock and t.response_clock.state != "cancelled" and t.response_clock.due_at
        and week.begins_at <= t.response_clock.due_at < week.over_at
    ]  # fmt: skip
    kept = [c for c in clocks if c.stopped_at and c.due_at and c.stopped_at <= c.due_at]
    broken = len(clocks) - len(kept)
    assert f"本期受理报修和服务请求{len(live)}件，日均{len(live) / 7:.1f}件" in flat
    assert (
        f"应在5分钟服务时间内响应{len(clocks)}件，按时响应{len(kept)}件，响应及时率{len(kept) / len(clocks):.1%}"
        in flat
    )
    assert f"超时{broken}件" in flat

    def numbers_after(head: str) -> list[str]:
        """The row of figures beneath the table head that begins so."""
        lines = text.splitlines()
        start = next(index for index, line in enumerate(lines) if head in line)
        row = next(line for line in lines[start + 1 :] if re.search(r"\d", line))
        return row.split()

    rate = f"{len(resolved) / len(live):.1%}"
    sign_rate = f"{len(signed) / len(resolved):.1%}"
    reworked = sum(t.rework_count > 0 for t in live)
    assert numbers_after("受理      ") == [str(n) for n in (
        len(live), len(resolved), rate, len(signed), sign_rate, len(resolved) - len(signed), reworked,
        sum(t.status == "cancelled" for t in inside), sum(t.status == "merged" for t in inside),
    )]  # fmt: skip
    assert numbers_after("按时响应  ")[:5] == [str(n) for n in (
        len(clocks), len(kept), broken, 0, f"{len(kept) / len(clocks):.1%}",
    )]  # fmt: skip
    levels = [t.rating for t in signed if hasattr(t, "rating")]
    own = [r.level for r in levels if r.way != "handover"]
    assert numbers_after("已签字工单") == [str(n) for n in (
        len(signed), len(own), f"{len(own) / (len(signed) - (len(levels) - len(own))):.1%}",
        f"{sum(n >= 3 for n in own) / len(own):.1%}", f"{sum(n >= 4 for n in own) / len(own):.1%}", len(signed) - len(levels),
    )]  # fmt: skip
    for ticket in inside:
        assert ticket.code in flat
        assert f"{ticket.received_at.astimezone(SHANGHAI):%m-%d%H:%M}" in flat
    assert f"共{len(inside)}件，含作废工单。" in flat
    for ticket in tickets:
        is_open = ticket.status not in FELL_AWAY and ticket.received_at < week.over_at and (
            ticket.resolved_at is None or ticket.resolved_at >= week.over_at
        )  # fmt: skip
        if ticket not in inside:
            unsigned = bool(
                ticket.status not in FELL_AWAY and ticket.resolved_at and ticket.resolved_at < week.over_at
                and not (ticket.signed_at and ticket.signed_at < week.over_at)
            )  # fmt: skip
            late = ticket.response_clock in clocks and ticket.response_clock not in kept
            assert (ticket.code in flat) == (is_open or unsigned or late), ticket.code
    assert "<script>alert(1)</script>&字「尾" in flat


@pytest.mark.once
def test_the_file_is_a4_with_page_numbers_embedded_glyphs_and_all_headings(full_world: World, tmp_path: Path) -> None:
    snapshot = snapshot_of(full_world.contract, the_week(full_world), at=AT)
    issued = {"name": "项目经理", "at": AT}
    content = pdf_render(document_html(snapshot, summary="本周平稳。", issued=issued))
    assert pdf_render(document_html(snapshot, summary="本周平稳。", issued=issued)) == content
    path = tmp_path / "report.pdf"
    path.write_bytes(content)

    def tool(*command: str) -> str:
        return subprocess.run([*command, str(path)], check=True, capture_output=True, text=True).stdout

    pages = int(re.search(r"Pages:\s+(\d+)", tool("pdfinfo"))[1])  # type: ignore[index]
    sizes = re.findall(r"size:\s+([\d.]+) x ([\d.]+) pts", tool("pdfinfo", "-l", "99"))
    assert len(sizes) == pages > 5
    assert {tuple(sorted(round(float(side)) for side in size)) for size in sizes} == {(595, 842)}
    fonts = tool("pdffonts").splitlines()[2:]
    assert all("Noto" in line and re.search(r"\byes\s+yes\s+yes\b", line) for line in fonts), fonts
    texts = text_of(content, tmp_path, "-layout").split("\f")[:pages]
    for number, text in enumerate(texts, start=1):
        assert re.search(rf"—\s*{number}\s*—", text)
        assert "ZB-2024-W24" in text
        assert "草稿" not in text
    annex = [text for text in texts if "受理时间" in text]
    assert len(annex) > 1, "the annex runs over several pages and repeats its head"
    assert sum("盖章处" in text for text in texts) == 1, "the signature block stands on one page"
    flat = re.sub(r"\s", "", "".join(texts))
    places = [flat.index(heading) for heading in (
        "一、本周概况", "二、人员到岗", "三、工单情况", "四、巡检情况", "五、专项工作", "六、重大特殊情况及报告",
        "七、节假日、延时与重大活动保障", "八、设备与变更", "九、第三方协调", "十、满意度", "十一、遗留问题与风险",
        "十二、下周计划", "十三、合理化建议", "甲方确认（签字）", "附表1：工单明细",
    )]  # fmt: skip
    assert places == sorted(places)
    assert flat.count("本系统本期无此类记录。") >= 6


def test_a_draft_says_so_on_every_page_and_no_time(full_world: World, tmp_path: Path) -> None:
    snapshot = snapshot_of(full_world.contract, the_week(full_world), at=AT)
    content = pdf_render(document_html(snapshot, summary="本周平稳。", issued=None))
    pages = text_of(content, tmp_path).split("\f")[:-1]
    assert all("草稿" in page for page in pages)
    assert "签发。" not in "".join(pages)
    info = subprocess.run(["pdfinfo", str(tmp_path / "report.pdf")], check=True, capture_output=True, text=True).stdout
    assert "CreationDate" not in info


def test_an_empty_week_makes_a_whole_report(world: World, tmp_path: Path) -> None:
    report_issue(report=opened(world), version_seen=1, actor=world.manager, at=AT)
    flat = re.sub(r"\s", "", text_of(bytes(WeeklyReport.objects.get().pdf or b""), tmp_path))
    for sentence in (
        "本期未受理报修和服务请求。",
        "本期无到期的响应时限。",
        "本期无响应超时。",
        "期末无未办结工单",
        "本期无工单。",
    ):
        assert sentence in flat
    assert "0.0%" not in flat.replace("100.0%", "")


def test_the_report_is_chinese_whatever_the_reader_speaks(world: World) -> None:
    from django.utils import translation

    make_ticket(world, 1, received_at=AT - timedelta(days=4))
    chinese = snapshot_of(world.contract, the_week(world), at=AT)
    with translation.override("en"):
        assert snapshot_of(world.contract, the_week(world), at=AT) == chinese
        assert document_html(chinese, summary="", issued=None).count("本周概况") == 1


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "draft", "issued"),
    [
        ("manager", 200, 200),
        ("supervisor", 404, 200),
        ("leader", 404, 200),
        ("auditor", 404, 200),
        ("clerk", 403, 403),
        ("engineer", 403, 403),
        ("admin", 403, 403),
    ],
)
def test_who_reads_what(world: World, name: str, draft: int, issued: int) -> None:
    report = opened(world)
    client = as_user(world, name)
    urls = [reverse(f"reports:{route}", args=["2024-W24"]) for route in ("weekly", "pdf")]
    assert [client.get(url).status_code for url in urls] == [draft, draft]
    for route in ("edit_summary", "issue"):
        assert client.get(reverse(f"reports:{route}", args=["2024-W24"])).status_code == (
            200 if name == "manager" else 403
        )
    report_issue(report=report, version_seen=1, actor=world.manager, at=AT)
    assert [client.get(url).status_code for url in urls] == [issued, issued]
    listing = client.get(reverse("reports:weekly_list"))
    if issued == 200:
        assert "ZB-2024-W24" in listing.content.decode()
        assert ("2024-W23" in listing.content.decode()) == (name == "manager")


def test_another_hall_knows_nothing_of_it(world: World) -> None:
    report_issue(report=opened(world), version_seen=1, actor=world.manager, at=AT)
    make_world("b")
    other = Client()
    from parties.models import User

    for name in ("supervisor-b", "auditor-b"):
        other.force_login(User.objects.get(username=name))
        assert other.get(reverse("reports:weekly", args=["2024-W24"])).status_code == 404
        assert other.get(reverse("reports:pdf", args=["2024-W24"])).status_code == 404
        assert "ZB-2024-W24" not in other.get(reverse("reports:weekly_list")).content.decode()


@pytest.mark.parametrize("label", ["2024-W11", "2031-W01", "nonsense", "2099-W99"])
def test_weeks_that_do_not_exist_are_not_found(world: World, label: str) -> None:
    for route in ("weekly", "pdf", "edit_summary", "issue"):
        assert as_user(world, "manager").get(reverse(f"reports:{route}", args=[label])).status_code == 404


def test_the_manager_edits_is_warned_and_issues(world: World) -> None:
    client = as_user(world, "manager")
    page_url = reverse("reports:weekly", args=["2024-W24"])
    edit_url = reverse("reports:edit_summary", args=["2024-W24"])
    issue_url = reverse("reports:issue", args=["2024-W24"])
    assert WeeklyReport.objects.count() == 0
    assert client.get(page_url).status_code == 200
    assert WeeklyReport.objects.count() == 0, "looking makes nothing"
    assert client.post(edit_url, {"summary": "本周平稳。", "version": 1}).status_code == 302
    assert "本周平稳。" in client.get(page_url).content.decode()
    assert "callout-warn" not in client.get(page_url).content.decode()
    make_ticket(world, 1, received_at=AT - timedelta(days=4))
    assert "callout-warn" in client.get(page_url).content.decode()
    stale = client.post(edit_url, {"summary": "另一稿。", "version": 1})
    assert stale.status_code == 409
    assert "另一稿。" in stale.content.decode(), "what was typed stays"
    assert client.post(issue_url, {"version": 2}).status_code == 422
    assert client.post(issue_url, {"version": 1, "confirmed": "on"}).status_code == 409
    assert WeeklyReport.objects.get().status == "draft"
    done = client.post(issue_url, {"version": 2, "confirmed": "on"})
    assert done.status_code == 302
    assert WeeklyReport.objects.get().status == "issued"
    assert client.get(edit_url).status_code == 409
    assert client.post(issue_url, {"version": 3, "confirmed": "on"}).status_code == 409


def test_the_download_has_the_name_of_the_paper(world: World) -> None:
    from urllib.parse import quote

    client = as_user(world, "manager")
    draft = client.get(reverse("reports:pdf", args=["2024-W24"]))
    assert quote("综合技术保障周报_第13期_20240610-20240616_草稿.pdf") in draft.headers["Content-Disposition"]
    report_issue(report=opened(world), version_seen=1, actor=world.manager, at=AT)
    issued = client.get(reverse("reports:pdf", args=["2024-W24"]))
    name = quote("综合技术保障周报_第13期_20240610-20240616.pdf")
    assert issued.headers["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"
    assert issued.headers["Content-Type"] == "application/pdf"


def test_an_unexplained_breach_is_said_before_issuing(world: World) -> None:
    ticket = make_ticket(world, 1, received_at=AT - timedelta(days=4))
    due = AT - timedelta(days=4)
    make_clock(
        ticket,
        due_at=due,
        stopped_at=due + timedelta(minutes=2),
        net_seconds=420.0,
        breached_at=due + timedelta(seconds=1),
    )
    page = as_user(world, "manager").get(reverse("reports:issue", args=["2024-W24"])).content.decode()
    assert "callout-danger" in page


def test_the_live_draft_costs_no_more_statements_for_more_tickets(
    full_world: World, django_assert_max_num_queries: pytest.FixtureRequest
) -> None:
    client = as_user(full_world, "manager")
    url = reverse("reports:weekly", args=["2024-W24"])
    client.get(url)
    with django_assert_max_num_queries(27):  # type: ignore[operator]
        assert client.get(url).status_code == 200
