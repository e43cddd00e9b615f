import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0009_spares"),
        ("parties", "0006_session"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsumableKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stock", models.PositiveIntegerField(default=0, editable=False, verbose_name="In stock")),
                ("min_stock", models.PositiveIntegerField(default=0, verbose_name="Lowest stock")),
                ("name", models.CharField(max_length=60, verbose_name="Name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("paper", "Paper"),
                            ("thermal", "Thermal paper"),
                            ("toner", "Toner"),
                            ("ink", "Ink"),
                            ("ribbon", "Ribbon"),
                            ("other", "Other"),
                        ],
                        max_length=8,
                        verbose_name="Sort",
                    ),
                ),
                ("unit", models.CharField(max_length=8, verbose_name="Unit of count")),
                ("pages_per_unit", models.PositiveIntegerField(verbose_name="Pages or prints of one unit")),
                (
                    "metric",
                    models.CharField(
                        blank=True,
                        choices=[("pages", "Pages printed"), ("tickets", "Tickets printed")],
                        max_length=8,
                        verbose_name="Counter that shows its use",
                    ),
                ),
                (
                    "supplied_by",
                    models.CharField(
                        choices=[("vendor", "The vendor"), ("contractor", "We"), ("client", "The client")],
                        default="vendor",
                        max_length=10,
                        verbose_name="Supplied by",
                    ),
                ),
                ("capacity", models.PositiveIntegerField(verbose_name="Pages or prints when full")),
                ("warn_percent", models.PositiveSmallIntegerField(default=20, verbose_name="Warn at (%)")),
                ("warn_days", models.PositiveSmallIntegerField(default=5, verbose_name="Warn so many days before")),
                ("is_active", models.BooleanField(default=True, verbose_name="In use")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "categories",
                    models.ManyToManyField(blank=True, related_name="consumable_kinds", to="devices.devicecategory"),
                ),
                (
                    "hall",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consumable_kinds", to="parties.hall"
                    ),
                ),
                (
                    "vendor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consumable_kinds",
                        to="parties.vendor",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ConsumableFit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("capacity", models.PositiveIntegerField(verbose_name="Pages or prints when full")),
                ("warn_percent", models.PositiveSmallIntegerField(verbose_name="Warn at (%)")),
                ("warn_days", models.PositiveSmallIntegerField(verbose_name="Warn so many days before")),
                ("is_active", models.BooleanField(default=True, verbose_name="In use")),
                ("level", models.PositiveIntegerField(blank=True, null=True)),
                ("level_at", models.DateTimeField(blank=True, null=True)),
                ("rate", models.FloatField(blank=True, null=True)),
                ("low_on", models.DateField(blank=True, null=True)),
                ("empty_on", models.DateField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="consumables", to="devices.device"
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fits", to="devices.consumablekind"
                    ),
                ),
            ],
            options={
                "ordering": ["device_id", "kind_id"],
            },
        ),
        migrations.CreateModel(
            name="ConsumableMovement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("in", "Received"),
                            ("issue", "Taken out"),
                            ("return", "Returned"),
                            ("adjust", "Adjusted"),
                            ("count", "Stocktake"),
                        ],
                        max_length=8,
                        verbose_name="Movement",
                    ),
                ),
                ("change", models.IntegerField(verbose_name="Change")),
                ("balance", models.PositiveIntegerField(verbose_name="Left")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="Reason")),
                ("at", models.DateTimeField()),
                (
                    "actor",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.device",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="devices.consumablekind",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ConsumableOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="Number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("called", "Vendor called"),
                            ("arrived", "Vendor arrived"),
                            ("replaced", "Replaced"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="called",
                        max_length=10,
                        verbose_name="Status",
                    ),
                ),
                ("called_at", models.DateTimeField(verbose_name="Called at")),
                ("spoke_to", models.CharField(blank=True, max_length=40, verbose_name="Spoke to")),
                ("promised_at", models.DateTimeField(verbose_name="Promised for")),
                ("arrived_at", models.DateTimeField(blank=True, null=True, verbose_name="Arrived at")),
                ("replaced_at", models.DateTimeField(blank=True, null=True, verbose_name="Replaced at")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="Cancelled at")),
                ("result", models.CharField(blank=True, max_length=300, verbose_name="Result")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="Note")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "called_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consumable_orders",
                        to="parties.contract",
                    ),
                ),
                (
                    "vendor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consumable_orders",
                        to="parties.vendor",
                    ),
                ),
            ],
            options={
                "ordering": ["-called_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ConsumableChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveIntegerField(verbose_name="How many")),
                (
                    "old",
                    models.CharField(
                        choices=[("empty", "Used up"), ("partly", "Partly used"), ("looked", "Level read")],
                        max_length=8,
                        verbose_name="The old one was",
                    ),
                ),
                ("left_before", models.PositiveIntegerField(blank=True, null=True)),
                ("left_after", models.PositiveIntegerField(blank=True, null=True)),
                ("out_since", models.DateTimeField(blank=True, null=True, verbose_name="Empty since")),
                ("from_stock", models.BooleanField(default=False, verbose_name="From our stock")),
                ("load_for", models.DateField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="Note")),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consumable_changes",
                        to="parties.contract",
                    ),
                ),
                (
                    "fit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="devices.consumablefit"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="devices.consumableorder",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ConsumableOrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.PositiveIntegerField(verbose_name="How many")),
                ("out_since", models.DateTimeField(blank=True, null=True, verbose_name="Empty since")),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consumable_order_lines",
                        to="devices.device",
                    ),
                ),
                (
                    "kind",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="devices.consumablekind"
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="devices.consumableorder"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="DeviceCounter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "metric",
                    models.CharField(
                        choices=[("pages", "Pages printed"), ("tickets", "Tickets printed")],
                        max_length=8,
                        verbose_name="Counter",
                    ),
                ),
                ("value", models.PositiveBigIntegerField(verbose_name="Counter reading")),
                ("read_at", models.DateTimeField()),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="counters", to="devices.device"
                    ),
                ),
            ],
            options={
                "ordering": ["device_id", "metric"],
            },
        ),
        migrations.CreateModel(
            name="CounterReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.PositiveBigIntegerField(verbose_name="Counter reading")),
                ("is_new_meter", models.BooleanField(default=False, verbose_name="The meter was replaced")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="Reason")),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "counter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="readings", to="devices.devicecounter"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="RunMetric",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=30, verbose_name="Figure collected")),
                ("unit", models.CharField(max_length=8, verbose_name="Unit of count")),
                (
                    "kind",
                    models.CharField(
                        choices=[("hours", "Hours of a month"), ("count", "Count"), ("number", "Any number")],
                        max_length=8,
                        verbose_name="Checked as",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="Order")),
                ("is_active", models.BooleanField(default=True, verbose_name="In use")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="run_metrics",
                        to="devices.devicecategory",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RunTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(verbose_name="Collected month")),
                ("due_on", models.DateField(verbose_name="Due on")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="Complete since")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="run_tasks",
                        to="devices.devicecategory",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="run_tasks", to="parties.contract"
                    ),
                ),
            ],
            options={
                "ordering": ["-month", "category_id"],
            },
        ),
        migrations.CreateModel(
            name="RunValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.DecimalField(decimal_places=1, max_digits=12, verbose_name="Figure collected")),
                ("at", models.DateTimeField()),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="run_values", to="devices.device"
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "metric",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="values", to="devices.runmetric"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="values", to="devices.runtask"
                    ),
                ),
            ],
            options={
                "ordering": ["task_id", "device_id", "metric_id"],
            },
        ),
        migrations.CreateModel(
            name="RunCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.DecimalField(decimal_places=1, max_digits=12)),
                ("after", models.DecimalField(decimal_places=1, max_digits=12)),
                ("reason", models.CharField(max_length=200, verbose_name="Reason")),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="devices.runvalue"
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="consumablekind",
            constraint=models.UniqueConstraint(fields=("hall", "name"), name="consumable_kind_once"),
        ),
        migrations.AddIndex(
            model_name="consumablefit",
            index=models.Index(fields=["low_on", "empty_on"], name="consumable_low"),
        ),
        migrations.AddConstraint(
            model_name="consumablefit",
            constraint=models.UniqueConstraint(fields=("device", "kind"), name="consumable_fit_once"),
        ),
        migrations.AddIndex(
            model_name="consumablemovement",
            index=models.Index(fields=["item", "-at"], name="consumable_moves"),
        ),
        migrations.AddIndex(
            model_name="consumableorder",
            index=models.Index(fields=["contract", "status", "promised_at"], name="consumable_orders_open"),
        ),
        migrations.AddIndex(
            model_name="consumableorder",
            index=models.Index(fields=["contract", "-called_at"], name="consumable_orders_new"),
        ),
        migrations.AddConstraint(
            model_name="consumableorder",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["called", "arrived", "replaced", "cancelled"])),
                name="consumable_order_status_known",
            ),
        ),
        migrations.AddIndex(
            model_name="consumablechange",
            index=models.Index(fields=["fit", "-at"], name="consumable_changes"),
        ),
        migrations.AddIndex(
            model_name="consumablechange",
            index=models.Index(fields=["contract", "-at"], name="consumable_change_days"),
        ),
        migrations.AddConstraint(
            model_name="consumableorderline",
            constraint=models.UniqueConstraint(fields=("order", "device", "kind"), name="consumable_order_line_once"),
        ),
        migrations.AddConstraint(
            model_name="devicecounter",
            constraint=models.UniqueConstraint(fields=("device", "metric"), name="device_counter_once"),
        ),
        migrations.AddIndex(
            model_name="counterreading",
            index=models.Index(fields=["counter", "-at"], name="counter_readings"),
        ),
        migrations.AddConstraint(
            model_name="runmetric",
            constraint=models.UniqueConstraint(fields=("category", "name"), name="run_metric_once"),
        ),
        migrations.AddIndex(
            model_name="runtask",
            index=models.Index(fields=["contract", "done_at", "due_on"], name="run_tasks_open"),
        ),
        migrations.AddConstraint(
            model_name="runtask",
            constraint=models.UniqueConstraint(fields=("category", "month"), name="run_task_once"),
        ),
        migrations.AddIndex(
            model_name="runvalue",
            index=models.Index(fields=["device", "-at"], name="run_values_of_device"),
        ),
        migrations.AddConstraint(
            model_name="runvalue",
            constraint=models.UniqueConstraint(fields=("task", "device", "metric"), name="run_value_once"),
        ),
    ]
