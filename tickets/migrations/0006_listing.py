"""The list: what tickets are found and sorted by, named views, acts on several. PostgreSQL gets the pairs of core.search."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Max

import core.clock
from core.search import index_text, postgres_column

COLUMNS = ("words", "internal")


def add_pairs(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            for statement in postgres_column("tickets_ticketwords", column):
                schema_editor.execute(statement)


def drop_pairs(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in COLUMNS:
            schema_editor.execute(f'ALTER TABLE "tickets_ticketwords" DROP COLUMN "{column}_grams"')


def fill(apps, schema_editor):
    """What there is already is found from now on; `manage.py reindex_search` does the same at any time."""
    tickets = apps.get_model("tickets", "Ticket").objects
    words = apps.get_model("tickets", "TicketWords")
    entries = apps.get_model("records", "AuditEntry").objects.filter(subject_type="ticket").order_by()
    tickets.update(updated_at=F("recorded_at"))
    newest = entries.values_list("subject_id").annotate(newest=Max("at"))
    for pk, at in newest.iterator(chunk_size=2_000):
        tickets.filter(pk=pk, updated_at__lt=at).update(updated_at=at)
    rows = []
    for row in tickets.select_related("unit", "window", "place", "device", "assignee").iterator(chunk_size=500):
        device = (row.device.code, row.device.short_code, row.device.name) if row.device else ()
        rows.append(
            words(
                ticket=row,
                words=index_text(
                    row.code, row.title, row.description, row.reporter_name, row.reporter_unit, row.contact_person,
                    row.analysis, row.assignee.name if row.assignee else "", row.unit.name if row.unit else "",
                    row.place.name, row.window.code if row.window else "", *device, row.cause, row.solution,
                ),
            )
        )
    words.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ("tickets", "0005_outage"),
        ("devices", "0012_checks"),
        ("parties", "0006_session"),
        ("records", "0002_purposes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TicketBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('assign', 'Assignment'), ('tag', 'Tags')], max_length=8)),
                ('key', models.UUIDField(unique=True)),
                ('word', models.CharField(max_length=60)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='Reason')),
                ('rows', models.JSONField(default=list)),
                ('made_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('stayed', models.JSONField(default=list)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TicketView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, verbose_name='Name')),
                ('query', models.CharField(blank=True, max_length=600)),
                ('shared', models.BooleanField(default=False)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['position', 'name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='TicketWords',
            fields=[
                ('ticket', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='found_by', serialize=False, to='tickets.ticket')),
                ('words', models.TextField(blank=True, default='')),
                ('internal', models.TextField(blank=True, default='')),
            ],
        ),
        migrations.AddField(
            model_name='ticket',
            name='updated_at',
            field=models.DateTimeField(default=core.clock.now, editable=False, verbose_name='Last changed'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['contract', 'priority', '-received_at', '-id'], name='ticket_by_priority'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['contract', '-updated_at', '-id'], name='ticket_by_update'),
        ),
        migrations.AddConstraint(
            model_name='ticketbatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_by__isnull', False)), _connector='OR'), name='ticket_batch_undone_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='ticketview',
            constraint=models.UniqueConstraint(fields=('contract', 'owner', 'name'), name='ticket_view_once'),
        ),
        migrations.RunPython(add_pairs, drop_pairs),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
