"""The sections of a periodic report: thirteen headings in the order of records 3.5, each filled by whoever has something for it.

An app that comes later registers its own provider in its AppConfig.ready() and the report's code does not change. A section for
which nobody provides says so in the report. The report is a Chinese document whatever the reader's language, like the contract.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from parties.models import Contract
from reports.rules import Period

Figures = Mapping[str, Any]
T = TypeVar("T")

HEADINGS: tuple[tuple[str, str], ...] = (
    ("overview", "本周概况"),
    ("people", "人员到岗"),
    ("tickets", "工单情况"),
    ("inspections", "巡检情况"),
    ("special", "专项工作"),
    ("major", "重大特殊情况及报告"),
    ("events", "节假日、延时与重大活动保障"),
    ("devices", "设备与变更"),
    ("vendors", "第三方协调"),
    ("satisfaction", "满意度"),
    ("remaining", "遗留问题与风险"),
    ("next", "下周计划"),
    ("proposals", "合理化建议"),
)
ANNEXES: tuple[tuple[str, str], ...] = (("annex_tickets", "工单明细"),)
NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")
NOTHING_YET = "本系统本期无此类记录。"


@dataclass(frozen=True)
class Scope:
    """What a provider is asked for: a contract, a period, and the instant as of which it is told."""

    contract: Contract
    period: Period
    at: datetime
    _known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, name: str, figure: Callable[[], T]) -> T:
        """A figure that several sections show: read once, so that they cannot differ."""
        if name not in self._known:
            self._known[name] = figure()
        value: T = self._known[name]
        return value


@dataclass(frozen=True)
class Provider:
    """Fills one section. `figures` reads the data and returns values that JSON can hold: they are what is frozen.

    `template` shows them as `f`; `charts` adds SVG under its names; `sentences` says them in words for the summary.
    """

    section: str
    name: str
    figures: Callable[[Scope], Figures]
    template: str
    charts: Callable[[Figures], Mapping[str, str]] | None = None
    sentences: Callable[[Figures], list[str]] | None = None
    position: int = 0


_providers: dict[str, Provider] = {}


def register(provider: Provider) -> None:
    """Register a provider once. ValueError for an unknown section or a second provider of the same name."""
    if provider.section not in {key for key, _title in (*HEADINGS, *ANNEXES)}:
        raise ValueError(f"no section {provider.section!r}")
    if provider.name in _providers and _providers[provider.name] != provider:
        raise ValueError(f"report provider {provider.name!r} is registered twice")
    _providers[provider.name] = provider


def providers(section: str | None = None) -> list[Provider]:
    """The providers of a section (of all sections in the report's order), by position."""
    order = [key for key, _title in (*HEADINGS, *ANNEXES)]
    chosen = [p for p in _providers.values() if section in (None, p.section)]
    return sorted(chosen, key=lambda p: (order.index(p.section), p.position, p.name))
