"""What people type about the calendar, the parameters and the national arrangement. Services decide whether it holds."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.present import in_language
from contract.rules import DayKind
from contract.rules.terms import TermDefault, TermType

WEEKDAYS = [
    ("0", gettext_lazy("Monday")),
    ("1", gettext_lazy("Tuesday")),
    ("2", gettext_lazy("Wednesday")),
    ("3", gettext_lazy("Thursday")),
    ("4", gettext_lazy("Friday")),
    ("5", gettext_lazy("Saturday")),
    ("6", gettext_lazy("Sunday")),
]
PLANS = [
    ("working", gettext_lazy("Working day")),
    ("half", gettext_lazy("Half day, other hours")),
    ("off", gettext_lazy("Day off")),
    ("closed", gettext_lazy("Closed")),
    ("saturday", gettext_lazy("Extended Saturday")),
    ("event", gettext_lazy("Major event")),
    ("rule", gettext_lazy("As the rule says")),
]
KIND_OF_PLAN: dict[str, DayKind | None] = {
    "working": DayKind.WORKDAY,
    "half": DayKind.WORKDAY,
    "off": DayKind.WEEKEND,
    "closed": DayKind.CLOSURE,
    "saturday": DayKind.EXTENDED_SATURDAY,
    "event": DayKind.MAJOR_EVENT,
    "rule": None,
}
SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|–|—|~|～|至|到)\s*(\d{1,2})[:：](\d{2})")
BETWEEN = re.compile(r"[\s,，、;；]*")
MOST_BYTES = 64 * 1024


def read_windows(text: str) -> list[tuple[str, str]]:
    """Pairs of times from "08:30-12:00, 13:00-18:00" as people write it. Raises ValidationError."""
    pairs = []
    for match in SPAN.finditer(text):
        hours = [int(number) for number in match.groups()]
        start, end = (hours[0], hours[1]), (hours[2], hours[3])
        if start[1] > 59 or end[1] > 59 or not start < end <= (24, 0):
            raise ValidationError(_("“%(span)s” is no span of a day: it ends before it begins.") % {"span": match[0]})
        pairs.append((f"{start[0]:02d}:{start[1]:02d}", f"{end[0]:02d}:{end[1]:02d}"))
    if not BETWEEN.fullmatch(SPAN.sub("", text)):
        raise ValidationError(_("Please write hours like 08:30-12:00, several with a comma between them."))
    return pairs


class WindowsField(forms.CharField):
    """Hours of service typed as text, as pairs of times."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=120, **kwargs)

    def to_python(self, value: Any) -> Any:
        """The pairs; an empty list when nothing was typed."""
        return read_windows(super().to_python(value) or "")


def day_field(**kwargs: Any) -> forms.DateField:
    """A date, picked with the browser's own control; the years that calendars are shown for."""
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


def reason_field(**kwargs: Any) -> forms.CharField:
    """Why; it stands in the history for good."""
    return forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}), **kwargs
    )


class _InYears(forms.Form):
    """Dates lie in the years that the calendar shows."""

    def _check_year(self, name: str) -> None:
        date = self.cleaned_data.get(name)
        if date is not None and not 2000 <= date.year <= 2099:
            self.add_error(name, _("Please give a day between 2000 and 2099."))


class EditForm(_InYears):
    """What one day or a range is to be."""

    first = day_field(label=gettext_lazy("From"))
    last = day_field(label=gettext_lazy("To"), required=False, help_text=gettext_lazy("Left empty: that one day only."))
    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Only on"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: every day of the range."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Is to be"),
        choices=PLANS,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Day off: no service, as on a weekend; on a Saturday without extended service. Closed: the hall stays shut. "
            "As the rule says: the local setting is taken away."
        ),
    )
    windows = WindowsField(
        label=gettext_lazy("Hours of service"),
        required=False,
        help_text=gettext_lazy("For example 08:30-12:00. Left empty: the hours that such a day has anyway."),
    )
    reason = reason_field(help_text=gettext_lazy("For example the client's notice. It is shown with the day."))

    def clean(self) -> dict[str, Any]:
        """Other hours need hours, days without service have none; a missing last day is the first."""
        data = super().clean() or {}
        if not data.get("last"):
            data["last"] = data.get("first")
        for name in ("first", "last"):
            self._check_year(name)
        plan, windows = data.get("kind"), data.get("windows")
        if plan == "half" and not windows and "windows" not in self.errors:
            self.add_error("windows", _("Please give the hours of that day."))
        if plan in ("off", "closed", "rule") and windows:
            self.add_error("windows", _("Such a day has no hours of its own; please leave them empty."))
        return data

    def edit(self) -> dict[str, Any]:
        """The arguments of `calendar_edit`."""
        data = self.cleaned_data
        return {
            "first": data["first"],
            "last": data["last"],
            "weekdays": {int(day) for day in data["weekdays"]} or set(range(7)),
            "kind": KIND_OF_PLAN[data["kind"]],
            "windows": data["windows"] or None,
            "reason": data["reason"],
        }


