"""Says when a promise falls due and why: `manage.py explain_due --at 2026-02-13T17:58:00+08:00 --seconds 300`."""

import datetime as dt
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contract.rules import Explanation, ServiceCalendar, Target, explain
from contract.services.calendar import calendar_of
from core.clock import SHANGHAI
from core.errors import DomainError
from parties.models import Contract
from parties.querysets import contract_in_force


class Command(BaseCommand):
    help = "Say when a promise that starts at an instant falls due under a contract's service calendar, and which time counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The start, one target, and where there are several contracts, which."""
        parser.add_argument("--at", required=True, help="start, ISO 8601; without an offset it is Beijing time")
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--seconds", type=int, metavar="N", help="N seconds of service time")
        target.add_argument(
            "--working-days", type=int, metavar="N", help="N working days; the day of the start is day 0"
        )
        target.add_argument("--continuous-seconds", type=int, metavar="N", help="N seconds around the clock")
        target.add_argument("--calendar-days", type=int, metavar="N", help="N calendar days, until 24:00")
        parser.add_argument(
            "--extend-on-holiday", action="store_true", help="with --calendar-days: move to the next working day"
        )
        parser.add_argument("--contract", metavar="CODE", help="default: the contract in force on that day")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print due_at and the segments used."""
        start = _instant(options["at"])
        try:
            target = _target(options)
            contract = _contract(options["contract"], start.astimezone(SHANGHAI).date())
            explanation = explain(calendar_of(contract), start, target)
        except (ValueError, OverflowError) as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        report = {"contract": contract.code, **explanation.as_dict(), "segments": _segments(explanation)}
        self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2) if options["json"] else _text(report))


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--at must be an instant in ISO 8601, such as 2026-02-13T17:58:00+08:00, not {text!r}"
        ) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)


def _target(options: dict[str, Any]) -> Target:
    extend = options["extend_on_holiday"]
    if options["calendar_days"] is not None:
        return Target.calendar_days(options["calendar_days"], extend_on_holiday=extend)
    if extend:
        raise CommandError("--extend-on-holiday is for --calendar-days only")
    if options["seconds"] is not None:
        return Target.service_seconds(options["seconds"])
    if options["working_days"] is not None:
        return Target.working_days(options["working_days"])
    return Target.continuous_seconds(options["continuous_seconds"])


def _contract(code: str | None, day: dt.date) -> Contract:
    """The named contract, else the one in force on the day, else the one whose term ended last before it."""
    if code is not None:
        named = Contract.objects.filter(code=code).first()
        if named is None:
            raise CommandError(f"There is no contract {code!r}; known: {', '.join(_codes()) or 'none'}")
        return named
    contract = contract_in_force(day) or Contract.objects.filter(ends_on__lt=day).order_by("-ends_on", "code").first()
    if contract is None:
        raise CommandError(
            f"No contract is or was in force on {day}; name one with --contract. Known: {', '.join(_codes()) or 'none'}"
        )
    return contract


def _codes() -> list[str]:
    return list(Contract.objects.values_list("code", flat=True))


def _segments(explanation: Explanation) -> list[dict[str, Any]]:
    """The spans that counted. Where days are counted, each counted day: its hours of service, or all of its 24 hours."""
    calendar = explanation.calendar
    if not explanation.target.in_days:
        unknown = {"kind": None, "source": None}
        segments: Any = explanation.as_dict()["segments"]
        return [unknown | segment for segment in segments]
    counted: Any = explanation.as_dict()["days"]
    return [
        {**_span(calendar, day.day.date, around_the_clock=explanation.target.kind == "calendar_days"), **row}
        for day, row in zip(explanation.days, counted, strict=True)
    ]


def _span(calendar: ServiceCalendar, date: dt.date, *, around_the_clock: bool) -> dict[str, Any]:
    begin, end = calendar.instant(date, dt.time.min), calendar.end_of_day(date)
    seconds = int((end - begin).total_seconds())
    if not around_the_clock:
        begin, end = calendar.opening(date) or begin, calendar.closing(date) or end
        seconds = calendar.elapsed_seconds(begin, end)
    return {"start": calendar.local(begin).isoformat(), "end": calendar.local(end).isoformat(), "seconds": seconds}


def _text(report: dict[str, Any]) -> str:
    target = report["target"]
    mark = "  (provisional: the arrangement of the year is not published yet)" if report["provisional"] else ""
    lines = [
        f"contract  {report['contract']}",
        f"start     {report['start']}",
        f"target    {target['amount']} {target['kind']}",
        f"due_at    {report['due_at']}{mark}",
        "segments",
    ]
    for segment in report["segments"]:
        number = f"{segment['number']:>3}  " if "number" in segment else "  "
        day = f"{segment['kind'] or 'around the clock'}{' ' + segment['source'] if segment['source'] else ''}"
        note = f" {segment['note']}" if segment.get("note") else ""
        lines.append(f"{number}{segment['start']} … {segment['end']}  {segment['seconds']} s  {day}{note}")
    lines += [
        f"  passed over {day['date']}  {day['kind']} {day['source']}{' ' + day['note'] if day['note'] else ''}"
        for day in report["skipped"]
    ]
    return "\n".join(lines)
