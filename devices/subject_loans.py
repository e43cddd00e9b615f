"""How the lower apps reach a loan: label, address, who sees and signs it, what is signed."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from core.roles import CLERK, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from core.subjects import Subject
from devices import canonical_loans
from devices.finds.spares import loans_visible_to
from devices.models import Loan
from devices.services.loans import loan_signed
from devices.services.papers import paper_told
from devices.states import LoanStatus
from parties.models import Contract
from parties.querysets import memberships_of
from records.models import Purpose

KEY = "loan"
OURS = (Purpose.LEND.value, Purpose.TAKE_BACK.value)
"""Signed with our own accounts only."""
WHEN_OUT = (Purpose.LEND.value, Purpose.BORROW.value)
EVER_OUT = (LoanStatus.OUT.value, LoanStatus.RETURNED.value, LoanStatus.LOST.value)
BACK = (LoanStatus.RETURNED.value, LoanStatus.LOST.value)


def may_sign_now(loan: Loan, purpose: str) -> bool:
    """Whether the slip's state asks for that signature; one that was forgotten can be given later, with its true instant."""
    return loan.status in (EVER_OUT if purpose in WHEN_OUT else BACK)


def can_sign(user: Any, loan: Loan, purpose: str) -> bool:
    """Ours: who handed out or took back, or the manager. Theirs: the borrower, the unit's clerks, the client's supervisor."""
    if not may_sign_now(loan, purpose):
        return False
    here = memberships_of(user).filter(contract__hall=loan.contract.hall_id)
    if purpose in OURS:
        person = loan.lender_id if purpose == Purpose.LEND else loan.taker_id
        roles = set(here.filter(role__in=STAFF_ROLES).values_list("role", flat=True))
        return bool(roles) and (user.pk == person or MANAGER in roles)
    for role, unit in here.values_list("role", "unit_id"):
        if user.pk == loan.borrower_id and role in (CLERK, SUPERVISOR, LEADER):
            return True
        if role == SUPERVISOR or (role == CLERK and unit == loan.borrower_unit_id):
            return True
    return False


def can_ask(user: Any, loan: Loan, purpose: str) -> bool:
    """Any engineer of the hall may hand over the phone or issue a link, for the borrower's side only."""
    if purpose in OURS or not may_sign_now(loan, purpose):
        return False
    return memberships_of(user).filter(contract__hall=loan.contract.hall_id, role__in=STAFF_ROLES).exists()


def label(loan: Loan) -> str:
    """What messages call a loan: number, thing and borrower."""
    return " · ".join(
        part for part in (f"{loan.code} {loan.frozen_names.get('thing', '')}".strip(), loan.borrower_name) if part
    )


def summary(loan: Loan, language: str) -> dict[str, Any]:
    """What the signing page shows before the full text."""
    names = loan.frozen_names
    with translation.override(language):
        facts = [
            (_("Lent"), names.get("thing", "")),
            (_("Quantity"), f"{loan.quantity} {names.get('counted_in', '')}"),
            (_("Accessories"), loan.accessories),
            (_("Condition when handed out"), loan.condition_out),
            (_("Due back on"), f"{loan.due_on:%Y-%m-%d}"),
            (_("How it came back"), loan.get_outcome_display() if loan.outcome else ""),
            (_("Condition when given back"), loan.condition_back),
            (_("What is missing or damaged"), loan.missing),
        ]
        return {
            "title": names.get("thing", ""),
            "code": loan.code,
            "facts": [(name, value) for name, value in facts if value],
            "signer_name": loan.returner_name or loan.borrower_name,
            "signer_unit": names.get("unit", ""),
        }


def within(rows: QuerySet[Loan], contract: Contract) -> QuerySet[Loan]:
    """Loans of the hall, whichever contract they began under."""
    return rows.filter(contract__hall=contract.hall_id)


def url_of(loan: Loan) -> str:
    """The loan's page."""
    return reverse("devices:loan", args=[loan.code])


SUBJECT = Subject(
    key=KEY,
    model=Loan,
    label=label,
    url=url_of,
    visible_to=loans_visible_to,
    canonical={
        Purpose.LEND.value: canonical_loans.lend_text,
        Purpose.BORROW.value: canonical_loans.borrow_text,
        Purpose.GIVE_BACK.value: canonical_loans.give_back_text,
        Purpose.TAKE_BACK.value: canonical_loans.take_back_text,
    },
    signed_version=lambda loan: int(loan.content_version),
    on_signed=loan_signed,
    on_paper=paper_told(url_of),
    person=lambda loan: loan.borrower_id,
    can_sign=can_sign,
    can_ask=can_ask,
    summary=summary,
    within=within,
)
