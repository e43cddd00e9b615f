"""The report as a document: the snapshot of every figure, and HTML made of nothing but the snapshot."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from parties.models import Contract
from records.services.chain import head_mark
from reports.providers import instant_text, period_text
from reports.rules import Week, report_code
from reports.sections import ANNEXES, HEADINGS, NOTHING_YET, NUMERALS, Scope, providers

SCHEMA = 1
LANGUAGE = "zh-hans"
"""The report's own language: a Chinese paper whatever language its reader uses the product in."""

Snapshot = dict[str, Any]


def snapshot_of(contract: Contract, week: Week, *, at: datetime) -> Snapshot:
    """Every figure of a week as of an instant, as values that JSON holds; equal data gives an equal snapshot."""
    scope = Scope(contract, week, at)
    with translation.override(LANGUAGE):
        return {
            "schema": SCHEMA,
            "report": {
                "code": report_code(week.iso_week, contract.number_tag),
                "number": week.number,
                "iso_week": week.iso_week,
                "starts_on": week.starts_on.isoformat(),
                "ends_on": week.ends_on.isoformat(),
                "period": period_text(week),
                "unfinished": at < week.over_at,
            },
            "contract": {
                "code": contract.code,
                "project_name": contract.project_name,
                "client": contract.client.legal_name,
                "contractor": contract.contractor.legal_name,
                "hall": contract.hall.name,
            },
            "sections": {provider.name: dict(provider.figures(scope)) for provider in providers()},
        }


def sentences_of(snapshot: Snapshot) -> list[str]:
    """The summary as the figures write it, in the report's order."""
    return [
        line
        for provider in providers()
        if provider.sentences is not None and provider.name in snapshot["sections"]
        for line in provider.sentences(snapshot["sections"][provider.name])
    ]


def snapshot_sha256(snapshot: Snapshot) -> str:
    """SHA-256 of the snapshot in its one canonical writing."""
    text = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def sections_html(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The thirteen sections, then the annexes: dicts of key, numeral, title, html and whether it is an annex.

    What has no provider, or had none when the report was issued, says that there are no such records.
    """
    out: list[dict[str, Any]] = []
    with translation.override(LANGUAGE):
        for number, (key, title) in enumerate(HEADINGS):
            html = _section(snapshot, key) or SafeString(f'<p class="rp-none">{NOTHING_YET}</p>')
            out.append({"key": key, "numeral": NUMERALS[number], "title": title, "html": html, "annex": False})
        for number, (key, title) in enumerate(ANNEXES, start=1):
            html = _section(snapshot, key)
            if html:
                out.append({"key": key, "numeral": str(number), "title": title, "html": html, "annex": True})
    return out


def _section(snapshot: Snapshot, key: str) -> SafeString:
    parts = []
    for provider in providers(key):
        values = snapshot["sections"].get(provider.name)
        if values is None:
            continue
        context: dict[str, Any] = {"f": values, "snapshot": snapshot}
        if provider.charts is not None:
            context |= provider.charts(values)
        parts.append(render_to_string(provider.template, context))
    return SafeString("".join(parts))  # every part was rendered, and escaped, by a template


def document_html(snapshot: Snapshot, *, summary: str, issued: Mapping[str, Any] | None) -> str:
    """The whole report as one self-contained HTML document.

    `issued` holds the issuer's `name`, the instant `at` of the issue and the signed head of the audit `chain`; None makes a draft,
    which is marked so on every page and says no time.
    """
    with translation.override(LANGUAGE):
        sections = sections_html(snapshot)
        return render_to_string(
            "reports/document.html",
            {
                "snapshot": snapshot,
                "report": snapshot["report"],
                "contract": snapshot["contract"],
                "summary": [line for line in summary.splitlines() if line.strip()],
                "body": [section for section in sections if not section["annex"]],
                "annexes": [section for section in sections if section["annex"]],
                "issued": issued
                and {
                    "name": issued["name"],
                    "at": instant_text(issued["at"]),
                    "iso": issued["at"].isoformat(),
                    "chain": issued.get("chain", ""),
                    "chain_short": head_mark(issued.get("chain", "")),
                },
                "digest": snapshot_sha256(snapshot),
            },
        )


def file_name(number: int, starts_on: date, ends_on: date, *, draft: bool) -> str:
    """The file's name: 综合技术保障周报_第13期_20240610-20240616.pdf."""
    mark = "_草稿" if draft else ""
    return f"综合技术保障周报_第{number}期_{starts_on:%Y%m%d}-{ends_on:%Y%m%d}{mark}.pdf"
