"""Promises, rungs and their people in words, in the active language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop, ngettext

from core.templatetags.ui import duration
from sla.services.ladder import kind_label

TARGETS: Mapping[str, str] = {
    "on_duty": gettext_noop("people on duty"),
    "stand_in": gettext_noop("stand-in"),
    "assignee": gettext_noop("person responsible"),
    "manager": gettext_noop("project manager"),
    "office": gettext_noop("contractor's office"),
    "client_supervisor": gettext_noop("client supervisor"),
    "reporter": gettext_noop("person who reported it"),
}


def promise_label(kind: str) -> str:
    """A promise's name."""
    return gettext(kind_label(kind))


def amount_words(target_kind: str, amount: int) -> str:
    """An amount of a target: 5 min of service time, 30 min day and night, 5 working days, 10 calendar days."""
    if target_kind == "working_days":
        return ngettext("%(n)d working day", "%(n)d working days", amount) % {"n": amount}
    if target_kind == "calendar_days":
        return ngettext("%(n)d calendar day", "%(n)d calendar days", amount) % {"n": amount}
    if target_kind == "continuous_seconds":
        return gettext("%(span)s, day and night") % {"span": duration(amount)}
    return gettext("%(span)s of service time") % {"span": duration(amount)}


def rung_when(rung: Mapping[str, Any]) -> str:
    """When a rung fires."""
    if rung.get("breach"):
        return gettext("Breach")
    if "on_day" in rung:
        if not rung["on_day"]:
            return gettext("The same day, %(time)s") % {"time": rung["time"]}
        return gettext("Working day %(n)d, %(time)s") % {"n": rung["on_day"], "time": rung["time"]}
    if "before_days" in rung:
        if not rung["before_days"]:
            return gettext("On the last day")
        return ngettext("%(n)d day before", "%(n)d days before", rung["before_days"]) % {"n": rung["before_days"]}
    if "before_due" in rung:
        return gettext("%(span)s before") % {"span": duration(rung["before_due"])}
    return gettext("After %(span)s") % {"span": duration(rung["after"])} if rung["after"] else gettext("At once")


def rung_people(rung: Mapping[str, Any]) -> str:
    """Whom a rung tells."""
    return gettext(", ").join(gettext(TARGETS.get(target, target)) for target in rung.get("to", ()))
