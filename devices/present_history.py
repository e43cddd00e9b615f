"""Puts entries of the history into words: fields by their labels, values by theirs, doors and verbs by name."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.templatetags.ui import when
from devices.models import CategoryField, ChangeOrder, Device
from devices.rules_history import MASK, Value, compared, same_value
from devices.states import ChangeStatus
from devices.timeline import Delta, Happening
from records.models import AuditEntry, Source
from records.services.audit import SYSTEM

NOTHING = "—"
CONFIGURATION_VERBS = ("config_set", "config_withdraw", "config_reveal", "baseline_mark")
VERBS: Mapping[str, Any] = {
    "create": gettext_lazy("Entered"),
    "edit": gettext_lazy("Edited"),
    "attach": gettext_lazy("Photo added"),
    "main_photo": gettext_lazy("Main photo chosen"),
    "part_add": gettext_lazy("Part put in"),
    "part_edit": gettext_lazy("Part edited"),
    "part_remove": gettext_lazy("Part taken out"),
    "software_install": gettext_lazy("Software installed"),
    "software_remove": gettext_lazy("Software removed"),
    "short_code": gettext_lazy("New label"),
    "plan_place": gettext_lazy("Placed on the plan"),
    "plan_undo": gettext_lazy("Taken back on the plan"),
    "plan_status": gettext_lazy("Status planned"),
    "cancel_plan": gettext_lazy("Planned status cancelled"),
    "refuse_plan": gettext_lazy("Planned status was not possible"),
    "address_take": gettext_lazy("Address taken"),
    "address_free": gettext_lazy("Address given back"),
    "address_stop": gettext_lazy("Address put out of use"),
    "address_edit": gettext_lazy("Address changed"),
    "extension_set": gettext_lazy("Extension set"),
    "extension_leave": gettext_lazy("Extension taken away"),
    "link_create": gettext_lazy("Connected"),
    "link_edit": gettext_lazy("Connection changed"),
    "link_remove": gettext_lazy("Unplugged"),
    "layer_set": gettext_lazy("Layer in the drawing set"),
    "import": gettext_lazy("Imported"),
    "undo": gettext_lazy("Import undone"),
    "config_set": gettext_lazy("Configuration"),
    "config_withdraw": gettext_lazy("Parameter withdrawn"),
    "config_reveal": gettext_lazy("Secret looked at"),
    "baseline_mark": gettext_lazy("Baseline marked"),
    "export": gettext_lazy("Exported"),
}
LABELS: Mapping[str, Any] = {
    "category": gettext_lazy("Category"),
    "place": gettext_lazy("Place"),
    "window": gettext_lazy("Window"),
    "unit": gettext_lazy("Unit"),
    "vendor": gettext_lazy("Vendor"),
    "address": gettext_lazy("IP address"),
    "port": gettext_lazy("Port"),
    "to": gettext_lazy("Connected to"),
    "kind": gettext_lazy("Kind"),
    "metres": gettext_lazy("Length (m)"),
    "vlans": gettext_lazy("VLANs"),
    "extension": gettext_lazy("Extension"),
    "layer": gettext_lazy("Layer in the drawing"),
    "person": gettext_lazy("User"),
    "note": gettext_lazy("Note"),
    "subnet": gettext_lazy("Subnet"),
    "extra": gettext_lazy("Further fields"),
    "plan_of": gettext_lazy("Plan"),
    "plan_x": gettext_lazy("Place on the plan, across"),
    "plan_y": gettext_lazy("Place on the plan, down"),
    "name": gettext_lazy("Name"),
    "sha256": gettext_lazy("Checksum"),
}
"""What entries call records that a device hangs on, and what is no field of it."""
CONFIGURATION_LABELS: Mapping[str, Any] = {
    "from": gettext_lazy("In force from"),
    "label": gettext_lazy("What it is"),
    "unit": gettext_lazy("Unit of measure"),
    "baseline": gettext_lazy("Baseline"),
    "on": gettext_lazy("As on"),
    "parameters": gettext_lazy("Number of parameters"),
}
ICONS = {"create": "plus", "config_reveal": "eye", "config_withdraw": "trash", "baseline_mark": "flag"}
QUIET = ("of", "item", "secret", "emergency", "updated_at", "version", "status_since", "short_code")
"""What an entry holds for machines, or the title says already."""


def verb_words(entry: AuditEntry) -> str:
    """What was done, in the reader's language, and to which part of the device."""
    usual = _("Status changed") if "status" in entry.before and "status" in entry.after else _("Edited")
    done = str(VERBS.get(entry.verb, usual))
    part = entry.after.get("of", "") or entry.before.get("of", "")
    if isinstance(part, str) and ":" in part:
        name = str(entry.after.get("name") or entry.before.get("name") or "")
        return _("%(done)s: %(what)s") % {"done": done, "what": f"{_model_words(part)} {name}".strip()}
    item = entry.after.get("item") or entry.before.get("item")
    if isinstance(item, Mapping):
        return _("%(done)s: %(what)s") % {"done": done, "what": str(item.get("label", ""))}
    return done


