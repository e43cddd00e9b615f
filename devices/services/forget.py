"""Clears what the register says about a person who is anonymised: on cards, loan slips, lists and requests that nobody signed."""

from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet

from core.forgetting import GONE
from devices.models import AccessCard, HandoverList, LinkageTest, Loan, Registration, RightsLine
from records.models import Signature
from records.services.personal import ACCOUNT


def person_forget(kind: str, pk: int) -> int:
    """Clear the holder of cards, the borrower of loans, an applicant, and the people named by a list or a test; returns how many.

    An account is cleared wherever it is the holder or the borrower, somebody without one in the one record that is given. What was
    signed keeps what its text says. Names that are typed without saying whose they are (custodian, user of an address or of an
    extension) are changed on their own pages.
    """
    cards = AccessCard.objects.filter(holder=pk) if kind == ACCOUNT else _one(AccessCard, "access_card", kind, pk)
    loans = Loan.objects.filter(borrower=pk) if kind == ACCOUNT else _one(Loan, "loan", kind, pk)
    held = list(cards.exclude(holder_name=GONE).values_list("pk", flat=True))
    count = AccessCard.objects.filter(pk__in=held).update(holder_name=GONE)
    _not_signed(RightsLine.objects.filter(card__in=held), "rights_check", "check_of").update(holder_name=GONE)
    lent = list(_not_signed(loans.exclude(borrower_name=GONE), "loan").values_list("pk", flat=True))
    count += Loan.objects.filter(pk__in=lent).update(borrower_name=GONE, borrower_phone="")
    Loan.objects.filter(pk__in=lent).exclude(returner_name="").update(returner_name=GONE)
    if kind == "registration":
        count += Registration.objects.filter(pk=pk).exclude(applicant=GONE).update(applicant=GONE)
    elif kind == "handover_list":
        rows = _not_signed(HandoverList.objects.filter(pk=pk).exclude(from_name=GONE), kind)
        count += rows.update(from_name=GONE, to_name=GONE)
    elif kind == "linkage_test":
        rows = _not_signed(LinkageTest.objects.filter(pk=pk).exclude(ours=GONE), kind)
        count += rows.update(ours=GONE, fire_vendor=GONE, client_people=GONE)
    return count


def _one(model: type[Model], key: str, kind: str, pk: int) -> QuerySet[Any]:
    rows = model._default_manager.all()
    return rows.filter(pk=pk) if kind == key else rows.none()


def _not_signed(rows: QuerySet[Any], key: str, path: str = "pk") -> QuerySet[Any]:
    """Without those under which somebody signed: a signature over a text that is gone proves nothing."""
    return rows.exclude(Exists(Signature.objects.filter(subject_type=key, subject_id=OuterRef(path))))
