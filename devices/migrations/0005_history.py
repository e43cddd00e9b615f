import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("devices", "0004_register"),
        ("parties", "0006_session"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='Number')),
                ('kind', models.CharField(choices=[('configuration', 'Configuration'), ('hardware', 'Hardware'), ('software', 'Software change'), ('network', 'Network'), ('move', 'Move'), ('other', 'Other')], max_length=14, verbose_name='Kind of change')),
                ('title', models.CharField(max_length=80, verbose_name='What is changed')),
                ('reason', models.CharField(max_length=500, verbose_name='Reason')),
                ('plan', models.TextField(blank=True, max_length=2000, verbose_name='Change plan')),
                ('impact', models.CharField(blank=True, max_length=500, verbose_name='Impact on the service')),
                ('security_impact', models.CharField(blank=True, max_length=500, verbose_name='Security')),
                ('reliability', models.CharField(blank=True, max_length=500, verbose_name='Reliability')),
                ('fallback', models.CharField(blank=True, max_length=500, verbose_name='Fallback')),
                ('window_from', models.DateTimeField(verbose_name='Window from')),
                ('window_to', models.DateTimeField(verbose_name='Window to')),
                ('status', models.CharField(choices=[('drafted', 'Draft'), ('submitted', 'Awaiting approval'), ('approved', 'Approved'), ('refused', 'Refused'), ('in_progress', 'In progress'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='drafted', max_length=12)),
                ('decider', models.CharField(blank=True, choices=[('manager', 'Project manager'), ('supervisor', 'Client supervisor')], max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decision', models.CharField(blank=True, max_length=300)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, choices=[('succeeded', 'Succeeded'), ('rolled_back', 'Rolled back')], max_length=12, verbose_name='Outcome')),
                ('result', models.CharField(blank=True, max_length=1000, verbose_name='Result')),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, default=dict)),
                ('version', models.PositiveIntegerField(default=1)),
                ('approver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='change_orders', to='parties.contract')),
                ('devices', models.ManyToManyField(related_name='change_orders', to='devices.device', verbose_name='Devices')),
                ('finished_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ConfigItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, verbose_name='Parameter')),
                ('label', models.CharField(blank=True, max_length=80, verbose_name='What it is')),
                ('unit', models.CharField(blank=True, max_length=16, verbose_name='Unit of measure')),
                ('is_secret', models.BooleanField(default=False, verbose_name='Secret')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='config_items', to='devices.device')),
            ],
            options={
                'ordering': ['key'],
            },
        ),
        migrations.CreateModel(
            name='ConfigVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('value', models.CharField(blank=True, max_length=500, verbose_name='Value')),
                ('sealed', models.TextField(blank=True)),
                ('is_withdrawn', models.BooleanField(default=False)),
                ('effective_from', models.DateField(verbose_name='In force from')),
                ('at', models.DateTimeField()),
                ('source', models.CharField(choices=[('page', 'Page'), ('link', 'One-time link'), ('api', 'Interface'), ('task', 'Scheduled task'), ('command', 'Command'), ('import', 'Import'), ('demo', 'Demo')], default='page', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='Reason')),
                ('is_emergency', models.BooleanField(default=False)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='devices.configitem')),
                ('order', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='config_versions', to='devices.changeorder')),
            ],
            options={
                'ordering': ['item', 'number'],
            },
        ),
        migrations.CreateModel(
            name='ConfigBaseline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='Name')),
                ('on', models.DateField(verbose_name='As on')),
                ('marked_at', models.DateTimeField()),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='config_baselines', to='devices.device')),
                ('marked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('versions', models.ManyToManyField(related_name='baselines', to='devices.configversion')),
            ],
            options={
                'ordering': ['-on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='EmergencyChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(max_length=120)),
                ('reason', models.CharField(max_length=300, verbose_name='Why it could not wait')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergency_changes', to='devices.device')),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.AddIndex(
            model_name='changeorder',
            index=models.Index(fields=['status', 'window_to'], name='change_order_open'),
        ),
        migrations.AddConstraint(
            model_name='changeorder',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['drafted', 'submitted', 'approved', 'refused', 'in_progress', 'done', 'cancelled'])), name='change_order_status_known'),
        ),
        migrations.AddConstraint(
            model_name='changeorder',
            constraint=models.CheckConstraint(condition=models.Q(('window_to__gt', models.F('window_from'))), name='change_order_window_forward'),
        ),
        migrations.AddConstraint(
            model_name='changeorder',
            constraint=models.CheckConstraint(condition=models.Q(('approver', None), models.Q(('approver', models.F('requested_by')), _negated=True), _connector='OR'), name='change_order_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='changeorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ('approved', 'in_progress', 'done')), _negated=True), ('approver__isnull', False), _connector='OR'), name='change_order_approved_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='changeorder',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'drafted'), ('status', 'cancelled'), models.Q(models.Q(('security_impact', ''), _negated=True), models.Q(('reliability', ''), _negated=True), models.Q(('fallback', ''), _negated=True)), _connector='OR'), name='change_order_thought_through'),
        ),
        migrations.AddConstraint(
            model_name='configitem',
            constraint=models.UniqueConstraint(fields=('device', 'key'), name='config_item_once'),
        ),
        migrations.AddConstraint(
            model_name='configversion',
            constraint=models.UniqueConstraint(fields=('item', 'number'), name='config_version_once'),
        ),
        migrations.AddConstraint(
            model_name='configversion',
            constraint=models.CheckConstraint(condition=models.Q(('value', ''), ('sealed', ''), _connector='OR'), name='config_version_plain_or_sealed'),
        ),
        migrations.AddConstraint(
            model_name='configbaseline',
            constraint=models.UniqueConstraint(fields=('device', 'name'), name='config_baseline_once'),
        ),
    ]
