"""The list: what devices are found by, each person's columns and views, batches. PostgreSQL gets the pairs of core.search."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.search import index_text, postgres_column

LAST_FIRST = ("warranty_until", "updated_at")


def add_pairs(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in ("search_text", "search_full"):
            for statement in postgres_column("devices_device", column):
                schema_editor.execute(statement)


        # The list sorts what is not entered last; SQLite sorts its smaller halls without an index.
        for column in LAST_FIRST:
            schema_editor.execute(
                f'CREATE INDEX "device_by_{column}_last" ON "devices_device" ("hall_id", "{column}" DESC NULLS LAST, "code")'
            )


def drop_pairs(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column in ("search_text", "search_full"):
            schema_editor.execute(f'ALTER TABLE "devices_device" DROP COLUMN "{column}_grams"')
        for column in LAST_FIRST:
            schema_editor.execute(f'DROP INDEX "device_by_{column}_last"')
        schema_editor.execute("DROP FUNCTION search_grams(text)")


def fill(apps, schema_editor):
    """What the register holds already is found from now on; `manage.py reindex_search` does the same at any time."""
    devices = apps.get_model("devices", "Device").objects.select_related("category", "place", "window", "vendor")
    for row in devices.iterator(chunk_size=500):
        public = index_text(
            row.code, row.short_code, row.name, row.category.name, row.place.name, row.place.alias,
            row.window.code if row.window else "",
        )
        full = index_text(
            public, row.serial_no, row.asset_no, row.brand, row.model, row.custodian, row.remark, row.ip, row.mac,
            row.vendor.name if row.vendor else "",
        )
        devices.model.objects.filter(pk=row.pk).update(search_text=public, search_full=full)


class Migration(migrations.Migration):

    dependencies = [
        ("devices", "0005_history"),
        ("parties", "0006_session"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeviceBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('import', 'Import'), ('change', 'Change of several')], max_length=8)),
                ('key', models.CharField(max_length=40, unique=True)),
                ('status', models.CharField(choices=[('checked', 'Checked'), ('committed', 'Committed'), ('undone', 'Undone'), ('discarded', 'Discarded')], default='checked', max_length=10)),
                ('file_name', models.CharField(blank=True, max_length=120, verbose_name='File')),
                ('header', models.JSONField(default=list)),
                ('mapping', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='Reason')),
                ('created_at', models.DateTimeField()),
                ('committed_at', models.DateTimeField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='DeviceBatchRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('cells', models.JSONField(default=list)),
                ('formulas', models.JSONField(default=list)),
                ('outcome', models.CharField(choices=[('new', 'New'), ('changed', 'Changed'), ('same', 'Unchanged'), ('error', 'Error')], max_length=8)),
                ('code', models.CharField(blank=True, max_length=30)),
                ('seen_version', models.PositiveIntegerField(null=True)),
                ('diff', models.JSONField(default=list)),
                ('errors', models.JSONField(default=dict)),
                ('unknown', models.JSONField(default=dict)),
                ('before', models.JSONField(default=dict)),
                ('made_version', models.PositiveIntegerField(null=True)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='ListColumns',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('columns', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, verbose_name='Name')),
                ('query', models.CharField(blank=True, max_length=600)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='device',
            name='search_full',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.AddField(
            model_name='device',
            name='search_text',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['hall', 'name', 'code'], name='device_by_name'),
        ),
        migrations.AddIndex(
            model_name='device',
            index=models.Index(fields=['hall', 'updated_at', 'code'], name='device_by_update'),
        ),
        migrations.AddField(
            model_name='devicebatch',
            name='committed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='devicebatch',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract'),
        ),
        migrations.AddField(
            model_name='devicebatch',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='devicebatch',
            name='hall',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.hall'),
        ),
        migrations.AddField(
            model_name='devicebatch',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='devicebatchrow',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rows', to='devices.devicebatch'),
        ),
        migrations.AddField(
            model_name='devicebatchrow',
            name='device',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.device'),
        ),
        migrations.AddField(
            model_name='listcolumns',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='savedview',
            name='hall',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.hall'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='devicebatch',
            index=models.Index(fields=['hall', '-id'], name='device_batch_newest'),
        ),
        migrations.AddConstraint(
            model_name='devicebatch',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['checked', 'committed', 'undone', 'discarded'])), name='device_batch_status_known'),
        ),
        migrations.AddIndex(
            model_name='devicebatchrow',
            index=models.Index(fields=['batch', 'outcome', 'number'], name='device_batch_outcome'),
        ),
        migrations.AddConstraint(
            model_name='devicebatchrow',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='device_batch_row_once'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('user', 'hall', 'name'), name='device_view_once'),
        ),
        migrations.RunPython(add_pairs, drop_pairs),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
