import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0003_foundation'),
        ('parties', '0006_session'),
        ('records', '0002_purposes'),
    ]

    operations = [
        migrations.AddField(
            model_name='device',
            name='main_photo',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.attachment'),
        ),
        migrations.CreateModel(
            name='Software',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='Name')),
                ('release', models.CharField(blank=True, max_length=40, verbose_name='Version')),
                ('licence', models.CharField(blank=True, max_length=120, verbose_name='Licence')),
                ('licence_until', models.DateField(blank=True, null=True, verbose_name='Licence until')),
                ('url', models.URLField(blank=True, verbose_name='Address')),
                ('contact', models.CharField(blank=True, max_length=60, verbose_name='Contact')),
                ('remark', models.CharField(blank=True, max_length=300, verbose_name='Remark')),
                ('is_active', models.BooleanField(default=True, verbose_name='In use')),
                ('version', models.PositiveIntegerField(default=1)),
                ('hall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='software', to='parties.hall')),
                ('owner_unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='software', to='parties.unit')),
                ('vendor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='software', to='parties.vendor')),
            ],
            options={
                'ordering': ['name', 'release', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('installed_on', models.DateField(verbose_name='Installed on')),
                ('removed_on', models.DateField(blank=True, null=True, verbose_name='Removed on')),
                ('version', models.PositiveIntegerField(default=1)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='installations', to='devices.device')),
                ('software', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='installations', to='devices.software')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='CategoryField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=20)),
                ('label', models.CharField(max_length=30, verbose_name='Field name')),
                ('kind', models.CharField(choices=[('text', 'Text'), ('number', 'Figure'), ('date', 'Date'), ('choice', 'Choice'), ('yes_no', 'Yes or no')], max_length=8, verbose_name='Kind')),
                ('unit', models.CharField(blank=True, max_length=12, verbose_name='Measured in')),
                ('choices', models.TextField(blank=True, verbose_name='Choices')),
                ('required', models.BooleanField(default=False, verbose_name='Must be filled in')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='Position in the list')),
                ('is_active', models.BooleanField(default=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fields', to='devices.devicecategory')),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('category', 'key'), name='device_field_key_once'), models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('category', 'label'), name='device_field_label_once')],
            },
        ),
        migrations.CreateModel(
            name='Part',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='Name')),
                ('model', models.CharField(blank=True, max_length=60, verbose_name='Model')),
                ('serial_no', models.CharField(blank=True, max_length=60, verbose_name='Serial number')),
                ('quantity', models.PositiveSmallIntegerField(default=1, verbose_name='Quantity')),
                ('installed_on', models.DateField(verbose_name='Installed on')),
                ('warranty_until', models.DateField(blank=True, null=True, verbose_name='Warranty until')),
                ('removed_on', models.DateField(blank=True, null=True, verbose_name='Removed on')),
                ('removed_reason', models.CharField(blank=True, max_length=200, verbose_name='Why removed')),
                ('version', models.PositiveIntegerField(default=1)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='devices.device')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='device_part_quantity'), models.CheckConstraint(condition=models.Q(('removed_on__isnull', True), models.Q(('removed_reason', ''), _negated=True), _connector='OR'), name='device_part_removed_why')],
            },
        ),
        migrations.CreateModel(
            name='PlannedStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target', models.CharField(choices=[('in_use', 'In use'), ('faulty', 'Faulty'), ('under_repair', 'Under repair'), ('spare', 'Spare'), ('stopped', 'Out of use'), ('retired', 'Retired')], max_length=12, verbose_name='New status')),
                ('on', models.DateField(verbose_name='From this day')),
                ('reason', models.CharField(max_length=200, verbose_name='Reason')),
                ('planned_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('done', 'Carried out'), ('cancelled', 'Cancelled'), ('refused', 'Not possible any more')], default='planned', max_length=10)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=200)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_statuses', to='devices.device')),
                ('planned_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['on', 'id'],
                'indexes': [models.Index(condition=models.Q(('status', 'planned')), fields=['on'], name='device_planned_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'planned')), fields=('device',), name='device_planned_status_once'), models.CheckConstraint(condition=models.Q(('status__in', ['planned', 'done', 'cancelled', 'refused'])), name='device_planned_known')],
            },
        ),
        migrations.AddConstraint(
            model_name='software',
            constraint=models.UniqueConstraint(fields=('hall', 'name', 'release'), name='software_once'),
        ),
        migrations.AddConstraint(
            model_name='installation',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_on__isnull', True)), fields=('software', 'device'), name='software_installed_once'),
        ),
    ]
