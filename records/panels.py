"""What the history adds to the pages of lower apps."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.http import Request
from core.panels import Panel
from parties.models import User
from parties.querysets import people_scope
from records.models import AuditEntry
from records.services.personal import GONE

SHOWN = 50
VERBS = {
    "account_link_issue": _("One-time link made"),
    "account_link_revoke": _("One-time link taken back"),
    "account_link_use": _("Password set by one-time link"),
    "login": _("Signed in"),
    "login_failed": _("Sign-in failed"),
    "logout": _("Signed out"),
    "membership_end": _("Access ended"),
    "membership_give": _("Access given or changed"),
    "password_change": _("Password changed"),
    "pin_change": _("PIN changed"),
    "pin_set": _("PIN set"),
    "profile_change": _("Own data changed"),
    "session_end": _("Session ended"),
    "anonymise": _("Anonymised"),
    "user_create": _("Account made"),
    "user_deactivate": _("Account deactivated"),
    "user_edit": _("Data corrected"),
    "user_reactivate": _("Account activated again"),
    "user_reveal": _("Telephone and e-mail shown in full"),
    "user_unlock": _("Lock of failed sign-ins lifted"),
}
"""What happened to an account, in words; a verb without a word is shown as it is."""


def account_history(request: Request, person: User) -> Panel:
    """The newest entries about an account and its memberships, for whoever administers it."""
    contracts = people_scope(request.user, request.contract)
    mine = Q(contract=None) | Q(contract_id__in=contracts)
    ids = list(person.memberships.values_list("pk", flat=True))
    about = Q(subject_type="user", subject_id=person.pk) | Q(subject_type="membership", subject_id__in=ids)
    rows = AuditEntry.objects.filter(mine, about).order_by("-at", "-id")[:SHOWN]
    entries = [
        {
            "at": row.at,
            "title": VERBS.get(row.verb, row.verb),
            "actor": "" if row.actor_id == person.pk or row.actor_id is None else row.actor_label,
            "text": " · ".join(part for part in (row.reason, row.ip) if part),
        }
        for row in rows
    ]
    return Panel("records/_account_history.html", {"entries": entries, "shown": SHOWN}, position=90)


def anonymising(request: Request, person: User) -> Panel | None:
    """The way to make the person behind a deactivated account unknown."""
    if person.is_active or person.name == GONE or person.pk == request.user.pk:
        return None
    return Panel("records/_anonymise.html", {"person": person}, position=95)
