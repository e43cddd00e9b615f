"""How the lower apps reach the four kinds of checks: label, address, who sees and signs them, what is signed."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core.subjects import Subject
from devices import canonical_checks
from devices.finds.checks import (
    handovers_visible_to,
    linkage_tests_visible_to,
    rights_checks_visible_to,
    stocktakes_visible_to,
)
from devices.models import HandoverList, LinkageTest, RightsCheck, SignedCheck, Stocktake
from devices.rules_access import rate_percent
from devices.services.papers import paper_told
from devices.services.signed_checks import can_ask, can_sign, check_signed
from parties.models import Contract
from records.models import Purpose


def _within(rows: QuerySet[Any], contract: Contract) -> QuerySet[Any]:
    """Those of the hall, whichever contract they began under."""
    return rows.filter(contract__hall=contract.hall_id)


def title_of(check: SignedCheck) -> str:
    """What a check is about, in a few words."""
    if isinstance(check, RightsCheck):
        return _("Check of access rights %(quarter)s") % {"quarter": check.quarter}
    if isinstance(check, Stocktake):
        return f"{_('Stocktake')} {check.scope_text}"
    if isinstance(check, LinkageTest):
        return f"{_('Fire-linkage test')} {check.tested_on:%Y-%m-%d}"
    return check.title if isinstance(check, HandoverList) else check.code


def _facts(check: SignedCheck) -> list[tuple[str, str]]:
    if isinstance(check, Stocktake):
        rate = rate_percent(check.matched, check.expected, check.surplus)
        return [
            (_("On the list"), str(check.expected)),
            (_("Found here"), str(check.matched)),
            (_("Found at another place"), str(check.elsewhere)),
            (_("Not found"), str(check.missing)),
            (_("Not on the list"), str(check.surplus)),
            (_("Books and things agree"), "" if rate is None else f"{rate:.2f}%"),
        ]
    if isinstance(check, LinkageTest):
        return [
            (_("Our people"), check.ours),
            (_("Fire maintenance"), check.fire_vendor),
            (_("People of the client"), check.client_people),
            (_("Result"), check.get_result_display() if check.result else ""),
        ]
    if isinstance(check, HandoverList):
        return [(_("Handed over by"), check.from_name), (_("Taken over by"), check.to_name)]
    return []


def _summary(check: SignedCheck, language: str) -> dict[str, Any]:
    with translation.override(language):
        return {
            "title": title_of(check),
            "code": check.code,
            "facts": [(label, value) for label, value in _facts(check) if value],
            "signer_name": "",
            "signer_unit": check.contract.client.short_name,
        }


def _subject(
    key: str,
    model: type[SignedCheck],
    route: str,
    visible_to: Callable[[Any], QuerySet[Any]],
    text: Callable[[Any], str],
) -> Subject:
    def url(check: Any) -> str:
        return reverse(route, args=[check.pk])

    return Subject(
        key=key,
        model=model,
        label=lambda check: f"{check.code} {title_of(check)}",
        url=url,
        visible_to=visible_to,
        canonical={Purpose.RESULT.value: text, Purpose.CONFIRM.value: text},
        signed_version=lambda check: int(check.content_version),
        on_signed=check_signed(url),
        on_paper=paper_told(url),
        can_sign=can_sign,
        can_ask=can_ask,
        summary=_summary,
        within=_within,
    )


SUBJECTS = (
    _subject(
        "rights_check", RightsCheck, "devices:rights_check", rights_checks_visible_to, canonical_checks.rights_text
    ),
    _subject("stocktake", Stocktake, "devices:stocktake", stocktakes_visible_to, canonical_checks.stocktake_text),
    _subject("linkage_test", LinkageTest, "devices:linkage", linkage_tests_visible_to, canonical_checks.linkage_text),
    _subject("handover_list", HandoverList, "devices:handover", handovers_visible_to, canonical_checks.handover_text),
)
