"""Signatures by hand, and the one-time links by which somebody without an account signs."""

import secrets

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Purpose(models.TextChoices):
    """What is signed: acceptance and completion of a work order (五.1(2)), a loan out and back by both sides, a result of ours
    and its confirmation by the client."""

    ACCEPTANCE = "acceptance", _("Acceptance of the order")
    COMPLETION = "completion", _("Completion of the work")
    LEND = "lend", _("Handed out by us")
    BORROW = "borrow", _("Received by the borrower")
    GIVE_BACK = "give_back", _("Given back by the borrower")
    TAKE_BACK = "take_back", _("Taken back by us")
    RESULT = "result", _("Result")
    CONFIRM = "confirm", _("Confirmed by the client")


class Way(models.TextChoices):
    """How the signature was given; stored with it and shown beside it."""

    ACCOUNT = "account", _("Own account")
    LINK = "link", _("Own phone, one-time link")
    HANDOVER = "handover", _("Engineer's phone, handed over")
    PAPER = "paper", _("On paper, photographed")


class Identity(models.TextChoices):
    """By what it is known who signed."""

    ACCOUNT = "account", _("Logged in")
    WITNESS = "witness", _("Known to the witness")
    CODE = "code", _("Code told by telephone")


CODE_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No I, L, O and U: nobody has to guess what is meant."""
CODE_LENGTH = 16


def new_verify_code() -> str:
    """A code of 80 random bits under which anybody can check a printed signature."""
    return "".join(secrets.choice(CODE_SIGNS) for _sign in range(CODE_LENGTH))


class SignLink(models.Model):
    """A one-time link: its hash only; bound to record, version, purpose and signer; used by POST only.

    `also` is a second purpose that may be signed in the same sitting. With `code_hash` the holder must know a code that was told to
    `told_to` (a masked number) by telephone.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    purpose = models.CharField(max_length=12, choices=Purpose)
    also = models.CharField(max_length=12, choices=Purpose, blank=True)
    version = models.PositiveIntegerField()
    token_hash = models.CharField(max_length=64, unique=True)
    signer_name = models.CharField(max_length=40)
    signer_unit = models.CharField(max_length=80, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    told_to = models.CharField(max_length=20, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="signlink_subject")]

    def __str__(self) -> str:
        return f"{self.subject_type}:{self.subject_id} → {self.signer_name}"


class Signature(models.Model):
    """One handwritten signature under one version of one record, with everything that proves it. Never changed, never deleted.

    `canonical_text` is what the signer was shown, `canonical_sha256` its SHA-256. `seal` is made in the transaction of the
    signature (records.services.proof) with a key that the database does not hold. At most one per record, purpose and version.
    On paper there is no picture of the hand: `evidence` holds the SHA-256 of the photos and who confirmed them, `paper` the rest.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    purpose = models.CharField(max_length=12, choices=Purpose)
    version = models.PositiveIntegerField()
    way = models.CharField(max_length=10, choices=Way)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signer_name = models.CharField(max_length=40)
    signer_unit = models.CharField(max_length=80, blank=True)
    witness = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    identity = models.CharField(max_length=10, choices=Identity, default=Identity.WITNESS)
    told_to = models.CharField(max_length=20, blank=True)
    link = models.ForeignKey(SignLink, on_delete=models.PROTECT, null=True, blank=True, related_name="signatures")
    paper = models.ForeignKey(
        "records.PaperSheet", on_delete=models.PROTECT, null=True, blank=True, related_name="signatures"
    )
    paper_date = models.DateField(null=True, blank=True)
    evidence = models.JSONField(default=dict)
    verify_code = models.CharField(max_length=20, unique=True, default=new_verify_code, editable=False)
    image_png = models.BinaryField()
    strokes = models.JSONField(default=list)
    canonical_text = models.TextField()
    canonical_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    seal = models.TextField(blank=True)
    seal_key_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["signed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subject_type", "subject_id", "purpose", "version"], name="signature_once"),
            models.CheckConstraint(
                condition=models.Q(way="account", signer__isnull=False) | ~models.Q(way="account"),
                name="signature_account_has_signer",
            ),
            models.CheckConstraint(
                condition=models.Q(way="link", link__isnull=False) | ~models.Q(way="link"),
                name="signature_link_has_link",
            ),
            models.CheckConstraint(
                condition=models.Q(way="paper", paper__isnull=False, paper_date__isnull=False) | ~models.Q(way="paper"),
                name="signature_paper_has_sheet",
            ),
            models.CheckConstraint(
                condition=models.Q(way="account") | models.Q(witness__isnull=False),
                name="signature_without_account_has_witness",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type}:{self.subject_id} {self.purpose} {self.signer_name}"
