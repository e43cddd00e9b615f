"""Major incidents, sheets for outages and late entries, work orders of other systems, hand-over of open tickets."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0012_checks"),
        ("parties", "0006_session"),
        ("sla", "0002_exemptions_and_sub_clocks"),
        ("tickets", "0004_repair"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MajorIncident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="Incident number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("declared", "To be reported to the client"),
                            ("reported", "Reported to the client"),
                            ("handling", "Being handled"),
                            ("ended", "Ended, review to follow"),
                            ("reviewed", "Reviewed"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="declared",
                        max_length=12,
                        verbose_name="Status",
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("is_demo", models.BooleanField(default=False)),
                ("form_token", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                ("kind", models.CharField(max_length=20, verbose_name="Kind of incident")),
                ("kind_name", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=80, verbose_name="Title")),
                ("description", models.TextField(max_length=2000, verbose_name="What happened")),
                ("impact", models.CharField(max_length=500, verbose_name="Effect on the hall")),
                (
                    "reach",
                    models.CharField(
                        choices=[("point", "One point"), ("several", "Several points"), ("hall", "Whole hall")],
                        default="hall",
                        max_length=8,
                        verbose_name="How far does it reach?",
                    ),
                ),
                ("knowledge_at", models.DateTimeField(verbose_name="Known since")),
                (
                    "knowledge_reason",
                    models.CharField(blank=True, max_length=300, verbose_name="Why another instant of knowledge"),
                ),
                ("declared_at", models.DateTimeField(verbose_name="Declared at")),
                ("reported_at", models.DateTimeField(blank=True, null=True, verbose_name="Reported to the client at")),
                ("report_recorded_at", models.DateTimeField(blank=True, null=True)),
                ("report_reason", models.CharField(blank=True, max_length=300, verbose_name="Why it is entered later")),
                ("reported_to", models.CharField(blank=True, max_length=60, verbose_name="Reported to")),
                (
                    "reported_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("phone", "Telephone"),
                            ("in_person", "In person"),
                            ("chat", "Chat group"),
                            ("written", "In writing"),
                            ("email", "Email"),
                        ],
                        max_length=10,
                        verbose_name="Reported by way of",
                    ),
                ),
                ("reported_text", models.TextField(blank=True, max_length=1000, verbose_name="What was reported")),
                ("handling_at", models.DateTimeField(blank=True, null=True, verbose_name="Handling began")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="Ended at")),
                ("end_text", models.TextField(blank=True, max_length=1000, verbose_name="How it ended")),
                ("cause", models.TextField(blank=True, max_length=2000, verbose_name="Cause")),
                ("effect", models.TextField(blank=True, max_length=2000, verbose_name="Effect in figures")),
                ("handled", models.TextField(blank=True, max_length=2000, verbose_name="How it was handled")),
                ("measures", models.TextField(blank=True, max_length=2000, verbose_name="Measures")),
                ("measures_due", models.DateField(blank=True, null=True, verbose_name="Measures done by")),
                ("lessons", models.TextField(blank=True, max_length=2000, verbose_name="Lessons")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="Reviewed at")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdraw_reason", models.CharField(blank=True, max_length=300, verbose_name="Reason")),
                ("frozen_names", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "ordering": ["-knowledge_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="OpenHandover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "why",
                    models.CharField(
                        choices=[("shift", "End of the shift"), ("leave", "Leave"), ("other", "Another reason")],
                        max_length=10,
                        verbose_name="Why",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="Note for everything")),
                ("is_demo", models.BooleanField(default=False)),
                ("form_token", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                ("made_at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("reminded_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="OpenHandoverLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="Note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "Not answered yet"),
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("withdrawn", "Taken back"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=300, verbose_name="Why not")),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["handover", "id"],
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="external_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="Dispatched there at"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="external_no",
            field=models.CharField(blank=True, max_length=60, verbose_name="External number"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="source_system",
            field=models.CharField(blank=True, max_length=40, verbose_name="Source system"),
        ),
        migrations.CreateModel(
            name="BlankSheets",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("order", "Work order, both signatures"), ("log", "Daily log of calls")],
                        max_length=10,
                        verbose_name="Sheet",
                    ),
                ),
                ("series", models.CharField(max_length=40)),
                ("first", models.PositiveIntegerField()),
                ("last", models.PositiveIntegerField()),
                ("printed_at", models.DateTimeField()),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="blank_sheets", to="parties.contract"
                    ),
                ),
                (
                    "printed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="GridBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("checked", "Checked"),
                            ("taken", "Taken over"),
                            ("discarded", "Laid aside"),
                            ("undone", "Undone"),
                        ],
                        default="checked",
                        max_length=10,
                        verbose_name="Status",
                    ),
                ),
                ("source_system", models.CharField(max_length=40, verbose_name="Source system")),
                ("file_name", models.CharField(max_length=120, verbose_name="File")),
                ("header", models.JSONField(default=list)),
                ("columns", models.JSONField(default=dict)),
                ("rows", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="grid_batches", to="parties.contract"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="devices.place",
                        verbose_name="Place",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.unit",
                        verbose_name="Unit",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="grid_batch",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="tickets.gridbatch",
            ),
        ),
        migrations.CreateModel(
            name="IncidentInstruction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("given_by", models.CharField(max_length=60, verbose_name="Given by")),
                (
                    "given_how",
                    models.CharField(
                        choices=[
                            ("phone", "Telephone"),
                            ("in_person", "In person"),
                            ("chat", "Chat group"),
                            ("written", "In writing"),
                            ("email", "Email"),
                        ],
                        max_length=10,
                        verbose_name="Given by way of",
                    ),
                ),
                ("given_at", models.DateTimeField(verbose_name="Given at")),
                ("text", models.TextField(max_length=1000, verbose_name="Instruction")),
                ("recorded_at", models.DateTimeField()),
                ("done_text", models.TextField(blank=True, max_length=1000, verbose_name="What was done about it")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="Done at")),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["incident", "given_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="LateEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40, unique=True, verbose_name="Number")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Awaiting confirmation"),
                            ("confirmed", "Confirmed"),
                            ("refused", "Refused"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="Status",
                    ),
                ),
                ("is_demo", models.BooleanField(default=False)),
                ("form_token", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                ("paper_no", models.CharField(blank=True, max_length=40, verbose_name="Number on the sheet")),
                ("paper_line", models.PositiveSmallIntegerField(default=0, verbose_name="Line")),
                ("reason", models.CharField(max_length=300, verbose_name="Why it could not be entered at once")),
                ("outage_from", models.DateTimeField(verbose_name="Outage from")),
                ("outage_to", models.DateTimeField(verbose_name="Outage until")),
                ("received_at", models.DateTimeField(verbose_name="Received at")),
                ("values", models.JSONField(default=dict)),
                ("entered_at", models.DateTimeField(verbose_name="Entered at")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_note", models.CharField(blank=True, max_length=300, verbose_name="Reason")),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="late_entries", to="parties.contract"
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
                    "engineer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Engineer who did the work",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-entered_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="late_entry",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="ticket",
                to="tickets.lateentry",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("external_no", ""), _negated=True), models.Q(("status", "cancelled"), _negated=True)
                ),
                fields=("contract", "source_system", "external_no"),
                name="ticket_external_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("external_at__isnull", True), ("external_no", ""), ("source_system", "")),
                    models.Q(
                        models.Q(("external_no", ""), _negated=True), models.Q(("source_system", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="ticket_external_is_whole",
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="clock",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sla.clock"
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="contract",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="parties.contract"
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="declared_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="place",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incidents",
                to="devices.place",
                verbose_name="Place",
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="reported_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="reviewed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="ticket",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="incidents",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField(
            model_name="majorincident",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="incidentinstruction",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="instructions", to="tickets.majorincident"
            ),
        ),
        migrations.AddField(
            model_name="openhandover",
            name="contract",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="open_handovers", to="parties.contract"
            ),
        ),
        migrations.AddField(
            model_name="openhandover",
            name="from_person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="From",
            ),
        ),
        migrations.AddField(
            model_name="openhandover",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="openhandover",
            name="to_person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="To",
            ),
        ),
        migrations.AddField(
            model_name="openhandoverline",
            name="handover",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="tickets.openhandover"
            ),
        ),
        migrations.AddField(
            model_name="openhandoverline",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="handover_lines", to="tickets.ticket"
            ),
        ),
        migrations.AddConstraint(
            model_name="blanksheets",
            constraint=models.UniqueConstraint(fields=("series", "first"), name="blank_sheet_once"),
        ),
        migrations.AddConstraint(
            model_name="blanksheets",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))), name="blank_sheets_some"
            ),
        ),
        migrations.AddIndex(
            model_name="lateentry",
            index=models.Index(fields=["contract", "status", "-entered_at"], name="late_by_status"),
        ),
        migrations.AddConstraint(
            model_name="lateentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "confirmed", "refused"])), name="late_status_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="lateentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(
                        models.Q(("decided_by", models.F("entered_by")), _negated=True),
                        models.Q(("decided_by", models.F("engineer")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="late_decided_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="lateentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_by__isnull", True), ("status", "waiting")),
                    models.Q(
                        models.Q(("status", "waiting"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="late_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="lateentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("outage_from__lt", models.F("outage_to"))), name="late_outage_has_length"
            ),
        ),
        migrations.AddConstraint(
            model_name="lateentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("paper_no", ""), _negated=True), models.Q(("status", "refused"), _negated=True)
                ),
                fields=("contract", "paper_no", "paper_line"),
                name="late_paper_once",
            ),
        ),
        migrations.AddIndex(
            model_name="majorincident",
            index=models.Index(fields=["contract", "status", "-knowledge_at"], name="incident_by_status"),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["declared", "reported", "handling", "ended", "reviewed", "withdrawn"])
                ),
                name="incident_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ("declared", "withdrawn")),
                    models.Q(
                        ("reported_at__isnull", False),
                        ("reported_by__isnull", False),
                        models.Q(("reported_to", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="incident_report_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.CheckConstraint(
                condition=models.Q(("knowledge_at__lte", models.F("declared_at"))),
                name="incident_known_before_declared",
            ),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("ended", "reviewed")), _negated=True),
                    ("ended_at__isnull", False),
                    _connector="OR",
                ),
                name="incident_ended_has_instant",
            ),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "reviewed"), _negated=True),
                    models.Q(
                        ("reviewed_at__isnull", False),
                        models.Q(("cause", ""), _negated=True),
                        models.Q(("measures", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="incident_review_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "withdrawn"), _negated=True),
                    models.Q(("withdraw_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="incident_withdrawn_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="majorincident",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("declared", "reported", "handling"))),
                fields=("ticket",),
                name="incident_one_open_of_ticket",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentinstruction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("done_text", "")),
                    models.Q(
                        ("done_at__isnull", False),
                        ("done_by__isnull", False),
                        models.Q(("done_text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="instruction_done_is_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="openhandover",
            index=models.Index(
                condition=models.Q(("answered_at", None)), fields=["made_at"], name="open_handover_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="openhandover",
            index=models.Index(fields=["to_person", "-made_at"], name="open_handover_to"),
        ),
        migrations.AddConstraint(
            model_name="openhandover",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_person", models.F("to_person")), _negated=True),
                name="open_handover_to_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="openhandoverline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "offered")), fields=("ticket",), name="handover_line_one_offer"
            ),
        ),
        migrations.AddConstraint(
            model_name="openhandoverline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "refused"), _negated=True),
                    models.Q(("refusal", ""), _negated=True),
                    _connector="OR",
                ),
                name="handover_line_refused_why",
            ),
        ),
    ]
