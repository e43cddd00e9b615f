"""Tickets at size: list, filters, search, one ticket, the queue, creation; milliseconds, statements, and the ratio to a bare page.

script/bench tickets [--tickets 100000] [--only postgresql|sqlite] [--rounds 25]

PostgreSQL of its own (as a server is installed, fsync and all) with 100,000 tickets of one contract, each with its clocks, audit
entries and every fifth with a note; SQLite with a tenth of that. A page is asked for by Django's own client: middleware,
permissions, database and template, without the network. `floor` is a page with session, user and one indexed SELECT, asked in
turns with it: what counts on a busy machine is the ratio to it. The promises were made where the floor takes 7 ms: list 35 ms,
filtered 30, search 60, one ticket 35 (p50); statements 8, 8, 8, 12. Creation: the ratio of a bare POST of one INSERT to a POST that
creates a ticket.
"""

import random
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench._measuring import analysed, begun, measured, promised, run, told, verdict

FAULTS = (
    "开不了机", "卡纸", "打印不清", "叫号没有声音", "屏幕闪烁", "网络时断时续", "键盘失灵", "高拍仪不对焦", "读卡失败", "登录超时",
    "触摸偏移", "驱动丢失", "电源指示灯不亮", "显示屏花屏", "扫码枪无反应", "时间不对", "磁盘空间不足", "证照打印机缺色",
)  # fmt: skip
KINDS = ("自助打印机", "通用工作台", "自助查询机", "电子显示屏", "高拍仪", "身份证阅读器", "票据打印机", "网络交换机")
NOTES = ("备件已申请", "与厂家电话沟通", "现场用户不在", "换线后正常", "建议更换主板", "等待窗口空闲")
PAGES: tuple[tuple[str, str, float, int], ...] = (
    ("list", "/tickets/", 35, 8),
    ("list, page far behind", "/tickets/?after={far}", 35, 8),
    ("list by deadline", "/tickets/?sort=due", 50, 8),
    ("list by priority", "/tickets/?sort=priority", 35, 8),
    ("list by last change", "/tickets/?sort=updated", 35, 8),
    ("filter: open and mine", "/tickets/?group=mine", 30, 8),
    ("filter: open", "/tickets/?group=open", 35, 8),
    ("filter: answered late", "/tickets/?group=breached", 45, 8),
    ("filter: to sign", "/tickets/?group=to_sign", 35, 8),
    ("filter: one unit", "/tickets/?unit={unit}", 35, 9),
    ("filter: one engineer, signed", "/tickets/?assignee={engineer}&status=signed", 35, 9),
    ("filter: a day and a priority", "/tickets/?since={day}&until={day}&priority=2", 35, 8),
    ("filter: one device", "/tickets/?device={device}", 35, 8),
    ("search: two characters", "/tickets/?q=闪烁", 60, 8),
    ("search: in every tenth", "/tickets/?q=卡纸", 60, 8),
    ("search: kind, fault and unit", "/tickets/?q=打印机 卡纸 第17", 60, 8),
    ("search: one character", "/tickets/?q=卡", 60, 8),
    ("search: internal note", "/tickets/?q=更换主板", 60, 8),
    ("search: a whole number", "/tickets/?q={code}", 60, 8),
    ("search: part of a number", "/tickets/?q={part}", 60, 8),
    ("search: a device's number", "/tickets/?q={device}", 60, 8),
    ("search: nothing found", "/tickets/?q=龙卷风", 60, 8),
    ("one ticket with its history", "/tickets/{code}/", 35, 12),
    ("queue, 200 rows", "/tickets/queue/", 140, 13),
    ("interface: list of 50", "/api/v1/tickets/", 60, 8),
)