def _model_words(part: str) -> str:
    try:
        model = apps.get_model("devices", part.split(":", 1)[0])
    except LookupError:
        return ""
    return capfirst(str(model._meta.verbose_name))


def actor_words(entry: AuditEntry) -> str:
    """Who did it; the house itself is named in the reader's language."""
    return _("System") if entry.actor_label == SYSTEM else entry.actor_label


def source_words(source: str) -> str:
    """Through which door, in words; nothing for a page, which is the usual one."""
    return "" if source == Source.PAGE else str(dict(Source.choices).get(source, source))


class FieldNames:
    """What the own fields of the categories are called; read once, when the first is asked for."""

    def __init__(self, hall_id: int) -> None:
        self._hall_id = hall_id
        self._labels: dict[tuple[int, str], str] | None = None

    def label(self, category_id: int, key: str) -> str:
        """What a category's own field is called; its key when it is gone."""
        if self._labels is None:
            rows = CategoryField.objects.filter(category__hall_id=self._hall_id)
            self._labels = {(row.category_id, row.key): row.label for row in rows}
        return self._labels.get((category_id, key), key)


class Words:
    """Turns the fields of one kind of record into words."""

    def __init__(self, names: FieldNames, category_id: int, model: type[models.Model] = Device) -> None:
        self.names, self.category_id, self.model = names, category_id, model

    def of(self, model: type[models.Model]) -> "Words":
        """The same for another kind of record."""
        return Words(self.names, self.category_id, model)

    def label(self, name: str) -> str:
        """What a field is called."""
        field = _field(self.model, name)
        if field is not None:
            return (
                capfirst(str(field.verbose_name))
                if field.verbose_name != field.name.replace("_", " ")
                else self._named(name)
            )
        return self._named(name)

    def _named(self, name: str) -> str:
        return str(LABELS.get(name, name))

    def value(self, name: str, value: Any) -> str:
        """What a value is called: choices, places and vendors by their labels, instants in local time."""
        field = _field(self.model, name)
        if field is not None and field.choices and isinstance(value, str) and value:
            return str(dict(field.flatchoices).get(value, value))
        return value_words(value)

    def lines(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Delta, ...]:
        """What changed, field by field; the category's own fields one by one."""
        found: list[Delta] = []
        for name in [*after, *(one for one in before if one not in after)]:
            if name in QUIET or (name == "name" and "of" in after and name not in before):
                continue
            old, new = before.get(name), after.get(name)
            if name == "extra" and isinstance(old or {}, Mapping) and isinstance(new or {}, Mapping):
                found += self._extra_lines(old or {}, new or {})
            elif not same_value(old, new) or (old in (None, "") and new not in (None, "")):
                found.append(Delta(self.label(name), self._shown(name, old), self._shown(name, new)))
        return tuple(found)

    def _shown(self, name: str, value: Any) -> str:
        return "" if value is None or value == "" else self.value(name, value)

    def _extra_lines(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Delta]:
        return [
            Delta(self.extra_label(key), self.extra_value(old.get(key)), self.extra_value(new.get(key)))
            for key in sorted({*old, *new})
            if not same_value(old.get(key), new.get(key))
        ]

    def extra_label(self, key: str) -> str:
        """What a category's own field is called."""
        return self.names.label(self.category_id, key)

    def extra_value(self, value: Any) -> str:
        """A value of a category's own field."""
        return "" if value is None or value == "" else value_words(value)


def words_of(device: Device) -> Words:
    """The words for one device."""
    return Words(FieldNames(device.hall_id), device.category_id)


def _field(model: type[models.Model], name: str) -> Any:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if hasattr(field, "verbose_name") else None


def value_words(value: Any) -> str:
    """A value as an entry of the history holds it, in words."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, datetime | date):
        return when(value)
    if isinstance(value, Mapping):
        if "label" in value:
            return str(value["label"])
        return "；".join(f"{key}: {value_words(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "、".join(value_words(item) for item in value)
    return _instant_words(str(value))


def _instant_words(text: str) -> str:
    """A day or an instant in ISO 8601 as tables show it; any other text as it is."""
    if not (len(text) >= 10 and text[4:5] == "-" and text[7:8] == "-"):
        return text
    try:
        if len(text) == 10:
            day = parse_date(text)
            return when(day) if day is not None else text
        instant = parse_datetime(text)
    except ValueError:
        return text
    return when(instant) if instant is not None and instant.tzinfo is not None else text


@cache
def _words_of(part: str) -> type[models.Model]:
    try:
        return apps.get_model("devices", part)
    except LookupError:
        return Device


def happening_of(entry: AuditEntry, words: Words) -> Happening:
    """An entry of a device's history as one line of its life."""
    part = str(entry.after.get("of", "") or entry.before.get("of", ""))
    if ":" in part:
        words = words.of(_words_of(part.split(":", 1)[0]))
    is_configuration = entry.verb in CONFIGURATION_VERBS
    lines = configuration_lines(entry) if is_configuration else words.lines(entry.before, entry.after)
    order = entry.after.get("order")
    urgent = bool(entry.after.get("emergency"))
    return Happening(
        at=entry.at,
        key=str(entry.pk),
        title=verb_words(entry),
        actor=actor_words(entry),
        icon=ICONS.get(entry.verb, "settings" if is_configuration else "pencil"),
        text=" · ".join(
            part
            for part in (
                _("Emergency, without a change order") if urgent else "",
                str(order.get("label", "")) if isinstance(order, Mapping) else "",
            )
            if part
        ),
        url=_order_url(order),
        source=source_words(entry.source),
        reason=entry.reason,
        lines=lines,
        batch=entry.batch,
        tone="warn" if urgent else "",
    )