class WeekForm(_InYears):
    """The ordinary week."""

    weekdays = forms.MultipleChoiceField(
        label=gettext_lazy("Working days"), choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple
    )
    windows = WindowsField(
        label=gettext_lazy("Hours of service"),
        help_text=gettext_lazy("For example 08:30-18:00; the same on every one."),
    )
    extended_saturday = WindowsField(
        label=gettext_lazy("Extended Saturday"),
        required=False,
        help_text=gettext_lazy("For example 09:00-13:00. Left empty: no extended service on Saturdays."),
    )
    valid_from = day_field(
        label=gettext_lazy("In force from"), help_text=gettext_lazy("Days before it keep the hours they had.")
    )
    reason = reason_field()

    def clean(self) -> dict[str, Any]:
        """An extended Saturday has one span."""
        data = super().clean() or {}
        self._check_year("valid_from")
        if len(data.get("extended_saturday") or []) > 1:
            self.add_error("extended_saturday", _("Please give one span."))
        return data

    def week(self) -> dict[str, Any]:
        """The arguments of `calendar_edit_week`."""
        data = self.cleaned_data
        return {
            "weekdays": {int(day) for day in data["weekdays"]},
            "windows": data["windows"],
            "extended_saturday": data["extended_saturday"][0] if data["extended_saturday"] else None,
            "valid_from": data["valid_from"],
            "reason": data["reason"],
        }


class PublishForm(forms.Form):
    """Publishing: what was seen, and why."""

    base_seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    version_seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    reason = reason_field(help_text=gettext_lazy("Stands in the history, and with everything that is amended."))


class UndoForm(forms.Form):
    """Which change leaves the draft; no date means the week."""

    date = forms.DateField(required=False)


class DiscardForm(forms.Form):
    """The draft as it was seen."""

    version_seen = forms.IntegerField(min_value=0)


class UploadForm(forms.Form):
    """A table of the arrangement as a file."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"), widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"})
    )

    def clean_file(self) -> str:
        """The text of the file: UTF-8, or what Chinese spreadsheets save (GB 18030)."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("The file is too large for a holiday arrangement (at most 64 KB)."))
        content: bytes = file.read()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise ValidationError(_("The file cannot be read as text."))


class TypedForm(forms.Form):
    """A year's arrangement typed by hand."""

    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=2000, max_value=2099)
    notice = forms.CharField(label=gettext_lazy("Number of the notice"), max_length=80)
    rows = forms.CharField(
        label=gettext_lazy("Days"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "cal-rows"}),
        help_text=gettext_lazy(
            "One day a line: date, holiday or makeup (休 or 班), name. For example 2027-01-01, 休, 元旦"
        ),
    )

    def table(self) -> str:
        """The same as a table with one line for each line typed, so that line numbers stay."""
        words = {"休": "holiday", "放假": "holiday", "班": "makeup", "上班": "makeup", "调休": "makeup"}
        lines = ["year,date,kind,name,notice"]
        for line in self.cleaned_data["rows"].splitlines():
            cells = [cell for cell in re.split(r"[\s,，、]+", line.replace('"', " ").strip()) if cell]
            if not cells:
                lines.append("")
                continue
            if len(cells) > 1:
                cells[1] = words.get(cells[1], cells[1])
            notice = self.cleaned_data["notice"].replace('"', "")
            lines.append(",".join([str(self.cleaned_data["year"]), *cells, f'"{notice}"']))
        return "\n".join(lines)


class TakeForm(forms.Form):
    """The table that was looked at."""

    table = forms.CharField(max_length=MOST_BYTES, widget=forms.HiddenInput, strip=False)


class TermForm(forms.Form):
    """A new version of a parameter; the value's field follows from its type."""

    effective_from = day_field(label=gettext_lazy("In force from"))
    reason = reason_field(help_text=gettext_lazy("For example the supplementary agreement, and who agreed to it."))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("value", "effective_from", "reason", "seen")

    def __init__(self, *args: Any, default: TermDefault, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = value_field(default)
        self.order_fields(self.field_order)


def value_field(default: TermDefault) -> forms.Field:
    """The field for a parameter's value; its cleaned value is what `term_set` takes."""
    kind = TermType(default.type)
    label = gettext_lazy("Value")
    if kind is TermType.BOOL:
        return forms.TypedChoiceField(
            label=label,
            choices=[("1", gettext_lazy("yes")), ("0", gettext_lazy("no"))],
            coerce=lambda value: value == "1",
            widget=forms.RadioSelect,
        )
    if kind is TermType.WINDOW:
        return _OneWindow(label=label)
    if kind is TermType.CHOICE:
        choices = [(value, in_language(words)) for value, words in default.choices.items()]
        return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect)
    lowest = 0 if default.minimum is None else default.minimum
    return forms.IntegerField(label=label, min_value=lowest, max_value=default.maximum)


class _OneWindow(WindowsField):
    """One span of a day as a pair of times."""

    def to_python(self, value: Any) -> Any:
        pairs = super().to_python(value)
        if len(pairs) > 1:
            raise ValidationError(_("Please give one span."))
        return list(pairs[0]) if pairs else []


def value_initial(default: TermDefault, value: Any) -> Any:
    """A value as its field shows it."""
    kind = TermType(default.type)
    if kind is TermType.BOOL:
        return "1" if value else "0"
    return "-".join(value) if kind is TermType.WINDOW else value


def today_or(text: str | None, fallback: dt.date) -> dt.date:
    """A date from the query string, else the fallback; nobody is told off for a mistyped address."""
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return fallback
