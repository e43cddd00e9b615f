"""Signatures are sealed: how the signer is known, sheets signed on paper, a code under which anybody can check."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import records.models.signature

PURPOSES = [
    ("acceptance", "Acceptance of the order"),
    ("completion", "Completion of the work"),
    ("lend", "Handed out by us"),
    ("borrow", "Received by the borrower"),
    ("give_back", "Given back by the borrower"),
    ("take_back", "Taken back by us"),
    ("result", "Result"),
    ("confirm", "Confirmed by the client"),
]
WAYS = [
    ("account", "Own account"),
    ("link", "Own phone, one-time link"),
    ("handover", "Engineer's phone, handed over"),
    ("paper", "On paper, photographed"),
]
IDENTITIES = [
    ("account", "Logged in"),
    ("witness", "Known to the witness"),
    ("code", "Code told by telephone"),
]
PERSON = settings.AUTH_USER_MODEL


def give_codes(apps: Any, _schema_editor: Any) -> None:
    """A verification code for each signature that has none yet, and by what its signer is known."""
    signature = apps.get_model("records", "Signature")
    for row in signature.objects.only("pk").iterator():
        signature.objects.filter(pk=row.pk).update(verify_code=records.models.signature.new_verify_code())
    signature.objects.filter(way="account").update(identity="account")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0002_purposes"),
        ("parties", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperSheet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_type", models.CharField(max_length=30)),
                ("subject_id", models.BigIntegerField()),
                ("purpose", models.CharField(choices=PURPOSES, max_length=12)),
                ("also", models.CharField(blank=True, choices=PURPOSES, max_length=12)),
                ("version", models.PositiveIntegerField()),
                ("canonical_sha256", models.CharField(max_length=64)),
                ("also_sha256", models.CharField(blank=True, max_length=64)),
                ("signer_name", models.CharField(max_length=40)),
                ("signer_unit", models.CharField(blank=True, max_length=80)),
                ("signed_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded, not yet confirmed"),
                            ("confirmed", "Confirmed"),
                            ("refused", "Refused"),
                        ],
                        default="uploaded",
                        max_length=10,
                    ),
                ),
                ("uploaded_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.contract"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=PERSON,
                    ),
                ),
                ("photos", models.ManyToManyField(related_name="+", to="records.attachment")),
                (
                    "uploaded_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=PERSON),
                ),
            ],
            options={
                "ordering": ["-uploaded_at", "-id"],
                "indexes": [models.Index(fields=["contract", "state", "uploaded_at"], name="paper_waiting")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "uploaded")),
                        fields=("subject_type", "subject_id", "purpose", "version"),
                        name="paper_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by__isnull", True), ("state", "uploaded")),
                            models.Q(
                                models.Q(("state", "uploaded"), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="paper_decided_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("uploaded_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="paper_four_eyes",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="signlink",
            name="also",
            field=models.CharField(blank=True, choices=PURPOSES, default="", max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="signlink",
            name="code_hash",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="signlink",
            name="told_to",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
        migrations.AlterField(model_name="signature", name="way", field=models.CharField(choices=WAYS, max_length=10)),
        migrations.AddField(
            model_name="signlink",
            name="code_tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="signature",
            name="link",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signatures",
                to="records.signlink",
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="identity",
            field=models.CharField(choices=IDENTITIES, default="witness", max_length=10),
        ),
        migrations.AddField(
            model_name="signature",
            name="told_to",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="signature",
            name="paper",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signatures",
                to="records.papersheet",
            ),
        ),
        migrations.AddField(model_name="signature", name="paper_date", field=models.DateField(blank=True, null=True)),
        migrations.AddField(model_name="signature", name="evidence", field=models.JSONField(default=dict)),
        # One code a row: a default would give all rows of before the same.
        migrations.AddField(
            model_name="signature",
            name="verify_code",
            field=models.CharField(editable=False, max_length=20, null=True),
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="signature",
            name="verify_code",
            field=models.CharField(
                default=records.models.signature.new_verify_code, editable=False, max_length=20, unique=True
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paper__isnull", False), ("paper_date__isnull", False), ("way", "paper")),
                    models.Q(("way", "paper"), _negated=True),
                    _connector="OR",
                ),
                name="signature_paper_has_sheet",
            ),
        ),
    ]
