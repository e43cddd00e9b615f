import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0010_consumables"),
        ("parties", "0006_session"),
    ]

    operations = [
        migrations.CreateModel(
            name="Door",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, verbose_name="Code")),
                ("name", models.CharField(max_length=60, verbose_name="Name")),
                (
                    "mode",
                    models.CharField(
                        choices=[("fail_safe", "Opens without power"), ("fail_secure", "Stays locked without power")],
                        max_length=12,
                        verbose_name="Without power",
                    ),
                ),
                ("hours", models.CharField(blank=True, max_length=120, verbose_name="Hours of passage")),
                ("is_active", models.BooleanField(default=True, verbose_name="In use")),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(blank=True, null=True)),
                (
                    "controller",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doors",
                        to="devices.device",
                    ),
                ),
                (
                    "hall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="doors", to="parties.hall"
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="doors", to="devices.place"
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="DoorGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="Name")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="Remark")),
                ("is_active", models.BooleanField(default=True, verbose_name="In use")),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(blank=True, null=True)),
                ("doors", models.ManyToManyField(related_name="groups", to="devices.door")),
                (
                    "hall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="door_groups", to="parties.hall"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="AccessCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number_hash", models.CharField(max_length=64)),
                ("last4", models.CharField(max_length=4, verbose_name="Last four signs")),
                ("holder_name", models.CharField(max_length=40, verbose_name="Holder")),
                ("left_on", models.DateField(blank=True, null=True, verbose_name="Left on")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("staff", "Staff"),
                            ("temporary", "Temporary"),
                            ("visitor", "Visitor"),
                            ("contractor", "Contractor's"),
                        ],
                        max_length=12,
                        verbose_name="Kind",
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="Valid from")),
                ("valid_to", models.DateField(verbose_name="Valid until")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("in_use", "In use"),
                            ("lost", "Lost"),
                            ("cancelled", "Voided"),
                            ("expired", "Expired"),
                            ("handed_back", "Handed back"),
                        ],
                        default="in_use",
                        max_length=12,
                        verbose_name="Status",
                    ),
                ),
                ("status_reason", models.CharField(blank=True, max_length=200, verbose_name="Why this status")),
                ("status_since", models.DateTimeField()),
                ("requested_by", models.CharField(max_length=40, verbose_name="Asked for by")),
                ("approved_by", models.CharField(max_length=40, verbose_name="Approved by")),
                ("document", models.CharField(max_length=80, verbose_name="Approved in")),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                (
                    "hall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="access_cards", to="parties.hall"
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_cards",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="devices.accesscard",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_cards",
                        to="parties.unit",
                    ),
                ),
                ("doors", models.ManyToManyField(blank=True, related_name="cards", to="devices.door")),
                ("groups", models.ManyToManyField(blank=True, related_name="cards", to="devices.doorgroup")),
            ],
            options={
                "ordering": ["holder_name", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="door",
            constraint=models.UniqueConstraint(fields=("hall", "code"), name="door_code_once"),
        ),
        migrations.AddConstraint(
            model_name="doorgroup",
            constraint=models.UniqueConstraint(fields=("hall", "name"), name="door_group_once"),
        ),
        migrations.AddIndex(
            model_name="accesscard",
            index=models.Index(fields=["hall", "status", "valid_to"], name="access_card_by_end"),
        ),
        migrations.AddIndex(
            model_name="accesscard",
            index=models.Index(fields=["hall", "holder_name"], name="access_card_by_holder"),
        ),
        migrations.AddConstraint(
            model_name="accesscard",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["in_use", "lost", "expired"])),
                fields=("hall", "number_hash"),
                name="access_card_number_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesscard",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["in_use", "lost", "cancelled", "expired", "handed_back"])),
                name="access_card_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="accesscard",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_to__gte", models.F("valid_from"))), name="access_card_ends_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="accesscard",
            constraint=models.CheckConstraint(
                condition=models.Q(("requested_by", models.F("approved_by")), _negated=True),
                name="access_card_two_people",
            ),
        ),
    ]
