"""One-time links by which a person sets a password of their own; only a hash of each is stored."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from parties.models.user import User


class AccountLink(models.Model):
    """An invitation to a new account, or the way back into an old one; used once, and dead when the password changes."""

    class Purpose(models.TextChoices):
        """What a link is for, which decides how long it lives."""

        INVITE = "invite", _("Invitation")
        RESET = "reset", _("Password reset")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="account_links")
    purpose = models.CharField(max_length=10, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True)
    password_mark = models.CharField(max_length=64)
    """Keyed hash of the password's hash at issue: another one now means that the password was changed since."""
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-issued_at"], name="account_link_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.purpose}"