def fill(world: Any, count: int) -> dict[str, Any]:
    """Devices, units, engineers and this many tickets with clocks, words and history; what the pages are asked with."""
    from contract.services.calendar import current_revision
    from core import clock
    from core.keyset import key_of
    from core.search import index_text
    from devices.models import Device
    from parties.models import Unit
    from records.models import AuditEntry
    from sla.models import Clock, Policy
    from tickets import rules
    from tickets.filters import NEWEST
    from tickets.models import Ticket, TicketWords
    from tickets.services.listing import words_of

    rng = random.Random(1)
    contract = world.contract
    now = clock.now()
    units = [Unit.objects.create(organisation=contract.client, name=f"第{number:02d}综合窗口") for number in range(40)]
    devices = Device.objects.bulk_create(
        Device(
            hall=contract.hall, code=f"D-{number:05d}", short_code=f"B{number:05d}", name=f"{KINDS[number % 8]}{number}号",
            category=world.category, place=world.place, unit=units[number % 40], power_policy="daily_off",
        )
        for number in range(2_000)
    )  # fmt: skip
    engineers = [world.engineer, world.engineer2]
    policies = {
        kind: Policy.objects.filter(contract=contract, kind=kind).latest("version") for kind in ("response", "fix")
    }
    revision = current_revision(contract)
    seconds = 3600 * 24 * 900 / count
    open_from = count - max(60, count // 50)
    states = ("pending_response", "responded", "in_progress", "to_sign", "in_progress", "to_sign")
    for begin in range(0, count, 2_000):
        tickets, clocks, entries = [], [], []
        for number in range(begin, min(begin + 2_000, count)):
            at = now - timedelta(seconds=(count - number) * seconds + 30)
            state = (
                "signed" if number < open_from else states[number % 6] if number < count - 20 else "pending_response"
            )
            device, unit = devices[rng.randrange(2_000)], units[rng.randrange(40)]
            fault = FAULTS[rng.randrange(len(FAULTS))]
            answered = state != "pending_response"
            done = state in ("signed", "to_sign")
            engineer = engineers[number % 2]
            tickets.append(
                Ticket(
                    contract=contract, code=f"GD-{at:%Y%m%d}-{number:06d}", status=state, channel="phone",
                    title=f"{device.name}{fault}",
                    description=f"{unit.name}的{device.name}{fault}，请尽快处理，编号{number}", reporter=world.clerk,
                    reporter_name=f"窗口人员{number % 90:02d}", unit=unit, place=world.place, device=device,
                    impact="point", urgency="medium", priority=rng.choice((2, 3, 4, 4, 4, 4)), received_at=at, recorded_at=at,
                    updated_at=at + timedelta(hours=2), recorded_by=engineer, assignee=engineer if answered else None,
                    responded_at=at + timedelta(minutes=3) if answered else None, contact_method="phone" if answered else "",
                    contact_person=f"窗口人员{number % 90:02d}" if answered else "", triage="general" if answered else "",
                    commitment_kind="arrival" if answered else "", commitment_at=at + timedelta(minutes=20) if answered else None,
                    arrived_at=at + timedelta(minutes=15) if answered and state != "responded" else None,
                    cause="接触不良" if done else "", solution=f"重新插接，{fault}消失" if done else "",
                    result="solved" if done else "",
                    resolved_at=at + timedelta(minutes=40) if done else None,
                    signed_at=at + timedelta(hours=2) if state == "signed" else None,
                )
            )  # fmt: skip
        Ticket.objects.bulk_create(tickets)
        for ticket in tickets:
            late = ticket.pk % 50 == 0
            for kind, minutes in (("response", 5), ("fix", 60)):
                if kind == "fix" and ticket.responded_at is None:
                    continue
                start = ticket.received_at if kind == "response" else ticket.responded_at
                stopped = ticket.responded_at if kind == "response" else ticket.resolved_at
                due = start + timedelta(minutes=minutes if stopped else 60)
                if late and stopped and kind == "response":
                    due = stopped - timedelta(minutes=1)
                clocks.append(
                    Clock(
                        contract=contract, policy=policies[kind], kind=kind, promisor="contractor", calendar_revision=revision,
                        subject_type="ticket", subject_id=ticket.pk, state="stopped" if stopped else "running", started_at=start,
                        due_at=due, stopped_at=stopped, net_seconds=180.0 if stopped else None,
                        breached_at=due if stopped and stopped > due else None,
                    )
                )  # fmt: skip
        Clock.objects.bulk_create(clocks)
        by_ticket = {(row.subject_id, row.kind): row for row in clocks}
        for ticket in tickets:
            ticket.response_clock = by_ticket[ticket.pk, "response"]
            ticket.repair_clock = by_ticket.get((ticket.pk, "fix"))
            note = NOTES[ticket.pk % 6] if ticket.pk % 5 == 0 else ""
            verbs = ("report", "respond", "arrive", "resolve", "sign")[: 5 if ticket.status == "signed" else 2]
            entries += [
                AuditEntry(
                    contract=contract, subject_type="ticket", subject_id=ticket.pk, verb=verb, actor=world.engineer,
                    actor_label=world.engineer.name, source="page", at=ticket.received_at + timedelta(minutes=step),
                    recorded_at=ticket.received_at + timedelta(minutes=step), after={"status": ticket.status},
                )
                for step, verb in enumerate((*verbs, "note") if note else verbs)
            ]  # fmt: skip
            ticket.note = note
        Ticket.objects.bulk_update(tickets, ["response_clock", "repair_clock"], batch_size=500)
        TicketWords.objects.bulk_create(
            TicketWords(ticket=ticket, words=words_of(ticket), internal=index_text(ticket.note)) for ticket in tickets
        )
        AuditEntry.objects.bulk_create(entries)
    far = Ticket.objects.order_by("-received_at", "-id")[count * 9 // 10]
    middle = Ticket.objects.order_by("received_at")[count // 2]
    return {
        "far": key_of(NEWEST, far), "code": middle.code, "part": middle.code[-6:], "unit": units[3].pk,
        "engineer": engineers[0].pk, "day": f"{middle.received_at:%Y-%m-%d}", "device": devices[77].code,
        "series": rules.number_series(contract.number_tag, now.date()),
    }  # fmt: skip


def floor_page() -> Any:
    """A page with session, user and one indexed SELECT, rendered to a few lines: what no page of the house can fall below."""
    from django.http import HttpRequest, HttpResponse
    from django.template import Context, Template

    from tickets.models import Ticket

    template = Template("{% for row in rows %}<p>{{ row.code }} {{ row.title }}</p>{% endfor %}")

    def page(request: HttpRequest) -> HttpResponse:
        rows = Ticket.objects.filter(pk=Ticket.objects.order_by("-id").values("pk")[:1], contract__isnull=False)
        return HttpResponse(template.render(Context({"rows": rows, "name": request.user.get_username()})))

    return page


def bare_post() -> Any:
    """A POST of the interface that does nothing but one INSERT."""
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.views import APIView

    from core.access import PUBLIC
    from core.api import HouseSession
    from core.models import Counter

    class Bare(APIView):
        allow = (PUBLIC,)
        schema = None
        authentication_classes = [HouseSession]

        def post(self, request: Request) -> Response:
            Counter.objects.create(key=f"bench-{time.perf_counter_ns()}")
            return Response({"done": bool(request.data)}, status=201)

    return Bare.as_view()


def with_bare_pages() -> None:
    """Lay the two bare pages beside the house's own routes, in this process only."""
    from django.urls import clear_url_caches, path

    from guarantee import urls

    urls.urlpatterns += [path("bench/floor/", floor_page()), path("bench/bare/", bare_post())]
    clear_url_caches()


def inside(count: int, rounds: int) -> None:
    """In a process whose database is the measured one: fill it and ask."""
    world = begun()
    from django.test import Client

    begin = time.perf_counter()
    names = fill(world, count)
    print(f"  {count:,} tickets entered in {time.perf_counter() - begin:.0f} s", flush=True)
    analysed()
    with_bare_pages()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(world.engineer)

    def get(path: str) -> Any:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer

    wrong = []
    for name, path, budget, statements in PAGES:
        outcome = measured(lambda path=path: get(path.format(**names)), lambda: get("/bench/floor/"), rounds)
        promised(name, outcome, budget, statements, wrong)
    if not _creation(client, world, rounds):
        wrong.append("creation")
    for fmt in ("csv", "xlsx"):
        begin = time.perf_counter()
        answer = client.post("/tickets/export/", {"format": fmt})
        size = sum(len(part) for part in answer.streaming_content)  # type: ignore[attr-defined]
        print(f"  {'export of all as ' + fmt:32} {time.perf_counter() - begin:7.1f} s, {size / 1e6:.1f} MB", flush=True)
    verdict(wrong)


def _creation(client: Any, world: Any, rounds: int) -> bool:
    """A ticket by the interface beside a bare POST, taken in turns; the statements of the service alone."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from core import clock
    from tickets.services.report import ticket_report

    body = {
        "channel": "phone",
        "description": "基准测试：屏幕不亮",
        "reporter_name": "窗口人员01",
        "device": world.device.code,
    }

    def post(path: str) -> float:
        begin = time.perf_counter()
        answer = client.post(path, body, content_type="application/json")
        if answer.status_code != 201:
            raise SystemExit(f"{path}: {answer.status_code} {answer.content.decode()[:200]}")
        return (time.perf_counter() - begin) * 1000

    times: dict[str, list[float]] = {"/bench/bare/": [], "/api/v1/tickets/": []}
    for _ in range(rounds * 4):
        for path, taken in times.items():
            taken.append(post(path))
    bare, whole = (statistics.median(taken[4:]) for taken in times.values())
    with CaptureQueriesContext(connection) as captured:
        ticket_report(
            contract=world.contract, actor=world.engineer, at=clock.now(), channel="phone", description="基准测试",
            reporter_name="窗口人员01", unit=world.unit, place=world.place, device=world.device,
        )  # fmt: skip
    ends = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    asked = sum(not query["sql"].startswith(ends) for query in captured)
    ratio = bare / whole
    kept = ratio >= 0.35 and asked <= 14
    promise = f"{ratio:.2f} of a bare POST ({bare:.1f} ms; promised 0.35, 14){'' if kept else '  NOT within'}"
    told("creation by the interface", whole, max(times["/api/v1/tickets/"]), asked, promise)
    return kept


if __name__ == "__main__":
    run(__file__, __doc__, "tickets", inside)
