"""People: accounts, and what each may be in which contract."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import roles


class User(AbstractUser):
    """An account. Never deleted, only deactivated; what a person may do comes from memberships alone."""

    first_name = last_name = None  # type: ignore[assignment]
    name = models.CharField(_("Full name"), max_length=40)
    phone = models.CharField(_("Phone"), max_length=20, blank=True)
    language = models.CharField(_("Language"), max_length=10, default="zh-hans")
    sound_on = models.BooleanField(_("Sound"), default=True)
    pin_hash = models.CharField(max_length=128, blank=True)
    """Hash of the PIN that ends hand-over mode on this person's phone; set by its owner."""
    must_change_password = models.BooleanField(default=False)
    password_expires_at = models.DateTimeField(null=True, blank=True)
    """When an initial password that was never changed stops working; empty for one that its owner has chosen."""

    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The person's name, for Django's own texts."""
        return self.name


class Role(models.TextChoices):
    """What a person may be in a contract. Posts (opening, closing …) stand in the roster and are no roles."""

    CLERK = roles.CLERK, _("Window clerk")
    SUPERVISOR = roles.SUPERVISOR, _("Client supervisor")
    LEADER = roles.LEADER, _("Client leader")
    ENGINEER = roles.ENGINEER, _("Engineer")
    MANAGER = roles.MANAGER, _("Project manager")
    AUDITOR = roles.AUDITOR, _("Auditor")
    ADMIN = roles.ADMIN, _("Administrator")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def valid_on(self, day: date) -> "MembershipQuerySet":
        """Active memberships of active users whose dates, where given, include the day."""
        return self.filter(
            models.Q(valid_from=None) | models.Q(valid_from__lte=day),
            models.Q(valid_to=None) | models.Q(valid_to__gte=day),
            is_active=True,
            user__is_active=True,
        )


class Membership(models.Model):
    """user × contract × role × unit, with dates where the access is limited in time (auditors)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("Role"), max_length=12, choices=Role)
    unit = models.ForeignKey(
        "parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    title = models.CharField(_("Position"), max_length=40, blank=True)
    valid_from = models.DateField(_("Valid from"), null=True, blank=True)
    valid_to = models.DateField(_("Valid to"), null=True, blank=True)
    is_active = models.BooleanField(default=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "contract"], name="membership_once"),
            models.CheckConstraint(
                condition=~models.Q(role=roles.CLERK) | models.Q(unit__isnull=False), name="membership_clerk_has_unit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.contract} · {self.role}"
