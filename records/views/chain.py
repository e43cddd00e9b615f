"""/records/chain/: whether the history is whole, as far as it is anchored, and the last check of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock
from core.access import POST, allow
from core.errors import Conflict
from core.http import Request
from records.chain import SYSTEM_CHAIN, chain_of
from records.models import Verification
from records.permissions import CHAIN_ROLES
from records.present_chain import COUNTED_WORDS, finding_words
from records.services import anchors
from records.services.chain import head_of
from records.services.verification import OPEN, latest_of, verification_ask


@allow(*CHAIN_ROLES)
def chain(request: Request) -> HttpResponse:
    """The two chains that concern the contract, their anchors, and the newest check."""
    run = latest_of(request.contract)
    findings = _findings(run, request.contract.pk)
    chains = ((chain_of(request.contract.pk), _("This contract")), (SYSTEM_CHAIN, _("The system's own")))
    context = {
        "chains": [_row(number, label) for number, label in chains],
        "run": run,
        "is_open": run is not None and run.state in OPEN,
        "counts": [(COUNTED_WORDS[name], count) for name, count in run.counts.items() if name in COUNTED_WORDS]
        if run
        else [],
        "findings": [finding_words(row) for row in findings],
        "found": run.counts.get("found", 0) if run else 0,
        "elsewhere": run is not None and len(findings) < len(run.findings),
    }
    return render(request, "records/chain.html", context)


@allow(*CHAIN_ROLES, methods=POST)
def chain_verify(request: Request) -> HttpResponse:
    """Ask for a check; the worker does it."""
    try:
        verification_ask(contract=request.contract, actor=request.user, at=clock.now())
    except Conflict as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The check begins within half a minute; its result will stand here."))
    return redirect("records:chain")


def _findings(run: Verification | None, contract_id: int) -> list[dict[str, Any]]:
    """What a check found of this contract and of what belongs to none: another contract's records are not named here."""
    if run is None:
        return []
    return [row for row in run.findings if row.get("contract", row["chain"] or None) in (None, contract_id)]


def _row(number: int, label: str) -> dict[str, Any]:
    head, anchored = head_of(number), anchors.last_of(number)
    return {
        "label": label,
        "head": head,
        "anchored": anchored[0] if anchored else None,
        "anchored_at": anchored[1] if anchored else None,
        "behind": max(0, head.seq - (anchored[0].seq if anchored else 0)) if head else 0,
    }
