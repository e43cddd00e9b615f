import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('devices', '0008_network'),
        ('parties', '0006_session'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SparePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stock', models.PositiveIntegerField(default=0, editable=False, verbose_name='In stock')),
                ('min_stock', models.PositiveIntegerField(default=0, verbose_name='Lowest stock')),
                ('code', models.CharField(max_length=20, verbose_name='Code')),
                ('name', models.CharField(max_length=60, verbose_name='Name')),
                ('model', models.CharField(blank=True, max_length=60, verbose_name='Model')),
                ('unit', models.CharField(default='个', max_length=8, verbose_name='Counted in')),
                ('shelf', models.CharField(blank=True, max_length=40, verbose_name='Shelf')),
                ('price', models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True, verbose_name='Price (yuan)')),
                ('remark', models.CharField(blank=True, max_length=200, verbose_name='Remark')),
                ('is_active', models.BooleanField(default=True, verbose_name='In use')),
                ('low_since', models.DateField(blank=True, editable=False, null=True)),
                ('counted_on', models.DateField(blank=True, editable=False, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(blank=True, null=True)),
                ('updated_at', models.DateTimeField(blank=True, null=True)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='spare_parts', to='devices.devicecategory', verbose_name='Fits')),
                ('hall', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='spare_parts', to='parties.hall')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.place', verbose_name='Stored at')),
            ],
            options={
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Loan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='Loan number')),
                ('status', models.CharField(choices=[('drafted', 'Draft'), ('out', 'Lent out'), ('returned', 'Brought back'), ('lost', 'Lost'), ('cancelled', 'Cancelled')], default='drafted', max_length=10, verbose_name='Status')),
                ('quantity', models.PositiveIntegerField(default=1, verbose_name='Quantity')),
                ('borrower_name', models.CharField(max_length=40, verbose_name='Borrower')),
                ('borrower_phone', models.CharField(blank=True, max_length=20, verbose_name='Phone')),
                ('purpose', models.CharField(max_length=200, verbose_name='Purpose')),
                ('due_on', models.DateField(verbose_name='Due back on')),
                ('due_reason', models.CharField(blank=True, max_length=200, verbose_name='Why extended')),
                ('accessories', models.CharField(blank=True, max_length=200, verbose_name='Accessories')),
                ('condition_out', models.CharField(max_length=200, verbose_name='Condition when handed out')),
                ('out_at', models.DateTimeField(blank=True, null=True, verbose_name='Handed out at')),
                ('back_at', models.DateTimeField(blank=True, null=True, verbose_name='Given back at')),
                ('outcome', models.CharField(blank=True, choices=[('complete', 'Complete and in order'), ('incomplete', 'Incomplete'), ('damaged', 'Damaged'), ('lost', 'Lost')], max_length=10, verbose_name='How it came back')),
                ('condition_back', models.CharField(blank=True, max_length=200, verbose_name='Condition when given back')),
                ('missing', models.CharField(blank=True, max_length=200, verbose_name='What is missing or damaged')),
                ('quantity_back', models.PositiveIntegerField(blank=True, null=True, verbose_name='Quantity given back')),
                ('returner_name', models.CharField(blank=True, max_length=40, verbose_name='Given back by')),
                ('lend_signed_at', models.DateTimeField(blank=True, null=True)),
                ('borrow_signed_at', models.DateTimeField(blank=True, null=True)),
                ('give_back_signed_at', models.DateTimeField(blank=True, null=True)),
                ('take_back_signed_at', models.DateTimeField(blank=True, null=True)),
                ('cancel_reason', models.CharField(blank=True, max_length=200)),
                ('frozen_names', models.JSONField(blank=True, default=dict)),
                ('batch', models.CharField(blank=True, max_length=40)),
                ('content_version', models.PositiveIntegerField(default=1)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('borrower', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('borrower_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.unit')),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loans', to='parties.contract')),
                ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='loans', to='devices.device')),
                ('lender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.place')),
                ('stands_in_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stood_in_by', to='devices.device')),
                ('taker', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('part', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='loans', to='devices.sparepart')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SpareRefusal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('none_left', 'No spare of this kind is left'), ('none_kept', 'No spare of this kind is kept'), ('vendor', 'The vendor brings one'), ('not_needed', 'The user needs none'), ('soon', 'It will be repaired at once'), ('other', 'Another reason')], max_length=12, verbose_name='Reason')),
                ('note', models.CharField(max_length=200, verbose_name='Note')),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='spare_refusals', to='devices.device')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='StockMovement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change', models.IntegerField(verbose_name='Change')),
                ('balance', models.PositiveIntegerField(verbose_name='Left')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='Reason')),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(choices=[('in', 'Received'), ('issue', 'Issued to a device'), ('return', 'Put back from a device'), ('scrap', 'Written off'), ('lend', 'Lent'), ('back', 'Back from a loan'), ('adjust', 'Correction of stock'), ('count', 'Count of the store'), ('reverse', 'Reversal')], max_length=8, verbose_name='Movement')),
                ('document', models.CharField(blank=True, max_length=60, verbose_name='Document')),
                ('source', models.CharField(default='page', max_length=10)),
                ('batch', models.CharField(blank=True, max_length=40)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contract', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.contract')),
                ('device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='spare_movements', to='devices.device')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='movements', to='devices.sparepart')),
                ('loan', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stock_movements', to='devices.loan')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='devices.stockmovement')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='LoanMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.CharField(choices=[('lent', 'Lent'), ('replaced', 'Stood in for')], max_length=8)),
                ('from_status', models.CharField(choices=[('in_use', 'In use'), ('faulty', 'Faulty'), ('under_repair', 'Under repair'), ('spare', 'Spare'), ('stopped', 'Out of use'), ('retired', 'Retired')], max_length=12)),
                ('from_x', models.FloatField(blank=True, null=True)),
                ('from_y', models.FloatField(blank=True, null=True)),
                ('batch', models.CharField(max_length=40)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.device')),
                ('from_place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='devices.place')),
                ('from_unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.unit')),
                ('from_window', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.window')),
                ('loan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='devices.loan')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('loan', 'device'), name='loan_move_once'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('part', 'replaced')), fields=('device',), name='loan_device_replaced_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='sparepart',
            constraint=models.UniqueConstraint(fields=('hall', 'code'), name='spare_part_code_once'),
        ),
        migrations.AddConstraint(
            model_name='sparepart',
            constraint=models.CheckConstraint(condition=models.Q(('stock__gte', 0)), name='spare_part_stock_not_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='sparepart',
            constraint=models.CheckConstraint(condition=models.Q(('price', None), ('price__gte', 0), _connector='OR'), name='spare_part_price_not_below_zero'),
        ),
        migrations.AddIndex(
            model_name='loan',
            index=models.Index(fields=['contract', 'status', 'due_on'], name='loan_by_due'),
        ),
        migrations.AddIndex(
            model_name='loan',
            index=models.Index(fields=['device', '-id'], name='loan_by_device'),
        ),
        migrations.AddIndex(
            model_name='loan',
            index=models.Index(fields=['stands_in_for', '-id'], name='loan_by_replaced'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.UniqueConstraint(condition=models.Q(('device__isnull', False), ('status__in', ('drafted', 'out'))), fields=('device',), name='loan_device_open_once'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('device__isnull', False), ('part', None), ('quantity', 1)), models.Q(('device', None), ('part__isnull', False), ('quantity__gte', 1)), _connector='OR'), name='loan_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['drafted', 'out', 'returned', 'lost', 'cancelled'])), name='loan_status_known'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['drafted', 'cancelled']), ('out_at__isnull', False), _connector='OR'), name='loan_out_has_instant'),
        ),
        migrations.AddConstraint(
            model_name='loan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['returned', 'lost']), _negated=True), models.Q(('back_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='loan_back_has_outcome'),
        ),
        migrations.AddIndex(
            model_name='sparerefusal',
            index=models.Index(fields=['device', '-at'], name='spare_refusal_by_device'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(fields=['item', '-id'], name='stock_movement_by_item'),
        ),
        migrations.AddIndex(
            model_name='stockmovement',
            index=models.Index(fields=['device', '-at'], name='stock_movement_by_device'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('change__gt', 0), ('kind__in', ['in', 'return', 'back'])), models.Q(('change__lt', 0), ('kind__in', ['issue', 'scrap', 'lend'])), models.Q(('kind__in', ['adjust', 'reverse']), models.Q(('change', 0), _negated=True)), ('kind', 'count'), _connector='OR'), name='stock_movement_sign'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(('balance__gte', 0)), name='stock_movement_balance_not_below_zero'),
        ),
        migrations.AddConstraint(
            model_name='stockmovement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reverse'), ('reverses__isnull', False)), models.Q(models.Q(('kind', 'reverse'), _negated=True), ('reverses', None)), _connector='OR'), name='stock_movement_reversal_names_its_movement'),
        ),
    ]

