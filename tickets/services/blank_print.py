"""Verb `print` of blank sheets: each bears a number of its own, so that the paper can be matched with what is entered later."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import clock
from core.models import Counter, next_number
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write
from tickets import rules_outage
from tickets.models import BlankSheets
from tickets.permissions import can_enter_late
from tickets.services import common
from tickets.states import BlankKind


@transaction.atomic
def blank_print(
    *, contract: Contract, actor: User, at: datetime, kind: str, count: int, source: str = Source.PAGE
) -> BlankSheets:
    """Give the next `count` numbers to blank sheets of a kind. Raises NotAllowed or Invalid."""
    common.require(can_enter_late(actor, contract), _("Only an engineer or the project manager prints blank sheets."))
    common.check_input(
        {
            "kind": common.chosen(kind, BlankKind),
            "count": ""
            if 1 <= count <= rules_outage.MOST_SHEETS
            else _("Between 1 and %(most)s sheets at once.") % {"most": rules_outage.MOST_SHEETS},
        }
    )
    year = at.astimezone(clock.SHANGHAI).year
    series = rules_outage.series("KB" if kind == BlankKind.ORDER else "KD", contract.number_tag, str(year))
    first = next_number(series)
    if count > 1:
        Counter.objects.filter(key=series).update(value=F("value") + (count - 1))
    row = BlankSheets.objects.create(
        contract=contract,
        kind=kind,
        series=series,
        first=first,
        last=first + count - 1,
        printed_by=actor,
        printed_at=at,
    )
    audit_write(
        contract=contract,
        subject=row,
        verb="blank_print",
        actor=actor,
        at=at,
        source=source,
        after={"kind": kind, "series": series, "first": row.first, "last": row.last},
        visibility=Visibility.INTERNAL,
    )
    return row
