import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0011_access"),
        ("parties", "0006_session"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandoverList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="Number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Under way"),
                            ("finished", "To be signed"),
                            ("result_signed", "To be confirmed"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=14,
                        verbose_name="Status",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="Remark")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("content_version", models.PositiveIntegerField(default=1)),
                ("version", models.PositiveIntegerField(default=1)),
                ("title", models.CharField(max_length=80, verbose_name="Title")),
                ("handed_on", models.DateField(verbose_name="Handed over on")),
                ("from_name", models.CharField(max_length=40, verbose_name="Handed over by")),
                ("to_name", models.CharField(max_length=40, verbose_name="Taken over by")),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.contract"
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-handed_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="HandoverItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("office", "Office space"),
                            ("key", "Keys"),
                            ("network", "Network points"),
                            ("furniture", "Furniture"),
                            ("account", "Accounts"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                        verbose_name="Kind",
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="Name")),
                ("place", models.CharField(blank=True, max_length=60, verbose_name="Place")),
                ("quantity", models.PositiveIntegerField(verbose_name="Quantity")),
                ("unit", models.CharField(blank=True, max_length=8, verbose_name="Unit of counting")),
                ("condition", models.CharField(blank=True, max_length=120, verbose_name="Condition")),
                ("is_missing", models.BooleanField(default=False, verbose_name="Not handed over")),
                (
                    "missing_note",
                    models.CharField(blank=True, max_length=200, verbose_name="What is missing, and since when"),
                ),
                ("returned_on", models.DateField(blank=True, null=True, verbose_name="Returned on")),
                ("is_active", models.BooleanField(default=True)),
                (
                    "list_of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="items", to="devices.handoverlist"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="LinkageTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="Number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Under way"),
                            ("finished", "To be signed"),
                            ("result_signed", "To be confirmed"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=14,
                        verbose_name="Status",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="Remark")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("content_version", models.PositiveIntegerField(default=1)),
                ("version", models.PositiveIntegerField(default=1)),
                ("tested_on", models.DateField(verbose_name="Day of the test")),
                ("ours", models.CharField(max_length=200, verbose_name="Our people")),
                ("fire_vendor", models.CharField(max_length=200, verbose_name="Fire maintenance")),
                ("client_people", models.CharField(max_length=200, verbose_name="People of the client")),
                (
                    "result",
                    models.CharField(
                        blank=True,
                        choices=[("passed", "Passed"), ("remarks", "Passed with remarks"), ("failed", "Not passed")],
                        max_length=10,
                        verbose_name="Result",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.contract"
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-tested_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="LinkageDoor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=90, verbose_name="Door")),
                ("released", models.BooleanField(blank=True, null=True, verbose_name="Let go")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="What was not right")),
                (
                    "door",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.door"),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="doors", to="devices.linkagetest"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="LinkageZone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=80, verbose_name="Zone")),
                ("cut_at", models.TimeField(blank=True, null=True, verbose_name="Cut over at")),
                ("heard", models.BooleanField(blank=True, null=True, verbose_name="Heard")),
                ("restored_at", models.TimeField(blank=True, null=True, verbose_name="Restored at")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="What was not right")),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.device",
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="zones", to="devices.linkagetest"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="RightsCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="Number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Under way"),
                            ("finished", "To be signed"),
                            ("result_signed", "To be confirmed"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=14,
                        verbose_name="Status",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="Remark")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("content_version", models.PositiveIntegerField(default=1)),
                ("version", models.PositiveIntegerField(default=1)),
                ("quarter", models.CharField(max_length=7, verbose_name="Quarter")),
                ("compared", models.JSONField(blank=True, default=dict)),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.contract"
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="RightsLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("group_name", models.CharField(max_length=60)),
                ("doors_text", models.CharField(blank=True, max_length=500)),
                ("masked", models.CharField(max_length=8)),
                ("holder_name", models.CharField(max_length=40)),
                ("unit_name", models.CharField(blank=True, max_length=80)),
                ("kind", models.CharField(max_length=12)),
                ("valid_to", models.DateField()),
                ("holder_left", models.BooleanField(default=False)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("keep", "Keep"), ("withdraw", "Take away"), ("change", "To be changed")],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.accesscard"
                    ),
                ),
                (
                    "check_of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="devices.rightscheck"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.doorgroup",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Stocktake",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="Number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Under way"),
                            ("finished", "To be signed"),
                            ("result_signed", "To be confirmed"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=14,
                        verbose_name="Status",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="Remark")),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("content_version", models.PositiveIntegerField(default=1)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "kind",
                    models.CharField(
                        choices=[("quarterly", "Quarterly"), ("annual", "Annual"), ("extra", "Extra")],
                        max_length=10,
                        verbose_name="Kind",
                    ),
                ),
                ("key_only", models.BooleanField(default=False, verbose_name="Key devices only")),
                ("scope_text", models.CharField(max_length=200)),
                ("expected", models.PositiveIntegerField(default=0)),
                ("matched", models.PositiveIntegerField(default=0)),
                ("elsewhere", models.PositiveIntegerField(default=0)),
                ("missing", models.PositiveIntegerField(default=0)),
                ("surplus", models.PositiveIntegerField(default=0)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.devicecategory",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.contract"
                    ),
                ),
                (
                    "finished_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.place",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="StocktakeLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=30)),
                ("short_code", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=80)),
                ("category_name", models.CharField(max_length=40)),
                ("place_name", models.CharField(max_length=60)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("here", "Found here"),
                            ("elsewhere", "Found at another place"),
                            ("missing", "Not found"),
                        ],
                        max_length=10,
                    ),
                ),
                ("found_name", models.CharField(blank=True, max_length=60)),
                (
                    "how",
                    models.CharField(blank=True, choices=[("scan", "Scanned"), ("manual", "By hand")], max_length=8),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("counted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("move", "Enter the new place"),
                            ("put_back", "Put back to its place"),
                            ("stop", "Take out of use"),
                            ("correct", "Correct the register by hand"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decision_note", models.CharField(blank=True, max_length=200)),
                (
                    "counted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.device"
                    ),
                ),
                (
                    "found_place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.place",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.place"
                    ),
                ),
                (
                    "stocktake",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="devices.stocktake"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="StocktakeSurplus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("description", models.CharField(max_length=200, verbose_name="What was found")),
                ("place_name", models.CharField(blank=True, max_length=60)),
                ("found_at", models.DateTimeField()),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("register", "Enter into the register"), ("leave", "Leave it out")],
                        max_length=10,
                    ),
                ),
                ("decision_note", models.CharField(blank=True, max_length=200)),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.device",
                    ),
                ),
                (
                    "found_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.place",
                    ),
                ),
                (
                    "stocktake",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="surpluses", to="devices.stocktake"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="rightscheck",
            constraint=models.UniqueConstraint(fields=("contract", "quarter"), name="rights_check_once"),
        ),
        migrations.AddConstraint(
            model_name="rightsline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("group__isnull", False)),
                fields=("check_of", "card", "group"),
                name="rights_line_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightsline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("group__isnull", True)), fields=("check_of", "card"), name="rights_line_single_once"
            ),
        ),
        migrations.AddIndex(
            model_name="stocktakeline",
            index=models.Index(fields=["device", "-counted_at"], name="stocktake_line_by_device"),
        ),
        migrations.AddConstraint(
            model_name="stocktakeline",
            constraint=models.UniqueConstraint(fields=("stocktake", "device"), name="stocktake_line_once"),
        ),
        migrations.AddConstraint(
            model_name="stocktakesurplus",
            constraint=models.UniqueConstraint(
                condition=models.Q(("device__isnull", False)),
                fields=("stocktake", "device"),
                name="stocktake_surplus_once",
            ),
        ),
    ]