def _order_url(order: Any) -> str:
    label = str(order.get("label", "")) if isinstance(order, Mapping) else ""
    return reverse("devices:order", args=[label.split(" ", 1)[0]]) if label else ""


def configuration_lines(entry: AuditEntry) -> tuple[Delta, ...]:
    """What a change of the configuration changed; of a secret only that it did."""
    before, after = entry.before, entry.after
    if after.get("secret") or before.get("secret"):
        if entry.verb == "config_reveal":
            return ()
        return (Delta(_("Value"), MASK if before.get("secret") else "", "" if after.get("withdrawn") else MASK),)
    found = []
    if before.get("value") != after.get("value"):
        found.append(Delta(_("Value"), str(before.get("value", "")), str(after.get("value", ""))))
    found += [
        Delta(str(said), "", value_words(after[name])) for name, said in CONFIGURATION_LABELS.items() if name in after
    ]
    return tuple(found)


def entry_cells(entry: AuditEntry, words: Words) -> tuple[str, str, str]:
    """Fields, before and after of an entry as three cells of a table, one line a field."""
    rows = happening_of(entry, words).lines
    return (
        "\n".join(row.label for row in rows),
        "\n".join(row.before or NOTHING for row in rows),
        "\n".join(row.after or NOTHING for row in rows),
    )


# Change orders --------------------------------------------------------------------------------------------------------


def order_steps(order: ChangeOrder) -> list[dict[str, Any]]:
    """How far an order has come, for components/steps.html."""
    done_at = {
        ChangeStatus.DRAFTED: order.requested_at,
        ChangeStatus.SUBMITTED: order.submitted_at,
        ChangeStatus.APPROVED: order.decided_at,
        ChangeStatus.IN_PROGRESS: order.started_at,
        ChangeStatus.DONE: order.finished_at,
    }
    labels = {
        ChangeStatus.DRAFTED: _("Drafted"),
        ChangeStatus.SUBMITTED: _("Submitted"),
        ChangeStatus.APPROVED: _("Approved"),
        ChangeStatus.IN_PROGRESS: _("Begun"),
        ChangeStatus.DONE: _("Order closed"),
    }
    course = list(labels)
    stopped = order.status in (ChangeStatus.REFUSED, ChangeStatus.CANCELLED)
    reached = -1 if stopped else course.index(ChangeStatus(order.status))
    if order.status == ChangeStatus.REFUSED:
        labels[ChangeStatus.APPROVED] = _("Refused")
        reached = 2
    steps = []
    for index, status in enumerate(course):
        at = done_at[status]
        if order.status == ChangeStatus.CANCELLED:
            state = "done" if at is not None else "skipped"
        elif order.status == ChangeStatus.DRAFTED and index == 0:
            state, at = "current", order.requested_at
        else:
            state = "done" if index <= reached else ("current" if index == reached + 1 and not stopped else "todo")
        steps.append({"label": labels[status], "state": state, "at": at if state in ("done", "current") else None})
    return steps


def order_differences(order: ChangeOrder) -> list[dict[str, Any]]:
    """What an order changed on each of its devices, from its two snapshots; empty before it is closed."""
    if not order.before or order.status != ChangeStatus.DONE:
        return []
    found = []
    for pk, was in order.before.items():
        now = order.after.get(pk, {})
        rows = []
        if was.get("place") != now.get("place"):
            rows.append(Delta(_("Place"), str(was.get("place", "")), str(now.get("place", ""))))
        if was.get("addresses") != now.get("addresses"):
            rows.append(
                Delta(_("IP address"), "、".join(was.get("addresses", [])), "、".join(now.get("addresses", [])))
            )
        one = {key: Value(**value) for key, value in was.get("items", {}).items()}
        other = {key: Value(**value) for key, value in now.get("items", {}).items()}
        rows += [
            Delta(line.key, line.one.shown if line.one else NOTHING, line.other.shown if line.other else NOTHING)
            for line in compared(one, other)
            if line.state != "same"
        ]
        found.append({"device": was.get("device", ""), "rows": rows})
    return found
